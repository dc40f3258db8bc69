"""Control samples that the chain has no other use for, as the detector sees them.

Each function takes the section of the detector, so that the same sample is made for simulation
and for pseudo-data, from different random numbers.
"""

from __future__ import annotations

import math

import numpy as np

from fourmu.config.detector import Detector
from fourmu.detector import Events, simulate
from fourmu.generator import (
    MumuGammaSampler,
    PartonEvents,
    decay_taus,
    generate_mumu_gamma,
    prepare_mumu_gamma_sampler,
)
from fourmu.physics.constants import TAU_MASS_GEV
from fourmu.physics.kinematics import FloatArray

__all__ = [
    "mumu_gamma_events",
    "mumu_gamma_sampler",
    "random_triggers",
    "tau_pair_events",
]

_PHOTON_ANGLE_MIN_RAD = 0.25


def random_triggers(
    count: int, detector: Detector, sqrt_s_gev: float, rng: np.random.Generator
) -> Events:
    """Events in which nothing was produced: beam background only."""
    nothing = PartonEvents(
        momenta=np.zeros((count, 1, 4)),
        pdg=np.array([22], dtype=np.int64),
        photons=np.zeros((count, 2, 4)),
        weight=np.ones(count),
        x_mass_gev=np.full(count, np.nan),
        sqrt_s_gev=sqrt_s_gev,
        process="random_triggers",
    )
    return simulate(nothing, detector, rng)


def mumu_gamma_sampler(photon_energy_min_gev: float, sqrt_s_gev: float) -> MumuGammaSampler:
    """Tables of e+e- -> mu+ mu- gamma with a hard photon away from the beams."""
    return prepare_mumu_gamma_sampler(
        photon_energy_min_gev=photon_energy_min_gev,
        photon_angle_min_rad=_PHOTON_ANGLE_MIN_RAD,
        sqrt_s_gev=sqrt_s_gev,
    )


def mumu_gamma_events(
    count: int, detector: Detector, sampler: MumuGammaSampler, rng: np.random.Generator
) -> Events:
    """Events of e+e- -> mu+ mu- gamma whose photon does not convert."""
    return simulate(generate_mumu_gamma(count, rng, sampler=sampler), detector, rng)


def tau_pair_events(
    count: int, detector: Detector, sqrt_s_gev: float, rng: np.random.Generator
) -> Events:
    """Events of e+e- -> tau+ tau- with an electron, and a muon or three charged hadrons.

    Parameters
    ----------
    count
        Tau pairs of any decay; one in nine is of these.
    detector
        Response.
    sqrt_s_gev
        C.m. energy, without radiation.
    rng
        Source of randomness.
    """
    partons = decay_taus(_tau_pairs(count, sqrt_s_gev, rng), rng)
    present = partons.momenta[:, :, 0] > 0.0
    code = np.abs(partons.pdg)
    electrons = present[:, code == 11].sum(axis=1)
    muons = present[:, code == 13].sum(axis=1)
    hadrons = present[:, np.isin(code, (211, 321))].sum(axis=1)
    wanted = (electrons == 1) & (((muons == 1) & (hadrons == 0)) | ((muons == 0) & (hadrons == 3)))
    return simulate(partons[wanted], detector, rng)


def _tau_pairs(count: int, sqrt_s_gev: float, rng: np.random.Generator) -> PartonEvents:
    """Undecayed taus of e+e- -> tau+ tau- at Born level, unpolarised.

    The angular distribution is 1 + cos^2 + (1 - beta^2) sin^2 (photon exchange).
    """
    energy = 0.5 * sqrt_s_gev
    momentum = math.sqrt(energy**2 - TAU_MASS_GEV**2)
    factor = (TAU_MASS_GEV / energy) ** 2
    cosine = _angles(count, factor, rng)
    sine = np.sqrt(1.0 - cosine**2)
    phi = rng.uniform(-np.pi, np.pi, count)
    direction = np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=-1)
    momenta = np.empty((count, 2, 4))
    momenta[:, :, 0] = energy
    momenta[:, 0, 1:] = momentum * direction
    momenta[:, 1, 1:] = -momentum * direction
    return PartonEvents(
        momenta=momenta,
        pdg=np.array([-15, 15], dtype=np.int64),
        photons=np.zeros((count, 2, 4)),
        weight=np.ones(count),
        x_mass_gev=np.full(count, np.nan),
        sqrt_s_gev=sqrt_s_gev,
        process="tau_pairs",
    )


def _angles(count: int, factor: float, rng: np.random.Generator) -> FloatArray:
    """Cosines of the polar angle by rejection."""
    found = np.empty(0)
    while len(found) < count:
        cosine = rng.uniform(-1.0, 1.0, 2 * (count - len(found)) + 64)
        density = 1.0 + cosine**2 + factor * (1.0 - cosine**2)
        found = np.concatenate([found, cosine[2.0 * rng.random(len(cosine)) < density]])
    return found[:count]
