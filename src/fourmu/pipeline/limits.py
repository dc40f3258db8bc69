"""Stage ``limits``: all windows of each model, from the workspaces on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fourmu.errors import ConfigError
from fourmu.inference import WINDOWS_PER_TASK, limits
from fourmu.io.results import write_limits_json
from fourmu.statmodel import read_workspaces

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
            target / f"{model}.json", found, seed=analysis.seed, provenance=context.provenance
        )
