"""Everything asymptotic about one window: fits, significance, limits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel, kernel
from fourmu.statmodel.batch import Tables

from .asymptotics import upper_tail
from .minimise import fit
from .model import (
    FREE,
    GAUSSIAN,
    POISSON,
    Scratch,
    Window,
    constant_terms,
    copy_into,
    derivatives,
    expected_auxiliary,
    half_deviance,
    scratch_for,
    window_of,
)
from .newton import CONVERGED, NO_START, newton_tangent
from .upper_limits import ASIMOV, OBSERVED, crossing

__all__ = ["Outcome", "Targets", "fit_window"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

OK = 0
NULL_FIT = 1
FREE_FIT = 2
AT_UPPER_BOUND = 3
NO_SENSITIVITY = 4
EXPECTED_LIMIT = 5
OBSERVED_LIMIT = 6
NOTHING_EXPECTED = 7


class Targets(NamedTuple):
    """What is searched for, and how precisely."""

    alpha: float
    """1 - confidence level."""
    root_qa: Floats
    """sqrt(q_A) at the five expected limits."""
    tolerance: float
    limit_tolerance: float
    max_iterations: int


class Outcome(NamedTuple):
    """Results by window (first axis), and by parameter for the fits; see ``Limits``."""

    code: NDArray[np.int64]
    detail: NDArray[np.int64]
    """Parameter that the code is about, -1 for none."""
    poi_hat: Floats
    poi_hat_error: Floats
    at_boundary: Flags
    twice_nll_free: Floats
    twice_nll_null: Floats
    q0: Floats
    z_local: Floats
    p0: Floats
    limit_observed: Floats
    limit_expected: Floats
    deviance: Floats
    degrees: NDArray[np.int64]
    smallest_rate: Floats
    parameters_free: Floats
    parameters_null: Floats


@kernel
def fit_window(tables: Tables, w: int, goal: Targets, out: Outcome) -> int:
    """Fit one window of a batch and write what was found at its place.

    Parameters
    ----------
    tables
        The batch.
    w
        Place of the window.
    goal
        Confidence level and tolerances.
    out
        Its entries of this window are filled; only where the code is 0 are all of them valid.

    Returns
    -------
    int
        0, or the code of what went wrong.
    """
    window = window_of(tables, w)
    scratch = scratch_for(window)
    first, last = tables.parameter_start[w], tables.parameter_start[w + 1]
    free, null = out.parameters_free[first:last], out.parameters_null[first:last]
    poi, n = window.poi, window.init.size
    # row 0 is the Asimov data set, which is known once the background has been fitted
    counts = np.empty((2, window.observed.size))
    auxiliary = np.empty((2, n))
    thetas = np.empty((2, n))
    tangents = np.empty((2, n))
    copy_into(counts[OBSERVED], window.observed)
    copy_into(auxiliary[OBSERVED], window.auxiliary)

    half = np.empty(2)
    lower = window.lower.copy()
    fixed = window.fixed.copy()
    at_zero = False
    status = CONVERGED
    for signal in range(2):
        theta = free if signal else null
        fixed[poi] = not signal
        if signal:
            lower[poi] = -np.inf
        for attempt in range(2):
            if attempt == 1:
                _second_start(window, theta)
            else:
                copy_into(theta, null if signal else window.init)
            if not signal:
                theta[poi] = 0.0
            status, half[signal], at_zero = fit(
                window,
                counts[OBSERVED],
                auxiliary[OBSERVED],
                theta,
                fixed,
                lower,
                goal.tolerance,
                goal.max_iterations,
                scratch,
            )
            if status == CONVERGED:
                break
        if status == NO_START:
            return NOTHING_EXPECTED
        if status != CONVERGED:
            return FREE_FIT if signal else NULL_FIT
        out.detail[w] = _at_upper_bound(window, theta)
        if out.detail[w] >= 0:
            return AT_UPPER_BOUND
        if not signal:
            copy_into(counts[ASIMOV], scratch.rates)
            expected_auxiliary(window, null, auxiliary[ASIMOV])
    fixed[poi] = True
    out.smallest_rate[w] = scratch.rates.min()
    _summarise(window, w, half, free, at_zero, out)
    positive = free[poi] > 0.0

    curvature = _curvature_at(window, counts[OBSERVED], auxiliary[OBSERVED], free, scratch)
    if curvature > 0.0 and not at_zero:
        out.poi_hat_error[w] = 1.0 / math.sqrt(curvature)
    if not positive:
        _curvature_at(window, counts[OBSERVED], auxiliary[OBSERVED], null, scratch)
    copy_into(thetas[OBSERVED], free if positive else null)
    copy_into(tangents[OBSERVED], scratch.tangent)
    curvature = _curvature_at(window, counts[ASIMOV], auxiliary[ASIMOV], null, scratch)
    copy_into(thetas[ASIMOV], null)
    copy_into(tangents[ASIMOV], scratch.tangent)
    start = _first_guess(scratch.gradient[poi], curvature, 0.5 * goal.root_qa[0] ** 2)
    upper = window.upper[poi] if math.isfinite(window.upper[poi]) else 10.0
    sensitive = 0.0 < start < 1e3 * upper
    if not sensitive:  # other parameters make up for a small signal: look further out
        start = 0.1 * upper

    limits = out.limit_expected[w]
    bands = limits.size
    near_thetas = np.empty((bands, n))
    near_tangents = np.empty((bands, n))
    for test in range(bands + 1):
        floor = 0.0
        if test == bands:
            floor = max(free[poi], 0.0)
            start = _interpolated(limits, free[poi] * goal.root_qa[2] / limits[2])
            start = max(start, floor + 0.1 * limits[2])
            near = np.argmin(np.abs(limits - start))
            copy_into(thetas[ASIMOV], near_thetas[near])
            copy_into(tangents[ASIMOV], near_tangents[near])
        mu, derivative = crossing(
            window,
            2 if test == bands else 1,
            counts,
            auxiliary,
            thetas,
            tangents,
            math.log(goal.alpha) if test == bands else math.log(goal.root_qa[test]),
            half[1] if positive else half[0],
            floor,
            start,
            fixed,
            goal.tolerance,
            goal.limit_tolerance,
            goal.max_iterations,
            scratch,
        )
        if not math.isfinite(mu):
            if test == bands:
                return OBSERVED_LIMIT
            return EXPECTED_LIMIT if sensitive or test > 0 else NO_SENSITIVITY
        if test == bands:
            out.limit_observed[w] = mu
        else:
            limits[test] = mu
            copy_into(near_thetas[test], thetas[ASIMOV])
            copy_into(near_tangents[test], tangents[ASIMOV])
            if test + 1 < bands:
                step = math.log(goal.root_qa[test + 1] / goal.root_qa[test])
                start = mu * math.exp(-step / derivative)
    return OK


@internal_kernel
def _summarise(
    window: Window, w: int, half: Floats, free: Floats, at_zero: bool, out: Outcome
) -> None:
    """Write what follows from f without and with signal."""
    constant = constant_terms(window)
    q0 = max(2.0 * (half[0] - half[1]), 0.0) if free[window.poi] > 0.0 else 0.0
    out.poi_hat[w] = free[window.poi]
    out.at_boundary[w] = at_zero
    out.twice_nll_null[w] = 2.0 * half[0] + constant
    out.twice_nll_free[w] = 2.0 * half[1] + constant
    out.q0[w] = q0
    out.z_local[w] = math.sqrt(q0)
    out.p0[w] = upper_tail(math.sqrt(q0))
    out.deviance[w] = 2.0 * half[1]
    floating = 0
    for j in range(free.size):
        if not window.fixed[j] and window.constraint[j] == FREE:
            floating += 1
    out.degrees[w] = window.observed.size - floating


@internal_kernel
def _curvature_at(
    window: Window, counts: Floats, auxiliary: Floats, theta: Floats, scratch: Scratch
) -> float:
    """Set gradient and tangent at a minimum; return the profile curvature in mu, 0 for none."""
    half_deviance(window, counts, auxiliary, theta, scratch)
    derivatives(window, counts, auxiliary, theta, 1, 0.0, scratch)
    for j in range(theta.size):
        held = window.fixed[j] or theta[j] <= window.lower[j] or theta[j] >= window.upper[j]
        held = held or (window.kinked[j] and theta[j] == 0.0)
        scratch.state[j] = 2 if held or j == window.poi else 0
    curvature = newton_tangent(window.poi, scratch)
    if math.isfinite(curvature):
        return curvature
    for j in range(theta.size):
        scratch.tangent[j] = 0.0
    return 0.0


@internal_kernel
def _second_start(window: Window, theta: Floats) -> None:
    """Start a fit where the auxiliary data are, and free factors are one."""
    for j in range(theta.size):
        if window.fixed[j]:
            theta[j] = window.init[j]
        elif window.constraint[j] == GAUSSIAN:
            theta[j] = window.auxiliary[j]
        elif window.constraint[j] == POISSON:
            theta[j] = window.auxiliary[j] / window.rate_factor[j]
        else:
            theta[j] = 1.0
        theta[j] = min(max(theta[j], window.lower[j]), window.upper[j])


@internal_kernel
def _at_upper_bound(window: Window, theta: Floats) -> int:
    """Return a free normalisation that its upper bound holds, -1 if there is none."""
    for j in range(theta.size):
        if window.constraint[j] == FREE and not window.fixed[j] and theta[j] >= window.upper[j]:
            return j
    return -1


@internal_kernel
def _first_guess(slope: float, curvature: float, half: float) -> float:
    """Return mu at which slope mu + curvature mu^2 / 2 is ``half``; NaN if nowhere."""
    slope, curvature = max(slope, 0.0), max(curvature, 0.0)
    root = math.sqrt(slope * slope + 2.0 * curvature * half)
    return 2.0 * half / (slope + root) if root > 0.0 else np.nan


@internal_kernel
def _interpolated(limits: Floats, deviations: float) -> float:
    """Limit for a background at so many standard deviations, from the five expected ones."""
    x = deviations + 2.0
    if x >= 4.0:
        beyond: float = limits[4] + (x - 4.0) * (limits[4] - limits[3])
        return beyond
    lower = min(max(math.floor(x), 0), 3)
    ratio = math.log(limits[lower + 1] / limits[lower])
    value: float = limits[lower] * math.exp(max(x - lower, -3.0) * ratio)
    return value
