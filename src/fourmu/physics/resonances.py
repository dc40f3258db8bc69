"""Resonances that decay to a pair of charged particles and that simulation leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from fourmu.errors import ConfigError

__all__ = ["RESONANCES", "Resonance", "resonance_by_name"]


@dataclass(frozen=True, kw_only=True)
class Resonance:
    """A vector resonance seen in dimuon mass.

    Attributes
    ----------
    name, title
        Key, and what figures show.
    mass_gev, width_gev
        PDG 2022.
    daughters
        ``mu``, or ``pi`` where pions are taken for muons.
    area_gev
        Number of events over the number of continuum dimuons per GeV at the mass.
    """

    name: str
    title: str
    mass_gev: float
    width_gev: float
    daughters: Literal["mu", "pi"]
    area_gev: float


RESONANCES: Final[Mapping[str, Resonance]] = MappingProxyType(
    {
        resonance.name: resonance
        for resonance in (
            Resonance(
                name="rho",
                title=r"$\rho$",
                mass_gev=0.77526,
                width_gev=0.1474,
                daughters="pi",
                area_gev=1.870,
            ),
            Resonance(
                name="jpsi",
                title=r"$J/\psi$",
                mass_gev=3.0969,
                width_gev=92.6e-6,
                daughters="mu",
                area_gev=0.0875,
            ),
            Resonance(
                name="psi2s",
                title=r"$\psi(2S)$",
                mass_gev=3.6861,
                width_gev=294e-6,
                daughters="mu",
                area_gev=0.0050,
            ),
            Resonance(
                name="upsilon1s",
                title=r"$\Upsilon(1S)$",
                mass_gev=9.4604,
                width_gev=54.02e-6,
                daughters="mu",
                area_gev=0.0088,
            ),
        )
    }
)
"""The resonances of the pseudo-data by name."""


def resonance_by_name(name: str) -> Resonance:
    """Resonance of this name.

    Raises
    ------
    ConfigError
        There is none.
    """
    if name not in RESONANCES:
        raise ConfigError(
            f"unknown resonance '{name}'",
            key="name",
            found=name,
            expected=f"one of {', '.join(RESONANCES)}",
        )
    return RESONANCES[name]
