"""The likelihood of a window and its derivatives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from fourmu.inference.model import (
    constant_terms,
    derivatives,
    half_deviance,
    scratch_for,
    window_of,
)
from fourmu.statmodel import batch_of, example_workspace


@pytest.fixture(scope="module")
def window():
    """A window in which every feature occurs: systematics of a background, two normfactors."""
    spec = example_workspace(np.random.default_rng(4), bins=12, degree=2, events_per_bin=2.0)
    background = spec["channels"][0]["samples"][2]
    template = np.array(background["data"])
    background["modifiers"] += [
        {"name": "xsec_fb", "type": "normfactor", "data": None},
        {"name": "tracking", "type": "normsys", "data": {"hi": 1.3, "lo": 0.8}},
        {
            "name": "tilt",
            "type": "histosys",
            "data": {"hi_data": list(template * 1.2), "lo_data": list(template[::-1] * 0.9)},
        },
    ]
    batch = batch_of([("w", spec)])
    assert batch.message == ("",)
    return window_of(batch.tables, 0)


def evaluate(window, theta):
    return half_deviance(window, window.observed, window.auxiliary, theta, scratch_for(window))[0]


def slopes(window, theta, exact=1):
    scratch = scratch_for(window)
    half_deviance(window, window.observed, window.auxiliary, theta, scratch)
    derivatives(window, window.observed, window.auxiliary, theta, exact, 0.0, scratch)
    return scratch.gradient, scratch.hessian


parameters = st.integers(0, 2**32 - 1)


def point(window, seed):
    """Normfactors between 0.3 and 1.5, nuisance parameters on both sides of one sigma."""
    rng = np.random.default_rng(seed)
    free = window.precision == 0.0
    return np.where(free, rng.uniform(0.3, 1.5, free.size), rng.normal(0.0, 1.2, free.size))


@given(seed=parameters)
@settings(max_examples=30, deadline=None)
def test_gradient_and_hessian_are_derivatives(window, seed):
    theta = point(window, seed)
    gradient, hessian = slopes(window, theta)
    step = 1e-5
    scale = 1.0 + np.abs(hessian).max()
    for j in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[j] += step
        down[j] -= step
        numeric = (evaluate(window, up) - evaluate(window, down)) / (2 * step)
        # central differences: step^2 times a third derivative, and rounding / step
        assert gradient[j] == pytest.approx(numeric, abs=3e-8 * scale)
        columns = (slopes(window, up)[0] - slopes(window, down)[0]) / (2 * step)
        if abs(abs(theta[j]) - 1.0) > 2 * step:  # the third derivative jumps at one sigma
            np.testing.assert_allclose(hessian[j], columns, atol=3e-7 * scale)


@given(seed=parameters)
@settings(max_examples=30, deadline=None)
def test_gauss_newton_matrix_is_positive_semidefinite(window, seed):
    matrix = slopes(window, point(window, seed), exact=0)[1]
    lowest = np.linalg.eigvalsh(matrix)[0]
    assert lowest > -1e-13 * np.abs(matrix).max()


def test_half_deviance_is_the_likelihood_up_to_a_constant(window):
    theta = point(window, 7)
    scratch = scratch_for(window)
    value = half_deviance(window, window.observed, window.auxiliary, theta, scratch)[0]
    constrained = window.precision > 0
    log_likelihood = poisson.logpmf(window.observed, scratch.rates).sum()
    log_likelihood += norm.logpdf(theta[constrained], window.auxiliary[constrained]).sum()
    expected = -2.0 * log_likelihood
    assert 2.0 * value + constant_terms(window) == pytest.approx(expected, rel=1e-13)


def test_perfect_agreement_is_exactly_zero(window):
    theta = np.where(window.precision > 0, 0.0, 1.0)
    scratch = scratch_for(window)
    half_deviance(window, window.observed, window.auxiliary, theta, scratch)
    counts = scratch.rates.copy()
    assert half_deviance(window, counts, theta, theta, scratch)[0] == 0.0
