"""Stage ``limits``: all windows of each model, from the workspaces on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fourmu.inference import WINDOWS_PER_TASK, Limits, limits
from fourmu.io.results import write_limits_json
from fourmu.statmodel import Batch, read_workspaces

from .blinding import limits_without_observation
from .context import Context
from .progress import Progress, say

__all__ = ["asymptotic_limits", "run"]


def run(context: Context) -> None:
    """Fit every window of every model."""
    analysis = context.analysis
    target = context.target("limits")
    for model in analysis.models:
        _, found = asymptotic_limits(context, model)
        if analysis.blind:
            found = limits_without_observation(found)
        for name, status, message in zip(
            found.workspaces, found.status, found.message, strict=True
        ):
            if status != "ok":
                say(f"{name}: {status}: {message}")
        write_limits_json(
            target / f"{model}.json", found, seed=analysis.seed, provenance=context.provenance
        )


def asymptotic_limits(context: Context, model: str) -> tuple[Batch, Limits]:
    """Fit the windows of one model, named without the folders of this machine."""
    batch = read_workspaces(context.source(f"workspaces/{model}"))
    tasks = -(-batch.usable.size // WINDOWS_PER_TASK)
    with Progress(f"limits {model}", tasks, "windows") as progress:
        found = limits(
            batch,
            context.analysis.inference,
            threads=context.workers.count,
            progress=progress.advance,
        )
    names = tuple(f"{model}/{Path(name).name}" for name in found.workspaces)
    return batch, replace(found, workspaces=names)
