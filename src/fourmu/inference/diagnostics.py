"""All that tells whether a fit can be believed, of every window of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fourmu.config.inference import Inference
from fourmu.statmodel.batch import Batch

from .impacts import (
    BestFitImpacts,
    LimitImpacts,
    best_fit_impacts,
    constrained_parameters,
    limit_impacts,
)
from .limits import limits
from .nuisances import Pulls, pulls
from .results import Limits

__all__ = ["Diagnostics", "diagnostics", "passes_over"]


@dataclass(frozen=True, kw_only=True)
class Diagnostics:
    """Limits of W windows, the parameters of their fits, and what each systematic does to them."""

    limits: Limits
    best_fit: Pulls
    without_signal: Pulls
    on_limits: LimitImpacts
    on_best_fit: BestFitImpacts


def passes_over(batch: Batch) -> int:
    """How often :func:`diagnostics` fits the whole batch."""
    sources = len(constrained_parameters(batch))
    return 1 + (sources + 1) + 4 * sources


def diagnostics(
    batch: Batch,
    settings: Inference | None = None,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Diagnostics:
    """Pulls, errors, correlations and impacts in every window.

    Parameters
    ----------
    batch
        The windows; those without a limit have NaN everywhere.
    settings, threads
        As for :func:`limits`.
    progress
        Called with the number of windows after each pass over the batch; there are
        :func:`passes_over` of them.
    """

    def advance(_: int) -> None:
        if progress is not None:
            progress(len(batch))

    found = limits(batch, settings, threads=threads)
    advance(1)
    best_fit = pulls(batch, found)
    return Diagnostics(
        limits=found,
        best_fit=best_fit,
        without_signal=pulls(batch, found, fit="null"),
        on_limits=limit_impacts(batch, found, settings, threads=threads, progress=advance),
        on_best_fit=best_fit_impacts(
            batch, found, best_fit, settings, threads=threads, progress=advance
        ),
    )
