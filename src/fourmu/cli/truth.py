"""``fourmu truth``: which signals were put into the pseudo-data."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.config import load_analysis

from .options import config_option, unblind_option

__all__ = ["command"]


@click.command("truth")
@config_option
@unblind_option
def command(config_path: Path, unblind: bool) -> None:
    """Tell the signals in the pseudo-data, the sealed ones too; refused while blind."""
    analysis = load_analysis(config_path)
    if unblind:
        analysis = analysis.model_copy(update={"blind": False})
    from fourmu.pipeline.sealed import truth  # noqa: PLC0415  needs numpy

    click.echo(truth(analysis))
