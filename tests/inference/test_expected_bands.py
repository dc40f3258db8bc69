"""Bands of pseudo-experiments: quantiles with errors, and expected limits."""

import numpy as np
import pytest
from scipy.stats import norm

from fourmu.config.inference import Inference
from fourmu.errors import DomainError
from fourmu.inference import expected_bands, limits
from fourmu.inference.expected_bands import quantiles_with_errors
from fourmu.statmodel import batch_of, example_workspace

FRACTIONS = norm.cdf([-2.0, -1.0, 0.0, 1.0, 2.0])


def batch_with(*specs):
    return batch_of((f"w{i}", spec) for i, spec in enumerate(specs))


def make(seed, rate, **options):
    return example_workspace(np.random.default_rng(seed), bins=40, events_per_bin=rate, **options)


def test_quantiles_have_no_bias_and_their_errors_are_their_spread():
    rng = np.random.default_rng(1)
    samples = 1500
    # as limits are distributed: skewed, on a logarithmic scale nearly Gaussian
    found = [
        quantiles_with_errors(np.exp(0.4 * rng.standard_normal(200)), FRACTIONS)
        for _ in range(samples)
    ]
    values = np.array([value for value, _ in found])
    errors = np.array([error for _, error in found])
    true = np.exp(0.4 * norm.ppf(FRACTIONS))
    spread = values.std(axis=0, ddof=1)
    # the estimator is unbiased in the median; the rank of an edge at 2.3 % of 200 is 4.9 +- 2.1, so
    # its skewness leaves a bias of the mean of a fifth of the error there
    assert (abs(values.mean(axis=0) - true) < 0.25 * spread).all()
    below = (values < true).mean(axis=0)
    assert (abs(below - 0.5) < 4 * 0.5 / np.sqrt(samples) + 0.02).all()
    # at the edges, where 4.9 experiments lie beyond, the errors are up to a fifth too large
    ratio = errors.mean(axis=0) / spread
    assert (ratio > 0.95).all()
    assert (ratio < [1.2, 1.1, 1.1, 1.1, 1.2]).all()


def test_quantiles_of_little_and_of_nothing():
    values, errors = quantiles_with_errors(np.array([2.0]), FRACTIONS)
    assert (values == 2.0).all()
    assert (errors == 0.0).all()
    values, errors = quantiles_with_errors(np.empty(0), FRACTIONS)
    assert np.isnan(values).all()
    assert np.isnan(errors).all()


def test_bands_are_those_of_asimov_where_counts_are_large():
    batch = batch_with(make(1, 200.0))
    asymptotic = limits(batch)
    bands = expected_bands(batch, asymptotic, Inference(pseudo_experiments=1500), seed=1)
    assert bands.n_failed.tolist() == [0]
    # Asimov bands ignore that q_A varies between experiments: up to 3 % (measured) at 2 sigma
    tolerance = 4 * bands.limit_expected_error[0] + 0.03 * asymptotic.limit_expected[0]
    assert (abs(bands.limit_expected - asymptotic.limit_expected)[0] < tolerance).all()
    assert (bands.limit_expected_error[0] < 0.05 * bands.limit_expected[0]).all()


def test_results_depend_on_seed_and_content_only():
    specs = [make(i, 0.4 * 2**i) for i in range(4)]
    batch = batch_with(*specs * 5)
    settings = Inference(pseudo_experiments=60)
    asymptotic = limits(batch)
    one = expected_bands(batch, asymptotic, settings, seed=5, threads=1)
    two = expected_bands(batch, asymptotic, settings, seed=5, threads=2)
    alone = batch_with(specs[2])
    single = expected_bands(alone, limits(alone), settings, seed=5)
    other = expected_bands(alone, limits(alone), settings, seed=6)
    np.testing.assert_array_equal(one.limit_expected, two.limit_expected)
    np.testing.assert_array_equal(one.limit_expected_error, two.limit_expected_error)
    np.testing.assert_array_equal(one.limit_expected[2], single.limit_expected[0])
    assert (other.limit_expected != single.limit_expected).all()
    # a median of 60 limits is known to ten per cent, the background is what the data make it
    np.testing.assert_allclose(one.limit_expected[:, 2], asymptotic.limit_expected[:, 2], rtol=0.5)


def test_failures_are_counted_and_other_windows_stay_empty(monkeypatch):
    batch = batch_with({}, make(1, 1.0))
    settings = Inference(pseudo_experiments=50)
    asymptotic = limits(batch)
    whole = expected_bands(batch, asymptotic, settings, seed=1)
    assert np.isnan(whole.limit_expected[0]).all()
    assert whole.n_experiments.tolist() == [0, 50]
    # with one Newton step per fit hardly any pseudo-experiment converges
    hasty = settings.model_copy(update={"max_iterations": 2})
    found = expected_bands(batch, asymptotic, hasty, seed=1)
    assert found.n_failed[1] > 0
    assert found.n_failed[1] < 50 or found.message[1]


def test_no_pseudo_experiments_are_an_error():
    batch = batch_with(make(1, 1.0))
    with pytest.raises(DomainError, match="pseudo_experiments"):
        expected_bands(batch, limits(batch), Inference(pseudo_experiments=0), seed=1)
