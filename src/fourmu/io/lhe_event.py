"""One Les Houches event: which muon is which, and the way into our frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from fourmu.errors import InputError
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, boost, invariant_mass

__all__ = ["ENERGY_TOLERANCE_GEV", "LheBeams", "LheMuons", "check_event", "sort_particles"]

ENERGY_TOLERANCE_GEV: Final = 0.02
"""Largest difference of the c.m. energy from the nominal one. It admits head-on beams of 7.004
and 4.002 GeV (10.589 GeV); the events keep their own energy (choice)."""
_BALANCE_TOLERANCE_GEV: Final = 0.01
"""Largest imbalance of an event; rounded files are off by keV to MeV."""

_ELECTRON, _MUON, _PHOTON = 11, 13, 22
_INCOMING, _FINAL, _INTERMEDIATE = -1, 1, 2
_FIRST_EXOTIC, _LAST_EXOTIC, _FIRST_EXTENDED = 25, 80, 1_000_000


class LheMuons(NamedTuple):
    """One event, four-vectors (4,) in the frame of the file."""

    prompt: FloatArray
    """Shape (2, 4), mu+ and mu-."""
    pair: FloatArray
    """Shape (2, 4), mu+ and mu- from X or the other two; unused if X is not decayed."""
    undecayed: FloatArray | None
    """Shape (4,), an X in the final state."""
    from_x: bool
    """Whether the event has an X, decayed or not."""
    photons: FloatArray
    """Shape (m, 4)."""


def check_event(where: str, event: Any) -> None:
    """Refuse an event that is cut short or whose weight is no number."""
    if event.eventinfo.nparticles != len(event.particles):
        raise InputError(
            "an event has another number of particles than it says",
            where=where,
            found=len(event.particles),
            expected=event.eventinfo.nparticles,
        )
    if not math.isfinite(event.eventinfo.weight):
        raise InputError(
            "the weight of an event is not finite", where=where, found=event.eventinfo.weight
        )


class LheBeams:
    """Beams of a file, and the way from its frame into ours."""

    def __init__(self, path: Path, init: Any, sqrt_s_gev: float) -> None:
        codes = (int(init.beamA), int(init.beamB))
        if sorted(codes) != [-_ELECTRON, _ELECTRON]:
            raise InputError(
                "the beams are not an electron and a positron",
                where=path,
                key="<init>",
                found=codes,
                expected="11 and -11",
            )
        energies = (float(init.energyA), float(init.energyB))
        if not all(math.isfinite(e) and e > ELECTRON_MASS_GEV for e in energies):
            raise InputError(
                "the beam energies are not positive numbers",
                where=path,
                key="<init>",
                found=energies,
            )
        momenta = [math.sqrt(e * e - ELECTRON_MASS_GEV**2) for e in energies]
        total, along = sum(energies), momenta[0] - momenta[1]
        self.sqrt_s = math.sqrt(total * total - along * along)
        if abs(self.sqrt_s - sqrt_s_gev) > ENERGY_TOLERANCE_GEV:
            raise InputError(
                "the beams have another c.m. energy",
                where=path,
                key="<init>",
                found=f"{self.sqrt_s:.4f} GeV",
                expected=f"{sqrt_s_gev} GeV within {ENERGY_TOLERANCE_GEV} GeV",
            )
        # the nominal energy itself, when the difference is that of m_e or of rounding
        if abs(self.sqrt_s - sqrt_s_gev) < 1e-5:
            self.sqrt_s = sqrt_s_gev
        self._beta = np.array([0.0, 0.0, -along / total])
        # the first beam flies along +z; if it is the positron, turn by pi about the y axis
        self._turn = np.array([1.0, -1.0, 1.0, -1.0]) if codes[0] < 0 else np.ones(4)
        self._total = np.array([total, 0.0, 0.0, along])

    def brought_home(self, where: str, muons: LheMuons, particles: Sequence[Any]) -> LheMuons:
        """Check the balance of an event and bring it into our frame."""
        incoming = [_four_vector(p) for p in particles if p.status == _INCOMING]
        initial = np.sum(incoming, axis=0) if incoming else self._total
        x = muons.pair.sum(axis=0) if muons.undecayed is None else muons.undecayed
        final = muons.prompt.sum(axis=0) + x + muons.photons.sum(axis=0)
        if np.max(np.abs(final - initial)) > _BALANCE_TOLERANCE_GEV:
            raise InputError(
                "an event does not conserve energy and momentum",
                where=where,
                found=np.round(final, 4).tolist(),
                expected=np.round(initial, 4).tolist(),
            )
        if initial[0] > self._total[0] + _BALANCE_TOLERANCE_GEV:
            raise InputError(
                "an event has more energy than the beams",
                where=where,
                found=f"{initial[0]:.4f} GeV",
                expected=f"{self._total[0]:.4f} GeV",
            )
        return LheMuons(
            prompt=self._home(muons.prompt),
            pair=self._home(muons.pair),
            undecayed=None if muons.undecayed is None else self._home(muons.undecayed),
            from_x=muons.from_x,
            photons=self._home(muons.photons),
        )

    def _home(self, p: FloatArray) -> FloatArray:
        return boost(p, self._beta) * self._turn


def _four_vector(particle: Any) -> FloatArray:
    return np.array([particle.e, particle.px, particle.py, particle.pz], dtype=np.float64)


def _is_x(code: int, x_pdg: int | None) -> bool:
    """Whether a particle code is that of X."""
    if x_pdg is not None:
        return abs(code) == abs(x_pdg)
    code = abs(code)
    return _FIRST_EXOTIC <= code <= _LAST_EXOTIC or code >= _FIRST_EXTENDED


def _comes_from_x(index: int, particles: Sequence[Any], x_pdg: int | None) -> bool:
    """Follow the first mothers upwards until X or a beam is met."""
    for _ in range(len(particles)):
        mother = int(particles[index].mother1) - 1
        if mother < 0 or mother >= len(particles):
            return False
        if particles[mother].status == _INTERMEDIATE and _is_x(particles[mother].id, x_pdg):
            return True
        index = mother
    return False


def sort_particles(where: str, particles: Sequence[Any], x_pdg: int | None) -> LheMuons:
    """Find out which muon is which."""
    muons: dict[tuple[int, bool], list[FloatArray]] = {}
    photons, undecayed, others = [], [], []
    for index, particle in enumerate(particles):
        if particle.status != _FINAL:
            continue
        p = _four_vector(particle)
        if not np.all(np.isfinite(p)) or p[0] <= 0.0:
            raise InputError(
                "a particle has an energy that is not positive, or numbers that are not finite",
                where=where,
                key=f"particle {index + 1}",
                found=p.tolist(),
            )
        code = int(particle.id)
        if abs(code) == _MUON:
            key = (code, _comes_from_x(index, particles, x_pdg))
            muons.setdefault(key, []).append(p)
        elif code == _PHOTON:
            photons.append(p)
        elif _is_x(code, x_pdg):
            undecayed.append(p)
        else:
            others.append(code)
    prompt = [muons.get((-_MUON, False), []), muons.get((_MUON, False), [])]
    from_x = [muons.get((-_MUON, True), []), muons.get((_MUON, True), [])]
    counts = [len(prompt[0]), len(prompt[1]), len(from_x[0]), len(from_x[1]), len(undecayed)]
    if others or counts not in ([1, 1, 0, 0, 1], [1, 1, 1, 1, 0], [2, 2, 0, 0, 0]):
        codes = sorted(int(p.id) for p in particles if p.status == _FINAL)
        raise InputError(
            "this is another process",
            where=where,
            key="final state",
            found=codes,
            expected="mu+ mu- mu+ mu- or mu+ mu- X" + ("" if x_pdg is None else f" (X = {x_pdg})"),
        )
    is_four = counts[0] == 2
    rest = prompt if is_four else from_x
    empty = np.zeros((2, 4))
    x = undecayed[0] if undecayed else None
    if x is not None and invariant_mass(x) <= 2.0 * MUON_MASS_GEV:
        raise InputError(
            "X is too light to decay to muons",
            where=where,
            found=f"{float(invariant_mass(x)):.6f} GeV",
            expected=f"more than {2.0 * MUON_MASS_GEV:.6f} GeV",
        )
    return LheMuons(
        prompt=np.stack([prompt[0][0], prompt[1][0]]),
        pair=empty if x is not None else np.stack([rest[0][-1], rest[1][-1]]),
        undecayed=x,
        from_x=not is_four,
        photons=np.array(sorted(photons, key=lambda p: -p[0])).reshape(-1, 4),
    )
