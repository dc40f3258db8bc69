"""Expected limits the paper's way: quantiles over background-only pseudo-experiments."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.errors import DomainError
from fourmu.statmodel.batch import Batch

from .asymptotics import BANDS, root_qa_of_bands
from .chunks import Store, chunks_of, run_chunks
from .limits import empty_outcome
from .pseudo_data import draw_pseudo_data, generator_of, window_data
from .results import Limits
from .toy_results import ExpectedBands, joined
from .toy_tests import room_for, test_data_sets
from .window_fit import OK, Targets, fit_window

__all__ = [
    "expected_bands",
    "expected_bands_of",
    "limits_of_data_sets",
    "quantiles_with_errors",
]

Floats = NDArray[np.float64]

_STREAM = 3
_LIMIT_TOLERANCE = 1e-6  # a relative error, beside statistical ones of percents
_FRACTIONS = np.array([NormalDist().cdf(band) for band in BANDS])


def expected_bands(
    batch: Batch,
    asymptotic: Limits,
    settings: Inference,
    *,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    store: Store[ExpectedBands] | None = None,
) -> ExpectedBands:
    """Median and bands of the limits of background-only pseudo-experiments in every window.

    Parameters
    ----------
    batch
        The windows.
    asymptotic
        What :func:`~fourmu.inference.limits` found for them; only ``ok`` windows are done.
    settings
        ``pseudo_experiments`` must not be 0.
    seed
        Results depend on it and on the content of a window, on nothing else.
    threads
        Number of threads; numba's (``NUMBA_NUM_THREADS``) if None.
    progress
        Called with the number of windows finished since the last call.
    store
        Where finished chunks of windows are found and kept.

    Returns
    -------
    ExpectedBands
        One entry per window, in the order of the batch.

    Raises
    ------
    DomainError
        ``settings.pseudo_experiments`` is 0.

    Notes
    -----
    Counts and auxiliary data are drawn from the background-only fit; each pseudo-experiment is
    treated as the data are, by the asymptotic formulas (Belle II paper, Sec. VII).
    """
    if settings.pseudo_experiments == 0:
        raise DomainError("no pseudo-experiments are asked for", key="pseudo_experiments", found=0)
    chunks = chunks_of(np.flatnonzero(asymptotic.ok))
    parts = run_chunks(
        lambda places: expected_bands_of(batch, places, asymptotic, settings, seed),
        chunks,
        threads=threads,
        progress=progress,
        store=store,
    )
    return joined(ExpectedBands, chunks, parts, len(batch))


def expected_bands_of(
    batch: Batch,
    places: NDArray[np.int64],
    asymptotic: Limits,
    settings: Inference,
    seed: int,
) -> ExpectedBands:
    """Bands of some windows: a pure function, whatever else is in the batch.

    Parameters
    ----------
    batch, asymptotic, settings, seed
        As :func:`expected_bands` takes them.
    places
        Windows, which must be ``ok``.

    Returns
    -------
    ExpectedBands
        One entry per place.
    """
    values, errors, failed = [], [], []
    for place in places:
        found = _pseudo_limits(batch, int(place), asymptotic, settings, seed)
        good = found[np.isfinite(found)]
        value, error = quantiles_with_errors(good, _FRACTIONS)
        values.append(value)
        errors.append(error)
        failed.append(found.size - good.size)
    return ExpectedBands(
        limit_expected=np.array(values).reshape(-1, len(BANDS)),
        limit_expected_error=np.array(errors).reshape(-1, len(BANDS)),
        n_experiments=np.full(len(places), settings.pseudo_experiments),
        n_failed=np.array(failed, dtype=np.int64),
        message=tuple("no pseudo-experiment has a limit" if np.isnan(v[0]) else "" for v in values),
    )


def _pseudo_limits(
    batch: Batch, place: int, asymptotic: Limits, settings: Inference, seed: int
) -> Floats:
    """Limits of the pseudo-experiments of one window; NaN where there is none."""
    data = window_data(batch, place)
    first, last = batch.tables.parameter_start[place : place + 2]
    null = asymptotic.parameters_null[first:last]
    fitted = room_for(1, 1, data.observed.size, null.size, conditional=True)
    test_data_sets(
        batch.tables,
        place,
        data.observed[None],
        data.auxiliary[None],
        null,
        np.zeros(1),
        0.0,
        settings.nll_tolerance,
        settings.max_iterations,
        fitted,
    )
    rng = generator_of(data, seed, _STREAM)
    counts, auxiliary = draw_pseudo_data(
        rng, data, fitted.rates[0, 0], null, settings.pseudo_experiments
    )
    return limits_of_data_sets(batch, place, counts, auxiliary, settings)


def limits_of_data_sets(
    batch: Batch, place: int, counts: Floats, auxiliary: Floats, settings: Inference
) -> Floats:
    """Asymptotic observed limits of one window for other data.

    Parameters
    ----------
    batch, place
        The windows, and the one that is meant.
    counts, auxiliary
        Data sets, shapes (T, B) and (T, n).
    settings
        Confidence level and tolerances.

    Returns
    -------
    numpy.ndarray
        Shape (T,); NaN where a fit or the search did not converge.
    """
    goal = Targets(
        alpha=1.0 - settings.confidence_level,
        root_qa=root_qa_of_bands(settings.confidence_level),
        tolerance=settings.toys_nll_tolerance,
        limit_tolerance=_LIMIT_TOLERANCE,
        max_iterations=settings.max_iterations,
    )
    tables = batch.tables
    bins = slice(*tables.bin_start[place : place + 2])
    parameters = slice(*tables.parameter_start[place : place + 2])
    tables = tables._replace(observed=tables.observed.copy(), auxiliary=tables.auxiliary.copy())
    out = empty_outcome(len(batch), tables.init.size)
    found = np.full(counts.shape[0], np.nan)
    for number in range(found.size):
        tables.observed[bins] = counts[number]
        tables.auxiliary[parameters] = auxiliary[number]
        if fit_window(tables, place, goal, out) == OK:
            found[number] = out.limit_observed[place]
    return found


def quantiles_with_errors(values: Floats, fractions: Floats) -> tuple[Floats, Floats]:
    """Quantiles of a sample, and their statistical errors.

    Parameters
    ----------
    values
        Sample, shape (N,).
    fractions
        Probabilities, shape (F,).

    Returns
    -------
    quantiles, errors
        Shape (F,), NaN for an empty sample.

    Notes
    -----
    The quantile is interpolated at rank (N + 1/3) p + 1/3, nearly unbiased in the median for any
    distribution (Hyndman and Fan, Am. Stat. 50 (1996) 361, definition 8). The error is that of
    Maritz and Jarrett (J. Am. Stat. Assoc. 73 (1978) 194): what a bootstrap with infinitely many
    replicas gives for that order statistic, whose rank is beta distributed.
    """
    if values.size == 0:
        return np.full(fractions.size, np.nan), np.full(fractions.size, np.nan)
    from scipy.special import betainc  # noqa: PLC0415  imported where it is needed

    ordered = np.sort(values)
    n = ordered.size
    rank = (n + 1.0 / 3.0) * fractions + 1.0 / 3.0
    quantiles = np.interp(rank, np.arange(1, n + 1), ordered)
    edges = np.linspace(0.0, 1.0, n + 1)
    errors = np.empty(fractions.size)
    for place, r in enumerate(rank):
        weights = np.diff(betainc(r, n + 1.0 - r, edges))
        mean = (weights * ordered).sum()
        errors[place] = math.sqrt(max((weights * (ordered - mean) ** 2).sum(), 0.0))
    return quantiles, errors
