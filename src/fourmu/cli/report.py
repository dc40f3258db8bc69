"""``fourmu report``: the scoreboard of a run, its figures, and where they are."""

from __future__ import annotations

from pathlib import Path

import click

from .options import config_option, executor_option, unblind_option
from .stages import run_stage

__all__ = ["command"]


@click.command(
    "report",
    help="Bring up to date: every number of the paper beside ours, with the figures, as a page.",
)
@config_option
@executor_option
@unblind_option
def command(config_path: Path, executor: str | None, unblind: bool) -> None:
    """Measure all rows, then print how many agree, those that do not, and the places."""
    analysis = run_stage("report", config_path, executor, unblind=unblind)
    from fourmu.pipeline.report_summary import report_summary  # noqa: PLC0415  after the stage

    click.echo(report_summary(analysis))
