"""Toys: draws, weights, p-values and limits against exact results, and their errors."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import kstest, poisson

from fourmu.config.inference import Inference
from fourmu.errors import DomainError
from fourmu.inference import limits, toy_limits, toy_p_values
from fourmu.inference.pseudo_data import draw_pseudo_data, generator_of, window_data
from fourmu.inference.toy_limits import toy_limits_of
from fourmu.inference.toy_sample import BACKGROUND, SIGNAL, draw_sample, hypotheses
from fourmu.statmodel import batch_of, example_workspace
from fourmu.statmodel.batch import FREE, GAUSSIAN, POISSON

ALPHA = 0.1


def counting(observed, background, signal_yield=10.0):
    """Return a window of one bin whose background is known."""
    signal = {"name": "mu", "type": "normfactor", "data": None}
    return {
        "channels": [
            {
                "name": "bin",
                "samples": [
                    {"name": "signal", "data": [signal_yield], "modifiers": [signal]},
                    {"name": "background", "data": [background], "modifiers": []},
                ],
            }
        ],
        "observations": [{"name": "bin", "data": [observed]}],
        "measurements": [{"name": "count", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


def peak(seed, rate, bins=40, **options):
    return example_workspace(np.random.default_rng(seed), bins=bins, events_per_bin=rate, **options)


def batch_with(*specs):
    return batch_of((f"w{i}", spec) for i, spec in enumerate(specs))


def exact_limit(count, background, yield_):
    """Where CLs of counting, P(n <= count) with over without signal, is 10 %."""

    def excess(mu):
        with_signal = poisson.cdf(count, background + yield_ * mu)
        return with_signal / poisson.cdf(count, background) - ALPHA

    return brentq(excess, 1e-6, 10.0)


def test_pseudo_data_follow_rates_and_constraints():
    data = window_data(batch_with(counting(3.0, 2.0)), 0)
    data = replace(
        data,
        auxiliary=np.array([0.0, 0.2, 7.0, 0.5]),
        constraint=np.array([FREE, GAUSSIAN, POISSON, GAUSSIAN]),
        precision=np.array([0.0, 4.0, 0.0, 1.0]),
        rate_factor=np.array([0.0, 0.0, 5.0, 0.0]),
        fixed=np.array([False, False, False, True]),
    )
    size = 20_000
    rates, theta = np.array([0.3, 12.0]), np.array([2.0, -0.7, 1.4, 0.9])
    counts, auxiliary = draw_pseudo_data(np.random.default_rng(1), data, rates, theta, size)
    # means within four standard deviations; the variance of a Poisson number is its mean
    np.testing.assert_array_less(abs(counts.mean(axis=0) - rates), 4 * np.sqrt(rates / size))
    assert (auxiliary[:, 0] == 0.0).all()
    assert (auxiliary[:, 3] == 0.5).all()
    assert kstest((auxiliary[:, 1] + 0.7) * 2.0, "norm").pvalue > 1e-4
    assert auxiliary[:, 2].mean() == pytest.approx(7.0, abs=4 * math.sqrt(7.0 / size))
    assert auxiliary[:, 2].var() == pytest.approx(7.0, rel=0.05)
    assert (auxiliary[:, 2] % 1 == 0).all()


def test_random_numbers_belong_to_the_content_of_a_window():
    one, other = peak(1, 3.0), peak(2, 3.0)
    alone, together = batch_with(one), batch_with(other, one)
    draws = [
        generator_of(window_data(batch, place), seed, stream).random()
        for batch, place, seed, stream in (
            (alone, 0, 1, 0),
            (together, 1, 1, 0),
            (together, 0, 1, 0),
            (alone, 0, 2, 0),
            (alone, 0, 1, 1),
        )
    ]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 4


@pytest.mark.parametrize(("observed", "background"), [(6.0, 6.0), (1.0, 4.0), (14.0, 6.0)])
def test_p_values_of_counting_are_exact(observed, background):
    batch = batch_with(counting(observed, background))
    values = np.array([0.3, 0.6, 1.2])
    values = values[10.0 * values + background > observed + 1.0]  # below the best fit q is 0
    found = toy_p_values(batch, window_data(batch, 0), values, 4000, np.random.default_rng(3))
    assert found.n_failed == 0
    # identical outcomes are ties: P(n <= observed), within four standard deviations
    exact_b = poisson.cdf(observed, background)
    exact_sb = poisson.cdf(observed, background + 10.0 * values)
    assert (abs(found.p_b - exact_b) < 4 * found.p_b_error).all()
    assert (abs(found.p_sb - exact_sb) < 4 * found.p_sb_error).all()
    assert (abs(found.cls - exact_sb / exact_b) < 4 * found.cls_error).all()
    # not worse than as many toys of the one hypothesis alone
    alone = np.sqrt(exact_sb * (1 - exact_sb) / 4000)
    assert (found.p_sb_error < 1.2 * alone).all()


@pytest.mark.parametrize("observed", [0.0, 3.0, 6.0, 13.0, 22.0])
def test_limits_of_counting_are_exact(observed):
    batch = batch_with(counting(observed, 6.0))
    settings = Inference(toys=5000, toys_rel_error=0.02)
    found = toy_limits(batch, limits(batch, threads=1), settings, seed=2, threads=1)
    exact = exact_limit(observed, 6.0, 10.0)
    assert found.message == ("",)
    assert found.limit_observed[0] == pytest.approx(exact, abs=4 * found.limit_observed_error[0])
    assert found.limit_observed_error[0] <= 0.02 * found.limit_observed[0]
    # the outcomes of background at -2 ... +2 standard deviations are whole numbers; the 2.3 % and
    # 97.7 % quantiles of Poisson(6) lie at 2 and 11, far from the borders of their steps
    for k, count in ((0, 2), (2, 6), (4, 11)):
        assert found.limit_expected[0, k] == pytest.approx(
            exact_limit(count, 6.0, 10.0), abs=4 * found.limit_expected_error[0, k]
        )


def two_channels():
    """Return a workspace of the general form: Poisson and Gaussian constraints per bin."""
    data = {"signal": [3.0, 1.0], "one": [5.0, 4.0], "two": [3.0, 6.0]}
    modifiers = {
        "signal": [{"name": "mu", "type": "normfactor", "data": None}],
        "one": [{"name": "uncorrelated", "type": "shapesys", "data": [2.0, 1.5]}],
        "two": [{"name": "mc", "type": "staterror", "data": [0.6, 0.9]}],
    }

    def channel(name, samples):
        entries = [{"name": s, "data": data[s], "modifiers": modifiers[s]} for s in samples]
        return {"name": name, "samples": entries}

    return {
        "version": "1.0.0",
        "channels": [channel("a", ("signal", "one")), channel("b", ("signal", "two"))],
        "observations": [{"name": "a", "data": [5, 5]}, {"name": "b", "data": [3, 7]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }


@pytest.mark.parametrize("spec", [peak(5, 0.5), two_channels()], ids=["peak", "two channels"])
def test_weighted_toys_agree_with_plain_fractions(spec):
    batch = batch_with(spec)
    data = window_data(batch, 0)
    asymptotic = limits(batch, threads=1)
    settings = Inference()
    values = asymptotic.limit_expected[0, [1, 2, 4]]
    start = asymptotic.parameters_null
    given = hypotheses(batch, data, values, start, values[1], settings)
    size = 6000
    weighted = toy_p_values(batch, data, values, 1500, np.random.default_rng(1), start=start)
    for k in range(values.size):
        for component, p, error in (
            (BACKGROUND, weighted.p_b[k], weighted.p_b_error[k]),
            (SIGNAL + k, weighted.p_sb[k], weighted.p_sb_error[k]),
        ):
            sizes = np.zeros(values.size + SIGNAL, dtype=np.int64)
            sizes[component] = size
            rng = np.random.default_rng(10 + k)
            plain = draw_sample(batch, given, sizes, rng, settings)
            fraction = np.mean(plain.q[:, k] >= given.q_observed[k] - 1e-6)
            spread = math.hypot(error, math.sqrt(max(p * (1 - p), 1e-4) / size))
            assert abs(fraction - p) < 4 * spread


def test_errors_are_the_spread_over_seeds_and_there_is_no_bias():
    batch = batch_with(peak(7, 1.0))
    asymptotic = limits(batch, threads=1)
    settings = Inference(toys=5000, toys_rel_error=0.04, goodness_of_fit_toys=100)
    seeds = 40
    found = [
        toy_limits_of(batch, np.arange(1), asymptotic, settings, seed) for seed in range(seeds)
    ]
    fine = Inference(toys=50_000, toys_rel_error=0.012, goodness_of_fit_toys=100)
    reference = toy_limits_of(batch, np.arange(1), asymptotic, fine, seeds)
    values = np.array([np.append(f.limit_observed, f.limit_expected) for f in found])
    errors = np.array([np.append(f.limit_observed_error, f.limit_expected_error) for f in found])
    truth = np.append(reference.limit_observed, reference.limit_expected)
    truth_error = np.append(reference.limit_observed_error, reference.limit_expected_error)
    quoted = np.sqrt((errors**2).mean(axis=0))
    # a spread over 40 seeds is known to 1 / sqrt(2 x 39) = 11 %; six of them, four deviations
    assert (abs(values.std(axis=0, ddof=1) / quoted - 1.0) < 0.45).all()
    deviation = (values.mean(axis=0) - truth) / np.hypot(quoted / math.sqrt(seeds), truth_error)
    assert (abs(deviation) < 4.0).all()


def test_results_depend_on_seed_and_content_only():
    specs = [peak(i, 0.4 * 2**i, bins=30) for i in range(5)]
    settings = Inference(toys=100, toys_rel_error=0.02, goodness_of_fit_toys=100)
    batch = batch_with(*specs * 4)  # more than two chunks
    asymptotic = limits(batch)
    one = toy_limits(batch, asymptotic, settings, seed=5, threads=1)
    two = toy_limits(batch, asymptotic, settings, seed=5, threads=2)
    alone = batch_with(specs[3])
    single = toy_limits(alone, limits(alone), settings, seed=5)
    other = toy_limits(alone, limits(alone), settings, seed=6)
    for name in ("limit_observed", "limit_observed_error", "limit_expected", "goodness_of_fit_p"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        np.testing.assert_array_equal(getattr(one, name)[3], getattr(single, name)[0])
        np.testing.assert_array_equal(getattr(one, name)[3], getattr(one, name)[8])
    assert other.limit_observed[0] != single.limit_observed[0]
    assert (one.n_toys <= 100 * (2 + 10)).all()  # the cap of every component


@pytest.mark.parametrize(
    ("rate", "injected", "emptied"), [(3.0, 4.0, 0), (3.0, 0.0, 14), (0.02, 0.0, 0), (30.0, 1.0, 0)]
)
def test_odd_outcomes_have_limits(rate, injected, emptied):
    spec = peak(3, rate, injected=injected)
    data = spec["observations"][0]["data"]
    middle = len(data) // 2
    for i in range(middle - emptied // 2, middle + emptied // 2):
        data[i] = 0.0
    batch = batch_with(spec)
    asymptotic = limits(batch)
    settings = Inference(toys=2000, toys_rel_error=0.03, goodness_of_fit_toys=100)
    found = toy_limits(batch, asymptotic, settings, seed=1)
    assert found.message == ("",)
    assert np.isfinite(found.limit_expected_error).all()
    assert found.limit_observed_error[0] < 0.03 * found.limit_observed[0]
    assert (np.diff(found.limit_expected[0]) > -3 * found.limit_expected_error[0, 1:]).all()
    # the asymptotic limit is right within tens of per cent even with hardly an event
    assert 0.8 < found.limit_observed[0] / asymptotic.limit_observed[0] < 2.0


def test_only_good_windows_have_limits_by_toys():
    batch = batch_with({}, peak(1, 3.0))
    settings = Inference(toys=50)
    found = toy_limits(batch, limits(batch), settings, seed=1)
    assert np.isnan(found.limit_observed[0])
    assert found.n_toys[0] == 0
    assert np.isfinite(found.limit_observed[1])
    nothing = toy_limits(batch_with({}), limits(batch_with({})), settings, seed=1)
    assert nothing.limit_expected.shape == (1, 5)


def test_no_toys_and_senseless_values_are_errors():
    batch = batch_with(peak(1, 3.0))
    with pytest.raises(DomainError, match="toys"):
        toy_limits(batch, limits(batch), Inference(toys=0), seed=1)
    with pytest.raises(ValueError, match="at least 50"):
        Inference(toys=1)
    with pytest.raises(ValueError, match="at least 50"):
        Inference(pseudo_experiments=3)
    for values in ([], [0.0], [2.0, 1.0], [math.nan]):
        with pytest.raises(DomainError):
            toy_p_values(batch, window_data(batch, 0), values, 10, np.random.default_rng(1))


def test_goodness_of_fit_is_uniform_for_data_that_are_as_they_should_be():
    specs = [peak(i, 1.0, bins=30) for i in range(50)]
    batch = batch_with(*specs)
    settings = Inference(toys=200, toys_rel_error=0.5, goodness_of_fit_toys=200)
    p = toy_limits(batch, limits(batch), settings, seed=1).goodness_of_fit_p
    assert kstest(p, "uniform").pvalue > 1e-3
    bad = peak(1, 1.0, bins=30)
    bad["observations"][0]["data"][3] = 12.0
    batch = batch_with(bad)
    assert toy_limits(batch, limits(batch), settings, seed=1).goodness_of_fit_p[0] < 0.02


def test_goodness_of_fit_is_that_of_a_chi_squared_where_bins_are_full():
    batch = batch_with(peak(2, 60.0, bins=30))
    asymptotic = limits(batch)
    settings = Inference(toys=2000, toys_rel_error=0.5, goodness_of_fit_toys=2000)
    p = toy_limits(batch, asymptotic, settings, seed=1).goodness_of_fit_p[0]
    # binomial error of 2000 toys 0.011, and the deviance is a chi-squared up to 1 / (6 rate)
    assert p == pytest.approx(asymptotic.goodness_of_fit_p[0], abs=0.05)
