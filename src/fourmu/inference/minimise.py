"""The minimum of the half deviance within bounds on parameters and rates.

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

from fourmu.physics.kernels import inlined, internal_kernel

from .model import FREE, Scratch, Window, copy_into, derivatives, half_deviance
from .newton import CONVERGED, EMPTY_BIN, LEAST_CURVATURE, NO_START, STALLED, newton

__all__ = ["fit"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

_NUDGE = 1e-2
_BARRIER_START, _BARRIER_SHRINK, _BARRIER_END = 1e-2, 0.03, 1e-10


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
                gain = 0.5 * slope * slope / max(scratch.hessian[j, j], LEAST_CURVATURE)
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
def _minimum(
    window: Window,
    counts: Floats,
    auxiliary: Floats,
    theta: Floats,
    fixed: Flags,
    lower: Floats,
    beyond: int,
    tolerance: float,
    max_iterations: int,
    scratch: Scratch,
) -> tuple[int, float, bool]:
    """Minimise from the chosen sides of the kinks, crossing those where the other side falls.

    Status STALLED if the parameter ``beyond``, unless negative, ends at its kink: nothing lies
    beyond. The other arguments are those of :func:`fit`.
    """
    barrier = scratch.counts
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
        status, value = newton(
            window, barrier, auxiliary, theta, fixed, epsilon, aim, max_iterations, scratch
        )
        if beyond >= 0 and theta[beyond] == 0.0:
            status = STALLED  # nothing lies beyond
            break
        if status == CONVERGED and crossings < max_iterations:
            crossings += 1
            if _cross_kinks(window, barrier, auxiliary, theta, fixed, lower, epsilon, aim, scratch):
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
    return status, value, at_zero


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
    beyond, lowest, last = -1, np.inf, False
    while True:  # once, but with kinks from beyond each of them too
        status, value, at_zero = _minimum(
            window,
            counts,
            auxiliary,
            theta,
            fixed,
            lower,
            beyond,
            tolerance,
            max_iterations,
            scratch,
        )
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
