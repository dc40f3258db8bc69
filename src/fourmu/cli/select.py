"""``fourmu select``: the stage, or selection and trained networks on any ntuple."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from fourmu.config import load_analysis
from fourmu.errors import ConfigError

from .options import config_option, executor_option
from .stages import run_stage

__all__ = ["command"]


@click.command("select")
@click.option(
    "--input",
    "source",
    type=click.Path(path_type=Path),
    help="Ntuple (ROOT) to select from; without it the stage of the chain is run.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Candidates (Parquet) to write for --input."
)
@click.option(
    "--keep",
    type=click.Choice(["true", "all"]),
    default="true",
    show_default=True,
    help="Signal samples: rows for the true pair alone, or for all four pairs.",
)
@config_option
@executor_option
def command(
    source: Path | None,
    out: Path | None,
    keep: Literal["true", "all"],
    config_path: Path,
    executor: str | None,
) -> None:
    """Select events, fit, and compute variables; scores come from the trained networks."""
    if source is None and out is None:
        run_stage("select", config_path, executor)
        return
    if source is None or out is None:
        raise ConfigError(
            "--input and --out belong together",
            found="--out alone" if source is None else "--input alone",
        )
    from fourmu.pipeline.external import select_ntuple  # noqa: PLC0415 (heavy)

    cutflow, candidates, passing = select_ntuple(load_analysis(config_path), source, out, keep)
    for name, count in zip(cutflow.names, cutflow.events, strict=True):
        click.echo(f"{name:28s} {count:10d}  {count / max(cutflow.events[0], 1):8.4f}")
    click.echo(f"{out}: {candidates} candidates, {passing} pass their working point")
