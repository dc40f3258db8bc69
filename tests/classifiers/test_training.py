"""Training finds the separation that is there, and nothing else."""

import json

import numpy as np
import pytest
from scipy.stats import norm

from fourmu.classifiers import (
    MlpRange,
    candidate_multiplicity,
    evaluate,
    network_performance,
    rejection_against_mass,
    roc_curve,
    split_events,
    train_network,
)
from fourmu.config.classifiers import Classifiers
from fourmu.errors import DomainError
from fourmu.selection import VARIABLES

RANGE = MlpRange(index=1, low_gev=1.0, high_gev=3.75, interval_low_gev=0.9, interval_high_gev=3.9)
CONFIG = Classifiers(max_epochs=12, hidden_layers=(8,))
SEPARATION = 1.5


@pytest.fixture(scope="module")
def samples(make_candidates):
    rng = np.random.default_rng(11)
    signal = make_candidates(rng, rng.uniform(0.5, 4.5, 20_000), separation=SEPARATION)
    # background crowds at low mass, four candidates per event
    mass = 0.5 + 4.0 * rng.random(40_000) ** 2
    background = make_candidates(rng, mass, per_event=4, true_pair=False)
    return signal, background


@pytest.fixture(scope="module")
def trained(samples):
    return train_network(RANGE, *samples, VARIABLES, CONFIG, seed=5)


def test_the_network_reaches_the_best_possible_separation(trained):
    performance = network_performance(trained, np.random.default_rng(1), [VARIABLES[2:4]])
    best = norm.cdf(SEPARATION / np.sqrt(2.0))
    # about 2,600 against 5,000 test candidates: error of an AUC of 0.86 about 0.005
    assert performance.auc_test == pytest.approx(best, abs=0.015)
    assert performance.auc_training == pytest.approx(performance.auc_test, abs=0.02)
    assert performance.importance[0][0] == VARIABLES[0]
    assert performance.importance[0][1] > 0.2
    assert all(loss < 0.02 for _, loss in performance.importance[1:])
    assert performance.ks_signal_p > 1e-3
    json.dumps(performance.to_dict(), allow_nan=False)


def test_the_best_epoch_is_kept(trained):
    assert trained.best_epoch == int(np.argmin(trained.validation_loss))
    assert len(trained.validation_loss) <= CONFIG.max_epochs


def test_the_mass_itself_is_not_learned(samples, trained):
    _, background = samples
    score = evaluate(trained.network, background.variables)
    low, high = background.mass_gev < 1.5, background.mass_gev > 3.0
    # no variable depends on mass: equal means within 3 deviations of 1/sqrt(n)
    error = score.std() * np.sqrt(1.0 / low.sum() + 1.0 / high.sum())
    assert abs(score[low].mean() - score[high].mean()) < 4 * error
    balanced = trained.training
    signal, other = balanced.is_signal, ~balanced.is_signal
    spectra = [
        np.histogram(balanced.mass_gev[c], 6, (0.9, 3.9), weights=balanced.weight[c])[0]
        for c in (signal, other)
    ]
    # bins of the balance are not those of the test: 10 % and the counting error
    np.testing.assert_allclose(
        spectra[0] / spectra[0].sum(), spectra[1] / spectra[1].sum(), atol=0.025
    )
    assert balanced.weight[signal].sum() == pytest.approx(balanced.weight[other].sum())


def test_the_same_seed_gives_the_same_network(samples, trained):
    again = train_network(RANGE, *samples, VARIABLES, CONFIG, seed=5)
    assert again.network.to_dict() == trained.network.to_dict()
    other = train_network(RANGE, *samples, VARIABLES, CONFIG, seed=6)
    assert other.network.to_dict() != trained.network.to_dict()


def test_all_candidates_of_an_event_are_in_one_sample_whatever_else_is_there():
    event = np.arange(40_000, dtype=np.int64) // 4
    sample = split_events(event, CONFIG, seed=3)
    assert np.all(sample.reshape(-1, 4) == sample[::4, None])
    shares = np.bincount(sample[::4], minlength=3) / 10_000
    np.testing.assert_allclose(shares, [0.6, 0.2, 0.2], atol=0.015)  # 3 deviations
    np.testing.assert_array_equal(split_events(event[1000:], CONFIG, seed=3), sample[1000:])
    assert np.mean(split_events(event, CONFIG, seed=4) == sample) < 0.6


def test_too_few_candidates_are_named(make_candidates):
    rng = np.random.default_rng(1)
    few = make_candidates(rng, rng.uniform(1.0, 3.0, 20))
    with pytest.raises(DomainError, match="range 1, signal: too few candidates"):
        train_network(RANGE, few, few, VARIABLES, CONFIG, seed=1)


def test_the_area_is_the_probability_of_the_right_order():
    rng = np.random.default_rng(2)
    score = np.round(rng.random(400), 1).astype(np.float32)  # many ties
    is_signal = rng.random(400) < 0.4
    a, b = score[is_signal], score[~is_signal]
    expected = np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b))
    curve = roc_curve(score, is_signal, np.ones(400))
    assert curve.area == pytest.approx(expected, rel=1e-12)
    assert curve.signal_efficiency[-1] == curve.background_efficiency[-1] == 1.0


def test_rejection_uses_the_cut_of_the_candidates_own_range():
    mass = np.array([0.5, 0.6, 2.0, 2.1, 2.2, 11.0])
    passed = np.array([[1, 0], [0, 1], [1, 1], [1, 0], [1, 0], [1, 1]], dtype=bool)
    index = np.array([0, 0, 1, 1, 1, -1])
    result = rejection_against_mass(np.array([0.0, 1.0, 3.0, 4.0]), mass, np.ones(6), passed, index)
    np.testing.assert_array_equal(result.before, [2, 3, 0])
    np.testing.assert_array_equal(result.after, [1, 1, 0])
    np.testing.assert_array_equal(result.factor, [2.0, 3.0, np.nan])


def test_multiplicity_counts_events_that_keep_something():
    event = np.array([1, 1, 1, 2, 2, 3])
    kept = np.array([True, True, False, True, False, False])
    assert candidate_multiplicity(event, kept) == pytest.approx(1.5)
    assert np.isnan(candidate_multiplicity(event, np.zeros(6, dtype=bool)))
