"""Tag and probe finds the identification of muons, and what it costs the signal."""

import numpy as np
import pytest

from fourmu.systematics import (
    agreement,
    at_least_three,
    identification_shift,
    overall_ratio,
    tag_and_probe,
)
from track_example import make_tracks

MOMENTUM = np.array([0.0, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 7.0])
THETA = np.radians([17.0, 37.0, 122.0, 150.0])


def true_identification(tracks, scale):
    efficiency = np.interp(tracks.momentum, [0.5, 0.7, 1.0, 2.0], [0.93, 0.94, 0.97, 0.99])
    return scale * efficiency


def pairs(rng, scale, n=120_000):
    tracks = make_tracks(
        rng.uniform(0.2, 5.0, (n, 2)), np.radians(rng.uniform(17.0, 150.0, (n, 2)))
    )
    muon = rng.random((n, 2)) < true_identification(tracks, scale)
    return make_tracks(tracks.momentum, tracks.theta, is_muon=muon)


def test_tags_do_not_bias_probes(rng):
    """A tag is asked for, so that the share of identified tracks alone would be another."""
    found = tag_and_probe(pairs(rng, 0.7), MOMENTUM, THETA)
    probes = make_tracks(np.full((1, 1), 4.0), np.full((1, 1), 1.2))
    place = int(found.bins_of(probes.momentum, probes.theta)[0, 0])
    assert abs(found.value[place] - 0.7 * 0.99) < 4.0 * found.error[place]


def test_the_scale_of_the_data_is_recovered(rng):
    data = tag_and_probe(pairs(rng, 0.98), MOMENTUM, THETA)
    simulation = tag_and_probe(pairs(rng, 1.0), MOMENTUM, THETA)
    found = overall_ratio(data, simulation)
    assert found.error < 0.001
    assert abs(found.pull(0.98)) < 3.5


def test_the_shift_of_the_signal_is_the_true_one(rng, signal_tracks):
    data = tag_and_probe(pairs(rng, 0.98), MOMENTUM, THETA)
    simulation = tag_and_probe(pairs(rng, 1.0), MOMENTUM, THETA)
    found = identification_shift({0.3: signal_tracks}, data, simulation)
    efficiencies = [
        float(at_least_three(true_identification(signal_tracks, scale))[0].mean())
        for scale in (0.98, 1.0)
    ]
    truth = efficiencies[0] / efficiencies[1] - 1.0
    assert found.error[0] < 0.001
    assert abs(found.shift[0] - truth) < 3.5 * found.error[0]


def test_bins_without_probes_take_the_ratio_of_the_others(rng, signal_tracks):
    hard = pairs(rng, 0.98)
    hard = hard.take(hard.momentum.min(axis=1) > 1.5)
    everywhere = tag_and_probe(pairs(rng, 1.0), MOMENTUM, THETA)
    found = identification_shift(
        {0.3: signal_tracks}, tag_and_probe(hard, MOMENTUM, THETA), everywhere
    )
    assert -0.01 < found.shift[0] < -0.001
    assert np.isfinite(found.error[0])


def test_two_samples_with_one_identification_agree(rng):
    one, other = (tag_and_probe(pairs(rng, 0.98, 20_000), MOMENTUM, THETA) for _ in range(2))
    chi2, bins = agreement(one, other)
    assert bins > 10
    assert chi2 < bins + 4.0 * np.sqrt(2.0 * bins)
    joined = one + other
    assert joined.total.sum() == one.total.sum() + other.total.sum()


def test_three_of_four_has_the_gradient_of_its_probability(rng):
    efficiency = rng.random((5, 4))
    probability, gradient = at_least_three(efficiency)
    for k in range(4):
        moved = efficiency.copy()
        moved[:, k] += 1e-6
        assert (at_least_three(moved)[0] - probability) / 1e-6 == pytest.approx(
            gradient[:, k], abs=1e-8
        )
