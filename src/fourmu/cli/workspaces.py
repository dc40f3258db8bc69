"""``fourmu workspaces``: the stage, or one window with all that plain cabinetry needs."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.config import load_analysis
from fourmu.errors import ConfigError

from .options import config_option, executor_option, unblind_option
from .stages import run_stage

__all__ = ["command"]


@click.command("workspaces")
@click.option("--window", help="Name of a window, w0123; only this one is built, for --keep.")
@click.option("--model", help="Model of the window; all models of the configuration without it.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for config.yml, histograms/ and the workspace of the window.",
)
@config_option
@executor_option
@unblind_option
def command(
    window: str | None,
    model: str | None,
    keep: Path | None,
    config_path: Path,
    executor: str | None,
    unblind: bool,
) -> None:
    """Build one pyhf workspace per window and model with cabinetry."""
    if (window is None) != (keep is None):
        raise ConfigError(
            "--window and --keep belong together",
            found="--keep alone" if window is None else "--window alone",
        )
    if window is None or keep is None:
        if model is not None:
            raise ConfigError("--model chooses the model of a --window", found="no --window")
        run_stage("workspaces", config_path, executor, unblind=unblind)
        return
    analysis = load_analysis(config_path)
    if model is not None and model not in analysis.models:
        raise ConfigError(
            f"model '{model}' is not in the configuration",
            where=config_path,
            expected=f"one of {', '.join(analysis.models)}",
        )
    run_stage("templates", config_path, executor, unblind=unblind)
    from fourmu.pipeline.workspaces import keep_window  # noqa: PLC0415 (heavy)

    for name in (model,) if model is not None else analysis.models:
        digest = keep_window(analysis, name, window, keep)
        click.echo(f"{keep / name / window}/{window}.json  sha256 {digest}")
