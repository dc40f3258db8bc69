"""Efficiencies of the MLP selection: errors count events, and no tested mass matters."""

import numpy as np
import pytest

from fourmu.systematics import JudgedCandidates, mlp_ratio


def candidates(rng, efficiency, events=4_000, weight=1.0):
    """Two candidates per event that share their fate half of the time."""
    number = np.repeat(np.arange(events), 2)
    fate = rng.random(events) < efficiency
    own = rng.random(2 * events) < efficiency
    passed = np.where(rng.random(2 * events) < 0.5, np.repeat(fate, 2), own)
    return JudgedCandidates(
        event=number,
        reduced_mass_gev=rng.uniform(1.0, 3.0, 2 * events),
        weight=np.full(2 * events, weight),
        passed=passed,
    )


def test_the_ratio_is_recovered_and_its_error_is_its_spread(rng):
    pulls = []
    for _ in range(60):
        found = mlp_ratio(
            candidates(rng, 0.22),
            candidates(rng, 0.20, weight=0.3),
            np.array([2.0]),
            np.array([0.05]),
        )
        pulls.append(found.ratio.pull(1.1))
    assert abs(np.mean(pulls)) < 3.5 / np.sqrt(60)
    assert 0.7 < np.std(pulls) < 1.35


def test_weights_scale_out(rng):
    sample = candidates(rng, 0.2)
    scaled = JudgedCandidates(
        event=sample.event,
        reduced_mass_gev=sample.reduced_mass_gev,
        weight=0.25 * sample.weight,
        passed=sample.passed,
    )
    one, other = sample.efficiency(), scaled.efficiency()
    assert one.value == pytest.approx(other.value)
    assert one.error == pytest.approx(other.error)


def test_a_peak_in_data_is_seen_when_it_is_left_out(rng):
    data, simulation = candidates(rng, 0.2), candidates(rng, 0.2)
    peak = JudgedCandidates(
        event=np.concatenate([data.event, 10_000 + np.arange(400)]),
        reduced_mass_gev=np.concatenate([data.reduced_mass_gev, np.full(400, 2.0)]),
        weight=np.ones(len(data.event) + 400),
        passed=np.concatenate([data.passed, np.ones(400, dtype=bool)]),
    )
    tested = np.linspace(1.1, 2.9, 181)
    width = np.full(181, 0.02)
    quiet = mlp_ratio(data, simulation, tested, width)
    found = mlp_ratio(peak, simulation, tested, width)
    assert quiet.tested == found.tested == 181
    assert abs(quiet.largest_change) < quiet.ratio.error
    assert found.largest_change == pytest.approx(-0.18, abs=0.05)
    assert found.largest_change_mass_gev == pytest.approx(2.0, abs=0.03)


def test_an_empty_range_has_no_efficiency():
    nothing = JudgedCandidates(
        event=np.zeros(0, dtype=np.int64),
        reduced_mass_gev=np.zeros(0),
        weight=np.zeros(0),
        passed=np.zeros(0, dtype=bool),
    )
    assert np.isnan(nothing.efficiency().value)
