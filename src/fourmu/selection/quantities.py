"""What the cuts on an event look at, computed once for all events."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.detector import BeamFrame, Events
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

__all__ = ["EventQuantities", "event_quantities"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class EventQuantities:
    """Quantities of each event, shape (n,); tracks count as muons.

    Attributes
    ----------
    triggered
        Logical OR of the triggers.
    n_tracks, charge, n_muons
        Number of tracks, their summed charge, number of identified muons.
    four_muon_mass_gev
        Invariant mass of exactly four tracks, NaN otherwise.
    dr_max_cm, dz_max_cm
        Largest distances from the interaction point; 0 without tracks.
    photon_energy_gev
        Summed energy of all photons in the detector frame.
    photon_angle_rad
        Angle in the c.m. frame between all tracks and all photons; NaN without photons.
    sqrt_s_gev
        Nominal c.m. energy, one number.
    """

    triggered: BoolArray
    n_tracks: IntArray
    charge: IntArray
    n_muons: IntArray
    four_muon_mass_gev: FloatArray
    dr_max_cm: FloatArray
    dz_max_cm: FloatArray
    photon_energy_gev: FloatArray
    photon_angle_rad: FloatArray
    sqrt_s_gev: float


def event_quantities(events: Events, frame: BeamFrame) -> EventQuantities:
    """Compute what the cuts look at.

    Parameters
    ----------
    events
        Reconstructed events.
    frame
        Velocity of the c.m. system, for the angle to the photons.
    """
    n = len(events)
    counts = np.empty((n, 2), dtype=np.int64)
    values = np.empty((n, 5))
    _summarise(
        events.track_offsets,
        events.track_pt,
        events.track_theta,
        events.track_phi,
        events.track_charge,
        events.track_d0_cm,
        events.track_z0_cm,
        events.track_is_muon,
        events.photon_offsets,
        events.photon_energy,
        events.photon_theta,
        events.photon_phi,
        frame.beta,
        counts,
        values,
    )
    return EventQuantities(
        triggered=events.trigger_three_track | events.trigger_single_muon,
        n_tracks=np.diff(events.track_offsets),
        charge=counts[:, 0],
        n_muons=counts[:, 1],
        four_muon_mass_gev=values[:, 0],
        dr_max_cm=values[:, 1],
        dz_max_cm=values[:, 2],
        photon_energy_gev=values[:, 3],
        photon_angle_rad=values[:, 4],
        sqrt_s_gev=events.sqrt_s_gev,
    )


@kernel
def _summarise(
    track_offsets: IntArray,
    track_pt: FloatArray,
    track_theta: FloatArray,
    track_phi: FloatArray,
    track_charge: npt.NDArray[np.int8],
    track_d0: FloatArray,
    track_z0: FloatArray,
    track_is_muon: BoolArray,
    photon_offsets: IntArray,
    photon_energy: FloatArray,
    photon_theta: FloatArray,
    photon_phi: FloatArray,
    beta: FloatArray,
    counts: IntArray,
    values: FloatArray,
) -> None:
    """Fill ``counts`` (charge, muons) and ``values`` (mass, dr, dz, photon energy, angle)."""
    gamma = 1.0 / math.sqrt(1.0 - beta[0] ** 2 - beta[1] ** 2 - beta[2] ** 2)
    total = np.empty((2, 4))
    for i in range(len(counts)):
        total[:] = 0.0
        charge, muons = 0, 0
        dr, dz = 0.0, 0.0
        for t in range(track_offsets[i], track_offsets[i + 1]):
            charge += track_charge[t]
            muons += track_is_muon[t]
            dr = max(dr, abs(track_d0[t]))
            dz = max(dz, abs(track_z0[t]))
            pt = track_pt[t]
            pz = pt / math.tan(track_theta[t])
            total[0, 0] += math.sqrt(pt * pt + pz * pz + MUON_MASS_GEV * MUON_MASS_GEV)
            total[0, 1] += pt * math.cos(track_phi[t])
            total[0, 2] += pt * math.sin(track_phi[t])
            total[0, 3] += pz
        for c in range(photon_offsets[i], photon_offsets[i + 1]):
            pt = photon_energy[c] * math.sin(photon_theta[c])
            total[1, 0] += photon_energy[c]
            total[1, 1] += pt * math.cos(photon_phi[c])
            total[1, 2] += pt * math.sin(photon_phi[c])
            total[1, 3] += photon_energy[c] * math.cos(photon_theta[c])
        counts[i, 0] = charge
        counts[i, 1] = muons
        values[i, 0] = np.nan
        if track_offsets[i + 1] - track_offsets[i] == 4:
            m = total[0]
            values[i, 0] = math.sqrt(max(m[0] ** 2 - m[1] ** 2 - m[2] ** 2 - m[3] ** 2, 0.0))
        values[i, 1] = dr
        values[i, 2] = dz
        values[i, 3] = total[1, 0]
        values[i, 4] = np.nan
        if photon_offsets[i + 1] > photon_offsets[i]:
            for k in range(2):
                along = (
                    beta[0] * total[k, 1] + beta[1] * total[k, 2] + beta[2] * total[k, 3]
                ) * gamma
                shift = gamma * (along / (gamma + 1.0) - total[k, 0])
                for j in range(3):
                    total[k, j + 1] += beta[j] * shift
            a, b = total[0], total[1]
            dot = a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
            norm = math.sqrt(
                (a[1] ** 2 + a[2] ** 2 + a[3] ** 2) * (b[1] ** 2 + b[2] ** 2 + b[3] ** 2)
            )
            if norm > 0.0:
                values[i, 4] = math.acos(min(max(dot / norm, -1.0), 1.0))
