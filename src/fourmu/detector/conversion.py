"""Photons that turn into electron pairs in the material around the interaction point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fourmu.config.detector import Detector
from fourmu.errors import DomainError
from fourmu.generator.events import PartonEvents
from fourmu.physics.constants import ELECTRON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, energy_momentum

from .frames import beam_frame, cm_from_lab, lab_from_cm

__all__ = ["conversion_probability", "convert_photons"]

_PHOTON = 22
_PAIR = (11, -11)
# photons of less than this give pairs that no tracking finds
_LEAST_ENERGY_GEV = 0.02


def conversion_probability(theta: FloatArray, settings: Detector) -> FloatArray:
    """Probability that a photon converts: 1 - exp(-7 X / 9 X0), X = X_normal / sin(theta).

    Parameters
    ----------
    theta
        Polar angles in the detector, rad, any shape.
    settings
        Material and acceptance; outside the acceptance of tracks the probability is zero, since
        the pair would not be found and its energy is the photon's.
    """
    low, high = np.radians(settings.track_theta_deg)
    inside = (theta > low) & (theta < high)
    depth = settings.conversion_radiation_lengths / np.sin(np.where(inside, theta, 0.5 * np.pi))
    return np.where(inside, -np.expm1(-7.0 / 9.0 * depth), 0.0)


def convert_photons(
    partons: PartonEvents,
    settings: Detector,
    rng: np.random.Generator,
    *,
    forced: bool = False,
) -> tuple[PartonEvents, float]:
    """Turn photons of the final state into electron pairs, as the material does.

    Parameters
    ----------
    partons
        Events with columns of photons among the final-state particles. Those of ``photons``,
        from structure functions, are left alone: with one of them converted an event has two
        tracks more than the process.
    settings
        Material and acceptance.
    rng
        Source of randomness.
    forced
        Keep an event with the probability with which its photon converts over the largest one,
        and convert it: an efficient sample of converted photons. Needs one column of photons.

    Returns
    -------
    events
        With columns e- and e+ appended for the converted photon (of several, the one of largest
        energy) whose own energy is set to zero; columns are zero where none converted.
    share
        1, or with ``forced`` the largest probability: events that went in times the cross
        section times the share normalises the events that came out, relative to those that went
        in.

    Raises
    ------
    DomainError
        ``forced`` without exactly one column of photons.

    Notes
    -----
    The energy is shared as in complete screening, 1 - 4 x (1 - x) / 3, and each lepton leaves at
    an angle of the order m_e / E in one plane; momentum beyond the leptons' goes to the nucleus.
    """
    columns = np.flatnonzero(partons.pdg == _PHOTON)
    if forced and len(columns) != 1:
        raise DomainError(
            "a forced conversion needs one column of photons",
            where=partons.process,
            key="forced",
            found=len(columns),
            expected=1,
        )
    frame = beam_frame(settings)
    lab = lab_from_cm(partons.momenta[:, columns], frame)
    theta = np.arctan2(np.hypot(lab[..., 1], lab[..., 2]), lab[..., 3])
    probability = conversion_probability(theta, settings)
    probability[lab[..., 0] < _LEAST_ENERGY_GEV] = 0.0
    drawn = rng.random(probability.shape)
    share = 1.0
    if forced:
        share = float(conversion_probability(_steepest(settings), settings).max())
        kept = drawn[:, 0] * share < probability[:, 0]
        partons, lab, probability, drawn = partons[kept], lab[kept], probability[kept], drawn[kept]
        converted = np.ones_like(probability, dtype=np.bool_)
    else:
        converted = drawn < probability
    energy = np.where(converted, lab[..., 0], 0.0)
    momenta = np.zeros((len(partons), partons.momenta.shape[1] + 2, 4))
    momenta[:, :-2] = partons.momenta
    if len(columns):
        events = np.flatnonzero(converted.any(axis=1))
        hardest = np.argmax(energy[events], axis=1)
        pairs = _pairs(lab[events, hardest], rng)
        momenta[events, -2:] = cm_from_lab(pairs, frame)
        momenta[events, columns[hardest]] = 0.0
    converted_events = replace(
        partons,
        momenta=momenta,
        pdg=np.concatenate([partons.pdg, np.array(_PAIR)]),
    )
    return converted_events, share


def _steepest(settings: Detector) -> FloatArray:
    """Angles just inside both ends of the acceptance, where the material is thickest."""
    low, high = np.radians(settings.track_theta_deg)
    return np.array([low + 1e-9, high - 1e-9])


def _pairs(photon: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Electrons and positrons (n, 2, 4) of photons (n, 4), in the frame of the photons."""
    n = len(photon)
    least = ELECTRON_MASS_GEV / photon[:, 0]
    fraction = least + (1.0 - 2.0 * least) * _energy_fraction(n, rng)
    energies = np.stack([fraction, 1.0 - fraction], axis=1) * photon[:, :1]
    momentum = np.sqrt(np.maximum(energies**2 - ELECTRON_MASS_GEV**2, 0.0))
    axis = photon[:, 1:] / photon[:, :1]
    across, along = _frame_about(axis)
    azimuth = rng.uniform(-np.pi, np.pi, n)[:, None]
    side = np.cos(azimuth) * across + np.sin(azimuth) * along
    # screened u du / (1 + u^2)^2 in u = theta E / m_e, cut where it has fallen below 1e-4
    u = np.sqrt(1.0 / (1.0 - 0.9999 * rng.random((n, 2))) - 1.0)
    angle = np.minimum(u * ELECTRON_MASS_GEV / energies, 0.5 * np.pi)
    angle[:, 1] *= -1.0
    direction = np.cos(angle)[..., None] * axis[:, None] + np.sin(angle)[..., None] * side[:, None]
    return energy_momentum(momentum[..., None] * direction, ELECTRON_MASS_GEV)


def _energy_fraction(n: int, rng: np.random.Generator) -> FloatArray:
    """Fractions x of the photon energy, distributed as 1 - 4 x (1 - x) / 3."""
    # the integral of the normalised density, 9/7 (x - 2/3 x^2 + 4/9 x^3), is inverted on a grid
    x = np.linspace(0.0, 1.0, 2001)
    integral = 9.0 / 7.0 * (x - 2.0 / 3.0 * x**2 + 4.0 / 9.0 * x**3)
    return np.asarray(np.interp(rng.random(n), integral, x))


def _frame_about(axis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors (n, 3) across unit vectors (n, 3) and each other."""
    helper = np.zeros_like(axis)
    rows = np.arange(len(axis))
    helper[rows, np.argmin(np.abs(axis), axis=1)] = 1.0
    first = np.cross(axis, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(axis, first)
