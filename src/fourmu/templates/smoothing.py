"""Smooth curves in mass: polynomials fitted to values with errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from fourmu.errors import DomainError, InputError
from fourmu.physics.kinematics import FloatArray

__all__ = ["SmoothCurve", "fit_curve", "leave_one_out"]


@dataclass(frozen=True, kw_only=True)
class SmoothCurve:
    """A Chebyshev polynomial on an interval, constant outside it."""

    low: float
    high: float
    coefficients: FloatArray
    """(d + 1,) of the Chebyshev polynomials on the interval mapped to -1..1."""
    covariance: FloatArray
    """(d + 1, d + 1) of the coefficients, scaled up where the points scatter by more than their
    errors."""
    chi2_per_dof: float
    """Of the fit to the points; 0 without degrees of freedom."""

    def __call__(self, x: FloatArray) -> FloatArray:
        """Value at positions (n,)."""
        return np.asarray(chebyshev.chebval(self._scaled(x), self.coefficients))

    def error(self, x: FloatArray) -> FloatArray:
        """Standard deviation of the value at positions (n,)."""
        basis = chebyshev.chebvander(self._scaled(x), len(self.coefficients) - 1)
        variance = np.einsum("...i,ij,...j->...", basis, self.covariance, basis)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))

    def _scaled(self, x: FloatArray) -> FloatArray:
        return _to_unit(np.asarray(x, dtype=np.float64), self.low, self.high)

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "low": self.low,
            "high": self.high,
            "coefficients": self.coefficients.tolist(),
            "covariance": self.covariance.tolist(),
            "chi2_per_dof": self.chi2_per_dof,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> SmoothCurve:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            return cls(
                low=float(content["low"]),
                high=float(content["high"]),
                coefficients=np.asarray(content["coefficients"], dtype=np.float64),
                covariance=np.asarray(content["covariance"], dtype=np.float64),
                chi2_per_dof=float(content["chi2_per_dof"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a smooth curve: {error!r}") from error


def fit_curve(x: FloatArray, y: FloatArray, error: FloatArray, max_degree: int) -> SmoothCurve:
    """Fit a polynomial by weighted least squares, its degree chosen by the data.

    Parameters
    ----------
    x, y, error
        (k,) positions, values and their standard deviations.
    max_degree
        Highest degree tried; never more than k - 2.

    Raises
    ------
    DomainError
        No points, or an error that is not positive.

    Notes
    -----
    The degree minimises the Akaike criterion chi2 + 2 p, with p coefficients (errors are known, so
    it needs no correction for few points): enough terms to follow the points, not their noise.
    """
    if len(x) == 0 or not np.all(error > 0.0):
        raise DomainError("a curve needs points with positive errors", found=error)
    low, high = float(x.min()), float(x.max())
    best: tuple[float, SmoothCurve] | None = None
    for degree in range(max(min(max_degree, len(x) - 2), 0) + 1):
        curve, chi2 = _fit_degree(x, y, error, degree, low, high)
        criterion = chi2 + 2.0 * (degree + 1)
        if best is None or criterion < best[0]:
            best = criterion, curve
    if best is None:  # pragma: no cover - the loop runs at least once
        raise DomainError("a curve needs points")
    return best[1]


def leave_one_out(x: FloatArray, y: FloatArray, error: FloatArray, max_degree: int) -> FloatArray:
    """Relative change of each inner value when it is predicted from all others.

    Parameters
    ----------
    x, y, error, max_degree
        As for :func:`fit_curve`, sorted by x.

    Returns
    -------
    (k,) prediction / value - 1; NaN at both ends, which would be extrapolated, and everywhere
    with fewer than four points.
    """
    result = np.full(len(x), np.nan)
    if len(x) < 4:
        return result
    for index in range(1, len(x) - 1):
        keep = np.arange(len(x)) != index
        curve = fit_curve(x[keep], y[keep], error[keep], max_degree)
        result[index] = float(curve(x[index])) / y[index] - 1.0
    return result


def _fit_degree(
    x: FloatArray, y: FloatArray, error: FloatArray, degree: int, low: float, high: float
) -> tuple[SmoothCurve, float]:
    """Weighted least squares of one degree, and its chi2."""
    basis = chebyshev.chebvander(_to_unit(x, low, high), degree) / error[:, None]
    target = y / error
    covariance = np.asarray(np.linalg.pinv(basis.T @ basis, hermitian=True), dtype=np.float64)
    coefficients = covariance @ (basis.T @ target)
    chi2 = float(np.sum((target - basis @ coefficients) ** 2))
    dof = len(x) - degree - 1
    ratio = chi2 / dof if dof > 0 else 0.0
    curve = SmoothCurve(
        low=low,
        high=high,
        coefficients=coefficients,
        covariance=covariance * max(ratio, 1.0),
        chi2_per_dof=ratio,
    )
    return curve, chi2


def _to_unit(x: FloatArray, low: float, high: float) -> FloatArray:
    """Map low..high to -1..1; positions outside go to the ends."""
    if high <= low:
        return np.zeros_like(x)
    return np.clip((2.0 * x - low - high) / (high - low), -1.0, 1.0)
