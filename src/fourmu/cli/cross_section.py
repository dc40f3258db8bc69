"""``fourmu cross-section``: totals of signal and background processes."""

from __future__ import annotations

import json
from typing import cast

import click

from fourmu.errors import DomainError
from fourmu.generator import CrossSection, Part, cross_section
from fourmu.physics.models import MODELS

__all__ = ["command"]


@click.command()
@click.argument("process")
@click.option("--mass", "masses", type=float, multiple=True, help="Mass of X in GeV; repeatable.")
@click.option("--coupling", type=float, default=1.0, show_default=True, help="Coupling of X.")
@click.option(
    "--part",
    type=click.Choice(["all", "conversion", "annihilation"]),
    default="all",
    show_default=True,
    help="Class of four-muon diagrams.",
)
@click.option(
    "--photon-energy-min", type=float, help="Least photon energy in GeV (mumugamma, required)."
)
@click.option("--isr", is_flag=True, help="With initial-state radiation; Born otherwise.")
@click.option("--rel-error", type=float, default=0.003, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    process: str,
    masses: tuple[float, ...],
    coupling: float,
    part: str,
    photon_energy_min: float | None,
    isr: bool,
    rel_error: float,
    as_json: bool,
) -> None:
    """Total cross section of PROCESS in fb: zprime, scalar, 4mu, mumugamma, mumutautau."""
    if photon_energy_min is not None and process != "mumugamma":
        raise DomainError(
            "a photon energy belongs to mumugamma", key="--photon-energy-min", where=process
        )
    if process == "mumugamma" and photon_energy_min is None:
        raise DomainError(
            "the least photon energy is needed", key="--photon-energy-min", where=process
        )
    if process in MODELS and not masses:
        raise DomainError("a mass is needed", key="--mass", where=process)
    rows: list[CrossSection] = [
        cross_section(
            process,
            mass,
            coupling=coupling,
            part=cast(Part, part),
            photon_energy_min_gev=photon_energy_min,
            isr=isr,
            rel_error=rel_error,
        )
        for mass in (masses or (None,))
    ]
    if as_json:
        keys = ("process", "mass_gev", "coupling", "xsec_fb", "error_fb")
        click.echo(json.dumps([{key: getattr(row, key) for key in keys} for row in rows]))
        return
    for row in rows:
        mass_text = "" if row.mass_gev is None else f" m = {row.mass_gev:g} GeV"
        click.echo(f"{row.process}{mass_text}: {row.xsec_fb:.5g} +- {row.error_fb:.2g} fb")
