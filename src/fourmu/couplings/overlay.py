"""A limit of another experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["OverlayCurve"]


@dataclass(frozen=True, kw_only=True)
class OverlayCurve:
    """Coupling limits of others against mass, drawn beside ours; never used in a result."""

    label: str
    confidence_level: float
    mass_gev: npt.NDArray[np.float64]
    """(n,) masses in the order of the file."""
    coupling: npt.NDArray[np.float64]
