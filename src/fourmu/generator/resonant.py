"""Resonances in the place of muon pairs of the continuum, for pseudo-data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import (
    FloatArray,
    boost,
    energy_momentum,
    invariant_mass,
    momentum_two_body,
)
from fourmu.physics.resonances import Resonance

from .events import PartonEvents

__all__ = ["line_shape", "luminosities_needed", "resonant_events", "strip_half_width_gev"]

IntArray = npt.NDArray[np.int64]

_LEPTONS = 4
_MUON = 13
_PION_MASS_GEV = 0.13957039
_DAUGHTERS = {"mu": (MUON_MASS_GEV, (-13, 13)), "pi": (_PION_MASS_GEV, (211, -211))}
_STRIP_GEV = 0.1
_STRIP_MASSES = 0.03
_STRIP_WIDTHS = 0.75
_MARGIN = 1.25
_REDRAWS = 50
_GRID = 4001
_REACH_WIDTHS = 6.0


def strip_half_width_gev(resonance: Resonance) -> float:
    """Half width of the strip of continuum mass from which pairs are taken.

    Wide enough for many pairs; the continuum bends by at most 2 % in it.
    """
    narrow = min(_STRIP_MASSES * resonance.mass_gev, _STRIP_GEV)
    return max(narrow, _STRIP_WIDTHS * resonance.width_gev)


def luminosities_needed(resonance: Resonance, area_gev: float) -> float:
    """Luminosities of continuum that give every event of a resonance a pair of its own.

    An event that is used twice leaves two other pairs of equal mass: a false narrow peak.
    """
    return _MARGIN * area_gev / (2.0 * strip_half_width_gev(resonance))


def line_shape(resonance: Resonance, n: int, rng: np.random.Generator) -> FloatArray:
    """Masses (n,) in GeV of a resonance.

    The continuum's 1/M times (q/M)^3 |F(M)|^2, F the p-wave Breit-Wigner form factor with a width
    that grows as q^3/M, from the threshold of the daughters to six widths above the mass: what a
    photon makes of a vector meson.
    """
    daughter = _DAUGHTERS[resonance.daughters][0]
    mass, width = resonance.mass_gev, resonance.width_gev
    low = max(2.0 * daughter * (1.0 + 1e-9), mass - _REACH_WIDTHS * width)
    # even steps in arctan are even steps in probability of a constant width
    first = float(np.arctan(2.0 * (low - mass) / width))
    last = float(np.arctan(2.0 * _REACH_WIDTHS))
    grid = mass + 0.5 * width * np.tan(np.linspace(first, last, _GRID))
    q = momentum_two_body(grid, daughter, daughter)
    q_pole = momentum_two_body(mass, daughter, daughter)
    running = width * (q / q_pole) ** 3 * mass / grid
    density = (q / grid) ** 3 / grid / ((grid**2 - mass**2) ** 2 + (mass * running) ** 2)
    integral = np.concatenate(
        [[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))]
    )
    return np.asarray(np.interp(rng.random(n) * integral[-1], integral, grid))


def resonant_events(
    resonance: Resonance,
    continuum: PartonEvents,
    rng: np.random.Generator,
    *,
    area_gev: float,
    continuum_luminosities: float,
) -> PartonEvents:
    """Events with a resonance in the place of one muon pair of the continuum.

    Parameters
    ----------
    resonance
        What to put in.
    continuum
        Unweighted events with four leptons, two or four of them muons, without photons of
        final-state radiation.
    rng
        Draws the number of events (Poisson), the events and the masses.
    area_gev
        Mean number of events over the number of continuum pairs per GeV at the mass.
    continuum_luminosities
        How many times the luminosity asked for ``continuum`` stands for; at least
        :func:`luminosities_needed`.

    Returns
    -------
    events
        The daughters of the resonance come last of four, as those of X do, and ``x_mass_gev`` is
        its mass. Total four-momentum, directions, and the mass of the other pair are those of
        the continuum event. Pairs whose recoil leaves no room for the resonance (at the end of
        phase space) are lost from the number.

    Raises
    ------
    DomainError
        No pair of muons, an area or a luminosity that is not a positive number, or a continuum
        without enough pairs at the mass.
    """
    for key, value in (("area_gev", area_gev), ("continuum_luminosities", continuum_luminosities)):
        if not (np.isfinite(value) and value > 0.0):
            raise DomainError("a positive number is needed", key=key, found=value)
    pairs = _muon_pairs(continuum)
    if not pairs or len(continuum.pdg) != _LEPTONS:
        raise DomainError(
            "resonances replace muon pairs of four leptons",
            where=continuum.process,
            key="pdg",
            found=continuum.pdg.tolist(),
        )
    half = strip_half_width_gev(resonance)
    chosen_event, chosen_pair = [], []
    for number, (i, j) in enumerate(pairs):
        mass = invariant_mass(continuum.momenta[:, i] + continuum.momenta[:, j])
        inside = np.flatnonzero(np.abs(mass - resonance.mass_gev) < half)
        chosen_event.append(inside)
        chosen_pair.append(np.full(len(inside), number))
    event, pair = np.concatenate(chosen_event), np.concatenate(chosen_pair)
    if not len(event):
        raise DomainError(
            "the continuum has no pairs at the mass of a resonance",
            where=continuum.process,
            key=resonance.name,
            found=f"{len(continuum)} events",
        )
    mean = area_gev * len(event) / (2.0 * half) / continuum_luminosities
    count = int(rng.poisson(mean))
    if count > len(event):
        raise DomainError(
            "the continuum has too few pairs at the mass of a resonance",
            where=continuum.process,
            key=resonance.name,
            found=f"{len(event)} for {count} events",
            expected=f"{luminosities_needed(resonance, area_gev):.3g} luminosities of continuum",
        )
    order = rng.choice(len(event), size=count, replace=False)
    return _replaced(resonance, continuum, event[order], np.array(pairs)[pair[order]], rng)


def _replaced(
    resonance: Resonance,
    continuum: PartonEvents,
    event: IntArray,
    pair: IntArray,
    rng: np.random.Generator,
) -> PartonEvents:
    """Put the resonance in the place of columns ``pair`` (m, 2) of events (m,)."""
    daughter, codes = _DAUGHTERS[resonance.daughters]
    other = _other_columns(pair, continuum.pdg)
    recoil_mass = invariant_mass(continuum.momenta[event[:, None], other].sum(axis=1))
    energy = invariant_mass(continuum.momenta[event].sum(axis=1))
    mass = line_shape(resonance, len(event), rng)
    for _ in range(_REDRAWS):
        closed = np.flatnonzero(mass + recoil_mass >= energy)
        mass[closed] = line_shape(resonance, len(closed), rng)
    kept = mass + recoil_mass < energy
    event, pair, other = event[kept], pair[kept], other[kept]
    mass, recoil_mass, energy = mass[kept], recoil_mass[kept], energy[kept]
    muons = continuum.momenta[event[:, None], pair]
    recoil = continuum.momenta[event[:, None], other]
    first, second = muons.sum(axis=1), recoil.sum(axis=1)
    total = first + second
    velocity = total[:, 1:] / total[:, :1]
    at_rest = boost(first, -velocity)[:, 1:]
    direction = at_rest / np.linalg.norm(at_rest, axis=1, keepdims=True)
    size = momentum_two_body(energy, mass, recoil_mass)[:, None]
    new_first = boost(energy_momentum(size * direction, mass), velocity)
    new_second = boost(energy_momentum(-size * direction, recoil_mass), velocity)
    inside = _direction_in(muons[:, 0], first)
    q = momentum_two_body(mass, daughter, daughter)[:, None]
    decayed = [
        boost(energy_momentum(sign * q * inside, daughter), new_first[:, 1:] / new_first[:, :1])
        for sign in (1.0, -1.0)
    ]
    moved = [
        boost(
            boost(recoil[:, leg], -second[:, 1:] / second[:, :1]),
            new_second[:, 1:] / new_second[:, :1],
        )
        for leg in range(2)
    ]
    # whichever pair it was, it leaves the same codes
    left = continuum.pdg[_other_columns(np.array(_muon_pairs(continuum)[:1]), continuum.pdg)[0]]
    return replace(
        continuum[event],
        momenta=np.stack([*moved, *decayed], axis=1),
        pdg=np.array([*left, *codes], dtype=np.int64),
        x_mass_gev=mass,
        process=f"{continuum.process}_{resonance.name}",
    )


def _muon_pairs(continuum: PartonEvents) -> list[tuple[int, int]]:
    """Columns of all pairs of a mu+ and a mu-."""
    positive = np.flatnonzero(continuum.pdg == -_MUON)
    negative = np.flatnonzero(continuum.pdg == _MUON)
    return [(int(i), int(j)) for i in positive for j in negative]


def _other_columns(pair: IntArray, pdg: IntArray) -> IntArray:
    """The two of four columns that a pair (m, 2) leaves, the positive lepton first: (m, 2)."""
    free = np.ones((len(pair), _LEPTONS), dtype=np.bool_)
    np.put_along_axis(free, pair, values=False, axis=1)
    left = np.nonzero(free)[1].reshape(-1, 2)
    return np.asarray(np.take_along_axis(left, np.argsort(pdg[left], axis=1), axis=1))


def _direction_in(particle: FloatArray, frame: FloatArray) -> FloatArray:
    """Unit vectors (n, 3) of particles in the rest frames of ``frame``."""
    inside = boost(particle, -frame[:, 1:] / frame[:, :1])[:, 1:]
    return np.asarray(inside / np.linalg.norm(inside, axis=1, keepdims=True))
