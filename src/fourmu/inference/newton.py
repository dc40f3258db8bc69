"""Damped Newton steps within a box.

Each solves the quadratic model within the box of the bounds by an active set, so that a step
never leaves it. Where the Hessian is not positive definite the Gauss-Newton matrix with a growing
ridge takes its place. The end is decided by the decrease that the quadratic model still promises
(half the squared Newton decrement), a number in units of ln L.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import inlined, internal_kernel, merged_kernel

from .model import (
    FEASIBLE,
    NEGATIVE_EMPTY,
    Scratch,
    Window,
    copy_into,
    derivatives,
    half_deviance,
)

__all__ = [
    "CONVERGED",
    "EMPTY_BIN",
    "LEAST_CURVATURE",
    "NO_START",
    "STALLED",
    "newton",
    "newton_tangent",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

CONVERGED, STALLED, EMPTY_BIN, NO_START = 0, 1, 2, 3

_FREE, _AT_LOW, _AT_HIGH, _FIXED = 0, -1, 1, 2
_SHORTENINGS = 20
_LEAST_DAMPING = 1e-9
_TRACE = 1e-6  # of a ridge, with which a step still is Newton's
_RIDGES = 20
LEAST_CURVATURE = 1e-10  # in place of a diagonal element that is zero


@internal_kernel
def _factorise(
    hessian: Floats, free: Integers, m: int, ridge: float, factor: Floats, start: Integers
) -> bool:
    """Cholesky factor of the Hessian among the first ``m`` free parameters.

    What stands left of a row's first entry that is not zero stays zero: the factors of single
    bins, which come first, cost next to nothing.
    """
    for a in range(m):
        start[a] = 0
        while start[a] < a and hessian[free[a], free[start[a]]] == 0.0:
            start[a] += 1
        for b in range(start[a], a + 1):
            total = hessian[free[a], free[b]]
            if a == b:
                total += ridge * max(total, LEAST_CURVATURE)
            for c in range(max(start[a], start[b]), b):
                total -= factor[a, c] * factor[b, c]
            if a == b:
                if not total > 4e-15 * abs(hessian[free[a], free[a]]):
                    return False
                factor[a, a] = math.sqrt(total)
            else:
                factor[a, b] = total / factor[b, b]
    return True


@internal_kernel
def _solve(factor: Floats, start: Integers, m: int, right: Floats) -> None:
    """Solve in place for ``right`` with the Cholesky factor."""
    for a in range(m):
        total = right[a]
        for b in range(start[a], a):
            total -= factor[a, b] * right[b]
        right[a] = total / factor[a, a]
    for a in range(m - 1, -1, -1):
        right[a] /= factor[a, a]
        for b in range(start[a], a):
            right[b] -= factor[a, b] * right[a]


@internal_kernel
def _list_free(state: Integers, free: Integers) -> int:
    """List the free parameters, the last (factors of single bins) first; return their number."""
    m = 0
    for j in range(state.size - 1, -1, -1):
        if state[j] == _FREE:
            free[m] = j
            m += 1
    return m


@merged_kernel
def _box_step(theta: Floats, fixed: Flags, ridge: float, scratch: Scratch) -> bool:
    """Set the step that minimises the quadratic model within the bounds.

    ``scratch.low`` and ``scratch.high`` hold the bounds of theta. False if the curvature is not
    positive definite among the free parameters.
    """
    free, right = scratch.free, scratch.right
    state, step = scratch.state, scratch.step
    gradient, hessian = scratch.gradient, scratch.hessian
    low, high = scratch.low, scratch.high
    n = theta.size
    for j in range(n):
        step[j] = 0.0
        if fixed[j]:
            state[j] = _FIXED
        elif theta[j] <= low[j] and gradient[j] >= 0.0:
            state[j] = _AT_LOW
        elif theta[j] >= high[j] and gradient[j] <= 0.0:
            state[j] = _AT_HIGH
        else:
            state[j] = _FREE
    for _ in range(4 * n):
        m = _list_free(scratch.state, free)
        for a in range(m):
            total = -gradient[free[a]]
            for j in range(n):
                if state[j] != _FREE and step[j] != 0.0:
                    total -= hessian[free[a], j] * step[j]
            right[a] = total
        if not _factorise(hessian, free, m, ridge, scratch.cholesky, scratch.envelope):
            return False
        _solve(scratch.cholesky, scratch.envelope, m, right)
        blocked = False
        for a in range(m):
            j = free[a]
            step[j] = right[a]
            if theta[j] + step[j] < low[j]:
                state[j], step[j], blocked = _AT_LOW, low[j] - theta[j], True
            elif theta[j] + step[j] > high[j]:
                state[j], step[j], blocked = _AT_HIGH, high[j] - theta[j], True
        if blocked:
            continue
        worst, which = 0.0, -1
        for j in range(n):
            if state[j] == _AT_LOW or state[j] == _AT_HIGH:
                slope = gradient[j] + ridge * max(hessian[j, j], LEAST_CURVATURE) * step[j]
                for other in range(n):
                    slope += hessian[j, other] * step[other]
                if slope * state[j] > worst:  # the model falls towards the inside
                    worst, which = slope * state[j], j
        if which < 0 or worst <= 1e-12 * (1.0 + abs(gradient[which])):
            return True
        state[which] = _FREE
    return True


@internal_kernel
def _promised(gradient: Floats, hessian: Floats, step: Floats) -> float:
    """How far the quadratic model falls with the full step."""
    total = 0.0
    for j in range(step.size):
        curved = 0.0
        for other in range(step.size):
            curved += hessian[j, other] * step[other]
        total -= step[j] * (gradient[j] + 0.5 * curved)
    return total


@inlined
def newton(
    window: Window,
    counts: Floats,
    auxiliary: Floats,
    theta: Floats,
    fixed: Flags,
    epsilon: float,
    tolerance: float,
    max_iterations: int,
    scratch: Scratch,
) -> tuple[int, float]:
    """Minimise from ``theta``, which ends at the minimum; bounds are in the scratch."""
    low, high = scratch.low, scratch.high
    value, feasibility = half_deviance(window, counts, auxiliary, theta, scratch)
    if feasibility != FEASIBLE:
        return (EMPTY_BIN if feasibility == NEGATIVE_EMPTY else NO_START), value
    trial, step = scratch.trial, scratch.step
    damping = 0.0
    for _ in range(max_iterations):
        # Where the Hessian is not positive definite its diagonal is raised, at first by a trace:
        # that is enough where parameters can stand in for each other. If that does not help, or
        # after steps in vain, the Gauss-Newton matrix takes its place.
        exact = damping == 0.0
        ridge, promised = damping, -1.0
        for _ in range(_RIDGES):
            if ridge == damping:
                derivatives(window, counts, auxiliary, theta, int(exact), epsilon, scratch)
            if _box_step(theta, fixed, ridge, scratch):
                promised = _promised(scratch.gradient, scratch.hessian, scratch.step)
                if promised >= 0.0:
                    break
            if exact and ridge >= 1.0:
                exact, ridge = False, damping
            else:
                ridge = max((1000.0 if exact else 10.0) * ridge, _LEAST_DAMPING)
        if not promised >= 0.0:
            return STALLED, value
        exact = exact and ridge <= _TRACE
        last = promised <= (tolerance if exact else 1e-2 * tolerance)
        size = 1.0
        accepted = False
        for _ in range(_SHORTENINGS):
            for j in range(theta.size):
                trial[j] = min(max(theta[j] + size * step[j], low[j]), high[j])
            fresh, feasibility = half_deviance(window, counts, auxiliary, trial, scratch)
            if feasibility == NEGATIVE_EMPTY:
                return EMPTY_BIN, value
            slack = 1e-13 * (1.0 + abs(value))  # rounding of the sum over bins
            if fresh <= value - 1e-4 * size * promised + slack:
                accepted = True
                break
            size *= 0.3
        if not accepted:
            half_deviance(window, counts, auxiliary, theta, scratch)
            if last:
                return CONVERGED, value
            if damping > 1e3:
                return STALLED, value
            damping = max(100.0 * damping, _LEAST_DAMPING)
            continue
        damping = 0.0 if damping <= _LEAST_DAMPING else 0.1 * damping
        if epsilon > 0.0:
            _update_dual(counts, size, scratch.rates, scratch.weight, scratch.dual)
        copy_into(theta, trial)
        value = fresh
        if last:
            return CONVERGED, value
    return STALLED, value


@internal_kernel
def _update_dual(counts: Floats, size: float, rates: Floats, weight: Floats, dual: Floats) -> None:
    """Move the multipliers of the empty bins with the step, staying near the central path.

    ``weight`` still belongs to the point the step started from: dual / rate.
    """
    for i in range(counts.size):
        if dual[i] > 0.0:
            before = dual[i] / weight[i]
            epsilon, rate = counts[i], rates[i]
            full = (rate - before) / size
            target = (epsilon - dual[i] * full) / before
            moved = dual[i] + size * (target - dual[i])
            centre = epsilon / rate
            dual[i] = min(max(moved, 1e-3 * centre), 1e3 * centre)


@internal_kernel
def newton_tangent(j: int, scratch: Scratch) -> float:
    """Set how the minimum moves with parameter ``j``, and return the profile curvature.

    Uses ``hessian`` and ``state`` of the scratch, in which ``j`` is not free:
    d theta_free / d theta_j = -H_ff^-1 H_fj, curvature H_jj - H_jf H_ff^-1 H_fj. Parameters at a
    bound stay there. NaN if the curvature of the others is not positive definite.
    """
    tangent = scratch.tangent
    for other in range(tangent.size):
        tangent[other] = 0.0
    tangent[j] = 1.0
    m = _list_free(scratch.state, scratch.free)
    if not _factorise(scratch.hessian, scratch.free, m, 0.0, scratch.cholesky, scratch.envelope):
        return np.nan
    for a in range(m):
        scratch.right[a] = -scratch.hessian[scratch.free[a], j]
    _solve(scratch.cholesky, scratch.envelope, m, scratch.right)
    curvature: float = scratch.hessian[j, j]
    for a in range(m):
        tangent[scratch.free[a]] = scratch.right[a]
        curvature += scratch.hessian[scratch.free[a], j] * scratch.right[a]
    return curvature
