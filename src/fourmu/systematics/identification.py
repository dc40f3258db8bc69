"""Identification of muons by tag and probe, and what it does to the signal (Sec. VI)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fourmu.physics.kinematics import FloatArray

from .binned import BinnedEfficiency, at_least_three, efficiency_in_bins
from .tracks import BoolArray, Tracks
from .values import MassShift, Measured, ratio

__all__ = ["agreement", "identification_shift", "overall_ratio", "tag_and_probe"]


def tag_and_probe(
    pairs: Tracks,
    momentum_edges_gev: FloatArray,
    theta_edges_rad: FloatArray,
    chosen: BoolArray | None = None,
) -> BinnedEfficiency:
    """Measure the identification with pairs of muons known without it.

    Parameters
    ----------
    pairs
        (n, 2) tracks that the rest of the event says are muons. Where one is identified as a
        muon (the tag), the other is a probe; a pair can give two.
    momentum_edges_gev, theta_edges_rad
        Bins of the probe.
    chosen
        (n,) pairs to use; all if None.
    """
    use = np.ones(len(pairs.pt), dtype=np.bool_) if chosen is None else chosen
    probe = np.concatenate([np.flatnonzero(use & pairs.is_muon[:, k]) for k in (0, 1)])
    other = np.concatenate(
        [np.full(int(np.count_nonzero(use & pairs.is_muon[:, k])), 1 - k) for k in (0, 1)]
    )
    return efficiency_in_bins(
        (pairs.momentum[probe, other], pairs.theta[probe, other]),
        (momentum_edges_gev, theta_edges_rad),
        pairs.is_muon[probe, other],
    )


def identification_shift(
    signal: Mapping[float, Tracks], data: BinnedEfficiency, simulation: BinnedEfficiency
) -> MassShift:
    """Change of the efficiency to find at least three muons if the data's identification holds.

    Parameters
    ----------
    signal
        (n, 4) tracks of simulated signal events that pass all but this cut, by mass in GeV.
    data, simulation
        Measured in the same bins; where either has no probes, the ratio of all bins is taken.
    """
    both = (data.total > 0) & (simulation.total > 0)
    overall = overall_ratio(data, simulation)
    expected = simulation.value
    found = np.where(both, data.value, np.minimum(expected * overall.value, 1.0))
    variance = np.where(both, data.error**2 + simulation.error**2, overall.error**2)
    masses = np.array(sorted(signal))
    shift, error = np.empty(len(masses)), np.empty(len(masses))
    for row, mass in enumerate(masses):
        tracks = signal[float(mass)]
        place = data.bins_of(tracks.momentum, tracks.theta)
        in_data, gradient = at_least_three(found[place])
        nominal = float(at_least_three(expected[place])[0].mean())
        shift[row] = float(in_data.mean()) / nominal - 1.0
        summed = np.bincount(place.ravel(), weights=gradient.ravel(), minlength=len(found))
        slopes = np.asarray(summed, dtype=np.float64) / (len(in_data) * nominal)
        error[row] = math.sqrt(float(np.sum(slopes**2 * variance)))
    return MassShift(mass_gev=masses, shift=shift, error=error)


def overall_ratio(data: BinnedEfficiency, simulation: BinnedEfficiency) -> Measured:
    """Data over simulation, averaged over bins with the probes of the data.

    The simulation is weighted to the bins of the data, so that the ratio is one where both agree
    in every bin, whatever the samples look like.
    """
    both = (data.total > 0) & (simulation.total > 0)
    weight = np.where(both, data.total, 0.0)
    weight = weight / max(float(weight.sum()), 1.0)
    in_data, expected = (
        Measured(
            value=float(np.sum(weight * part.value)),
            error=math.sqrt(float(np.sum((weight * part.error) ** 2))),
        )
        for part in (data, simulation)
    )
    return ratio(in_data, expected)


def agreement(one: BinnedEfficiency, other: BinnedEfficiency) -> tuple[float, int]:
    """Chi-squared between two samples, and the number of bins that both fill."""
    both = (one.total >= 20) & (other.total >= 20)
    pull = (one.value - other.value)[both] / np.hypot(one.error, other.error)[both]
    return float(np.sum(pull**2)), int(np.count_nonzero(both))
