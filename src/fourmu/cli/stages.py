"""Stages of the chain that have no other door: each brings what it needs up to date first."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.config import load_analysis
from fourmu.pipeline import STAGES, run_chain

from .options import config_option, executor_option

__all__ = ["commands", "run_stage"]


def run_stage(name: str, config_path: Path, executor: str | None) -> None:
    """Load the configuration and bring one stage up to date."""
    analysis = load_analysis(config_path)
    if executor is not None:
        execution = analysis.execution.model_copy(update={"executor": executor})
        analysis = analysis.model_copy(update={"execution": execution})
    run_chain(analysis, name)


def _stage_command(name: str) -> click.Command:
    @click.command(name, help=f"Bring up to date: {STAGES[name].title}, and all it needs.")
    @config_option
    @executor_option
    def command(config_path: Path, executor: str | None) -> None:
        run_stage(name, config_path, executor)
        if name == "figures":
            from fourmu.pipeline.summary import summary  # noqa: PLC0415  only this command prints

            click.echo(summary(load_analysis(config_path)))

    return command


commands = {
    name: _stage_command(name)
    for name in ("generate", "train", "templates", "toys", "look-elsewhere", "couplings", "figures")
}
