"""Pseudo-data of one window: counts and auxiliary measurements drawn at given parameters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fourmu.statmodel.batch import GAUSSIAN, POISSON, Batch

__all__ = ["WindowData", "draw_pseudo_data", "generator_of", "window_data"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WindowData:
    """What was observed in a window of B bins and n parameters, and how it came about.

    Attributes
    ----------
    place, poi
        Of the window in its batch, and of the parameter of interest in the window.
    observed
        Counts, shape (B,).
    auxiliary
        Measured values of the constraints, shape (n,).
    constraint, precision, rate_factor, fixed
        Of each parameter, as in :class:`~fourmu.statmodel.batch.Tables`, shape (n,).
    digest
        SHA-256 of the window's content.
    """

    place: int
    poi: int
    observed: Floats
    auxiliary: Floats
    constraint: NDArray[np.int64]
    precision: Floats
    rate_factor: Floats
    fixed: NDArray[np.bool_]
    digest: bytes


def window_data(batch: Batch, place: int) -> WindowData:
    """Return the data of one window of a batch, which must be usable."""
    tables = batch.tables
    bins = slice(*tables.bin_start[place : place + 2])
    parameters = slice(*tables.parameter_start[place : place + 2])
    templates = slice(*tables.template_start[place : place + 2])
    digest = hashlib.sha256()
    for values in (
        tables.observed[bins],
        tables.templates[templates],
        tables.auxiliary[parameters],
        tables.init[parameters],
        tables.lower[parameters],
        tables.upper[parameters],
        tables.fixed[parameters],
        tables.poi[place : place + 1],
    ):
        digest.update(np.ascontiguousarray(values).tobytes())
    return WindowData(
        place=place,
        poi=int(tables.poi[place]),
        observed=tables.observed[bins],
        auxiliary=tables.auxiliary[parameters],
        constraint=tables.constraint[parameters],
        precision=tables.precision[parameters],
        rate_factor=tables.rate_factor[parameters],
        fixed=tables.fixed[parameters],
        digest=digest.digest(),
    )


def generator_of(data: WindowData, seed: int, stream: int) -> np.random.Generator:
    """Return a source of random numbers that depends on nothing but the arguments' content.

    Parameters
    ----------
    data
        A window; its content enters, its place in the batch does not.
    seed
        Of the whole calculation, not negative.
    stream
        Which of the independent streams of the window.
    """
    words = np.frombuffer(data.digest, dtype="<u4")
    return np.random.default_rng([seed, stream, *(int(word) for word in words)])


def draw_pseudo_data(
    rng: np.random.Generator, data: WindowData, rates: Floats, parameters: Floats, size: int
) -> tuple[Floats, Floats]:
    """Draw data sets at a point of the parameter space.

    Parameters
    ----------
    rng
        Source of random numbers.
    data
        The window.
    rates
        Expected counts at that point, shape (B,), not negative.
    parameters
        The point, shape (n,).
    size
        Number of data sets, T.

    Returns
    -------
    counts
        Poisson numbers, shape (T, B).
    auxiliary
        Shape (T, n): around the parameter with the width of its constraint (Gaussian), a Poisson
        number over the expectation of its auxiliary measurement (Poisson), 0 for a free
        parameter. Fixed parameters keep the measured value: their constraint is constant.
    """
    counts = rng.poisson(rates, size=(size, rates.size)).astype(np.float64)
    auxiliary = np.tile(data.auxiliary, (size, 1))
    gaussian = (data.constraint == GAUSSIAN) & ~data.fixed
    if gaussian.any():
        spread = rng.standard_normal((size, int(gaussian.sum())))
        spread /= np.sqrt(data.precision[gaussian])
        auxiliary[:, gaussian] = parameters[gaussian] + spread
    poisson = (data.constraint == POISSON) & ~data.fixed
    if poisson.any():
        mean = data.rate_factor[poisson] * parameters[poisson]
        auxiliary[:, poisson] = rng.poisson(mean, size=(size, mean.size))
    return counts, auxiliary
