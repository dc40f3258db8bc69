"""Candidates that two networks share near the border of their MLP ranges (Sec. IV D)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.physics.kinematics import FloatArray

from .smoothing import SmoothCurve, fit_curve

__all__ = ["BorderSharing", "border_sharing"]


@dataclass(frozen=True, kw_only=True)
class BorderSharing:
    """How strongly the candidate spectra of two neighbouring MLP ranges are correlated."""

    lower_range: int
    """Index r of the range below the border; the other is r + 1."""
    low_gev: float
    """Lowest M_R at which windows of both ranges have bins."""
    high_gev: float
    """Highest M_R."""
    correlation: SmoothCurve
    """Against M_R: candidates that pass both networks over the geometric mean of those that pass
    one and those that pass the other."""

    def __call__(self, reduced_mass_gev: FloatArray) -> FloatArray:
        """Correlation at M_R (n,), zero where the ranges do not overlap."""
        inside = (reduced_mass_gev >= self.low_gev) & (reduced_mass_gev <= self.high_gev)
        return np.where(inside, np.clip(self.correlation(reduced_mass_gev), 0.0, 1.0), 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "lower_range": self.lower_range,
            "low_gev": self.low_gev,
            "high_gev": self.high_gev,
            "correlation": self.correlation.to_dict(),
        }


def border_sharing(
    extents_gev: Mapping[int, tuple[float, float]],
    reduced_mass_gev: FloatArray,
    passed: npt.NDArray[np.bool_],
    weight: FloatArray | None = None,
    *,
    bins: int = 12,
    max_degree: int = 3,
) -> tuple[BorderSharing, ...]:
    """Measure with simulated background what neighbouring networks share.

    Parameters
    ----------
    extents_gev
        First and last M_R of the bins of all windows of a range, by range.
    reduced_mass_gev
        (n,) post-fit M_R of simulated background candidates.
    passed
        (n, ranges) what passes the working point of each range.
    weight
        (n,) weights of the candidates; equal if none are given.
    bins, max_degree
        Bins across an overlap, and highest degree of the polynomial through them.

    Returns
    -------
    tuple
        One entry per pair of neighbouring ranges whose windows overlap.

    Notes
    -----
    With n_A, n_B and n_AB candidates that pass A, B and both, the numbers in A and B are Poisson
    variables of correlation n_AB / sqrt(n_A n_B). Unlike a share of either alone it stays
    meaningful when the expected spectra are scaled one by one to the data. Where no simulated
    candidate passes both it is zero. Weighted candidates count as as many of equal weight as have
    the same relative error.
    """
    weights = np.ones(len(reduced_mass_gev)) if weight is None else weight
    found = []
    for lower, upper in pairwise(sorted(extents_gev)):
        low, high = extents_gev[upper][0], extents_gev[lower][1]
        if upper != lower + 1 or low >= high:
            continue
        edges = np.linspace(low, high, bins + 1)
        below, above = passed[:, lower], passed[:, upper]
        n_below, n_above, n_both = (
            np.histogram(reduced_mass_gev[rows], edges, weights=weights[rows])[0]
            for rows in (below, above, below & above)
        )
        squared = np.histogram(
            reduced_mass_gev[below | above], edges, weights=weights[below | above] ** 2
        )[0]
        filled = n_both > 0
        if not filled.any():
            found.append(_nothing_shared(lower, low, high))
            continue
        mean = np.sqrt(n_below * n_above)[filled]
        share = n_both[filled] / mean
        # weight of one candidate of equal weights with the same error
        mean = mean * (n_below + n_above - n_both)[filled] / squared[filled]
        # binomial, with one candidate's worth so that a full share keeps an error
        error = np.sqrt(np.maximum(share * (1.0 - share), 1.0 / mean) / mean)
        centres = 0.5 * (edges[1:] + edges[:-1])[filled]
        found.append(
            BorderSharing(
                lower_range=lower,
                low_gev=low,
                high_gev=high,
                correlation=fit_curve(centres, share, error, max_degree),
            )
        )
    return tuple(found)


def _nothing_shared(lower: int, low: float, high: float) -> BorderSharing:
    nothing = SmoothCurve(
        low=low,
        high=high,
        coefficients=np.zeros(1),
        covariance=np.zeros((1, 1)),
        chi2_per_dof=0.0,
    )
    return BorderSharing(lower_range=lower, low_gev=low, high_gev=high, correlation=nothing)
