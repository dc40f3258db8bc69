"""The minimum of the half deviance within bounds on parameters and rates.

Damped Newton steps; each solves the quadratic model within the box of the bounds by an active
set, so that a step never leaves it. Where the Hessian is not positive definite the Gauss-Newton
matrix with a growing ridge takes its place. The end is decided by the decrease that the
quadratic model still promises (half the squared Newton decrement), a number in units of ln L.

A rate may not be negative where nothing was observed, but may be zero. Where that matters,
an interior point is followed: empty bins get epsilon counts, a logarithmic barrier, and epsilon
shrinks; primal-dual weights keep the steps full (Nocedal and Wright, Numerical Optimization,
2006, ch. 19). The result lies above the true minimum by at most epsilon per empty bin.

Interpolations that are not smooth at alpha = 0 make it a bound of the side one is on; a fit that
ends there looks at the slope of the other side, and goes on if that falls. One that ends elsewhere
may have left a lower minimum beyond: it is tried again from the other side of each kink in turn,
until none of them leads lower.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import inlined, internal_kernel, merged_kernel

from .model import (
    FEASIBLE,
    FREE,
    NEGATIVE_EMPTY,
    Scratch,
    Window,
    copy_into,
    derivatives,
    half_deviance,
)

__all__ = ["CONVERGED", "fit", "newton_tangent"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

CONVERGED, STALLED, EMPTY_BIN, NO_START = 0, 1, 2, 3

_FREE, _AT_LOW, _AT_HIGH, _FIXED = 0, -1, 1, 2
_SHORTENINGS = 20
_LEAST_DAMPING = 1e-9
_TRACE = 1e-6  # of a ridge, with which a step still is Newton's
_NUDGE = 1e-2
_RIDGES = 20
_SMALL = 1e-10  # in place of a diagonal element that is zero
_BARRIER_START, _BARRIER_SHRINK, _BARRIER_END = 1e-2, 0.03, 1e-10


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
                total += ridge * max(total, _SMALL)
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
                slope = gradient[j] + ridge * max(hessian[j, j], _SMALL) * step[j]
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
def _newton(
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


@inlined
def _move_inside(
    window: Window,
    data: Floats,
    auxiliary: Floats,
    theta: Floats,
    fixed: Flags,
    scratch: Scratch,
) -> bool:
    """Make every rate positive by lifting free parameters off their lower bounds."""
    for lift in (0.0, 1e-3, 1e-2, 1e-1):
        for j in range(theta.size):
            room = scratch.high[j] - scratch.low[j]
            if not fixed[j] and window.constraint[j] == FREE and math.isfinite(room):
                theta[j] = max(theta[j], scratch.low[j] + lift * room)
        half_deviance(window, data, auxiliary, theta, scratch)
        if scratch.rates.min() > 0.0:
            return True
    return False


@internal_kernel
def _hold_side(
    side: Integers, lower: Floats, upper: Floats, j: int, low: Floats, high: Floats
) -> None:
    """Bound a parameter with a kink at 0 to the side it is on."""
    low[j] = max(lower[j], 0.0) if side[j] > 0 else lower[j]
    high[j] = upper[j] if side[j] > 0 else min(upper[j], 0.0)


@inlined
def _cross_kinks(
    window: Window,
    counts: Floats,
    auxiliary: Floats,
    theta: Floats,
    fixed: Flags,
    lower: Floats,
    epsilon: float,
    tolerance: float,
    scratch: Scratch,
) -> bool:
    """Change side where a parameter stands at its kink and f falls beyond; return if any does."""
    side, gradient = scratch.side, scratch.gradient
    standing = False
    for j in range(theta.size):
        if window.kinked[j] and not fixed[j] and theta[j] == 0.0:
            side[j] = -side[j]
            standing = True
    if not standing:
        return False
    crossed = False
    for look in range(2):  # once from the other side, and again if that was in vain
        half_deviance(window, counts, auxiliary, theta, scratch)
        derivatives(window, counts, auxiliary, theta, 1, epsilon, scratch)
        if look == 1:
            break
        for j in range(theta.size):
            if window.kinked[j] and not fixed[j] and theta[j] == 0.0:
                slope = gradient[j] * side[j]
                room = window.upper[j] if side[j] > 0 else -lower[j]
                gain = 0.5 * slope * slope / max(scratch.hessian[j, j], _SMALL)
                if slope < 0.0 and room > 0.0 and gain > tolerance:
                    crossed = True
                    _hold_side(side, lower, window.upper, j, scratch.low, scratch.high)
                else:
                    side[j] = -side[j]
        if crossed:
            return True
    for j in range(theta.size):
        scratch.step[j] = 0.0  # gradient and curvature are those of the end
    return False


@internal_kernel
def _leave_corner(
    constraint: Integers, fixed: Flags, low: Floats, high: Floats, gradient: Floats, theta: Floats
) -> bool:
    """Move free parameters off their bounds where these are no minimum; return if any was.

    Factors of one sample that are all zero have no slope, whatever the data say.
    """
    moved = 0
    for look in range(2):
        for j in range(theta.size):
            standing = theta[j] == 0.0 and low[j] == 0.0 and abs(gradient[j]) < 1e-14
            if standing and constraint[j] == FREE and not fixed[j]:
                if look == 0:
                    moved += 1
                elif moved > 1:
                    theta[j] = min(_NUDGE, 0.5 * high[j])
    return moved > 1


@internal_kernel
def fit(
    window: Window,
    counts: Floats,
    auxiliary: Floats,
    theta: Floats,
    fixed: Flags,
    lower: Floats,
    tolerance: float,
    max_iterations: int,
    scratch: Scratch,
) -> tuple[int, float, bool]:
    """Minimise the half deviance over the parameters that are not fixed.

    Parameters
    ----------
    window
        The model; its upper bounds hold.
    counts, auxiliary
        The data, shapes (B,) and (n,).
    theta
        Start, shape (n,); ends at the minimum.
    fixed
        Parameters that stay, shape (n,).
    lower
        Lower bounds, shape (n,); minus infinity for none.
    tolerance
        Largest decrease of f that the quadratic model may still promise before the last step.
    max_iterations
        Newton steps at most.
    scratch
        Working memory; ``rates`` belong to the minimum, ``state`` tells the parameters held at
        a bound.

    Returns
    -------
    status
        0 where converged.
    value
        f at the minimum.
    at_zero
        Whether the rate of an empty bin ended at zero.
    """
    for j in range(theta.size):
        theta[j] = theta[j] if fixed[j] else min(max(theta[j], lower[j]), window.upper[j])
        scratch.side[j] = -1 if theta[j] < 0.0 else 1
    barrier = scratch.counts
    beyond, lowest, last = -1, np.inf, False
    while True:  # once, but with kinks from beyond each of them too
        for j in range(theta.size):
            scratch.low[j], scratch.high[j] = lower[j], window.upper[j]
            if fixed[j]:
                scratch.low[j] = scratch.high[j] = theta[j]
            elif window.kinked[j]:
                _hold_side(scratch.side, lower, window.upper, j, scratch.low, scratch.high)
        copy_into(barrier, counts)
        epsilon, polishing, at_zero = 0.0, False, False
        crossings, nudged = 0, False
        while True:
            for i in range(counts.size):
                if counts[i] == 0.0:
                    barrier[i] = epsilon
            aim = min(tolerance, 0.1 * epsilon) if epsilon > 0.0 else tolerance
            status, value = _newton(
                window, barrier, auxiliary, theta, fixed, epsilon, aim, max_iterations, scratch
            )
            if beyond >= 0 and theta[beyond] == 0.0:
                status = STALLED  # nothing lies beyond
                break
            if status == CONVERGED and crossings < max_iterations:
                crossings += 1
                if _cross_kinks(
                    window, barrier, auxiliary, theta, fixed, lower, epsilon, aim, scratch
                ):
                    continue
                if not nudged and _leave_corner(
                    window.constraint, fixed, scratch.low, scratch.high, scratch.gradient, theta
                ):
                    nudged = True
                    continue
            if epsilon == 0.0 and polishing:
                status = CONVERGED if status == EMPTY_BIN else status
                break
            if epsilon == 0.0:
                if status != EMPTY_BIN:
                    break
                if not _move_inside(window, counts, auxiliary, theta, fixed, scratch):
                    status, value = NO_START, np.inf
                    break
                epsilon = _BARRIER_START
                for i in range(counts.size):
                    empty = counts[i] == 0.0
                    scratch.dual[i] = epsilon / scratch.rates[i] if empty else 0.0
            elif status != CONVERGED:
                break
            elif epsilon > _BARRIER_END:
                epsilon = max(_BARRIER_SHRINK * epsilon, _BARRIER_END)
            elif _touches_zero(counts, scratch.rates):
                value, _ = half_deviance(window, counts, auxiliary, theta, scratch)
                at_zero = True
                break
            else:  # only the way led past the border: end without the barrier
                epsilon, polishing = 0.0, True
        if last:
            break
        fresh = status == CONVERGED and value < lowest - tolerance
        if fresh:
            lowest, beyond = value, -1
            copy_into(scratch.kept, theta)
        elif beyond < 0:
            break  # the first fit failed
        else:
            copy_into(theta, scratch.kept)
        beyond = _start_beyond(
            window.kinked, fixed, lower, window.upper, beyond, scratch.side, theta
        )
        if beyond < 0:
            if fresh:
                break
            last = True
    return status, value, at_zero


@internal_kernel
def _start_beyond(
    kinked: Flags,
    fixed: Flags,
    lower: Floats,
    upper: Floats,
    after: int,
    side: Integers,
    theta: Floats,
) -> int:
    """Move the next parameter that is off its kink there, on the other side; -1 if none is left.

    One that stands at its kink has been seen from both sides.
    """
    following = -1
    for j in range(theta.size):
        side[j] = -1 if theta[j] < 0.0 else 1
        off = kinked[j] and not fixed[j] and theta[j] != 0.0
        if following < 0 and j > after and off and lower[j] < 0.0 < upper[j]:
            following = j
    if following >= 0:
        side[following] = -side[following]
        theta[following] = 0.0
    return following


@internal_kernel
def _touches_zero(counts: Floats, rates: Floats) -> bool:
    """Whether the rate of an empty bin is what the barrier left of zero."""
    for i in range(counts.size):  # noqa: SIM110  (compiled)
        if counts[i] == 0.0 and rates[i] < math.sqrt(_BARRIER_END):
            return True
    return False


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
