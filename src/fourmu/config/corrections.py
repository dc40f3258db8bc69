"""Tables of factors that correct the efficiencies of the simulation."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from .section import Section

__all__ = ["Correction", "CorrectionKind", "Particle"]

CorrectionKind = Literal[
    "tracking", "muon_id", "electron_id", "three_track_trigger", "single_muon_trigger"
]
Particle = Literal["any", "muon", "electron", "hadron"]


class Correction(Section):
    """One table of factors between data and simulation in bins of momentum and polar angle."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the correction."""
    kind: CorrectionKind
    """What the factor multiplies: the efficiency to find a track, to identify a muon or an
    electron, to find a track in the three-track trigger, to fire the single-muon trigger."""
    path: PurePosixPath
    """CSV file, relative to the configuration."""
    particle: Particle = "any"
    """Generated particle whose tracks it is for; a track without truth counts as a muon."""
    charge: Literal[-1, 1] | None = None
    """Charge of the tracks it is for; null: both."""
