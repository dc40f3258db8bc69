"""Resampling simulated events: same expectation, other variance."""

import math

import numpy as np
import pytest

from fourmu.errors import DomainError
from fourmu.inference import SimulatedCandidates, resampled, variance_ratio
from scan_example import small_scan

WEIGHT = 0.2


@pytest.fixture
def simulated():
    """Events of two candidates: half of them close together, half in windows far apart."""
    rng = np.random.default_rng(3)
    n = 4000
    first = rng.uniform(0.75, 1.25, n)
    second = np.where(np.arange(n) % 2, rng.uniform(0.75, 1.25, n), first + 2.0)
    mass = np.concatenate([first, second])
    passed = np.column_stack([np.ones(2 * n, dtype=bool), rng.random(2 * n) < 0.5])
    return SimulatedCandidates(
        event=np.tile(np.arange(n), 2), reduced_mass_gev=mass, passed=passed, weight=WEIGHT
    )


@pytest.mark.parametrize("by_event", [True, False])
def test_the_mean_is_the_weighted_simulation_and_the_variance_that_of_the_multiplicities(
    simulated, by_event
):
    draws = []
    for seed in range(1500):
        one, both = resampled(simulated, np.random.default_rng(seed), by_event=by_event)
        assert np.all(np.diff(one) >= 0.0)
        draws.append([np.sum(one < 2.0), np.sum(both < 2.0)])
    n = 6000  # candidates below 2 GeV: 2,000 events with two, 2,000 with one
    mean = np.mean(draws, axis=0)
    expected = WEIGHT * np.array([n, np.sum(simulated.passed[simulated.reduced_mass_gev < 2.0, 1])])
    assert np.abs(mean - expected).max() < 4.0 * math.sqrt(2.0 * WEIGHT * n / 1500)
    # sum of k^2 over sum of k: (2,000 x 4 + 2,000) / 6,000
    ratio = (8000 + 2000) / 6000 if by_event else 1.0
    found = np.var([row[0] for row in draws], ddof=1) / mean[0]
    assert found == pytest.approx(ratio, abs=4.0 * ratio * math.sqrt(2.0 / 1500))


def test_a_candidate_in_two_spectra_stays_in_both(simulated):
    one, both = resampled(simulated, np.random.default_rng(1), by_event=True)
    assert np.isin(both, one).all()


def test_the_ratio_of_variances_counts_pairs_in_one_window(simulated):
    _, bins = small_scan(windows=2, step=300, rate=1.0)  # 0.7 to 1.3 GeV, and 3.7 to 4.3
    ratio = variance_ratio(simulated, bins)
    assert ratio[0] == pytest.approx((8000 + 2000) / 6000)
    assert np.isnan(ratio[1])


def test_more_data_than_simulation_is_refused(simulated):
    with pytest.raises(DomainError, match="more simulation"):
        SimulatedCandidates(
            event=simulated.event,
            reduced_mass_gev=simulated.reduced_mass_gev,
            passed=simulated.passed,
            weight=1.5,
        )
