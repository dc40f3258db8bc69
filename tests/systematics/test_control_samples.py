"""Control samples of two detectors give back the difference between them."""

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.systematics import SystematicsMeasurement
from fourmu.systematics import overall_ratio, ratio
from fourmu.systematics.control_measurements import (
    identification_in_mumu_gamma,
    trigger_in_tau_pairs,
)
from fourmu.systematics.control_regions import electron_and_hadrons, electron_and_muon
from fourmu.systematics.control_samples import tau_pair_events

SIMULATED = Detector()
OTHER = Detector(
    three_track_pt_half_gev=0.28,
    single_muon_efficiency=tuple(0.9 * value for value in SIMULATED.single_muon_efficiency),
    muon_id_efficiency=tuple(0.97 * value for value in SIMULATED.muon_id_efficiency),
)
SETTINGS = SystematicsMeasurement(tau_pairs=100_000, mumu_gamma_events=30_000)


def test_tau_pairs_become_what_the_triggers_are_measured_with(rng):
    events = tau_pair_events(20_000, SIMULATED, 10.58, rng)
    muons = electron_and_muon(events, 1.0)
    hadrons = electron_and_hadrons(events, 1.0)
    for tracks in (muons, hadrons):
        assert len(tracks.pt) > 50
        assert np.all(events.trigger_calorimeter[tracks.place])
    assert muons.pt.shape[1] == 1
    assert np.all(muons.is_muon)
    assert np.all(hadrons.charge.sum(axis=1) == 0)
    truth = np.abs(events.truth_pdg)
    one = events.track_truth[events.track_offsets[muons.place]]
    two = events.track_truth[events.track_offsets[muons.place] + 1]
    pairs = {tuple(sorted(pair)) for pair in zip(truth[one], truth[two], strict=True)}
    assert pairs <= {(11, 13), (11, 211), (13, 211), (11, 321), (13, 321)}


@pytest.mark.slow
def test_trigger_curves_give_back_the_difference_of_two_detectors(rng):
    data, simulation = (
        trigger_in_tau_pairs(detector, SETTINGS, 10.58, rng).curves
        for detector in (OTHER, SIMULATED)
    )
    half = data.three_track.parameter("half_gev").minus(
        simulation.three_track.parameter("half_gev")
    )
    assert half.error < 0.03
    assert abs(half.pull(0.08)) < 3.5
    assert abs(overall_ratio(data.single_muon, simulation.single_muon).pull(0.9)) < 3.5


def test_tag_and_probe_gives_back_the_difference_of_two_detectors(rng):
    data, simulation = (
        identification_in_mumu_gamma(detector, SETTINGS, 10.58, rng)
        for detector in (OTHER, SIMULATED)
    )
    found = overall_ratio(data, simulation)
    assert found.error < 0.002
    assert abs(found.pull(0.97)) < 3.5
    assert ratio(found, found).value == 1.0
