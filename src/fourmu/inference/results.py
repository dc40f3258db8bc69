"""The record of limits: one entry per window, with a status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import ConvergenceError

__all__ = ["OBSERVED_NUMBERS", "STATUSES", "Limits"]

Floats = NDArray[np.float64]

STATUSES = ("ok", "not_converged", "unsupported", "invalid", "no_signal")
"""What can become of a window."""
OBSERVED_NUMBERS = (
    "poi_hat",
    "poi_hat_error",
    "twice_nll_free",
    "twice_nll_null",
    "q0",
    "z_local",
    "p0",
    "limit_observed",
    "goodness_of_fit_p",
)
"""Fields of :class:`Limits` with one number per window, all of them of the observed data."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Best fits, significances and upper limits of W windows; NaN where there is no number.

    Attributes
    ----------
    workspaces, poi_names
        Names of window and parameter of interest, shape (W,).
    status, message
        One of :data:`STATUSES`, and why it is not ``ok``, shape (W,).
    confidence_level
        Of the limits.
    poi_hat
        Best fit, free of its lower bound, with no rate below zero, shape (W,).
    poi_hat_error
        From the inverse Hessian of all parameters, those at a bound held there; NaN at a
        boundary.
    poi_hat_at_boundary
        Whether the rate of an empty bin stopped the best fit.
    twice_nll_free, twice_nll_null
        -2 ln L as pyhf counts it, at the best fit and without signal.
    q0, z_local, p0
        Local one-sided significance squared, itself, and its p-value; 0, 0 and 0.5 for a best
        fit that is not positive.
    limit_observed
        Upper limit, shape (W,).
    limit_expected
        For background-only outcomes at -2 ... +2 standard deviations (Asimov), shape (W, 5).
    goodness_of_fit_p
        p-value of the best fit's deviance; NaN where it does not follow a chi-squared.
    parameter_start, parameter_names
        Window w has the parameters from ``parameter_start[w]`` to ``parameter_start[w + 1]``.
    parameters_free, parameters_null
        All parameters at the best fit and without signal.
    """

    workspaces: tuple[str, ...]
    poi_names: tuple[str, ...]
    status: tuple[str, ...]
    message: tuple[str, ...]
    confidence_level: float
    poi_hat: Floats
    poi_hat_error: Floats
    poi_hat_at_boundary: NDArray[np.bool_]
    twice_nll_free: Floats
    twice_nll_null: Floats
    q0: Floats
    z_local: Floats
    p0: Floats
    limit_observed: Floats
    limit_expected: Floats
    goodness_of_fit_p: Floats
    parameter_start: NDArray[np.int64]
    parameter_names: tuple[tuple[str, ...], ...]
    parameters_free: Floats
    parameters_null: Floats

    def __len__(self) -> int:
        return len(self.workspaces)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which windows carry numbers, shape (W,)."""
        return np.array([status == "ok" for status in self.status], dtype=np.bool_)

    def parameters(self, place: int) -> dict[str, tuple[float, float]]:
        """Best-fit and background-only value of every parameter of one window."""
        start = int(self.parameter_start[place])
        return {
            name: (float(self.parameters_free[start + j]), float(self.parameters_null[start + j]))
            for j, name in enumerate(self.parameter_names[place])
        }

    def raise_for_status(self) -> None:
        """Refuse to go on with windows that failed.

        Raises
        ------
        ConvergenceError
            A window is not ``ok``; the first is named.
        """
        failed = [place for place, status in enumerate(self.status) if status != "ok"]
        if failed:
            first = failed[0]
            raise ConvergenceError(
                f"{len(failed)} of {len(self)} windows have no limit, the first is "
                f"{self.status[first]}: {self.message[first]}",
                where=self.workspaces[first],
            )
