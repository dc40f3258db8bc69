"""The collisions, and how exactly events are drawn (Sec. III)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Section

__all__ = ["Generation"]


class Generation(Section):
    """Energy of the collisions and precision of the unweighting."""

    sqrt_s_gev: Annotated[float, Field(gt=1.0)] = 10.58
    """Centre-of-mass energy (Sec. III)."""
    sqrt_s_spread_gev: Annotated[float, Field(ge=0.0, le=0.1)] = 0.005
    """Standard deviation of the centre-of-mass energy from event to event."""
    overweight: Annotated[float, Field(gt=0.0, le=1e-2)] = 1e-4
    """Share of the cross section above the bound of the unweighting, which is cut off there
    (choice: far below every statistical error)."""
