"""The likelihood of a window and its derivatives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from fourmu.errors import DomainError
from fourmu.inference import likelihood
from fourmu.statmodel import batch_of, example_workspace
from fourmu.statmodel.batch import FREE


@pytest.fixture(scope="module")
def batch():
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
    return batch


parameters = st.integers(0, 2**32 - 1)


def point(batch, seed):
    """Normfactors between 0.3 and 1.5, nuisance parameters on both sides of one sigma."""
    rng = np.random.default_rng(seed)
    free = batch.tables.constraint == FREE
    return np.where(free, rng.uniform(0.3, 1.5, free.size), rng.normal(0.0, 1.2, free.size))


@given(seed=parameters)
@settings(max_examples=30, deadline=None)
def test_gradient_and_hessian_are_derivatives(batch, seed):
    theta = point(batch, seed)
    here = likelihood(batch, 0, theta)
    step = 1e-5
    scale = 1.0 + np.abs(here.hessian).max()
    for j in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[j] += step
        down[j] -= step
        above, below = likelihood(batch, 0, up), likelihood(batch, 0, down)
        numeric = (above.half_deviance - below.half_deviance) / (2 * step)
        # central differences: step^2 times a third derivative, and rounding / step
        assert here.gradient[j] == pytest.approx(numeric, abs=3e-8 * scale)
        columns = (above.gradient - below.gradient) / (2 * step)
        if abs(abs(theta[j]) - 1.0) > 2 * step:  # the third derivative jumps at one sigma
            np.testing.assert_allclose(here.hessian[j], columns, atol=3e-7 * scale)


@given(seed=parameters)
@settings(max_examples=30, deadline=None)
def test_gauss_newton_matrix_is_positive_semidefinite(batch, seed):
    matrix = likelihood(batch, 0, point(batch, seed), exact=False).hessian
    lowest = np.linalg.eigvalsh(matrix)[0]
    assert lowest > -1e-13 * np.abs(matrix).max()


def test_half_deviance_is_the_likelihood_up_to_a_constant(batch):
    theta = point(batch, 7)
    here = likelihood(batch, 0, theta)
    tables = batch.tables
    constrained = tables.constraint != FREE
    log_likelihood = poisson.logpmf(tables.observed, here.rates).sum()
    log_likelihood += norm.logpdf(theta[constrained], tables.auxiliary[constrained]).sum()
    assert here.twice_nll == pytest.approx(-2.0 * log_likelihood, rel=1e-13)


def test_perfect_agreement_is_exactly_zero(batch):
    theta = np.where(batch.tables.constraint != FREE, 0.0, 1.0)
    counts = likelihood(batch, 0, theta).rates
    perfect = likelihood(batch, 0, theta, counts=counts, auxiliary=theta)
    assert perfect.half_deviance == 0.0


def test_what_cannot_be_evaluated_is_an_error(batch):
    refused = batch_of([("empty", {})])
    with pytest.raises(DomainError, match="empty"):
        likelihood(refused, 0, [])
    with pytest.raises(DomainError, match="one value per parameter"):
        likelihood(batch, 0, [1.0])
