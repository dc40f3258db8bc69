"""How well efficiencies between simulated masses are known, by leaving masses out (Sec. VI)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fourmu.templates import EfficiencyCurve

from .values import Measured

__all__ = ["LeftOut", "left_out"]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Efficiencies that the other masses predict, compared with those measured.

    Attributes
    ----------
    spread
        Root mean square of prediction / measured - 1.
    statistical
        The same expected from the size of the samples alone.
    largest
        Largest difference, absolute.
    masses
        How many were left out, one at a time.
    """

    spread: Measured
    statistical: float
    largest: float
    masses: int


def left_out(curves: Sequence[EfficiencyCurve]) -> LeftOut:
    """Summarise the leave-one-out tests of all MLP ranges of a model."""
    differences = np.concatenate([curve.left_out for curve in curves])
    relative = np.concatenate([curve.error / curve.efficiency for curve in curves])
    known = np.isfinite(differences)
    differences, relative = differences[known], relative[known]
    n = len(differences)
    if n == 0:
        return LeftOut(
            spread=Measured(value=math.nan, error=math.nan),
            statistical=math.nan,
            largest=math.nan,
            masses=0,
        )
    spread = math.sqrt(float(np.mean(differences**2)))
    return LeftOut(
        spread=Measured(value=spread, error=spread / math.sqrt(2.0 * n)),
        statistical=math.sqrt(float(np.mean(relative**2))),
        largest=float(np.max(np.abs(differences))),
        masses=n,
    )
