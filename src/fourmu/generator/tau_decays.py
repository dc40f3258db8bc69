"""Decays of unpolarised taus into what a detector sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV, TAU_MASS_GEV
from fourmu.physics.kinematics import (
    FloatArray,
    boost,
    energy_momentum,
    invariant_mass,
    momentum_two_body,
)

from .events import PartonEvents
from .phase_space import decay_many, isotropic_directions

__all__ = ["TAU_BRANCHING_FRACTIONS", "decay_taus"]

TAU_BRANCHING_FRACTIONS: Final = {
    "e nu nu": 0.1782,
    "mu nu nu": 0.1739,
    "pi nu": 0.1082,
    "K nu": 0.0070,
    "pi pi0 nu": 0.2549,
    "K pi0 nu": 0.0043,
    "pi 2pi0 nu": 0.1260,
    "3pi nu": 0.0960,
    "3pi pi0 nu": 0.0515,
}
"""PDG 2022. The rest of the one-prong decays (K0 and three pi0) is counted with pi 2pi0, that of
the three-prong decays (kaons, more pi0) with 3pi and 3pi pi0, so that 85.2 % have one prong."""

_TAU = 15
_PION, _PI0, _KAON = 0.13957039, 0.1349768, 0.493677
_RHO, _RHO_WIDTH = 0.77526, 0.1474
_A1, _A1_WIDTH = 1.23, 0.42
_RHO_PRIME, _RHO_PRIME_WIDTH = 1.465, 0.40
_KSTAR, _KSTAR_WIDTH = 0.89167, 0.0514
_GRID = 2001
# columns of one tau: e, mu, two hadrons of its charge, one of the other, K, photons of two pi0
_PHOTONS = 4
_E, _MU, _SAME, _SAME_2, _OTHER, _K, _FIRST_PHOTON = range(7)
_COLUMNS = _FIRST_PHOTON + _PHOTONS


def decay_taus(partons: PartonEvents, rng: np.random.Generator) -> PartonEvents:
    """Decay all taus of a sample.

    Parameters
    ----------
    partons
        Events with columns of taus; those of zero energy stay undecayed and absent.
    rng
        Source of randomness; equal states give equal events.

    Returns
    -------
    events
        The columns of the taus are gone. For each of them, in order, ten are appended: e, mu, two
        pions of the charge of the tau and one of the other, K, four photons of up to two pi0; all
        but those of the decay are zero. Neutrinos carry away what is missing.

    Notes
    -----
    Taus decay unpolarised and independently. Leptons have the spectrum of V - A with their mass.
    Hadronic systems have the mass spectrum of spin one, (1 - Q^2/m^2)^2 (1 + 2 Q^2/m^2) times
    phase space and a Breit-Wigner (rho, K*, a1 or rho'); two mesons have the angular distribution
    of the polarisation that the tau gives them, three come by way of the rho, four are uniform.
    """
    taus = np.flatnonzero(np.abs(partons.pdg) == _TAU)
    others = np.flatnonzero(np.abs(partons.pdg) != _TAU)
    pieces, codes = [partons.momenta[:, others]], [partons.pdg[others]]
    for column in taus:
        sign = int(np.sign(partons.pdg[column]))
        # code 15 is tau-: e-, mu-, pi-, pi-, pi+, K-
        codes.append(sign * np.array([11, 13, -211, -211, 211, -321] + [22 * sign] * _PHOTONS))
        pieces.append(_decayed(partons.momenta[:, column], rng))
    return replace(
        partons, momenta=np.concatenate(pieces, axis=1), pdg=np.concatenate(codes).astype(np.int64)
    )


def _decayed(tau: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Visible particles (n, 10, 4) of taus (n, 4)."""
    visible = np.zeros((len(tau), _COLUMNS, 4))
    shares = np.array(list(TAU_BRANCHING_FRACTIONS.values()))
    mode = rng.choice(len(shares), size=len(tau), p=shares / shares.sum())
    mode[tau[:, 0] <= 0.0] = -1
    for number, decay in enumerate(_DECAYS):
        rows = np.flatnonzero(mode == number)
        if len(rows):
            visible[rows] = decay(len(rows), rng)
    seen = visible[..., 0] > 0.0
    beta = tau[:, 1:] / np.maximum(tau[:, :1], 1e-300)
    beta[tau[:, 0] <= 0.0] = 0.0
    moved = boost(visible, beta[:, None, :])
    return np.where(seen[..., None], moved, 0.0)


def _lepton(n: int, rng: np.random.Generator, mass: float, column: int) -> FloatArray:
    """Charged lepton of tau -> l nu nu: the Michel spectrum with rho = 3/4, eta = 0."""
    largest = (TAU_MASS_GEV**2 + mass**2) / (2.0 * TAU_MASS_GEV)
    x0 = mass / largest
    x = np.linspace(x0, 1.0, _GRID)
    density = np.sqrt(x**2 - x0**2) * (x * (1.0 - x) + (4.0 * x**2 - 3.0 * x - x0**2) / 6.0)
    energy = largest * _drawn(x, density, n, rng)
    momentum = np.sqrt(np.maximum(energy**2 - mass**2, 0.0))
    visible = np.zeros((n, _COLUMNS, 4))
    visible[:, column] = energy_momentum(momentum[:, None] * isotropic_directions(n, rng), mass)
    return visible


def _meson(n: int, rng: np.random.Generator, mass: float, column: int) -> FloatArray:
    """Meson of tau -> meson nu."""
    momentum = (TAU_MASS_GEV**2 - mass**2) / (2.0 * TAU_MASS_GEV)
    visible = np.zeros((n, _COLUMNS, 4))
    visible[:, column] = energy_momentum(momentum * isotropic_directions(n, rng), mass)
    return visible


def _two_mesons(
    n: int, rng: np.random.Generator, mass: float, pole: tuple[float, float], column: int
) -> FloatArray:
    """Charged meson and pi0 of tau -> rho nu, K* nu.

    The angle between the charged meson and the flight of the pair, in the frame of the pair, is
    distributed as m_tau^2 cos^2 + Q^2 sin^2.
    """
    q_grid = np.linspace(mass + _PI0, TAU_MASS_GEV, _GRID)[1:-1]
    momentum = momentum_two_body(q_grid, mass, _PI0)
    running = pole[1] * (momentum / momentum_two_body(pole[0], mass, _PI0)) ** 3 * pole[0] / q_grid
    shape = (momentum / q_grid) ** 3 / ((q_grid**2 - pole[0] ** 2) ** 2 + (pole[0] * running) ** 2)
    q = _drawn(q_grid, shape * _spin_one(q_grid), n, rng)
    cosine = _polarised_cosine(q, rng)
    flight = isotropic_directions(n, rng)
    across = np.cross(flight, isotropic_directions(n, rng))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    direction = cosine[:, None] * flight + np.sqrt(1.0 - cosine**2)[:, None] * across
    size = momentum_two_body(q, mass, _PI0)[:, None]
    pair = np.stack(
        [energy_momentum(size * direction, mass), energy_momentum(-size * direction, _PI0)], axis=1
    )
    pair = boost(pair, _recoil_velocity(q, flight)[:, None, :])
    visible = np.zeros((n, _COLUMNS, 4))
    visible[:, column] = pair[:, 0]
    visible[:, _FIRST_PHOTON : _FIRST_PHOTON + 2] = _two_photons(pair[:, 1], rng)
    return visible


def _three_pions(n: int, rng: np.random.Generator, *, prongs: int) -> FloatArray:
    """Three pions of tau -> a1 nu: pi pi0 pi0, or pi pi pi of which the last has other charge."""
    masses = (_PION, _PI0, _PI0) if prongs == 1 else (_PION, _PION, _PION)
    # the two combinations that can be a rho: of unlike charge
    first, second, partner = (1, 2, 0) if prongs == 1 else (0, 1, 2)
    q_grid = np.linspace(sum(masses), TAU_MASS_GEV, _GRID)[1:-1]
    shape = _breit_wigner(q_grid, _A1, _A1_WIDTH) * np.maximum(q_grid - sum(masses), 0.0) ** 2
    pions = np.zeros((n, 3, 4))
    pending = np.arange(n)
    q = _drawn(q_grid, shape * _spin_one(q_grid), n, rng)
    while len(pending):
        trial = decay_many(q[pending], masses, rng)
        amplitude = sum(
            _rho_amplitude(invariant_mass(trial[:, leg] + trial[:, partner]))
            for leg in (first, second)
        )
        accepted = rng.random(len(pending)) * 4.0 < np.abs(amplitude) ** 2
        pions[pending[accepted]] = trial[accepted]
        pending = pending[~accepted]
    pions = boost(pions, _recoil_velocity(q, isotropic_directions(n, rng))[:, None, :])
    visible = np.zeros((n, _COLUMNS, 4))
    if prongs == 3:
        visible[:, [_SAME, _SAME_2, _OTHER]] = pions
        return visible
    visible[:, _SAME] = pions[:, 0]
    for number in range(2):
        place = _FIRST_PHOTON + 2 * number
        visible[:, place : place + 2] = _two_photons(pions[:, 1 + number], rng)
    return visible


def _four_pions(n: int, rng: np.random.Generator) -> FloatArray:
    """Three charged pions and a pi0, uniform in phase space."""
    masses = (_PION, _PION, _PION, _PI0)
    q_grid = np.linspace(sum(masses), TAU_MASS_GEV, _GRID)[1:-1]
    shape = _breit_wigner(q_grid, _RHO_PRIME, _RHO_PRIME_WIDTH) * (q_grid - sum(masses)) ** 3.5
    q = _drawn(q_grid, shape * _spin_one(q_grid), n, rng)
    pions = decay_many(q, masses, rng)
    pions = boost(pions, _recoil_velocity(q, isotropic_directions(n, rng))[:, None, :])
    visible = np.zeros((n, _COLUMNS, 4))
    visible[:, [_SAME, _SAME_2, _OTHER]] = pions[:, :3]
    visible[:, _FIRST_PHOTON : _FIRST_PHOTON + 2] = _two_photons(pions[:, 3], rng)
    return visible


_DECAYS: Final[tuple[Callable[[int, np.random.Generator], FloatArray], ...]] = (
    lambda n, rng: _lepton(n, rng, ELECTRON_MASS_GEV, _E),
    lambda n, rng: _lepton(n, rng, MUON_MASS_GEV, _MU),
    lambda n, rng: _meson(n, rng, _PION, _SAME),
    lambda n, rng: _meson(n, rng, _KAON, _K),
    lambda n, rng: _two_mesons(n, rng, _PION, (_RHO, _RHO_WIDTH), _SAME),
    lambda n, rng: _two_mesons(n, rng, _KAON, (_KSTAR, _KSTAR_WIDTH), _K),
    lambda n, rng: _three_pions(n, rng, prongs=1),
    lambda n, rng: _three_pions(n, rng, prongs=3),
    _four_pions,
)
"""In the order of :data:`TAU_BRANCHING_FRACTIONS`."""


def _spin_one(q: FloatArray) -> FloatArray:
    """Spectrum in Q of a spin-one system of constant spectral density."""
    ratio = (q / TAU_MASS_GEV) ** 2
    return q * (1.0 - ratio) ** 2 * (1.0 + 2.0 * ratio)


def _breit_wigner(q: FloatArray, mass: float, width: float) -> FloatArray:
    return 1.0 / ((q**2 - mass**2) ** 2 + (mass * width) ** 2)


def _rho_amplitude(mass: FloatArray) -> npt.NDArray[np.complex128]:
    """Breit-Wigner amplitude of the rho, of size one at its mass."""
    return np.asarray(_RHO * _RHO_WIDTH / (_RHO**2 - mass**2 - 1j * _RHO * _RHO_WIDTH))


def _polarised_cosine(q: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Cosines distributed as m^2 cos^2 + Q^2 sin^2."""
    cosine = np.empty(len(q))
    pending = np.arange(len(q))
    while len(pending):
        trial = rng.uniform(-1.0, 1.0, len(pending))
        height = trial**2 + (q[pending] / TAU_MASS_GEV) ** 2 * (1.0 - trial**2)
        accepted = rng.random(len(pending)) < height
        cosine[pending[accepted]] = trial[accepted]
        pending = pending[~accepted]
    return cosine


def _recoil_velocity(q: FloatArray, direction: FloatArray) -> FloatArray:
    """Velocity (n, 3) of a system of mass Q that recoils against a neutrino."""
    beta = (TAU_MASS_GEV**2 - q**2) / (TAU_MASS_GEV**2 + q**2)
    return beta[:, None] * direction


def _two_photons(pi0: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Photons (n, 2, 4) of pi0 (n, 4)."""
    p = 0.5 * _PI0 * isotropic_directions(len(pi0), rng)
    pair = np.stack([energy_momentum(p, 0.0), energy_momentum(-p, 0.0)], axis=1)
    return boost(pair, (pi0[:, 1:] / pi0[:, :1])[:, None, :])


def _drawn(grid: FloatArray, density: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """Numbers (n,) from a density given on a grid, by its integral in straight pieces."""
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(grid)
    integral = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.interp(rng.random(n) * integral[-1], integral, grid))
