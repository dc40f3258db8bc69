"""Processes as samples: the samplers, cross sections and events of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, cast

import numpy as np

from fourmu.config import Analysis
from fourmu.config.detector import Detector
from fourmu.config.generation import Generation
from fourmu.detector import convert_photons
from fourmu.errors import ConfigError
from fourmu.generator import (
    FourLeptonSampler,
    FourMuonSampler,
    MumuGammaSampler,
    PartonEvents,
    TrackAcceptance,
    XSampler,
    decay_taus,
    generate_four_lepton,
    generate_four_muon,
    generate_mumu_gamma,
    generate_pythia,
    prepare_four_lepton_sampler,
    prepare_four_muon_sampler,
    prepare_mumu_gamma_sampler,
    prepare_x_sampler,
    radiate_fsr,
)
from fourmu.generator.four_lepton_sampler import EVERYWHERE, four_lepton_cross_section
from fourmu.generator.four_muon_sampler import four_muon_cross_section
from fourmu.generator.mumu_gamma_sampler import mumu_gamma_cross_section
from fourmu.generator.pythia import PythiaProcess
from fourmu.physics.models import MODELS

from .samples import EE_MUMU, FOUR_MUON, HADRONS, MUMU_GAMMA, MUMU_TAUTAU, TAU_PAIRS

__all__ = ["final_state", "process_events", "process_xsec_fb", "x_sampler"]

PYTHIA: Mapping[str, PythiaProcess] = {HADRONS: "hadrons", TAU_PAIRS: "tau_pairs"}
"""Samples of the optional generator."""

Sampler = FourMuonSampler | FourLeptonSampler | MumuGammaSampler

_RADIATING = (FOUR_MUON, EE_MUMU, MUMU_TAUTAU)
_REL_ERROR = 1e-3
# for the share with few charged particles, to 2 %
_PYTHIA_EVENTS = 2500
# more leave more than four tracks
_CHARGED_MAX = 6
# 17 to 150 degrees in the detector, seen in the c.m. frame by soft particles too
_THETA_MIN_RAD, _THETA_MAX_RAD = math.radians(19.0), math.radians(161.0)
# below 0.05 GeV of transverse momentum no track is found
_MOMENTUM_MIN_GEV = 0.04
_FOUR_TRACKS = TrackAcceptance(
    min_tracks=4,
    theta_min_rad=_THETA_MIN_RAD,
    theta_max_rad=_THETA_MAX_RAD,
    momentum_min_gev=_MOMENTUM_MIN_GEV,
)
# a photon of less gives no pair of tracks
_PHOTON_ENERGY_MIN_GEV = 0.1
# collisions below this do not reach M(4mu) > 10 GeV, whatever is mismeasured
_SQRT_S_PRIME_MIN_GEV = 9.5


def process_xsec_fb(
    analysis: Analysis, sample: str, rng: np.random.Generator, *, isr: bool
) -> float:
    """Cross section that normalises the events of a process, to 0.1 %.

    It counts what goes into :func:`process_events`: inside the acceptance of the generation, and
    for a converted photon times the largest probability of a conversion. That of the optional
    generator is good to 2 %.
    """
    if sample in PYTHIA:
        found = generate_pythia(
            PYTHIA[sample], _PYTHIA_EVENTS, rng, isr=isr, charged_max=_CHARGED_MAX
        )
        return found.xsec_fb
    sampler = _sampler(analysis.generation, sample, isr)
    if isinstance(sampler, FourMuonSampler):
        return four_muon_cross_section(sampler, _REL_ERROR, rng)[0]
    if isinstance(sampler, MumuGammaSampler):
        return mumu_gamma_cross_section(sampler, _REL_ERROR, rng)[0] * _conversion_share(
            analysis.generation, analysis.detector
        )
    return four_lepton_cross_section(sampler, _REL_ERROR, rng)[0]


def process_events(
    analysis: Analysis, sample: str, count: int, rng: np.random.Generator, *, isr: bool
) -> PartonEvents:
    """Events of a process from ``count`` at the level of its cross section.

    Parameters
    ----------
    analysis
        The configuration.
    sample
        Name of the process.
    count
        Number of events; forced conversions keep fewer.
    rng
        Source of randomness.
    isr
        Include initial-state radiation, its photons with their angles.
    """
    if sample in PYTHIA:
        return generate_pythia(PYTHIA[sample], count, rng, isr=isr, charged_max=_CHARGED_MAX).events
    sampler = _sampler(analysis.generation, sample, isr)
    if isinstance(sampler, FourMuonSampler):
        return generate_four_muon(count, rng, sampler=sampler)
    if isinstance(sampler, MumuGammaSampler):
        events = generate_mumu_gamma(count, rng, sampler=sampler)
        return convert_photons(events, analysis.detector, rng, forced=True)[0]
    return generate_four_lepton(count, rng, sampler=sampler)


def final_state(
    sample: str, partons: PartonEvents, rng: np.random.Generator, *, fsr: bool
) -> PartonEvents:
    """What reaches the detector: muons that radiated, where asked for, and decayed taus.

    The amplitude of mu mu gamma has a photon off the muons already, as Pythia has its own.
    """
    if fsr and sample in _RADIATING:
        partons = radiate_fsr(partons, rng)
    if sample == MUMU_TAUTAU:
        partons = decay_taus(partons, rng)
    return partons


@lru_cache(maxsize=8)
def _sampler(generation: Generation, sample: str, isr: bool) -> Sampler:
    """Tables of a process, trained once per worker and not once per file."""
    if sample == FOUR_MUON:
        return prepare_four_muon_sampler(
            isr=isr,
            photons="angular",
            sqrt_s_gev=generation.sqrt_s_gev,
            sqrt_s_spread_gev=generation.sqrt_s_spread_gev,
            overweight=generation.overweight_fraction,
        )
    if sample == MUMU_GAMMA:
        return prepare_mumu_gamma_sampler(
            photon_energy_min_gev=_PHOTON_ENERGY_MIN_GEV,
            photon_angle_min_rad=_THETA_MIN_RAD,
            isr=isr,
            photons="angular",
            sqrt_s_prime_min_gev=_SQRT_S_PRIME_MIN_GEV if isr else 0.0,
            sqrt_s_gev=generation.sqrt_s_gev,
            sqrt_s_spread_gev=generation.sqrt_s_spread_gev,
            overweight=generation.overweight_fraction,
        )
    if sample in (EE_MUMU, MUMU_TAUTAU):
        # directions of taus are not those of their tracks
        return prepare_four_lepton_sampler(
            "eemumu" if sample == EE_MUMU else "mumutautau",
            acceptance=_FOUR_TRACKS if sample == EE_MUMU else EVERYWHERE,
            isr=isr,
            photons="angular",
            sqrt_s_gev=generation.sqrt_s_gev,
            sqrt_s_spread_gev=generation.sqrt_s_spread_gev,
            sqrt_s_prime_min_gev=_SQRT_S_PRIME_MIN_GEV if isr else 0.0,
            overweight=generation.overweight_fraction,
        )
    raise ConfigError(f"unknown process '{sample}'", key="samples.backgrounds")


@lru_cache(maxsize=2)
def _conversion_share(generation: Generation, detector: Detector) -> float:
    """Largest probability with which a photon converts."""
    sampler = _sampler(generation, MUMU_GAMMA, False)
    few = generate_mumu_gamma(1, np.random.default_rng(1), sampler=cast(MumuGammaSampler, sampler))
    return convert_photons(few, detector, np.random.default_rng(1), forced=True)[1]


@lru_cache(maxsize=8)
def x_sampler(
    generation: Generation,
    model: str,
    masses_gev: tuple[float, ...],
    isr: bool,
    photons: Literal["collinear", "angular"],
) -> XSampler:
    """Tables of X, once per worker for the files of a sample."""
    return prepare_x_sampler(
        MODELS[model].couplings,
        np.array(masses_gev),
        isr=isr,
        photons=photons,
        sqrt_s_gev=generation.sqrt_s_gev,
        sqrt_s_spread_gev=generation.sqrt_s_spread_gev,
        overweight=generation.overweight_fraction,
    )
