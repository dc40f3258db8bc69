r"""Test statistics of many data sets of one window.

.. math::
   \tilde q_\mu = -2 \ln \frac{L(\mu, \hat{\hat\theta}_\mu)}{L(\hat\mu, \hat\theta)}
   \quad (0 \le \hat\mu < \mu), \qquad 0 \text{ for } \hat\mu \ge \mu,

with the best fit taken at :math:`\mu \ge 0` (Cowan, Cranmer, Gross and Vitells, EPJC 71 (2011)
1554, Eq. 16).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import kernel
from fourmu.statmodel.batch import Tables

from .minimise import fit
from .model import copy_into, scratch_for, window_of
from .newton import CONVERGED, newton_tangent

__all__ = ["Tested", "room_for", "test_data_sets"]

Floats = NDArray[np.float64]


class Tested(NamedTuple):
    """What the fits of T data sets of B bins and n parameters at K values of mu write."""

    q: Floats
    """q~_mu, shape (T, K); NaN where a fit did not converge."""
    mu_hat: Floats
    """Best fit, shape (T,); NaN where it did not converge."""
    half: Floats
    """Half deviance of the best fit, shape (T,)."""
    parameters: Floats
    """All parameters of the conditional fits, shape (T, K, n); shape (0, K, n) if not wanted."""
    rates: Floats
    """Expected counts of the conditional fits, shape (T, K, B), or (0, K, B) as above."""


def room_for(sets: int, values: int, bins: int, parameters: int, *, conditional: bool) -> Tested:
    """Allocate what :func:`test_data_sets` fills; ``conditional``: keep the conditional fits."""
    kept = sets if conditional else 0
    return Tested(
        q=np.full((sets, values), np.nan),
        mu_hat=np.full(sets, np.nan),
        half=np.full(sets, np.nan),
        parameters=np.full((kept, values, parameters), np.nan),
        rates=np.full((kept, values, bins), np.nan),
    )


@kernel
def test_data_sets(
    tables: Tables,
    w: int,
    counts: Floats,
    auxiliary: Floats,
    start: Floats,
    values: Floats,
    lowest: float,
    tolerance: float,
    max_iterations: int,
    out: Tested,
) -> None:
    """Fit data sets of one window freely and at given values of mu.

    Parameters
    ----------
    tables, w
        The batch, and the place of the window.
    counts, auxiliary
        The data, shapes (T, B) and (T, n).
    start
        Parameters that the free fits start from, shape (n,).
    values
        Tested values of mu, shape (K,), increasing.
    lowest
        Lower bound of mu in the free fit: 0 for q~_mu, minus infinity for the best fit itself.
    tolerance, max_iterations
        Of a fit.
    out
        Filled. Where conditional fits are kept, all are made; else those that decide nothing,
        at mu below the best fit, are not.
    """
    window = window_of(tables, w)
    scratch = scratch_for(window)
    n, poi = window.init.size, window.poi
    lower = window.lower.copy()
    lower[poi] = lowest
    fixed = window.fixed.copy()
    theta = np.empty(n)
    for t in range(counts.shape[0]):
        keep = t < out.parameters.shape[0]
        copy_into(theta, start)
        fixed[poi] = False
        status, best, _ = fit(
            window,
            counts[t],
            auxiliary[t],
            theta,
            fixed,
            lower,
            tolerance,
            max_iterations,
            scratch,
        )
        if status != CONVERGED:
            continue
        best_mu = theta[poi]
        out.mu_hat[t], out.half[t] = best_mu, best
        fixed[poi] = True
        for k in range(values.size):
            mu = values[k]
            if mu <= best_mu:
                out.q[t, k] = 0.0
                if not keep:
                    continue
            scratch.state[poi] = 2
            if math.isfinite(newton_tangent(poi, scratch)):
                reach = mu - theta[poi]
                for j in range(n):  # along the tangent of the last fit
                    theta[j] += reach * scratch.tangent[j]
            for _ in range(2):
                theta[poi] = mu
                status, half, _ = fit(
                    window,
                    counts[t],
                    auxiliary[t],
                    theta,
                    fixed,
                    lower,
                    tolerance,
                    max_iterations,
                    scratch,
                )
                if status == CONVERGED:
                    break
                copy_into(theta, start)
            if status != CONVERGED:
                continue
            if mu > best_mu:
                out.q[t, k] = 2.0 * max(half - best, 0.0)
            if keep:
                copy_into(out.parameters[t, k], theta)
                copy_into(out.rates[t, k], scratch.rates)
