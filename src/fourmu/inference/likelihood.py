"""The likelihood of one window at given parameters, for everyone who is not a kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fourmu.errors import DomainError
from fourmu.physics.kernels import kernel
from fourmu.statmodel.batch import Batch, Tables

from .model import constant_terms, derivatives, half_deviance, scratch_for, window_of

__all__ = ["Likelihood", "likelihood"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """What is known of a likelihood at one point; B bins, n parameters.

    Attributes
    ----------
    half_deviance
        f, half the deviance including the constraints; infinity where a bin with counts has no
        rate.
    twice_nll
        -2 ln L as pyhf counts it, with all constants.
    rates
        Expected counts, shape (B,).
    gradient, hessian
        Derivatives of f, shapes (n,) and (n, n); NaN where f is infinite.
    """

    half_deviance: float
    twice_nll: float
    rates: Floats
    gradient: Floats
    hessian: Floats


def likelihood(
    batch: Batch,
    place: int,
    parameters: ArrayLike,
    *,
    counts: ArrayLike | None = None,
    auxiliary: ArrayLike | None = None,
    exact: bool = True,
) -> Likelihood:
    """Evaluate the likelihood of one window and its derivatives.

    Parameters
    ----------
    batch
        The windows.
    place
        Which of them.
    parameters
        Shape (n,), in the order of ``batch.parameter_names[place]``.
    counts, auxiliary
        Other data than the observed ones, shapes (B,) and (n,).
    exact
        Whether the curvature is the Hessian, or the Gauss-Newton matrix.

    Returns
    -------
    Likelihood
        The values at that point.

    Raises
    ------
    DomainError
        The window was refused, or an array has another length.
    """
    if batch.status[place]:
        raise DomainError(batch.message[place], where=batch.workspaces[place])
    theta = np.array(parameters, dtype=np.float64)
    tables = batch.tables
    tables = tables._replace(
        observed=_replaced(tables.observed, tables.bin_start, place, counts),
        auxiliary=_replaced(tables.auxiliary, tables.parameter_start, place, auxiliary),
    )
    if theta.shape != (len(batch.parameter_names[place]),):
        raise DomainError(
            "one value per parameter is needed",
            where=batch.workspaces[place],
            found=theta.shape,
            expected=(len(batch.parameter_names[place]),),
        )
    value, constant, rates, gradient, hessian = _evaluate(tables, place, theta, int(exact))
    return Likelihood(
        half_deviance=value,
        twice_nll=2.0 * value + constant,
        rates=rates,
        gradient=gradient,
        hessian=hessian,
    )


def _replaced(
    values: Floats, start: NDArray[np.int64], place: int, given: ArrayLike | None
) -> Floats:
    if given is None:
        return values
    replaced = values.copy()
    replaced[start[place] : start[place + 1]] = given
    return replaced


@kernel
def _evaluate(
    tables: Tables, w: int, theta: Floats, exact: int
) -> tuple[float, float, Floats, Floats, Floats]:
    window = window_of(tables, w)
    scratch = scratch_for(window)
    value, _ = half_deviance(window, window.observed, window.auxiliary, theta, scratch)
    if np.isfinite(value):
        derivatives(window, window.observed, window.auxiliary, theta, exact, 0.0, scratch)
    else:
        scratch.gradient.fill(np.nan)
        scratch.hessian.fill(np.nan)
    return value, constant_terms(window), scratch.rates, scratch.gradient, scratch.hessian
