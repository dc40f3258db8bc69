"""``fourmu show``: one window's numbers."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import click

from fourmu.config import load_analysis
from fourmu.errors import DomainError, InputError
from fourmu.pipeline import Layout

from .options import config_option

__all__ = ["command"]


@click.command("show")
@click.argument("archive", required=False)
@click.option("--mass", type=float, required=True, help="Mass in GeV; the nearest window is shown.")
@click.option("--model", help="Model; all models of the archive or configuration without it.")
@config_option
def command(archive: str | None, mass: float, model: str | None, config_path: Path) -> None:
    """Show the results of the window nearest to a mass, of an ARCHIVE or of the last run."""
    if archive is not None:
        _show_archive(archive, mass, model)
        return
    analysis = load_analysis(config_path)
    for name in (model,) if model is not None else analysis.models:
        path = Layout.of(analysis).folder("results") / f"{name}.csv"
        rows = _rows(path)
        masses = [float(row["mass_gev"]) for row in rows]
        if not min(masses) - 0.1 <= mass <= max(masses) + 0.1:
            raise DomainError(
                "the mass is outside the scan",
                key="--mass",
                found=mass,
                expected=f"{min(masses):.3f} to {max(masses):.3f} GeV",
            )
        row = min(rows, key=lambda row: abs(float(row["mass_gev"]) - mass))
        _print(name, row)


def _show_archive(address: str, mass: float, model: str | None) -> None:
    from fourmu.archive import window_numbers  # noqa: PLC0415  heavier than a table of results
    from fourmu.publish import open_archive_at  # noqa: PLC0415

    index = open_archive_at(address).index
    for name in (model,) if model is not None else index.models:
        _print(name, window_numbers(index, mass, name))


def _print(name: str, row: Mapping[str, object]) -> None:
    click.echo(f"{name}")
    for key, value in row.items():
        click.echo(f"  {key:32s} {'' if value is None else value}")


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table of results, each with a mass."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise InputError(
            f"no results: {error.strerror}", where=path, expected="fourmu couplings"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("the file is damaged or no CSV table", where=path) from error
    try:
        if rows and all(math.isfinite(float(row["mass_gev"])) for row in rows):
            return rows
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("a row has no mass", where=path, key="mass_gev") from error
    raise InputError("the table has no rows with masses", where=path, key="mass_gev")
