"""``fourmu simulate``: parton events from LHE files through the detector into an ntuple."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from click.core import ParameterSource

from fourmu.config import Analysis, load_analysis
from fourmu.detector import simulate
from fourmu.io.lhe import read_lhe
from fourmu.io.ntuple import write_ntuple

from .options import config_option

__all__ = ["command"]


@click.command("simulate")
@click.option(
    "--lhe",
    "lhe",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="LHE file, plain or gzip; more may follow it, or the option be repeated.",
)
@click.argument("more", type=click.Path(path_type=Path), nargs=-1, metavar="[FILE]...")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Ntuple (ROOT) to write."
)
@click.option(
    "--x-pdg", type=int, default=None, help="Particle code of X; any exotic code without it."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=None,
    help="Seed of the response; the configuration's without it.",
)
@config_option
@click.pass_context
def command(
    ctx: click.Context,
    lhe: tuple[Path, ...],
    more: tuple[Path, ...],
    out: Path,
    x_pdg: int | None,
    seed: int | None,
    config_path: Path,
) -> None:
    """Parton events (LHE) through the detector into an ntuple.

    The events are e+e- -> four muons or e+e- -> mu+ mu- X, X decayed or not; see PHYSICS in the
    documentation for what the detector does with them.
    """
    analysis = _analysis(ctx, config_path)
    used = analysis.seed if seed is None else seed
    # X decays and response draw from streams of their own
    decay, response = (np.random.default_rng(s) for s in np.random.SeedSequence(used).spawn(2))
    files = [*lhe, *more]
    partons = read_lhe(files, decay, sqrt_s_gev=analysis.generation.sqrt_s_gev, x_pdg=x_pdg)
    events = simulate(partons, analysis.detector, response)
    metadata = {
        "sample": "lhe",
        "generated": len(events),
        "seed": used,
        "sources": [file.name for file in files],
        "detector": analysis.detector.model_dump(mode="json"),
    }
    write_ntuple(out, events, metadata)
    seen = int(np.count_nonzero(np.diff(events.track_offsets) == 4))
    click.echo(f"{out}: {len(events)} events of {events.process}, {seen} with four tracks")


def _analysis(ctx: click.Context, config_path: Path) -> Analysis:
    """The configuration; its defaults where none was asked for and none is there."""
    asked = ctx.get_parameter_source("config_path") is not ParameterSource.DEFAULT
    return load_analysis(config_path) if asked or config_path.exists() else Analysis()
