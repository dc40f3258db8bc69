"""``fourmu systematics``: what was measured, beside Table I, and the closure."""

from __future__ import annotations

from pathlib import Path

import click

from .options import config_option, executor_option, unblind_option
from .stages import run_stage

__all__ = ["command"]


@click.command(
    "systematics",
    help="Bring up to date: systematic uncertainties measured from control samples, beside Table "
    "I; and what the pseudo-data were made with beside what was found.",
)
@config_option
@executor_option
@unblind_option
def command(config_path: Path, executor: str | None, unblind: bool) -> None:
    """Measure, then print the tables."""
    analysis = run_stage("systematics", config_path, executor, unblind=unblind)
    from fourmu.pipeline.systematics import systematics_summary  # noqa: PLC0415  after the stage

    click.echo(systematics_summary(analysis))
