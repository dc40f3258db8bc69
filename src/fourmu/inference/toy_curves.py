r"""From weighted toys to CLs against mu, and to where it crosses its level.

CLs of an outcome with test statistic q is the ratio of the probabilities of :math:`\ge q` with and
without signal. The observed curve takes the q of the data at each tested mu; an expected curve
takes the quantile of the background-only toys, which is where their probability of :math:`\ge q`
first reaches :math:`\Phi(k)`, k = -2 ... +2. Values of q closer than :data:`TIE` count as equal:
with few events many outcomes are, up to the rounding of their fits.

ln CLs is nearly a parabola in mu (the logarithm of a normal tail), so between tested values it is
interpolated with the cubic through the nearest four.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel, kernel

from .toy_sample import BACKGROUND, SIGNAL, Hypotheses, Sample

__all__ = ["TIE", "curves_and_crossings", "replicas_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TIE = 1e-6
"""Outcomes whose q differ by less than this times 1 + q are the same: fits are good to 1e-8."""

_BISECTIONS = 50
_DEPTH = 6.0  # how far ln CLs may fall below its level, where hardly a toy is left


def replicas_of(
    sample: Sample, components: Integers, replicas: int, rng: np.random.Generator
) -> Integers:
    """How often each toy stands in bootstrap replicas of a sample.

    Parameters
    ----------
    sample
        N toys.
    components
        Components whose toys are resampled, each among themselves; the others stand once.
    replicas
        Number of replicas, R.
    rng
        Source of random numbers.

    Returns
    -------
    numpy.ndarray
        Shape (R, N).
    """
    copies = np.ones((replicas, len(sample)), dtype=np.int64)
    for component in components:
        places = np.flatnonzero(sample.component == component)
        if places.size:
            drawn = rng.integers(places.size, size=(replicas, places.size))
            drawn += np.arange(replicas)[:, None] * places.size
            counted = np.bincount(drawn.ravel(), minlength=replicas * places.size)
            copies[:, places] = counted.reshape(replicas, places.size)
    return copies


def curves_and_crossings(
    given: Hypotheses, sample: Sample, copies: Integers, fractions: Floats, level: float
) -> tuple[Floats, Floats]:
    """CLs against mu, and the limits, of a sample and its replicas.

    Parameters
    ----------
    given
        The hypotheses of the window, K >= 4 tested values.
    sample
        N toys.
    copies
        How often each is used in each replica, shape (R, N).
    fractions
        Probabilities of the expected outcomes, increasing, shape (5,).
    level
        1 - confidence level.

    Returns
    -------
    log_cls
        Of the first row of ``copies``, observed and expected, shape (6, K).
    crossings
        Where they reach the level, shape (R, 6): the first or last tested value where they are
        below or above everywhere.
    """
    densities = sample.densities()
    order = np.argsort(-sample.q, axis=0, kind="stable")
    q = np.take_along_axis(sample.q, order, axis=0)
    ends = np.ones(q.shape, dtype=np.bool_)
    ends[:-1] = q[:-1] - q[1:] > TIE * (1.0 + q[:-1])
    threshold = given.q_observed - TIE * (1.0 + given.q_observed)
    beyond = (sample.q >= threshold).sum(axis=0)
    log_cls = np.empty((fractions.size + 1, given.values.size))
    crossings = np.empty((copies.shape[0], fractions.size + 1))
    _cross(
        np.ascontiguousarray(densities[:, BACKGROUND]),
        np.ascontiguousarray(densities[:, SIGNAL:].T),
        np.ascontiguousarray(order.T),
        np.ascontiguousarray(ends.T),
        beyond,
        copies,
        given.values,
        fractions,
        math.log(level),
        log_cls,
        crossings,
    )
    return log_cls, crossings


@kernel
def _cross(
    background: Floats,
    signal: Floats,
    order: Integers,
    ends: NDArray[np.bool_],
    beyond: Integers,
    copies: Integers,
    values: Floats,
    fractions: Floats,
    log_level: float,
    log_cls: Floats,
    crossings: Floats,
) -> None:
    """Fill ``log_cls`` with the curves of the first replica, ``crossings`` with all crossings."""
    curves = np.empty((fractions.size + 1, values.size))
    for replica in range(copies.shape[0]):
        for k in range(values.size):
            _curves_at(
                background,
                signal[k],
                order[k],
                ends[k],
                beyond[k],
                copies[replica],
                fractions,
                log_level - _DEPTH,
                curves,
                k,
            )
        for c in range(curves.shape[0]):
            crossings[replica, c] = _crossing(values, curves[c], log_level)
            if replica == 0:
                for k in range(values.size):
                    log_cls[c, k] = curves[c, k]


@internal_kernel
def _curves_at(
    background: Floats,
    signal: Floats,
    order: Integers,
    ends: NDArray[np.bool_],
    beyond: int,
    copies: Integers,
    fractions: Floats,
    floor: float,
    curves: Floats,
    k: int,
) -> None:
    """Set ln CLs of the observed and expected outcomes at the k-th tested value."""
    all_background, all_signal = 0.0, 0.0
    for i in range(order.size):
        all_background += copies[i] * background[i]
        all_signal += copies[i] * signal[i]
    p_b, p_sb = 0.0, 0.0
    curves[0, k] = 0.0  # no toy is as extreme as the data: nothing is excluded
    quantile = 0
    for i in range(order.size):
        toy = order[i]
        p_b += copies[toy] * background[toy] / all_background
        p_sb += copies[toy] * signal[toy] / all_signal
        if i + 1 == beyond:
            curves[0, k] = _log_ratio(p_sb, p_b, floor)
        if ends[i]:
            while quantile < fractions.size and p_b >= fractions[quantile]:
                quantile += 1
                curves[quantile, k] = _log_ratio(p_sb, p_b, floor)
    while quantile < fractions.size:
        quantile += 1
        curves[quantile, k] = 0.0


@internal_kernel
def _log_ratio(p_sb: float, p_b: float, floor: float) -> float:
    if p_sb <= 0.0 or p_b <= 0.0:
        return floor if p_b > 0.0 else 0.0
    return max(math.log(p_sb / p_b), floor)


@internal_kernel
def _crossing(x: Floats, y: Floats, level: float) -> float:
    """Where a curve last falls below a level: root of the cubic through the nearest four."""
    j = x.size - 2
    while j >= 0 and not (y[j] > level >= y[j + 1]):
        j -= 1
    if j < 0:
        end: float = x[-1] if y[-1] > level else x[0]
        return end
    first = min(max(j - 1, 0), x.size - 4)
    low: float = x[j]
    high: float = x[j + 1]
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if _cubic(x[first : first + 4], y[first : first + 4], middle) > level:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@internal_kernel
def _cubic(x: Floats, y: Floats, at: float) -> float:
    """Value of the cubic through four points."""
    total = 0.0
    for a in range(4):
        term: float = y[a]
        for b in range(4):
            if b != a:
                term *= (at - x[b]) / (x[a] - x[b])
        total += term
    return total
