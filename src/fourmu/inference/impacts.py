"""Impacts: what each constrained parameter does to limits and best fits.

The windows are fitted again with parameters held, by :func:`limits` itself: a held parameter is
a fixed one whose initial value is what it is held at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.statmodel.batch import Batch

from .limits import limits
from .nuisances import Pulls, measured_values
from .results import Limits

__all__ = [
    "BestFitImpacts",
    "LimitImpacts",
    "best_fit_impacts",
    "constrained_parameters",
    "limit_impacts",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MEDIAN = 2
"""Column of the median among the expected limits."""


@dataclass(frozen=True, kw_only=True)
class LimitImpacts:
    """How much constrained parameters worsen the limits of W windows; NaN where one is absent.

    An impact is limit / limit with the parameter held at its measured value - 1.

    Attributes
    ----------
    sources
        Names of the S parameters.
    observed, expected
        Impact of each on the observed and on the median expected limit, shape (S, W).
    observed_all, expected_all
        Of all together, shape (W,).
    """

    sources: tuple[str, ...]
    observed: Floats
    expected: Floats
    observed_all: Floats
    expected_all: Floats


@dataclass(frozen=True, kw_only=True)
class BestFitImpacts:
    """How much constrained parameters move the best fits of W windows; NaN where one is absent.

    An impact is poi_hat with the parameter held one standard deviation up or down from its best
    fit, or at its bound if that is nearer, minus poi_hat.

    Attributes
    ----------
    sources
        Names of the S parameters.
    prefit, postfit
        By the standard deviation of the constraint and by that of the fit, shape (S, W, 2):
        up, down.
    """

    sources: tuple[str, ...]
    prefit: Floats
    postfit: Floats


def constrained_parameters(batch: Batch) -> tuple[str, ...]:
    """Names of the constrained parameters that are not fixed, in the order they appear."""
    flat = [name for names in batch.parameter_names for name in names]
    return tuple(dict.fromkeys(flat[place] for place in np.flatnonzero(_floating(batch))))


def limit_impacts(
    batch: Batch,
    found: Limits,
    settings: Inference | None = None,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> LimitImpacts:
    """Limits of every window with each systematic uncertainty, and all, switched off in turn.

    Parameters
    ----------
    batch
        The windows.
    found
        Their limits with ``settings``.
    settings, threads
        As for :func:`limits`.
    progress
        Called with 1 after each pass over the batch; there is one more than sources.
    """
    sources = constrained_parameters(batch)
    measured, _ = measured_values(batch.tables)
    passes = []
    for held in (*(_named(batch, source) for source in sources), _floating(batch)):
        without = limits(_holding(batch, held, measured), settings, threads=threads)
        present = np.where(_any_in_window(batch, held), 1.0, np.nan)
        passes.append(
            (
                present * (found.limit_observed / without.limit_observed - 1.0),
                present * (found.limit_expected[:, MEDIAN] / without.limit_expected[:, MEDIAN] - 1),
            )
        )
        if progress is not None:
            progress(1)
    observed, expected = (np.array([entry[i] for entry in passes]) for i in (0, 1))
    return LimitImpacts(
        sources=sources,
        observed=observed[:-1],
        expected=expected[:-1],
        observed_all=observed[-1],
        expected_all=expected[-1],
    )


def best_fit_impacts(
    batch: Batch,
    found: Limits,
    fitted: Pulls,
    settings: Inference | None = None,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> BestFitImpacts:
    """Best fits of every window with each nuisance parameter moved up and down in turn.

    Parameters
    ----------
    batch
        The windows.
    found, fitted
        Their best fits, and the errors of the parameters there.
    settings, threads
        As for :func:`limits`.
    progress
        Called with 1 after each pass over the batch; there are four per source.

    Notes
    -----
    For small errors the post-fit impact is correlation x poi_hat_error.
    """
    sources = constrained_parameters(batch)
    shifts = np.full((2, len(sources), len(batch), 2), np.nan)
    for row, source in enumerate(sources):
        held = _named(batch, source)
        present = _any_in_window(batch, held)
        for kind, size in enumerate((fitted.uncertainty, fitted.error)):
            for side, sign in enumerate((1.0, -1.0)):
                position = np.clip(
                    fitted.value + sign * size, batch.tables.lower, batch.tables.upper
                )
                moved = limits(
                    _holding(batch, held & np.isfinite(position), position),
                    settings,
                    threads=threads,
                )
                shifts[kind, row, present, side] = (moved.poi_hat - found.poi_hat)[present]
                if progress is not None:
                    progress(1)
    return BestFitImpacts(sources=sources, prefit=shifts[0], postfit=shifts[1])


def _floating(batch: Batch) -> Flags:
    """Which parameters of a batch are constrained and not fixed, shape (P,)."""
    measured, _ = measured_values(batch.tables)
    return np.isfinite(measured) & ~batch.tables.fixed


def _named(batch: Batch, source: str) -> Flags:
    """Which of them bear a name, shape (P,)."""
    named = [name == source for names in batch.parameter_names for name in names]
    return np.array(named, dtype=np.bool_) & _floating(batch)


def _holding(batch: Batch, held: Flags, position: Floats) -> Batch:
    """Return the batch with some parameters fixed at given positions."""
    tables = batch.tables
    return replace(
        batch,
        tables=tables._replace(
            fixed=tables.fixed | held, init=np.where(held, position, tables.init)
        ),
    )


def _any_in_window(batch: Batch, flags: Flags) -> Flags:
    """Whether a window has a parameter with the flag, shape (W,)."""
    below = np.concatenate(([0], np.cumsum(flags)))
    start = batch.tables.parameter_start
    return np.asarray(below[start[1:]] > below[start[:-1]])
