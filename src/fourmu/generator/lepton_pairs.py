"""Unweighted events of e+e- -> mu+ mu- and tau+ tau-, with initial-state radiation."""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import (
    ALPHA,
    CROSS_SECTION_FB_GEV2,
    MUON_MASS_GEV,
    SQRT_S_GEV,
    TAU_MASS_GEV,
)
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .beam_kernels import collision, write_event
from .domain import check_energy, check_events
from .events import PartonEvents
from .radiation import BEAM_BINS, Photons, beam_exponent, best_beam_table, luminosity_average

__all__ = [
    "LEPTON_PAIR_PDG",
    "LeptonPair",
    "generate_lepton_pairs",
    "lepton_pair_cross_section",
]

LeptonPair = Literal["mumu", "tautau"]
LEPTON_PAIR_PDG: Final[dict[str, tuple[int, int]]] = {"mumu": (-13, 13), "tautau": (-15, 15)}
"""Order of the final state."""
_MASSES = {"mumu": MUON_MASS_GEV, "tautau": TAU_MASS_GEV}
_SPREADS = 5.0


def _checked_mass(process: str) -> float:
    if process not in _MASSES:
        raise DomainError(
            "unknown pair of leptons", key="process", found=process, expected=" or ".join(_MASSES)
        )
    return _MASSES[process]


def _born_fb(root: FloatArray, mass: float) -> FloatArray:
    """Cross section in fb of one photon: 4 pi alpha^2/(3 s) b (3 - b^2)/2."""
    b = np.sqrt(np.maximum(1.0 - 4.0 * mass**2 / root**2, 0.0))
    point = 4.0 * math.pi * ALPHA**2 / 3.0 * CROSS_SECTION_FB_GEV2 / root**2
    return np.asarray(point * b * (3.0 - b**2) / 2.0)


def lepton_pair_cross_section(
    process: LeptonPair,
    *,
    isr: bool = False,
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_prime_min_gev: float = 0.0,
) -> float:
    """Cross section in fb, Born or with initial-state radiation above a least sqrt(s')."""
    mass = _checked_mass(process)
    check_energy(sqrt_s_gev, 0.0, sqrt_s_prime_min_gev)
    if not isr:
        return float(_born_fb(np.array(sqrt_s_gev), mass))
    low = max(2.0 * mass, sqrt_s_prime_min_gev)
    return luminosity_average(lambda root: _born_fb(root, mass), sqrt_s_gev, low)


def generate_lepton_pairs(
    process: LeptonPair,
    n_events: int,
    rng: np.random.Generator,
    *,
    isr: bool = False,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
) -> PartonEvents:
    """Unweighted events of e+e- -> l+ l- by one photon.

    Parameters
    ----------
    process
        ``mumu`` or ``tautau``; taus are not decayed, nor polarised.
    n_events
        Number of events.
    rng
        Source of randomness; equal states give equal events.
    isr, photons
        Initial-state radiation, its photons along the beams or with their angles.
    sqrt_s_gev, sqrt_s_spread_gev
        C.m. energy and its Gaussian spread.
    sqrt_s_prime_min_gev
        Collisions of a lower sqrt(s') are left out.

    Raises
    ------
    DomainError
        Unknown process, or an energy or number out of range.
    """
    mass = _checked_mass(process)
    check_events(n_events)
    check_energy(sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev)
    top = sqrt_s_gev + _SPREADS * sqrt_s_spread_gev
    least = max(2.0 * mass * (1.0 + 1e-9), sqrt_s_prime_min_gev)
    edges, ceiling = np.zeros(BEAM_BINS + 1), 1.0
    beta = beam_exponent(sqrt_s_gev)
    if isr:
        roots = np.geomspace(least, top, 1001)
        # the cross section of leptons without mass falls as 1 / s' and bounds that of others
        edges, ceiling = best_beam_table(roots, -2.0 * np.log(roots / top), top, beta)
    momenta = np.zeros((n_events, 2, 4))
    radiated = np.zeros((n_events, 2, 4))
    _fill_pairs(
        rng,
        mass,
        float(sqrt_s_gev),
        float(sqrt_s_spread_gev),
        float(least),
        bool(isr),
        edges,
        float(ceiling),
        float(top),
        float(beta),
        photons == "angular",
        momenta,
        radiated,
    )
    return PartonEvents(
        momenta=momenta,
        pdg=np.array(LEPTON_PAIR_PDG[process], dtype=np.int64),
        photons=radiated,
        weight=np.ones(n_events),
        x_mass_gev=np.full(n_events, np.nan),
        sqrt_s_gev=float(sqrt_s_gev),
        process=process,
        overweight_fraction=0.0,
    )


@kernel
def _fill_pairs(
    rng: np.random.Generator,
    mass: float,
    sqrt_s: float,
    spread: float,
    least: float,
    isr: bool,
    edges: FloatArray,
    ceiling: float,
    top: float,
    beta: float,
    angular: bool,
    momenta: FloatArray,
    photons: FloatArray,
) -> None:
    """Fill momenta (n, 2, 4) and photons (n, 2, 4) with unweighted events."""
    for i in range(len(momenta)):
        while True:
            root_s, delta_1, delta_2, weight = collision(rng, sqrt_s, spread, isr, edges, beta)
            root = root_s * math.sqrt((1.0 - delta_1) * (1.0 - delta_2))
            if root < least:
                continue
            b2 = 1.0 - 4.0 * mass * mass / (root * root)
            # without radiation every collision counts: the spread does not change the rate
            size = math.sqrt(b2) * (3.0 - b2) / 2.0 * (top / root) ** 2 if isr else 1.0
            if rng.random() * ceiling < weight * size:
                break
        cosine = 2.0 * rng.random() - 1.0
        while rng.random() * 2.0 > 1.0 + cosine * cosine + (1.0 - b2) * (1.0 - cosine * cosine):
            cosine = 2.0 * rng.random() - 1.0
        sine = math.sqrt(1.0 - cosine * cosine)
        azimuth = 2.0 * math.pi * rng.random()
        energy = 0.5 * root
        p = energy * math.sqrt(b2)
        for leg in range(2):
            sign = 1.0 - 2.0 * leg
            momenta[i, leg, 0] = energy
            momenta[i, leg, 1] = sign * p * sine * math.cos(azimuth)
            momenta[i, leg, 2] = sign * p * sine * math.sin(azimuth)
            momenta[i, leg, 3] = sign * p * cosine
        write_event(rng, momenta[i], photons[i], root_s, delta_1, delta_2, angular)
