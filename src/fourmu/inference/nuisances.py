"""Errors, correlations and pulls of all parameters of the fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import ConsistencyError
from fourmu.statmodel.batch import GAUSSIAN, POISSON, Batch, Tables

from .likelihood import likelihood
from .results import Limits

__all__ = ["Pulls", "measured_values", "pulls"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Pulls:
    """Fitted parameters of W windows, P in all; NaN where there is no number.

    Attributes
    ----------
    workspaces
        Names of the windows, shape (W,).
    parameter_start, parameter_names
        Window w has the parameters from ``parameter_start[w]`` to ``parameter_start[w + 1]``.
    value, error
        At the minimum, and from the inverse Hessian of all parameters, shape (P,). Parameters at
        a bound are held there: they have no error. So is the parameter of interest of a window
        whose best fit is stopped by an empty bin.
    measured, uncertainty
        What the constraint of a parameter says, shape (P,); NaN for a free one.
    pull
        (value - measured) / uncertainty, shape (P,).
    covariance_start, covariances
        Window w has the n x n numbers from ``covariance_start[w]`` on, row by row; see
        :meth:`covariance`.
    """

    workspaces: tuple[str, ...]
    parameter_start: NDArray[np.int64]
    parameter_names: tuple[tuple[str, ...], ...]
    value: Floats
    error: Floats
    measured: Floats
    uncertainty: Floats
    pull: Floats
    covariance_start: NDArray[np.int64]
    covariances: Floats

    def __len__(self) -> int:
        return len(self.workspaces)

    def covariance(self, place: int) -> Floats:
        """Covariance of the parameters of one window, shape (n, n); NaN where one is held."""
        n = len(self.parameter_names[place])
        first = self.covariance_start[place]
        return self.covariances[first : first + n * n].reshape(n, n)

    def correlation(self, place: int) -> Floats:
        """Correlation of the parameters of one window, shape (n, n); NaN where one is held."""
        covariance = self.covariance(place)
        error = np.sqrt(np.diag(covariance))
        return np.asarray(covariance / np.outer(error, error))

    def of(self, name: str, column: str) -> Floats:
        """One column of the parameter of a name in every window, shape (W,); NaN without it."""
        values: Floats = getattr(self, column)
        result = np.full(len(self), np.nan)
        for place, names in enumerate(self.parameter_names):
            if name in names:
                result[place] = values[self.parameter_start[place] + names.index(name)]
        return result


def pulls(batch: Batch, found: Limits, *, fit: Literal["free", "null"] = "free") -> Pulls:
    """Errors, correlations and pulls of the parameters at the fits of :func:`limits`.

    Parameters
    ----------
    batch
        The windows.
    found
        Their fits, from the same batch.
    fit
        The best fit, or the one without signal.

    Returns
    -------
    Pulls
        Windows that are not ``ok`` have NaN.

    Raises
    ------
    ConsistencyError
        The fits do not hold the parameters of this batch; those read from a file hold none.

    Notes
    -----
    The covariance is the inverse of the exact Hessian of -ln L, as Hesse of Minuit estimates it
    by differences. A pull is in units of the constraint's width, not of the fit's: its spread
    over repeated measurements is below 1 where data add to the constraint.
    """
    tables = batch.tables
    start = tables.parameter_start
    if not np.array_equal(found.parameter_start, start):
        raise ConsistencyError(
            "the fits do not hold the parameters of the batch",
            found=len(found.parameters_free),
            expected=int(start[-1]),
        )
    value = found.parameters_free if fit == "free" else found.parameters_null
    count = np.diff(start)
    covariance_start = np.concatenate(([0], np.cumsum(count**2))).astype(np.int64)
    places = np.flatnonzero(found.ok)

    held = tables.fixed | (value >= tables.upper) | (value <= tables.lower)
    poi = start[:-1][places] + tables.poi[places]
    if fit == "null":
        held[poi] = True
    else:  # the best fit is free of the lower bound, but not of empty bins
        held[poi] = found.poi_hat_at_boundary[places] | (value[poi] >= tables.upper[poi])
    covariances = np.full(int(covariance_start[-1]), np.nan)
    error = np.full(value.size, np.nan)
    for place in places:
        own = slice(start[place], start[place + 1])
        hessian = likelihood(batch, int(place), value[own]).hessian
        covariance = _inverse_among(hessian, ~held[own])
        covariances[covariance_start[place] : covariance_start[place + 1]] = covariance.ravel()
        error[own] = np.sqrt(np.diag(covariance))
    measured, uncertainty = measured_values(tables)
    return Pulls(
        workspaces=batch.workspaces,
        parameter_start=start,
        parameter_names=batch.parameter_names,
        value=value,
        error=error,
        measured=measured,
        uncertainty=uncertainty,
        pull=(value - measured) / uncertainty,
        covariance_start=covariance_start,
        covariances=covariances,
    )


def measured_values(tables: Tables) -> tuple[Floats, Floats]:
    """What the constraints say of the parameters of a batch, each with its standard deviation.

    Returns
    -------
    measured, uncertainty
        Shape (P,), NaN for a free parameter.

    Notes
    -----
    A Poisson constraint has the standard deviation that its count has where theta is 1.
    """
    measured = np.full(tables.constraint.size, np.nan)
    uncertainty = measured.copy()
    gaussian, poisson = tables.constraint == GAUSSIAN, tables.constraint == POISSON
    measured[gaussian] = tables.auxiliary[gaussian]
    uncertainty[gaussian] = 1.0 / np.sqrt(tables.precision[gaussian])
    # a count expected to be rate_factor x theta
    measured[poisson] = tables.auxiliary[poisson] / tables.rate_factor[poisson]
    uncertainty[poisson] = 1.0 / np.sqrt(tables.rate_factor[poisson])
    return measured, uncertainty


def _inverse_among(hessian: Floats, free: Flags) -> Floats:
    """Inverse of the block of the free parameters, NaN elsewhere or if it has no minimum."""
    covariance = np.full(hessian.shape, np.nan)
    block = np.ix_(free, free)
    try:
        root = np.linalg.inv(np.linalg.cholesky(hessian[block]))
    except np.linalg.LinAlgError:  # flat or falling in some direction
        return covariance
    covariance[block] = root.T @ root
    return covariance
