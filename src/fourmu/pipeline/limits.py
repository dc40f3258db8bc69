"""Stage ``limits``: all windows of each model, from the workspaces on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fourmu.errors import ConfigError
from fourmu.inference import (
    WINDOWS_PER_TASK,
    ExpectedBands,
    Limits,
    ToyLimits,
    expected_bands,
    limits,
    toy_limits,
)
from fourmu.inference.chunks import WINDOWS_PER_CHUNK
from fourmu.io.results import write_limits_json
from fourmu.io.toy_chunks import ChunkFolder
from fourmu.statmodel import Batch, read_workspaces

from .context import Context
from .progress import Progress, say

__all__ = ["run"]


def run(context: Context) -> None:
    """Fit every window of every model."""
    analysis = context.analysis
    if analysis.blind:
        raise ConfigError(
            "blind: observed data are not fitted",
            where=analysis.source,
            key="blind",
            found="true",
            expected="false to look at the data",
        )
    target = context.target("limits")
    for model in analysis.models:
        batch = read_workspaces(context.source(f"workspaces/{model}"))
        with Progress(
            f"limits {model}", -(-batch.usable.size // WINDOWS_PER_TASK), "windows"
        ) as progress:
            found = limits(
                batch,
                analysis.inference,
                threads=context.workers.count,
                progress=progress.advance,
            )
        failed = [place for place, status in enumerate(found.status) if status != "ok"]
        for place in failed:
            say(f"{found.workspaces[place]}: {found.status[place]}: {found.message[place]}")
        # names without the folders of this machine
        found = replace(
            found,
            workspaces=tuple(f"{model}/{Path(name).name}" for name in found.workspaces),
        )
        write_limits_json(
            target / f"{model}.json",
            found,
            toys=_toys(context, model, batch, found),
            bands=_bands(context, model, batch, found),
            seed=analysis.seed,
            provenance=context.provenance,
        )


def _toys(context: Context, model: str, batch: Batch, found: Limits) -> ToyLimits | None:
    """Limits by toys, if they are asked for; chunks of windows survive an interruption."""
    settings = context.analysis.inference
    if settings.toys == 0:
        return None
    store = ChunkFolder(context.target(f"chunks/{model}"), ToyLimits)
    with _progress(f"toys {model}", found, store.finished()) as progress:
        return toy_limits(
            batch,
            found,
            settings,
            seed=context.analysis.seed,
            threads=context.workers.count,
            progress=progress.advance,
            store=store,
        )


def _bands(context: Context, model: str, batch: Batch, found: Limits) -> ExpectedBands | None:
    """Expected limits by pseudo-experiments, if they are asked for."""
    settings = context.analysis.inference
    if settings.pseudo_experiments == 0:
        return None
    store = ChunkFolder(context.target(f"chunks/{model}"), ExpectedBands)
    with _progress(f"pseudo-experiments {model}", found, store.finished()) as progress:
        return expected_bands(
            batch,
            found,
            settings,
            seed=context.analysis.seed,
            threads=context.workers.count,
            progress=progress.advance,
            store=store,
        )


def _progress(label: str, found: Limits, finished: int) -> Progress:
    chunks = -(-int(found.ok.sum()) // WINDOWS_PER_CHUNK)
    resumed = f" (resumed, {finished} of {chunks} chunks were done)" if finished else ""
    return Progress(f"{label}{resumed}", chunks, "windows")
