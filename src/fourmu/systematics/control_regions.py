"""Selections of control samples: what is measured must not be what selects (Sec. VI)."""

from __future__ import annotations

import numpy as np

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import Events
from fourmu.physics.kinematics import FloatArray, reduced_mass
from fourmu.selection import kinematic_fit

from .tracks import BoolArray, Tracks, pair_mass, tracks_of

__all__ = [
    "ee_mumu_masses",
    "ee_mumu_tracks",
    "electron_and_hadrons",
    "electron_and_muon",
    "hardest_photon_gev",
    "muon_pair_and_photon",
]


def electron_and_muon(events: Events, electron_energy_min_gev: float) -> Tracks:
    """Muons (n, 1) of events with nothing but an electron and a muon of opposite charge.

    The calorimeter trigger selected them, and the electron has the energy for it; mostly
    e+e- -> tau+ tau- (Sec. IV A).
    """
    tracks = tracks_of(events, 2, events.trigger_calorimeter)
    electron = tracks.is_electron & ~tracks.is_muon
    muon = tracks.is_muon & ~tracks.is_electron
    good = (electron.sum(axis=1) == 1) & (muon.sum(axis=1) == 1) & (tracks.charge.sum(axis=1) == 0)
    good &= np.where(electron, tracks.momentum, 0.0).max(axis=1) > electron_energy_min_gev
    chosen = tracks.take(good)
    return chosen.of(np.argmax(chosen.is_muon, axis=1)[:, None])


def electron_and_hadrons(events: Events, electron_energy_min_gev: float) -> Tracks:
    """Tracks (n, 4) of events with four of them, at least two pions and one electron.

    The calorimeter trigger selected them, and an electron has the energy for it (Sec. IV A).
    """
    tracks = tracks_of(events, 4, events.trigger_calorimeter)
    electron = tracks.is_electron & ~tracks.is_muon
    pions = (~tracks.is_electron & ~tracks.is_muon).sum(axis=1)
    good = (pions >= 2) & (electron.sum(axis=1) >= 1) & (tracks.charge.sum(axis=1) == 0)
    good &= np.where(electron, tracks.momentum, 0.0).max(axis=1) > electron_energy_min_gev
    return tracks.take(good)


def hardest_photon_gev(events: Events) -> FloatArray:
    """(n,) largest energy of a photon of each event, 0 without any."""
    result = np.zeros(len(events))
    owner = np.repeat(np.arange(len(events)), np.diff(events.photon_offsets))
    np.maximum.at(result, owner, events.photon_energy)
    return result


def muon_pair_and_photon(events: Events, photon_energy_min_gev: float) -> Tracks:
    """Tracks (n, 2) of events with two of opposite charge and a hard photon.

    In e+e- -> mu+ mu- gamma both are muons, whatever the identification says; the calorimeter
    trigger selected them.
    """
    chosen = events.trigger_calorimeter & (hardest_photon_gev(events) > photon_energy_min_gev)
    tracks = tracks_of(events, 2, chosen)
    return tracks.take(tracks.charge.sum(axis=1) == 0)


def ee_mumu_tracks(events: Events) -> Tracks:
    """Tracks (n, 4) of e+e- mu+ mu-: an electron pair by identification, then the other pair.

    Exactly two of the four tracks are identified as electrons, of opposite charge; the calorimeter
    trigger selected the event. The other two are muons, whatever the identification says.
    """
    tracks = tracks_of(events, 4, events.trigger_calorimeter)
    electron_charge = np.where(tracks.is_electron, tracks.charge, 0).sum(axis=1)
    good = (tracks.is_electron.sum(axis=1) == 2) & (electron_charge == 0)
    good &= tracks.charge.sum(axis=1) == 0
    chosen = tracks.take(good)
    return chosen.of(np.argsort(~chosen.is_electron, axis=1, kind="stable"))


def ee_mumu_masses(
    tracks: Tracks, sqrt_s_gev: float, settings: Selection, detector: Detector
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """M_R of the muon pair of e+e- mu+ mu- before and after the kinematic fit.

    Parameters
    ----------
    tracks
        From :func:`ee_mumu_tracks`.
    sqrt_s_gev
        Nominal c.m. energy.
    settings, detector
        Cuts on M(4 tracks), tolerances, and the detector that reconstruction believes in.

    Returns
    -------
    prefit, fitted, usable
        (n,) each; the fit takes all four as muons, which moves the energy of the electrons by
        less than the spread of the beams.
    """
    prefit = pair_mass(tracks.pt[:, 2:], tracks.theta[:, 2:], tracks.phi[:, 2:])
    fit = kinematic_fit(tracks.pt, tracks.theta, tracks.phi, sqrt_s_gev, settings, detector)
    fitted = pair_mass(fit.pt[:, 2:], fit.theta[:, 2:], fit.phi[:, 2:])
    total = pair_mass(tracks.pt, tracks.theta, tracks.phi)
    low, high = settings.four_muon_mass_gev
    usable = fit.converged & (total > low) & (total < high)
    return reduced_mass(prefit), reduced_mass(fitted), np.asarray(usable)
