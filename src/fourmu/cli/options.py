"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["config_option", "executor_option"]

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("analysis.yaml"),
    show_default=True,
    help="Configuration file.",
)

executor_option = click.option(
    "--executor",
    type=click.Choice(["threads", "processes"]),
    default=None,
    help="How the work is spread; the default is the configuration's. No result depends on it.",
)
