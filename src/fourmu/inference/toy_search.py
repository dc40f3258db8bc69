"""Limits of one window by toys: where mu is tested, and how many toys that takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.errors import ConvergenceError
from fourmu.statmodel.batch import Batch

from .asymptotics import BANDS
from .pseudo_data import WindowData, generator_of
from .results import Limits
from .toy_curves import curves_and_crossings, replicas_of
from .toy_sample import BACKGROUND, DEFICIT, SIGNAL, Hypotheses, Sample, draw_sample, hypotheses

__all__ = ["WindowToys", "search"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_FRACTIONS = np.array([NormalDist().cdf(band) for band in BANDS])
_TESTED = 6
_SPECIAL = np.array([-0.45, -0.15, 0.15, 0.45])  # about a large excess, in units of its error
_EXTENSIONS = 8
_BELOW, _ABOVE = np.array([0.4, 0.7]), np.array([1.25, 1.5])
_FIRST_TOYS = 64
_FIRST_SHARES = {DEFICIT: 2, BACKGROUND: 4}  # those of a tested value are 1
_REPLICAS = 80  # of each group of components
_AIM = 0.95  # of the wanted error, which is estimated with an error itself
_ALLOWANCE = np.array([1.0, 1.5, 1.0, 1.0, 1.0, 1.0])  # -2 sigma takes the most toys
_LARGEST_GROWTH = 4.0
_FAILED_FRACTION = 0.01


@dataclass(frozen=True, kw_only=True)
class WindowToys:
    """Limits of one window by toys, observed and the five expected ones.

    Attributes
    ----------
    limits, errors
        Shape (6,), NaN where there is none.
    n_toys, n_failed
        Toys used, and those with a fit that did not converge.
    message
        Empty, or why there are no numbers.
    """

    limits: Floats
    errors: Floats
    n_toys: int
    n_failed: int
    message: str


def search(
    batch: Batch, data: WindowData, asymptotic: Limits, settings: Inference, seed: int
) -> WindowToys:
    """Find the limits of one window by toys.

    Parameters
    ----------
    batch, data
        The windows, and the one that is meant.
    asymptotic
        Limits of the batch; those of the window must be ``ok``.
    settings
        Confidence level, wanted error, largest numbers, tolerances.
    seed
        Of the whole calculation.

    Notes
    -----
    Tested are six values over the asymptotic limits, equidistant in the square root of mu, and
    four more about the observed limit if it lies beyond them; where a limit turns out to lie
    outside, values are added and the toys, still few, are thrown again. Then toys are added until
    every error is as wanted, to those components that reduce the errors most cheaply (Neyman's
    allocation), or until no component may have more.
    """
    rng, resampling = generator_of(data, seed, 0), generator_of(data, seed, 1)
    values = _first_values(asymptotic, data.place)
    try:
        for _ in range(_EXTENSIONS):
            state = _started(batch, data, asymptotic, values, settings, rng, resampling)
            if not any(state.outside):
                break
            values = _extended(values, *state.outside)
        while not any(state.outside):
            wanted = _wanted_sizes(state.estimate, state.sizes, settings)
            if (wanted == state.sizes).all():
                break
            state = _grown(batch, state, wanted, settings, rng, resampling)
    except ConvergenceError as error:
        return _nothing(error.message)
    limits, values = state.estimate.limits, state.given.values
    found = (limits > values[0]) & (limits < values[-1])
    message = f"not all limits by toys are between {values[0]:.4g} and {values[-1]:.4g}"
    return WindowToys(
        limits=np.where(found, limits, np.nan),
        errors=np.where(found, np.sqrt(state.estimate.variances.sum(axis=0)), np.nan),
        n_toys=len(state.sample),
        n_failed=state.sample.failed,
        message="" if found.all() else message,
    )


@dataclass(frozen=True, kw_only=True)
class _Estimate:
    """Limits from a sample, and how much each group of components adds to their variances."""

    limits: Floats
    log_cls: Floats
    variances: Floats


@dataclass(frozen=True, kw_only=True)
class _State:
    """How far the search of a window is."""

    given: Hypotheses
    sizes: Integers
    sample: Sample
    estimate: _Estimate
    log_level: float

    @property
    def outside(self) -> tuple[bool, bool]:
        """Whether a limit is below or above all tested values."""
        log_cls = self.estimate.log_cls
        return (
            bool((log_cls[:, 0] <= self.log_level).any()),
            bool((log_cls[:, -1] > self.log_level).any()),
        )


def _started(
    batch: Batch,
    data: WindowData,
    asymptotic: Limits,
    values: Floats,
    settings: Inference,
    rng: np.random.Generator,
    resampling: np.random.Generator,
) -> _State:
    """Fit the data at the tested values and throw the first toys."""
    first, last = asymptotic.parameter_start[data.place : data.place + 2]
    null = asymptotic.parameters_null[first:last]
    scale = float(asymptotic.limit_expected[data.place, len(BANDS) // 2])
    given = hypotheses(batch, data, values, null, scale, settings)
    sizes = _first_sizes(given, settings.toys)
    sample = draw_sample(batch, given, sizes, rng, settings)
    return _judged(given, sizes, sample, settings, resampling)


def _grown(
    batch: Batch,
    state: _State,
    sizes: Integers,
    settings: Inference,
    rng: np.random.Generator,
    resampling: np.random.Generator,
) -> _State:
    """Add toys."""
    more = draw_sample(batch, state.given, sizes - state.sizes, rng, settings)
    return _judged(state.given, sizes, state.sample.joined(more), settings, resampling)


def _judged(
    given: Hypotheses,
    sizes: Integers,
    sample: Sample,
    settings: Inference,
    resampling: np.random.Generator,
) -> _State:
    """Estimate limits and errors, unless too many fits failed."""
    if sample.failed > _FAILED_FRACTION * sizes.sum():
        raise ConvergenceError(f"fits of {sample.failed} of {sizes.sum()} toys did not converge")
    level = 1.0 - settings.confidence_level
    return _State(
        given=given,
        sizes=sizes,
        sample=sample,
        estimate=_estimate(given, sample, level, resampling),
        log_level=math.log(level),
    )


def _groups(components: int) -> list[Integers]:
    """Components whose numbers of toys grow together."""
    return [np.array([DEFICIT]), np.array([BACKGROUND]), np.arange(SIGNAL, components)]


def _estimate(
    given: Hypotheses, sample: Sample, level: float, rng: np.random.Generator
) -> _Estimate:
    """Limits with their variances: groups are independent, so each is resampled by itself."""
    groups = _groups(given.rates.shape[0])
    copies = [replicas_of(sample, group, _REPLICAS, rng) for group in groups]
    itself = np.ones((1, len(sample)), dtype=np.int64)
    log_cls, crossings = curves_and_crossings(
        given, sample, np.concatenate([itself, *copies]), _FRACTIONS, level
    )
    replicas = crossings[1:].reshape(len(groups), _REPLICAS, -1)
    return _Estimate(limits=crossings[0], log_cls=log_cls, variances=replicas.var(axis=1, ddof=1))


def _wanted_sizes(estimate: _Estimate, sizes: Integers, settings: Inference) -> Integers:
    """Numbers of toys that give every limit the wanted error, as far as they may grow."""
    allowed = settings.toys_rel_error * _ALLOWANCE * estimate.limits
    groups = _groups(sizes.size)
    numbers = np.array([[sizes[group].sum()] for group in groups], dtype=np.float64)
    spread = np.sqrt(estimate.variances * numbers)  # of one toy, times the number
    ideal = spread * spread.sum(axis=0) / (_AIM * allowed) ** 2
    short = estimate.variances.sum(axis=0) > allowed**2
    wanted = sizes.copy()
    for group, number, ideals in zip(groups, numbers, ideal, strict=True):
        if short.any() and number[0] > 0:
            growth = min(max(float(ideals[short].max() / number[0]), 1.0), _LARGEST_GROWTH)
            wanted[group] = np.minimum(np.ceil(growth * sizes[group]), settings.toys)
    return wanted


def _first_sizes(given: Hypotheses, most: int) -> Integers:
    sizes = np.full(given.rates.shape[0], _FIRST_TOYS, dtype=np.int64)
    for component, share in _FIRST_SHARES.items():
        sizes[component] *= share
    if not given.has_deficit:
        sizes[DEFICIT] = 0
    return np.minimum(sizes, most)


def _first_values(asymptotic: Limits, place: int) -> Floats:
    """Values to test: over all asymptotic limits, which those by toys are near to."""
    expected = asymptotic.limit_expected[place]
    observed = float(asymptotic.limit_observed[place])
    low, high = 0.8 * min(float(expected[0]), observed), 1.25 * float(expected[-1])
    values = np.linspace(math.sqrt(low), math.sqrt(high), _TESTED) ** 2
    if observed > expected[-1]:
        error = observed - max(float(asymptotic.poi_hat[place]), 0.0)
        special = observed + error * _SPECIAL
        values = np.append(values[values < special[0]], special)
    return values


def _extended(values: Floats, below: bool, above: bool) -> Floats:
    if below:
        values = np.append(values[0] * _BELOW, values)
    if above:
        values = np.append(values, values[-1] * _ABOVE)
    return values


def _nothing(message: str) -> WindowToys:
    none = np.full(1 + len(BANDS), np.nan)
    return WindowToys(limits=none, errors=none, n_toys=0, n_failed=0, message=message)
