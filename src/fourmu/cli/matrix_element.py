"""``fourmu matrix-element``: |M|^2 at given phase-space points."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fourmu.generator.reference_points import evaluate_points
from fourmu.io.json_files import read_json

from .messages import complain

__all__ = ["command"]


@click.command()
@click.option(
    "--points",
    type=click.Path(path_type=Path),
    required=True,
    help="JSON with constants and, per process, phase-space points.",
)
@click.option(
    "--part",
    type=click.Choice(["conversion", "annihilation"]),
    help="One class of four-muon diagrams alone, without the factor 1/4.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(points: Path, part: str | None, as_json: bool) -> None:
    """Squared amplitudes at the points of FILE, in its order."""
    content = read_json(points)
    values, unknown = evaluate_points(content, part=part, where=str(points))
    for name in unknown:
        complain(f"fourmu: {points}: no amplitude for {name}, left out")
    if as_json:
        click.echo(json.dumps(values))
        return
    for name, row in values.items():
        click.echo(f"{name}: " + " ".join(f"{value:.10g}" for value in row))
