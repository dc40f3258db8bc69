"""Stage ``toys``: limits and bands by pseudo-experiments, beside the asymptotic ones.

It is run on request (``make toys``), for it takes minutes; results, tables and figures take its
products along while they are up to date.
"""

from __future__ import annotations

from fourmu.inference import ExpectedBands, Limits, ToyLimits, expected_bands, toy_limits
from fourmu.inference.chunks import WINDOWS_PER_CHUNK
from fourmu.io.results import write_limits_json
from fourmu.io.toy_chunks import ChunkFolder
from fourmu.statmodel import Batch

from .context import Context
from .limits import asymptotic_limits, refuse_if_blind
from .progress import Progress

__all__ = ["run"]


def run(context: Context) -> None:
    """Throw the pseudo-experiments of every window of every model."""
    analysis = context.analysis
    refuse_if_blind(analysis)
    target = context.target("toys")
    for model in analysis.models:
        batch, found = asymptotic_limits(context, model)
        write_limits_json(
            target / f"{model}.json",
            found,
            toys=_toys(context, model, batch, found),
            bands=_bands(context, model, batch, found),
            seed=analysis.seed,
            provenance=context.provenance,
        )


def _toys(context: Context, model: str, batch: Batch, found: Limits) -> ToyLimits | None:
    """Limits by toys; chunks of windows survive an interruption."""
    if context.analysis.inference.toys == 0:
        return None
    store = ChunkFolder(context.target(f"chunks/{model}"), ToyLimits)
    with _progress(f"toys {model}", found, store.finished()) as progress:
        return toy_limits(
            batch,
            found,
            context.analysis.inference,
            seed=context.analysis.seed,
            threads=context.workers.count,
            progress=progress.advance,
            store=store,
        )


def _bands(context: Context, model: str, batch: Batch, found: Limits) -> ExpectedBands | None:
    """Expected limits by pseudo-experiments, in chunks too."""
    if context.analysis.inference.pseudo_experiments == 0:
        return None
    store = ChunkFolder(context.target(f"chunks/{model}"), ExpectedBands)
    with _progress(f"pseudo-experiments {model}", found, store.finished()) as progress:
        return expected_bands(
            batch,
            found,
            context.analysis.inference,
            seed=context.analysis.seed,
            threads=context.workers.count,
            progress=progress.advance,
            store=store,
        )


def _progress(label: str, found: Limits, finished: int) -> Progress:
    chunks = -(-int(found.ok.sum()) // WINDOWS_PER_CHUNK)
    resumed = f" (resumed, {finished} of {chunks} chunks were done)" if finished else ""
    return Progress(f"{label}{resumed}", chunks, "windows")
