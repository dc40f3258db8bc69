r"""Where a test along the parameter of interest crosses its level.

Two tests, both falling with mu and searched in ln mu: an expected limit is where
:math:`\sqrt{q_A(\mu)}` reaches a constant, nearly a straight line in a double logarithm; the
observed one is where CLs reaches alpha. By the envelope theorem the derivative of a profiled f is
its partial derivative with respect to mu, so that both are safeguarded Newton searches. A fit at
the next value starts on the tangent of the last one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import inlined

from .asymptotics import log_cls
from .minimise import fit
from .model import Scratch, Window, copy_into
from .newton import CONVERGED, newton_tangent

__all__ = ["ASIMOV", "OBSERVED", "crossing"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ASIMOV, OBSERVED = 0, 1
"""Rows of the data sets: the background-only Asimov data, and the observed ones."""

_MAX_STEPS = 100
_NOISE = 1e-10  # a q_A below is rounding: other parameters make up for the signal


@inlined
def crossing(
    window: Window,
    datasets: int,
    counts: Floats,
    auxiliary: Floats,
    thetas: Floats,
    tangents: Floats,
    log_level: float,
    best: float,
    floor: float,
    start: float,
    fixed: Flags,
    tolerance: float,
    limit_tolerance: float,
    max_iterations: int,
    scratch: Scratch,
) -> tuple[float, float]:
    """Find where a test crosses its level.

    Parameters
    ----------
    window
        The model.
    datasets
        1: sqrt(q_A) on the Asimov data alone; 2: CLs on the observed data.
    counts, auxiliary
        Asimov and observed data, shapes (2, B) and (2, n).
    thetas, tangents
        For each a fit to start from, and how it moves with mu, shape (2, n); brought along.
    log_level
        Logarithm of the wanted sqrt(q_A), or of alpha = 1 - confidence level, at most 1/2.
    best
        f of the observed data at their best fit with mu >= 0.
    floor
        A value at which the test is known to be above its level: that fit's mu, or 0.
    start
        First value to try, above ``floor``.
    fixed
        Parameters that stay, the parameter of interest among them.
    tolerance, max_iterations
        Of a fit.
    limit_tolerance
        Relative tolerance of the result.

    Returns
    -------
    mu
        The crossing; NaN if none was found.
    derivative
        d test / d ln mu near it.
    """
    poi = window.poi
    half, slope = np.zeros(2), np.zeros(2)
    origin = np.empty(thetas.shape[1])
    low, high = floor, np.inf
    mu = start
    for _ in range(_MAX_STEPS):
        for d in range(datasets):
            theta = thetas[d]
            copy_into(origin, theta)
            reach = mu - theta[poi]  # along the tangent first, then from where the last fit ended
            for _ in range(2):
                for j in range(theta.size):
                    theta[j] = origin[j] + reach * tangents[d, j]
                theta[poi] = mu
                status, half[d], _ = fit(
                    window,
                    counts[d],
                    auxiliary[d],
                    theta,
                    fixed,
                    window.lower,
                    tolerance,
                    max_iterations,
                    scratch,
                )
                if status == CONVERGED:
                    break
                reach = 0.0
            if status != CONVERGED:
                return np.nan, np.nan
            slope[d] = scratch.gradient[poi]
            for j in range(theta.size):  # the gradient is that before the last step
                slope[d] += scratch.hessian[poi, j] * scratch.step[j]
            curvature = newton_tangent(poi, scratch)
            for j in range(theta.size):
                tangents[d, j] = scratch.tangent[j] if math.isfinite(curvature) else 0.0
        excess, derivative = np.inf, np.nan
        q_asimov = 2.0 * half[ASIMOV]
        if q_asimov > _NOISE and datasets == 1:
            excess = log_level - 0.5 * math.log(q_asimov)
            derivative = -mu * slope[ASIMOV] / q_asimov
        elif q_asimov > _NOISE:
            q = 2.0 * max(half[OBSERVED] - best, 0.0)
            excess, derivative = log_cls(q, 2.0 * slope[OBSERVED], q_asimov, 2.0 * slope[ASIMOV])
            excess -= log_level
            derivative *= mu
        if excess > 0.0:
            low = mu
        else:
            high = mu
        following = np.nan
        if derivative < 0.0:
            following = mu * math.exp(min(max(-excess / derivative, -3.0), 3.0))
        # what a Newton step leaves is of the order of its square, what a bisection leaves is itself
        left = 2.0
        if not low < following < high:
            following = 4.0 * mu if math.isinf(high) else 0.5 * (low + high)
            left = 1.0
        move = abs(following - mu) / mu
        mu = following
        if move**left < limit_tolerance:
            return mu, derivative
    return np.nan, np.nan
