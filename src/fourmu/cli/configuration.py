"""``fourmu init``, ``config`` and ``clean``: configurations, and their products."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.config import Analysis, commented_yaml, load_analysis
from fourmu.errors import StorageError
from fourmu.io.files import atomic_path
from fourmu.pipeline.cleaning import remove_products

from .options import config_option

__all__ = ["commands"]


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path), default=Path("analysis.yaml"))
def init(path: Path) -> None:
    """Write a commented configuration with every key, blind, to PATH; never overwrite one."""
    text = commented_yaml(Analysis(blind=True))
    if path.exists():
        raise StorageError("not written: there is something already", where=path)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path}; blind: true refuses fits to observed data", err=True)


@click.command("config")
@config_option
def config(config_path: Path) -> None:
    """Show the configuration with every key and default."""
    click.echo(commented_yaml(load_analysis(config_path)), nl=False)


@click.command("clean")
@config_option
def clean(config_path: Path) -> None:
    """Delete the products of a configuration: events, workspaces, results, figures."""
    analysis = load_analysis(config_path)
    remove_products(analysis)


commands = {"init": init, "config": config, "clean": clean}
