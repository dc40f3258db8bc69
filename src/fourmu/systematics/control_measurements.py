"""What the control samples say about one detector, simulated or that of the pseudo-data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fourmu.config.detector import Detector
from fourmu.config.systematics import SystematicsMeasurement
from fourmu.physics.kinematics import FloatArray

from .binned import BinnedEfficiency, efficiency_in_bins
from .control_regions import electron_and_hadrons, electron_and_muon, muon_pair_and_photon
from .control_samples import mumu_gamma_events, mumu_gamma_sampler, tau_pair_events
from .identification import tag_and_probe
from .tracks import BoolArray, Tracks
from .trigger import TriggerCurves, fit_turn_on, third_track_pt, three_track_efficiency

__all__ = [
    "IdentificationBins",
    "TriggerMeasurement",
    "identification_bins",
    "identification_in_mumu_gamma",
    "trigger_in_tau_pairs",
]

_TAU_PAIRS_PER_CHUNK = 100_000
_MUMU_GAMMA_PER_CHUNK = 100_000


@dataclass(frozen=True, kw_only=True)
class TriggerMeasurement:
    """Trigger curves of one sample, and what figures show of them.

    Attributes
    ----------
    curves
        Both triggers.
    three_track
        Share of events that fire the three-track trigger, against the transverse momentum of the
        third hardest track in its acceptance: the one that decides.
    three_track_fit
        (b,) the same share as the fitted turn-on has it.
    events
        Four-track and two-track events that were used.
    """

    curves: TriggerCurves
    three_track: BinnedEfficiency
    three_track_fit: FloatArray
    events: tuple[int, int]


def trigger_in_tau_pairs(
    detector: Detector,
    settings: SystematicsMeasurement,
    sqrt_s_gev: float,
    rng: np.random.Generator,
) -> TriggerMeasurement:
    """Measure both triggers in e+e- -> tau+ tau-, as the calorimeter trigger selects it.

    Parameters
    ----------
    detector
        Its response.
    settings
        Sizes, cuts and bins.
    sqrt_s_gev
        C.m. energy.
    rng
        Source of randomness.
    """
    muons, fired_one, hadrons, fired_three = [], [], [], []
    left = settings.tau_pairs
    while left > 0:
        count = min(left, _TAU_PAIRS_PER_CHUNK)
        left -= count
        events = tau_pair_events(count, detector, sqrt_s_gev, rng)
        two = electron_and_muon(events, settings.reference_energy_min_gev)
        four = electron_and_hadrons(events, settings.reference_energy_min_gev)
        muons.append(two)
        fired_one.append(events.trigger_single_muon[two.place])
        hadrons.append(four)
        fired_three.append(events.trigger_three_track[four.place])
    two, four = Tracks.concatenate(muons), Tracks.concatenate(hadrons)
    low, high = np.radians(detector.three_track_theta_deg)
    return _measured(
        two,
        np.concatenate(fired_one),
        four,
        np.concatenate(fired_three),
        (float(low), float(high)),
        detector.klm_momentum_min_gev,
        settings,
    )


def _measured(
    two: Tracks,
    fired_one: BoolArray,
    four: Tracks,
    fired_three: BoolArray,
    theta_rad: tuple[float, float],
    klm_momentum_min_gev: float,
    settings: SystematicsMeasurement,
) -> TriggerMeasurement:
    reaches = two.momentum[:, 0] > klm_momentum_min_gev
    single = efficiency_in_bins(
        (two.theta[reaches, 0],),
        (np.radians(settings.trigger_theta_edges_deg),),
        fired_one[reaches],
    )
    turn_on = fit_turn_on(four, fired_three, theta_rad)
    decisive = third_track_pt(four, theta_rad)
    seen = np.isfinite(decisive)
    edges = np.asarray(settings.trigger_pt_edges_gev)
    shown = efficiency_in_bins((decisive[seen],), (edges,), fired_three[seen])
    place = shown.bins_of(decisive[seen])
    fitted = three_track_efficiency(turn_on, four.take(seen), theta_rad)
    return TriggerMeasurement(
        curves=TriggerCurves(
            three_track=turn_on,
            three_track_theta_rad=theta_rad,
            single_muon=single,
            single_muon_momentum_min_gev=klm_momentum_min_gev,
        ),
        three_track=shown,
        three_track_fit=np.bincount(place, weights=fitted, minlength=len(shown.total))
        / np.maximum(shown.total, 1.0),
        events=(len(four.pt), int(np.count_nonzero(reaches))),
    )


@dataclass(frozen=True, kw_only=True)
class IdentificationBins:
    """Bins of probes: momentum in GeV and polar angle in rad."""

    momentum_gev: FloatArray
    theta_rad: FloatArray


def identification_bins(settings: SystematicsMeasurement) -> IdentificationBins:
    """Bins of the configuration."""
    return IdentificationBins(
        momentum_gev=np.asarray(settings.identification_momentum_edges_gev),
        theta_rad=np.radians(settings.identification_theta_edges_deg),
    )


def identification_in_mumu_gamma(
    detector: Detector,
    settings: SystematicsMeasurement,
    sqrt_s_gev: float,
    rng: np.random.Generator,
) -> BinnedEfficiency:
    """Measure the identification of muons in e+e- -> mu+ mu- gamma.

    Parameters
    ----------
    detector
        Its response.
    settings
        Sizes, cuts and bins.
    sqrt_s_gev
        C.m. energy.
    rng
        Source of randomness.
    """
    bins = identification_bins(settings)
    sampler = mumu_gamma_sampler(settings.mumu_gamma_energy_min_gev, sqrt_s_gev)
    parts = []
    left = settings.mumu_gamma_events
    while left > 0:
        count = min(left, _MUMU_GAMMA_PER_CHUNK)
        left -= count
        events = mumu_gamma_events(count, detector, sampler, rng)
        pairs = muon_pair_and_photon(events, settings.mumu_gamma_energy_min_gev)
        parts.append(tag_and_probe(pairs, bins.momentum_gev, bins.theta_rad))
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total
