"""From generated particles to tracks, photons and trigger bits.

One pass over the events, one compiled kernel. Acceptances are judged by the true direction;
each particle is measured independently of the others, so that a process with pions, electrons
or further photons needs nothing but its particle codes. Photons that convert in the material
are turned into two electrons in front of this pass (:func:`convert_photons`).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fourmu.config.detector import Detector
from fourmu.generator.events import PartonEvents
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .calorimeter import photon_energy_sigma
from .events import BoolArray, Events, IntArray
from .identification import inside_any, muon_probability
from .parameters import ResponseParameters, response_parameters
from .species import PHOTON, UNSEEN, species
from .tracking import angle_sigma, impact_sigma, interpolated, pt_relative_sigma
from .trigger import calorimeter_deposit, single_muon_efficiency, three_track_efficiency

__all__ = ["simulate"]


def simulate(
    events: PartonEvents, settings: Detector, rng: np.random.Generator, *, first_event: int = 0
) -> Events:
    """Measure generated events with the parametric detector (Sec. II, IV A-B).

    Parameters
    ----------
    events
        Particles in the nominal c.m. frame. Photons along the beams leave through the beam
        pipe by themselves; those with an angle are measured inside the calorimeter.
    settings
        Every number of the response.
    rng
        Source of all randomness; equal states give equal events.
    first_event
        Number of the first event; a sample made in chunks counts on.

    Returns
    -------
    Events
        One entry per generated event, also where nothing was seen.

    Raises
    ------
    DomainError
        The sample has a particle the detector does not know.
    """
    n = len(events)
    kind, charge, mass = species(events.pdg)
    momenta = np.ascontiguousarray(events.momenta, dtype=np.float64)
    photons = np.ascontiguousarray(events.photons, dtype=np.float64)
    background = rng.poisson(settings.background_photons_mean, n)
    n_tracks = n * int(np.count_nonzero(kind < PHOTON))
    n_photons = n * (2 + int(np.count_nonzero(kind == PHOTON))) + int(background.sum())
    track = np.empty((n_tracks, 5))
    flags = np.empty((n_tracks, 4), dtype=np.int8)
    photon = np.empty((n_photons, 3))
    track_offsets = np.zeros(n + 1, dtype=np.int64)
    photon_offsets = np.zeros(n + 1, dtype=np.int64)
    triggers = np.zeros((n, 3), dtype=np.bool_)
    _measure(
        momenta,
        kind,
        charge,
        mass,
        photons,
        background,
        response_parameters(settings),
        rng,
        track,
        flags,
        track_offsets,
        photon,
        photon_offsets,
        triggers,
    )
    track, flags = track[: track_offsets[-1]], flags[: track_offsets[-1]]
    photon = photon[: photon_offsets[-1]]
    return Events(
        event=np.arange(first_event, first_event + n, dtype=np.int64),
        weight=np.asarray(events.weight, dtype=np.float64),
        track_offsets=track_offsets,
        track_pt=track[:, 0].copy(),
        track_theta=track[:, 1].copy(),
        track_phi=track[:, 2].copy(),
        track_charge=flags[:, 0].copy(),
        track_d0_cm=track[:, 3].copy(),
        track_z0_cm=track[:, 4].copy(),
        track_is_muon=flags[:, 1].astype(np.bool_),
        track_is_electron=flags[:, 2].astype(np.bool_),
        track_truth=flags[:, 3].copy(),
        photon_offsets=photon_offsets,
        photon_energy=photon[:, 0].copy(),
        photon_theta=photon[:, 1].copy(),
        photon_phi=photon[:, 2].copy(),
        trigger_three_track=triggers[:, 0].copy(),
        trigger_single_muon=triggers[:, 1].copy(),
        trigger_calorimeter=triggers[:, 2].copy(),
        truth_momenta=momenta.astype(np.float32),
        truth_pdg=np.asarray(events.pdg, dtype=np.int64),
        x_mass_gev=np.asarray(events.x_mass_gev, dtype=np.float64),
        sqrt_s_gev=float(events.sqrt_s_gev),
        process=events.process,
    )


@kernel
def _in_detector(
    p: FloatArray, cosine: float, sine: float, beta: FloatArray, gamma: float
) -> tuple[float, float, float]:
    """Three-momentum in the detector of a c.m. four-vector (4,): :func:`frames.lab_from_cm`."""
    x = cosine * p[1] + sine * p[3]
    y = p[2]
    z = cosine * p[3] - sine * p[1]
    along = beta[0] * x + beta[1] * y + beta[2] * z
    factor = gamma * gamma / (gamma + 1.0) * along + gamma * p[0]
    return x + beta[0] * factor, y + beta[1] * factor, z + beta[2] * factor


@kernel
def _reflected(theta: float) -> float:
    """Bring a smeared polar angle back between 0 and pi."""
    if theta < 0.0:
        return -theta
    if theta > math.pi:
        return 2.0 * math.pi - theta
    return theta


@kernel
def _wrapped(phi: float) -> float:
    """Bring a smeared azimuth back between -pi and pi."""
    if phi > math.pi:
        return phi - 2.0 * math.pi
    if phi < -math.pi:
        return phi + 2.0 * math.pi
    return phi


@kernel
def _measure_photon(
    px: float,
    py: float,
    pz: float,
    parameters: ResponseParameters,
    rng: np.random.Generator,
    out: FloatArray,
) -> bool:
    """Measure one photon into ``out`` (3,) and say whether it was seen."""
    pt = math.sqrt(px * px + py * py)
    energy = math.sqrt(pt * pt + pz * pz)
    # no fluctuation brings a photon of less than half the threshold above it
    if energy < 0.5 * parameters.photon_energy_min:
        return False
    theta = math.atan2(pt, pz)
    if not inside_any(theta, parameters.photon_theta):
        return False
    measured = energy + photon_energy_sigma(energy, parameters) * rng.standard_normal()
    if measured < parameters.photon_energy_min:
        return False
    out[0] = measured
    out[1] = _reflected(theta + parameters.photon_angle * rng.standard_normal())
    sigma_phi = parameters.photon_angle / math.sin(theta)
    out[2] = _wrapped(math.atan2(py, px) + sigma_phi * rng.standard_normal())
    return True


@kernel
def _background_photon(
    parameters: ResponseParameters, rng: np.random.Generator, out: FloatArray
) -> None:
    """Draw one photon of beam background, isotropic within the calorimeter, into ``out`` (3,)."""
    out[0] = (
        parameters.photon_energy_min + parameters.background_energy * rng.standard_exponential()
    )
    high = math.cos(parameters.photon_theta[0, 0])
    low = math.cos(parameters.photon_theta[-1, 1])
    theta = math.acos(low + (high - low) * rng.random())
    while not inside_any(theta, parameters.photon_theta):
        theta = math.acos(low + (high - low) * rng.random())
    out[1] = theta
    out[2] = math.pi * (2.0 * rng.random() - 1.0)


@kernel
def _measure(
    momenta: FloatArray,
    kind: IntArray,
    charge: IntArray,
    mass: FloatArray,
    photons: FloatArray,
    background: IntArray,
    parameters: ResponseParameters,
    rng: np.random.Generator,
    track: FloatArray,
    flags: npt.NDArray[np.int8],
    track_offsets: IntArray,
    photon: FloatArray,
    photon_offsets: IntArray,
    triggers: BoolArray,
) -> None:
    """Fill the flat arrays of :class:`Events`.

    ``track`` holds pT, theta, phi, d0, z0; ``flags`` charge, is_muon, is_electron, truth.
    """
    beta = parameters.beta
    gamma = 1.0 / math.sqrt(1.0 - beta[0] ** 2 - beta[1] ** 2 - beta[2] ** 2)
    cosine, sine = math.cos(parameters.tilt), math.sin(parameters.tilt)
    scale = parameters.resolution_scale
    n_track = 0
    n_photon = 0
    for i in range(len(momenta)):
        found_by_trigger = 0
        single_muon = False
        deposit = 0.0
        for k in range(len(kind)):
            if kind[k] == UNSEEN or momenta[i, k, 0] <= 0.0:
                continue
            px, py, pz = _in_detector(momenta[i, k], cosine, sine, beta, gamma)
            pt = math.sqrt(px * px + py * py)
            p = math.sqrt(pt * pt + pz * pz)
            theta = math.atan2(pt, pz)
            deposit += calorimeter_deposit(kind[k], p, theta, parameters)
            if kind[k] == PHOTON:
                n_photon += _measure_photon(px, py, pz, parameters, rng, photon[n_photon])
                continue
            if theta < parameters.track_theta[0] or theta > parameters.track_theta[1]:
                continue
            found_by_trigger += rng.random() < three_track_efficiency(pt, theta, parameters)
            single_muon |= rng.random() < single_muon_efficiency(kind[k], p, theta, parameters)
            efficiency = interpolated(
                pt, parameters.track_efficiency_pt, parameters.track_efficiency
            )
            if rng.random() >= efficiency:
                continue
            curvature = 1.0 + scale * pt_relative_sigma(pt, parameters.resolution) * (
                rng.standard_normal()
            )
            sigma_angle = scale * angle_sigma(p, parameters.resolution)
            track[n_track, 0] = pt / abs(curvature)
            track[n_track, 1] = _reflected(theta + sigma_angle * rng.standard_normal())
            track[n_track, 2] = _wrapped(math.atan2(py, px) + sigma_angle * rng.standard_normal())
            velocity = p / math.sqrt(p * p + mass[k] * mass[k])
            sigma_impact = impact_sigma(
                p, velocity, pt / p, parameters.impact_constant, parameters.impact_scattering
            )
            track[n_track, 3] = sigma_impact * rng.standard_normal()
            track[n_track, 4] = sigma_impact * rng.standard_normal()
            flags[n_track, 0] = charge[k]
            flags[n_track, 1] = rng.random() < muon_probability(kind[k], p, theta, parameters)
            flags[n_track, 2] = rng.random() < parameters.electron_id[kind[k]]
            flags[n_track, 3] = k
            n_track += 1
        for k in range(photons.shape[1]):
            if photons[i, k, 0] > 0.0:
                px, py, pz = _in_detector(photons[i, k], cosine, sine, beta, gamma)
                pt = math.sqrt(px * px + py * py)
                p = math.sqrt(pt * pt + pz * pz)
                deposit += calorimeter_deposit(PHOTON, p, math.atan2(pt, pz), parameters)
                n_photon += _measure_photon(px, py, pz, parameters, rng, photon[n_photon])
        for _ in range(background[i]):
            _background_photon(parameters, rng, photon[n_photon])
            deposit += calorimeter_deposit(
                PHOTON, photon[n_photon, 0], photon[n_photon, 1], parameters
            )
            n_photon += 1
        track_offsets[i + 1] = n_track
        photon_offsets[i + 1] = n_photon
        triggers[i, 0] = found_by_trigger >= 3
        triggers[i, 1] = single_muon
        triggers[i, 2] = deposit > parameters.calorimeter_energy
