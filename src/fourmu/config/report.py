"""Sizes of what the scoreboard measures besides the products of the chain."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Section

__all__ = ["Report"]

Count = Annotated[int, Field(ge=1000)]


class Report(Section):
    """The scoreboard: the paper's numbers and ours."""

    four_muon_events: Count = 200_000
    """Four-muon events of each kind that tell the shares of conversion and annihilation."""
    single_particles: Count = 200_000
    """Single particles of each kind that the detector is measured with."""
    signal_events: Count = 30_000
    """Signal events per mass that the kinematic fit is measured with."""
    photon_events: Count = 300_000
    """Events of mu mu gamma that tell the efficiency lost to photons."""
    rel_error: Annotated[float, Field(gt=0, lt=0.1)] = 0.002
    """Relative error asked of cross sections."""
