"""How events are generated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Section

__all__ = ["Generation"]


class Generation(Section):
    """Collisions and unweighting."""

    sqrt_s_gev: Annotated[float, Field(gt=1.0, le=100.0)] = 10.58
    """Centre-of-mass energy (Sec. II)."""
    sqrt_s_spread_gev: Annotated[float, Field(ge=0.0, le=0.1)] = 0.005
    """Gaussian spread of the centre-of-mass energy; every event happens at its own energy."""
    overweight_fraction: Annotated[float, Field(gt=0.0, le=0.01)] = 1e-4
    """Share of a cross section that may lie in weights above the ceiling of the unweighting."""
