"""Goodness of fit by toys: the deviance of the best fit among those of its pseudo-experiments."""

from __future__ import annotations

import math

import numpy as np

from fourmu.config.inference import Inference
from fourmu.statmodel.batch import Batch

from .pseudo_data import WindowData, draw_pseudo_data, generator_of
from .results import Limits
from .toy_curves import TIE
from .toy_tests import room_for, test_data_sets

__all__ = ["goodness_of_fit_by_toys"]

_STREAM = 2
_FAILED_FRACTION = 0.01
_NUMBERS_AT_ONCE = 1_000_000


def goodness_of_fit_by_toys(
    batch: Batch, data: WindowData, asymptotic: Limits, settings: Inference, seed: int
) -> float:
    """p-value of the saturated deviance of the best fit, at any number of counts.

    Parameters
    ----------
    batch, data
        The windows, and the one that is meant.
    asymptotic
        Limits of the batch; those of the window must be ``ok``.
    settings
        Number of toys and tolerances.
    seed
        Of the whole calculation.

    Returns
    -------
    float
        Fraction of toys with a deviance not below that of the data; NaN where more than 1 % of
        their fits did not converge.

    Notes
    -----
    Counts and auxiliary data are drawn from the best fit, with mu free of its lower bound, and
    fitted in the same way. The deviance includes the constraint terms.
    """
    first, last = asymptotic.parameter_start[data.place : data.place + 2]
    best = asymptotic.parameters_free[first:last]
    null = asymptotic.parameters_null[first:last]
    mu = best[data.poi : data.poi + 1]
    fitted = room_for(1, 1, data.observed.size, best.size, conditional=True)
    test_data_sets(
        batch.tables,
        data.place,
        data.observed[None],
        data.auxiliary[None],
        null,
        mu,
        -math.inf,
        settings.nll_tolerance,
        settings.max_iterations,
        fitted,
    )
    rates = np.maximum(fitted.rates[0, 0], 0.0)  # of an empty bin, up to rounding
    if not np.isfinite(rates).all():
        return math.nan
    rng = generator_of(data, seed, _STREAM)
    number = min(settings.goodness_of_fit_toys, settings.toys)
    at_once = max(1, _NUMBERS_AT_ONCE // (data.observed.size + best.size))
    deviances = []
    for done in range(0, number, at_once):
        size = min(at_once, number - done)
        counts, auxiliary = draw_pseudo_data(rng, data, rates, best, size)
        found = room_for(size, 0, data.observed.size, best.size, conditional=False)
        test_data_sets(
            batch.tables,
            data.place,
            counts,
            auxiliary,
            null,  # the best fit may leave no rate where a toy has counts
            mu[:0],
            -math.inf,
            settings.toys_nll_tolerance,
            settings.max_iterations,
            found,
        )
        deviances.append(2.0 * found.half)
    toys = np.concatenate(deviances)
    toys = toys[np.isfinite(toys)]
    observed = 2.0 * float(fitted.half[0])
    if not math.isfinite(observed) or toys.size < (1.0 - _FAILED_FRACTION) * number:
        return math.nan
    return float(np.mean(toys >= observed - TIE * (1.0 + observed)))
