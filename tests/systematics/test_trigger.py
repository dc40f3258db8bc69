"""Trigger curves are recovered from bits, and propagated as the truth says."""

import math

import numpy as np
import pytest
from scipy.special import erfc

from fourmu.errors import ConvergenceError
from fourmu.systematics import (
    TriggerCurves,
    TurnOn,
    at_least_one,
    at_least_three,
    efficiency_in_bins,
    fit_turn_on,
    trigger_shift,
)
from track_example import make_tracks

THETA = (math.radians(37.0), math.radians(120.0))
EDGES = np.radians([17.0, 30.0, 40.0, 51.0, 70.0, 90.0, 117.0, 130.0, 150.0])


def per_track(tracks, half, width, plateau):
    inside = (tracks.theta >= THETA[0]) & (tracks.theta <= THETA[1])
    return inside * 0.5 * plateau * erfc(-(tracks.pt - half) / (math.sqrt(2.0) * width))


def per_muon(tracks, scale):
    shape = np.interp(np.degrees(tracks.theta), [17, 51, 117, 150], [0, 0.9, 0.9, 0])
    return scale * shape * (tracks.momentum > 0.7)


def bits(rng, tracks, half):
    return (rng.random(tracks.pt.shape) < per_track(tracks, half, 0.1, 0.999)).sum(axis=1) >= 3


@pytest.mark.parametrize("half", [0.20, 0.23])
def test_a_turn_on_is_recovered_from_the_bits_of_events(rng, soft_tracks, half):
    found = fit_turn_on(soft_tracks, bits(rng, soft_tracks, half), THETA)
    assert found.parameter("half_gev").error < 0.004
    assert abs(found.parameter("half_gev").pull(half)) < 3.5
    assert abs(found.parameter("width_gev").pull(0.1)) < 3.5


def test_the_error_of_a_turn_on_is_its_spread(rng, soft_tracks):
    pulls = []
    for part in np.array_split(np.arange(len(soft_tracks.pt)), 25):
        tracks = soft_tracks.take(part)
        pulls.append(fit_turn_on(tracks, bits(rng, tracks, 0.2), THETA).parameter("half_gev"))
    values = np.array([p.pull(0.2) for p in pulls])
    assert abs(values.mean()) < 3.5 / 5.0
    assert 0.6 < values.std() < 1.45  # 1 +- 0.14, three standard deviations


def test_events_without_tracks_in_the_turn_on_are_refused():
    tracks = make_tracks(np.full((10, 4), 3.0), np.full((10, 4), 0.1))
    with pytest.raises(ConvergenceError, match="turn-on"):
        fit_turn_on(tracks, np.ones(10, dtype=bool), THETA)


def curves(rng, soft_tracks, half, scale):
    n = 100_000
    muons = make_tracks(rng.uniform(0.8, 4.0, (n, 1)), np.radians(rng.uniform(17.0, 150.0, (n, 1))))
    fired = rng.random((n, 1)) < per_muon(muons, scale)
    return TriggerCurves(
        three_track=fit_turn_on(soft_tracks, bits(rng, soft_tracks, half), THETA),
        three_track_theta_rad=THETA,
        single_muon=efficiency_in_bins((muons.theta[:, 0],), (EDGES,), fired[:, 0]),
        single_muon_momentum_min_gev=0.7,
    )


def true_efficiency(tracks, half, scale):
    three = at_least_three(per_track(tracks, half, 0.1, 0.999))[0]
    one = at_least_one(per_muon(tracks, scale))[0]
    return float(np.mean(1.0 - (1.0 - three) * (1.0 - one)))


def test_the_shift_of_the_signal_is_the_true_one(rng, soft_tracks, signal_tracks):
    simulation = curves(rng, soft_tracks, 0.20, 1.0)
    data = curves(rng, soft_tracks, 0.25, 0.95)
    found = trigger_shift({0.3: signal_tracks}, data, simulation)
    truth = true_efficiency(signal_tracks, 0.25, 0.95) / true_efficiency(signal_tracks, 0.2, 1.0)
    assert truth < 0.999  # there is something to find
    assert found.error[0] < 0.002
    assert abs(found.shift[0] - (truth - 1.0)) < 3.0 * found.error[0]
    assert found.size[0] == pytest.approx(math.hypot(found.shift[0], found.error[0]))


def test_equal_curves_shift_nothing(rng, soft_tracks, signal_tracks):
    same = curves(rng, soft_tracks, 0.2, 1.0)
    assert trigger_shift({1.0: signal_tracks}, same, same).shift[0] == 0.0


def test_moved_parameters_change_one_number():
    turn_on = TurnOn(half_gev=0.2, width_gev=0.1, plateau=0.9, covariance=np.eye(3))
    assert turn_on.moved(1, 0.5).width_gev == pytest.approx(0.6)
    assert turn_on.moved(1, 0.5).half_gev == 0.2
    assert turn_on(np.array([0.2]))[0] == pytest.approx(0.45)
