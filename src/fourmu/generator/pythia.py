"""Hadrons and tau pairs by Pythia 8, an optional extra."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import files
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from fourmu.errors import ConfigError, DomainError
from fourmu.physics.constants import SQRT_S_GEV

from .domain import check_events
from .events import PartonEvents

__all__ = ["PYTHIA_PROCESSES", "PythiaProcess", "PythiaSample", "generate_pythia"]

PythiaProcess = Literal["hadrons", "tau_pairs"]
PYTHIA_PROCESSES: Final[dict[str, tuple[int, ...]]] = {
    "hadrons": (1, 2, 3, 4),
    "tau_pairs": (15,),
}
"""What the virtual photon decays to, by process."""
_FB_PER_MB = 1e12
# kaons, pions, muons and neutrons leave the tracking volume
_LONGEST_MM = 1000.0
_SEEN = (11, 13, 22, 211, 321, 2212)
_LARGEST_SEED = 900_000_000


@dataclass(frozen=True, kw_only=True)
class PythiaSample:
    """Events of Pythia and their normalisation.

    Attributes
    ----------
    events
        Long-lived final state. Columns are kinds of particles by rank: the first column of a code
        holds the first particle of this code in each event, zeros where there is none.
    xsec_fb
        Cross section.
    """

    events: PartonEvents
    xsec_fb: float


def generate_pythia(
    process: PythiaProcess,
    n_events: int,
    rng: np.random.Generator,
    *,
    isr: bool = False,
    charged_max: int | None = None,
    sqrt_s_gev: float = SQRT_S_GEV,
) -> PythiaSample:
    """Generate e+e- -> hadrons (u, d, s, c) or tau pairs with Pythia 8.

    Parameters
    ----------
    process
        ``hadrons`` or ``tau_pairs``.
    n_events
        Number of events.
    rng
        Gives the seed of Pythia.
    isr
        Initial-state radiation of Pythia.
    charged_max
        Keep only events with at most so many charged particles; the cross section is that of the
        kept ones.
    sqrt_s_gev
        C.m. energy.

    Raises
    ------
    ConfigError
        The extra is not installed.
    DomainError
        Unknown process or an energy out of range.
    """
    check_events(n_events)
    if process not in PYTHIA_PROCESSES:
        raise DomainError(
            "unknown process of Pythia", found=process, expected=" or ".join(PYTHIA_PROCESSES)
        )
    generator = _started(process, int(rng.integers(1, _LARGEST_SEED)), isr, sqrt_s_gev)
    collected: list[dict[int, list[tuple[float, float, float, float]]]] = []
    tried = 0
    while len(collected) < n_events:
        if not generator.next():
            continue
        tried += 1
        found = _final_state(generator.event)
        charged = sum(len(momenta) for code, momenta in found.items() if code != 22)
        if charged_max is None or charged <= charged_max:
            collected.append(found)
    xsec = float(generator.infoPython().sigmaGen()) * _FB_PER_MB
    return PythiaSample(
        events=_assembled(process, collected, sqrt_s_gev),
        xsec_fb=xsec * len(collected) / max(tried, 1),
    )


def _started(process: str, seed: int, isr: bool, sqrt_s_gev: float) -> Any:
    """A Pythia that makes one process."""
    try:
        pythia8mc = import_module("pythia8mc")
    except ImportError as error:
        raise ConfigError(
            f"{process} are made by Pythia 8, which is not installed",
            key=process,
            expected="the extra: pip install 'fourmu[pythia]'",
        ) from error
    generator = pythia8mc.Pythia(_settings_folder(), False)
    for line in (
        "Print:quiet = on",
        "Random:setSeed = on",
        f"Random:seed = {seed}",
        "Beams:idA = 11",
        "Beams:idB = -11",
        f"Beams:eCM = {sqrt_s_gev!r}",
        f"PDF:lepton = {'on' if isr else 'off'}",
        "WeakSingleBoson:ffbar2gmZ = on",
        "PhaseSpace:mHatMin = 2.",
        "23:onMode = off",
        f"23:onIfAny = {' '.join(map(str, PYTHIA_PROCESSES[process]))}",
        "ParticleDecays:limitTau0 = on",
        f"ParticleDecays:tau0Max = {_LONGEST_MM}",
    ):
        if not generator.readString(line):
            raise ConfigError("Pythia refuses a setting", key=line)
    if not generator.init():
        raise ConfigError("Pythia does not start", key=process)
    return generator


def _settings_folder() -> str:
    """Folder of Pythia's tables: the installed package knows its files, whatever the prefix."""
    for file in files("pythia8mc") or ():
        if file.name == "Index.xml" and file.parent.name == "xmldoc":
            return str(Path(file.locate()).parent)
    return ""


def _final_state(event: Any) -> dict[int, list[tuple[float, float, float, float]]]:
    """Momenta of the particles that a detector sees, by code."""
    found: dict[int, list[tuple[float, float, float, float]]] = {}
    for number in range(event.size()):
        particle = event[number]
        if particle.isFinal() and abs(particle.id()) in _SEEN:
            momentum = (particle.e(), particle.px(), particle.py(), particle.pz())
            found.setdefault(particle.id(), []).append(momentum)
    return found


def _assembled(
    process: str,
    collected: list[dict[int, list[tuple[float, float, float, float]]]],
    sqrt_s_gev: float,
) -> PartonEvents:
    """One column per code and rank."""
    most: dict[int, int] = {}
    for found in collected:
        for code, momenta in found.items():
            most[code] = max(most.get(code, 0), len(momenta))
    first: dict[int, int] = {}
    codes: list[int] = []
    for code in sorted(most):
        first[code] = len(codes)
        codes += [code] * most[code]
    array = np.zeros((len(collected), len(codes), 4))
    for row, found in enumerate(collected):
        for code, momenta in found.items():
            array[row, first[code] : first[code] + len(momenta)] = momenta
    n = len(collected)
    return PartonEvents(
        momenta=array,
        pdg=np.array(codes, dtype=np.int64),
        photons=np.zeros((n, 2, 4)),
        weight=np.ones(n),
        x_mass_gev=np.full(n, np.nan),
        sqrt_s_gev=sqrt_s_gev,
        process=process,
    )
