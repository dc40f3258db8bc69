"""Stages of the chain that have no other door: each brings what it needs up to date first."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.config import Analysis, load_analysis
from fourmu.pipeline import STAGES, run_chain

from .options import config_option, executor_option, unblind_option

__all__ = ["commands", "run_stage"]


def run_stage(
    name: str, config_path: Path, executor: str | None, *, unblind: bool = False
) -> Analysis:
    """Load the configuration and bring one stage up to date; return what it was run with."""
    analysis = load_analysis(config_path)
    if unblind:
        analysis = analysis.model_copy(update={"blind": False})
    if executor is not None:
        execution = analysis.execution.model_copy(update={"executor": executor})
        analysis = analysis.model_copy(update={"execution": execution})
    run_chain(analysis, name)
    return analysis


def _stage_command(name: str) -> click.Command:
    @click.command(name, help=f"Bring up to date: {STAGES[name].title}, and all it needs.")
    @config_option
    @executor_option
    @unblind_option
    def command(config_path: Path, executor: str | None, unblind: bool) -> None:
        analysis = run_stage(name, config_path, executor, unblind=unblind)
        if name == "figures":
            from fourmu.pipeline.summary import summary  # noqa: PLC0415  only this command prints

            click.echo(summary(analysis))

    return command


commands = {
    name: _stage_command(name)
    for name in ("generate", "train", "templates", "toys", "look-elsewhere", "couplings", "figures")
}
