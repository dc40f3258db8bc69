"""Photons from beam background that veto events by accident (Sec. VI)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import BeamFrame, Events
from fourmu.selection.cuts import EVENT_CUTS
from fourmu.selection.quantities import event_quantities

from .values import MassShift, Measured

__all__ = [
    "PHOTON_CUTS",
    "background_level",
    "background_shift",
    "overlay_background",
    "photon_energy_sigma_gev",
    "threshold_shift",
    "with_photon_threshold",
]

BoolArray = npt.NDArray[np.bool_]

PHOTON_CUTS = ("photon_energy", "radiated_photon", "angle_to_photons")
"""Cuts that look at photons."""
_OVERLAYS = 8
"""Times the same events are overlaid anew."""


def background_level(random_triggers: Events) -> Measured:
    """Mean number of photons above threshold in events that nothing but beam background made."""
    n, found = len(random_triggers), len(random_triggers.photon_energy)
    return Measured(value=found / n, error=math.sqrt(max(found, 1)) / n)


def overlay_background(
    events: Events, mean: float, detector: Detector, rng: np.random.Generator
) -> Events:
    """Add photons of beam background to events.

    Parameters
    ----------
    events
        Reconstructed events.
    mean
        Mean number of photons to add to each.
    detector
        Threshold, acceptance, and the mean energy of these photons.
    rng
        Source of randomness.
    """
    count = rng.poisson(mean, len(events))
    total = int(count.sum())
    ranges = np.radians(np.asarray(detector.photon_theta_deg))
    energy = detector.photon_energy_min_gev + rng.exponential(
        detector.background_photon_energy_gev, total
    )
    # uniform in solid angle over the parts of the calorimeter
    sizes = np.cos(ranges[:, 0]) - np.cos(ranges[:, 1])
    part = rng.choice(len(ranges), total, p=sizes / sizes.sum())
    theta = np.arccos(np.cos(ranges[part, 0]) - rng.random(total) * sizes[part])
    phi = rng.uniform(-np.pi, np.pi, total)
    old = np.repeat(np.arange(len(events)), np.diff(events.photon_offsets))
    owner = np.concatenate([old, np.repeat(np.arange(len(events)), count)])
    order = np.argsort(owner, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(events)))])
    return replace(
        events,
        photon_offsets=offsets.astype(np.int64),
        photon_energy=np.concatenate([events.photon_energy, energy])[order],
        photon_theta=np.concatenate([events.photon_theta, theta])[order],
        photon_phi=np.concatenate([events.photon_phi, phi])[order],
    )


def with_photon_threshold(events: Events, energy_min_gev: float) -> Events:
    """Return the same events without photons below an energy."""
    kept = events.photon_energy >= energy_min_gev
    owner = np.repeat(np.arange(len(events)), np.diff(events.photon_offsets))[kept]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(events)))])
    return replace(
        events,
        photon_offsets=offsets.astype(np.int64),
        photon_energy=events.photon_energy[kept],
        photon_theta=events.photon_theta[kept],
        photon_phi=events.photon_phi[kept],
    )


def photon_energy_sigma_gev(energy_gev: float, detector: Detector) -> float:
    """Resolution of the calorimeter at an energy."""
    stochastic = detector.photon_resolution_quartic / energy_gev**0.25
    return energy_gev * math.hypot(detector.photon_resolution_constant, stochastic)


def _pass(events: Events, settings: Selection, frame: BeamFrame) -> BoolArray:
    """(n,) what passes the cuts on photons."""
    quantities = event_quantities(events, frame)
    passed = np.ones(len(events), dtype=np.bool_)
    for name, cut in EVENT_CUTS:
        if name in PHOTON_CUTS:
            passed &= cut(quantities, settings)
    return passed


def background_shift(
    signal: Mapping[float, Events],
    data: Measured,
    simulation: Measured,
    settings: Selection,
    detector: Detector,
    frame: BeamFrame,
    rng: np.random.Generator,
) -> MassShift:
    """Change of the efficiency of the photon cuts for the beam background of the data.

    Parameters
    ----------
    signal
        Simulated signal events that pass all cuts but those on photons, by mass in GeV.
    data, simulation
        Mean numbers of photons, from :func:`background_level`.
    settings, detector, frame
        Cuts, calorimeter, motion of the c.m. system.
    rng
        Source of randomness.

    Notes
    -----
    The excess of photons is put on top of the same events: three of them are enough for the cut
    on the summed energy, so the loss grows faster than the level. A level below that of the
    simulation is taken to gain what as many photons more would lose.
    """
    excess = data.minus(simulation)
    step = max(abs(excess.value), excess.error)
    masses = np.array(sorted(signal))
    shift, error = np.empty(len(masses)), np.empty(len(masses))
    for row, mass in enumerate(masses):
        events = signal[float(mass)]
        before = int(np.count_nonzero(_pass(events, settings, frame)))
        kept = [
            int(np.count_nonzero(_pass(more, settings, frame)))
            for more in (overlay_background(events, step, detector, rng) for _ in range(_OVERLAYS))
        ]
        rate = (1.0 - float(np.mean(kept)) / before) / step
        rate_error = math.sqrt(max(before - float(np.mean(kept)), 1.0 / _OVERLAYS)) / (
            math.sqrt(_OVERLAYS) * before * step
        )
        shift[row] = -rate * excess.value
        error[row] = math.hypot(rate * excess.error, excess.value * rate_error)
    return MassShift(mass_gev=masses, shift=shift, error=error)


def threshold_shift(
    signal: Mapping[float, Events], settings: Selection, detector: Detector, frame: BeamFrame
) -> MassShift:
    """Change of the efficiency when energies of photons are off by the calorimeter's resolution.

    The limit on the summed energy is lowered by the resolution there, and the threshold of
    photons raised by that at the threshold; each on its own, added in quadrature.

    Parameters
    ----------
    signal
        Simulated signal events that pass all cuts but those on photons, by mass in GeV.
    settings, detector, frame
        Cuts, calorimeter, motion of the c.m. system.
    """
    limit = settings.photon_energy_max_gev
    tighter = settings.model_copy(
        update={"photon_energy_max_gev": limit - photon_energy_sigma_gev(limit, detector)}
    )
    lowest = detector.photon_energy_min_gev
    raised = lowest + photon_energy_sigma_gev(lowest, detector)
    masses = np.array(sorted(signal))
    shift, error = np.empty(len(masses)), np.empty(len(masses))
    for row, mass in enumerate(masses):
        events = signal[float(mass)]
        nominal = _pass(events, settings, frame)
        n = int(np.count_nonzero(nominal))
        changed = [
            _pass(events, tighter, frame),
            _pass(with_photon_threshold(events, raised), settings, frame),
        ]
        moves = np.array([np.count_nonzero(mask) / n - 1.0 for mask in changed])
        flips = sum(int(np.count_nonzero(mask != nominal)) for mask in changed)
        shift[row] = -math.sqrt(float(np.sum(moves**2)))
        error[row] = math.sqrt(max(flips, 1)) / n
    return MassShift(mass_gev=masses, shift=shift, error=error)
