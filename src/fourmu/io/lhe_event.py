"""Les Houches events: which code is X, which muon is which, and the way into our frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from particle import PDGID, InvalidParticle, Particle, ParticleNotFound

from fourmu.errors import InputError
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, boost, invariant_mass

__all__ = [
    "BALANCE_TOLERANCE_GEV",
    "ENERGY_TOLERANCE_GEV",
    "LheBeams",
    "LheLayout",
    "LheMomenta",
    "LheRow",
    "is_x",
    "sort_particles",
]

ENERGY_TOLERANCE_GEV: Final = 0.02
"""Largest difference of the c.m. energy from the nominal one. It admits head-on beams of 7.004
and 4.002 GeV (10.589 GeV); the events keep their own energy (choice)."""
BALANCE_TOLERANCE_GEV: Final = 0.01
"""Largest imbalance of an event; rounded files are off by keV to MeV."""

_ELECTRON, _MUON, _PHOTON, _HIGGS = 11, 13, 22, 25
_INCOMING, _FINAL, _INTERMEDIATE = -1, 1, 2

_PSEUDO_PARTICLES: Final = frozenset({0, 9, 110, 990, 9990, *range(81, 101)})
"""No particle, but no X either: the gluon of glueballs, reggeon, pomeron and odderon, strings,
clusters and systems of generators (PDG, Monte Carlo particle numbering scheme)."""


class LheRow(NamedTuple):
    """What a line of an event says about a particle, without its numbers."""

    code: int
    status: int
    mother: int
    """First mother; lines count from 1."""


class LheLayout(NamedTuple):
    """Which line of an event is what; lines count from 0."""

    rows: tuple[LheRow, ...]
    incoming: tuple[int, ...]
    final: tuple[int, ...]
    prompt: tuple[int, int]
    """mu+ and mu-."""
    pair: tuple[int, ...]
    """mu+ and mu- from X, or the other two; empty if X is not decayed."""
    undecayed: int | None
    """X in the final state."""
    from_x: bool
    """Whether the event has an X, decayed to the pair or not."""
    photons: tuple[int, ...]
    photons_from_x: tuple[int, ...]


class LheMomenta(NamedTuple):
    """Four-vectors of n events of one layout, in our frame."""

    prompt: FloatArray
    """Shape (n, 2, 4), mu+ and mu-."""
    pair: FloatArray
    """Shape (n, 2, 4), mu+ and mu- from X or the other two; zeros if X is not decayed."""
    x: FloatArray
    """Shape (n, 4): X, or the second pair; with the photons that come from X."""
    photons: FloatArray
    """Shape (n, m, 4), the most energetic first."""


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
        self._path = path
        self._beta = np.array([0.0, 0.0, -along / total])
        # the first beam flies along +z; if it is the positron, turn by pi about the y axis
        self._turn = np.array([1.0, -1.0, 1.0, -1.0]) if codes[0] < 0 else np.ones(4)
        self._total = np.array([total, 0.0, 0.0, along])

    def brought_home(self, layout: LheLayout, p: FloatArray, numbers: Sequence[int]) -> LheMomenta:
        """Check n events of one layout and bring them into our frame.

        Parameters
        ----------
        layout
            Their layout.
        p
            Shape (n, k, 4), all lines of the events, in GeV and in the frame of the file.
        numbers
            Numbers of the events in the file, for messages.

        Raises
        ------
        InputError
            Numbers that are not finite, an X too light for two muons, energy or momentum that is
            not conserved, or more energy than the beams have.
        """
        # absurd numbers are found by the checks, not by warnings
        with np.errstate(over="ignore", invalid="ignore"):
            self._check(layout, p, numbers)
        prompt = p[:, list(layout.prompt)]
        pair = np.zeros((len(p), 2, 4)) if not layout.pair else p[:, list(layout.pair)]
        photons = p[:, list(layout.photons)]
        order = np.argsort(-photons[:, :, 0], axis=1, kind="stable")
        return LheMomenta(
            prompt=self._home(prompt),
            pair=self._home(pair),
            x=self._home(_second_pair(layout, p) + p[:, list(layout.photons_from_x)].sum(axis=1)),
            photons=self._home(np.take_along_axis(photons, order[:, :, None], axis=1)),
        )

    def _check(self, layout: LheLayout, p: FloatArray, numbers: Sequence[int]) -> None:
        final = p[:, list(layout.final)]
        unusable = ~np.isfinite(final).all(axis=2) | (final[:, :, 0] <= 0.0)
        if unusable.any():
            row, line = np.argwhere(unusable)[0]
            raise InputError(
                "a particle has an energy that is not positive, or numbers that are not finite",
                where=self._where(numbers[row]),
                key=f"particle {layout.final[line] + 1}",
                found=final[row, line].tolist(),
            )
        if layout.undecayed is not None:
            mass = invariant_mass(p[:, layout.undecayed])
            if (row := _first(mass <= 2.0 * MUON_MASS_GEV)) is not None:
                raise InputError(
                    "X is too light to decay to muons",
                    where=self._where(numbers[row]),
                    found=f"{mass[row]:.6f} GeV",
                    expected=f"more than {2.0 * MUON_MASS_GEV:.6f} GeV",
                )
        incoming = p[:, list(layout.incoming)].sum(axis=1)
        initial = incoming if layout.incoming else np.tile(self._total, (len(p), 1))
        total = p[:, list(layout.prompt)].sum(axis=1) + _second_pair(layout, p)
        total += p[:, list(layout.photons)].sum(axis=1)
        balanced = np.abs(total - initial).max(axis=1) <= BALANCE_TOLERANCE_GEV
        if (row := _first(~balanced)) is not None:
            raise InputError(
                "an event does not conserve energy and momentum",
                where=self._where(numbers[row]),
                found=np.round(total[row], 4).tolist(),
                expected=np.round(initial[row], 4).tolist(),
            )
        above = initial[:, 0] > self._total[0] + BALANCE_TOLERANCE_GEV
        if (row := _first(above)) is not None:
            raise InputError(
                "an event has more energy than the beams",
                where=self._where(numbers[row]),
                found=f"{initial[row, 0]:.4f} GeV",
                expected=f"{self._total[0]:.4f} GeV",
            )

    def _where(self, number: int) -> str:
        return f"{self._path}, event {number}"

    def _home(self, p: FloatArray) -> FloatArray:
        return boost(p, self._beta) * self._turn


def _first(mask: Any) -> int | None:
    """Index of the first event of a mask."""
    return int(np.argmax(mask)) if mask.any() else None


def _second_pair(layout: LheLayout, p: FloatArray) -> FloatArray:
    """Shape (n, 4), undecayed X or the second pair of muons without photons."""
    lines = list(layout.pair) if layout.undecayed is None else [layout.undecayed]
    total: FloatArray = p[:, lines].sum(axis=1)
    return total


def is_x(code: int, x_pdg: int | None = None) -> bool:
    """Whether a particle code is that of X.

    Parameters
    ----------
    code
        Code in the numbering of the Particle Data Group; its sign does not matter.
    x_pdg
        Code of X. Without it X is 25, which light scalars are often given, or any code that
        belongs to no known particle: no quark, lepton, gauge boson, diquark, hadron or nucleus,
        of the Standard Model or a fourth generation, whether or not it has been seen.

    Returns
    -------
    bool
        Whether it is X.
    """
    if x_pdg is not None:
        return abs(code) == abs(x_pdg)
    return _is_unknown(abs(code))


@lru_cache(maxsize=4096)
def _is_unknown(code: int) -> bool:
    if code == _HIGGS:
        return True
    if code in _PSEUDO_PARTICLES or _in_table(code):
        return False
    pdgid = PDGID(code)
    known = pdgid.is_quark or pdgid.is_lepton or pdgid.is_nucleus or pdgid.is_pentaquark
    return not (known or _is_made_of_quarks(code))


def _in_table(code: int) -> bool:
    """Whether the table of the Particle Data Group lists a code."""
    try:
        Particle.from_pdgid(code)
    except (ParticleNotFound, InvalidParticle):
        return False
    return True


def _is_made_of_quarks(code: int) -> bool:
    """Mesons, baryons and diquarks that can exist, of quarks from d to b.

    The digits of a code are n, n_r, n_L, q1, q2, q3 and 2J+1; n is 9 for states that do not fit
    the quark model, and from 1 to 8 for particles of models.
    """
    if code >= 10_000_000 or 1_000_000 <= code < 9_000_000:
        return False
    q1, q2, q3, multiplicity = (code // 10**power % 10 for power in (3, 2, 1, 0))
    if multiplicity == 0 or not 1 <= q2 <= 5 or max(q1, q3) > 5:
        return False
    if q1 == 0:
        return 1 <= q3 <= q2 and multiplicity % 2 == 1
    if q3 == 0:
        return code < 10_000 and q2 <= q1 and multiplicity in (1, 3)
    return max(q2, q3) <= q1 and multiplicity % 2 == 0


def _comes_from_x(index: int, rows: Sequence[LheRow], x_pdg: int | None) -> bool:
    """Follow the first mothers upwards until X or a beam is met."""
    for _ in range(len(rows)):
        mother = rows[index].mother - 1
        if mother < 0 or mother >= len(rows):
            return False
        if rows[mother].status == _INTERMEDIATE and is_x(rows[mother].code, x_pdg):
            return True
        index = mother
    return False


def sort_particles(where: str, rows: Sequence[LheRow], x_pdg: int | None) -> LheLayout:
    """Find out which muon is which.

    Raises
    ------
    InputError
        The final state is neither four muons nor two muons and X, with photons or without.
    """
    muons: dict[tuple[int, bool], list[int]] = {}
    photons, undecayed, others = [], [], []
    for index, row in enumerate(rows):
        if row.status != _FINAL:
            continue
        if abs(row.code) == _MUON:
            muons.setdefault((row.code, _comes_from_x(index, rows, x_pdg)), []).append(index)
        elif row.code == _PHOTON:
            photons.append(index)
        elif is_x(row.code, x_pdg):
            undecayed.append(index)
        else:
            others.append(index)
    prompt = [muons.get((-_MUON, False), []), muons.get((_MUON, False), [])]
    from_x = [muons.get((-_MUON, True), []), muons.get((_MUON, True), [])]
    counts = [len(prompt[0]), len(prompt[1]), len(from_x[0]), len(from_x[1]), len(undecayed)]
    if others or counts not in ([1, 1, 0, 0, 1], [1, 1, 1, 1, 0], [2, 2, 0, 0, 0]):
        raise InputError(
            "this is another process",
            where=where,
            key="final state",
            found=sorted(row.code for row in rows if row.status == _FINAL),
            expected="mu+ mu- mu+ mu- or mu+ mu- X, X of "
            + ("a code of no known particle" if x_pdg is None else f"code {x_pdg}"),
        )
    is_four = counts[0] == 2
    rest = prompt if is_four else from_x
    return LheLayout(
        rows=tuple(rows),
        incoming=tuple(i for i, row in enumerate(rows) if row.status == _INCOMING),
        final=tuple(i for i, row in enumerate(rows) if row.status == _FINAL),
        prompt=(prompt[0][0], prompt[1][0]),
        pair=() if undecayed else (rest[0][-1], rest[1][-1]),
        undecayed=undecayed[0] if undecayed else None,
        from_x=not is_four,
        photons=tuple(photons),
        photons_from_x=tuple(i for i in photons if _comes_from_x(i, rows, x_pdg)),
    )
