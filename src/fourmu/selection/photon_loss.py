"""Events lost to a photon at a wide angle, which collinear radiation leaves out (Sec. IV E)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fourmu.config.detector import Detector
from fourmu.config.generation import Generation
from fourmu.config.selection import Selection
from fourmu.detector import Events, beam_frame, simulate
from fourmu.errors import DomainError
from fourmu.generator import generate_mumu_gamma, prepare_mumu_gamma_sampler
from fourmu.generator.lepton_pairs import generate_lepton_pairs, lepton_pair_cross_section
from fourmu.generator.mumu_gamma_sampler import MumuGammaRadiation, mumu_gamma_cross_section
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, energy_momentum, invariant_mass

from .cuts import angle_to_photons, photon_energy, radiated_photon
from .quantities import BoolArray, EventQuantities, IntArray, event_quantities

__all__ = ["photon_loss_from_mumu_gamma"]

_REL_ERROR = 2e-3
# the calorimeter begins at 12.4 degrees in the detector, 14 in the c.m. frame
_PHOTON_ANGLE_MIN_RAD = math.radians(12.0)
# 0.1 GeV in the detector is at least 0.07 GeV in the c.m. frame, and the resolution is 4 %
_PHOTON_ENERGY_MIN_GEV = 0.06
# below this no resolution brings the muons above 10 GeV
_MARGIN_GEV = 0.25


def photon_loss_from_mumu_gamma(
    generation: Generation,
    detector: Detector,
    selection: Selection,
    n_events: int,
    rng: np.random.Generator,
    *,
    radiation: MumuGammaRadiation = "initial",
) -> tuple[float, float]:
    """Share of events that the photon cuts reject because of one radiated photon.

    Parameters
    ----------
    generation
        C.m. energy.
    detector
        Response; its beam background is left out, as the efficiency has it already.
    selection
        Photon cuts, and the range of M(4mu) in which M(mumu) must lie.
    n_events
        Number of events for the numerator, and as many for the denominator.
    rng
        Source of randomness.
    radiation
        Which leptons radiate the photon. ``initial`` is what the simulated signal lacks because
        its radiation is collinear, and what the paper names; ``all`` adds radiation off the
        muons, which the simulated signal does not have at all.

    Returns
    -------
    loss, error
        The share and its statistical error.

    Raises
    ------
    DomainError
        Fewer than 100 events.

    Notes
    -----
    Both samples have exactly two tracks with 10 < M(mumu) < 11. Denominator: muon pairs with
    collinear initial-state radiation, as the signal samples have it. Numerator: exact
    mu mu gamma with a photon that can reach the calorimeter, and collinear radiation on top,
    rejected by the cuts on photons; a single photon that is seen balances the muons, so that the
    angle of 160 degrees rejects it. Radiation off the muons depends on their momenta: of two near
    the beam energy it is not that of four softer ones. What is left out is one more photon at a
    wide angle, a few percent of the share.
    """
    if n_events < 100:
        raise DomainError("a share needs more events", key="n_events", found=n_events)
    low = selection.four_muon_mass_gev[0] - _MARGIN_GEV
    quiet = detector.model_copy(update={"background_photons_mean": 0.0})
    sampler = prepare_mumu_gamma_sampler(
        photon_energy_min_gev=_PHOTON_ENERGY_MIN_GEV,
        photon_angle_min_rad=_PHOTON_ANGLE_MIN_RAD,
        radiation=radiation,
        isr=True,
        sqrt_s_gev=generation.sqrt_s_gev,
        sqrt_s_prime_min_gev=low,
    )
    radiated_fb, radiated_error_fb = mumu_gamma_cross_section(sampler, _REL_ERROR, rng)
    radiated = simulate(generate_mumu_gamma(n_events, rng, sampler=sampler), quiet, rng)
    pairs_fb = lepton_pair_cross_section(
        "mumu", isr=True, sqrt_s_gev=generation.sqrt_s_gev, sqrt_s_prime_min_gev=low
    )
    pairs = simulate(
        generate_lepton_pairs(
            "mumu",
            n_events,
            rng,
            isr=True,
            sqrt_s_gev=generation.sqrt_s_gev,
            sqrt_s_prime_min_gev=low,
        ),
        quiet,
        rng,
    )
    lost = _in_range(radiated, selection, detector, rejected=True).mean()
    kept = _in_range(pairs, selection, detector, rejected=False).mean()
    if not kept > 0.0:
        raise DomainError("no muon pair lies in the range of masses", key="four_muon_mass_gev")
    loss = radiated_fb * lost / (pairs_fb * kept)
    relative = math.hypot(
        radiated_error_fb / radiated_fb,
        math.sqrt((1.0 - lost) / max(lost * n_events, 1.0)),
        math.sqrt((1.0 - kept) / (kept * n_events)),
    )
    return float(loss), float(loss * relative)


def _in_range(
    events: Events, selection: Selection, detector: Detector, *, rejected: bool
) -> BoolArray:
    """Events with two muons whose mass lies in the range, rejected by photons or whatever."""
    counts = np.diff(events.track_offsets)
    two = np.flatnonzero(counts == 2)
    first = events.track_offsets[two]
    mass = invariant_mass(_track(events, first) + _track(events, first + 1))
    low, high = selection.four_muon_mass_gev
    inside = np.zeros(len(events), dtype=np.bool_)
    inside[two] = (mass > low) & (mass < high)
    if not rejected:
        return inside
    masses = np.full(len(events), np.nan)
    masses[two] = mass
    quantities = event_quantities(events, beam_frame(detector))
    quantities = _with_mass(quantities, masses)
    passed = np.ones(len(events), dtype=np.bool_)
    for cut in (photon_energy, radiated_photon, angle_to_photons):
        passed &= cut(quantities, selection)
    return inside & ~passed


def _with_mass(quantities: EventQuantities, mass_gev: FloatArray) -> EventQuantities:
    """Let the cuts on M(4mu) look at the mass of two muons."""
    return replace(quantities, four_muon_mass_gev=mass_gev)


def _track(events: Events, places: IntArray) -> FloatArray:
    """Four-vectors (n, 4) of tracks taken as muons, in the detector."""
    pt, theta, phi = events.track_pt[places], events.track_theta[places], events.track_phi[places]
    space = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt / np.tan(theta)], axis=-1)
    return energy_momentum(space, MUON_MASS_GEV)
