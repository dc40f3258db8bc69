"""The signal shape is the formula of the paper, integrated exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba_stats import crystalball
from scipy.integrate import quad
from scipy.stats import norm

from fourmu.templates import DoubleCrystalBall, crystal_ball_cdf, shape_integral


def density(x, mu, s, a, n):
    """Unnormalised Crystal Ball as written in the paper's reference."""
    t = (x - mu) / s * np.sign(a)
    a = abs(a)
    if t > -a:
        return np.exp(-0.5 * t * t)
    return (n / a) ** n * np.exp(-0.5 * a * a) * (n / a - a - t) ** -n


@pytest.mark.parametrize("a", [1.3, -1.3, 0.7, -2.5])
@pytest.mark.parametrize("n", [1.4, 3.0, 25.0])
def test_the_integral_is_that_of_the_density(a, n):
    mu, s = 2.0, 0.1
    kink = mu - a * s
    tail_end = -np.inf if a > 0 else np.inf
    tail = abs(quad(density, kink, tail_end, args=(mu, s, a, n), epsabs=1e-13, limit=400)[0])
    core = abs(quad(density, kink, -tail_end, args=(mu, s, a, n), epsabs=1e-13, limit=400)[0])
    for low, high in [(1.4, 1.75), (1.75, 1.95), (1.95, 2.02), (2.02, 2.2), (2.2, 3.0)]:
        points = [kink] if low < kink < high else None
        expected = quad(density, low, high, args=(mu, s, a, n), points=points, epsabs=1e-13)[0]
        below = crystal_ball_cdf(np.array([low, high]), mu, s, a, n)
        # quad reaches about 1e-9 on the power-law tails
        assert below[1] - below[0] == pytest.approx(expected / (tail + core), abs=2e-8)


def test_it_agrees_with_numba_stats_on_both_sides():
    x = np.linspace(-8.0, 8.0, 201)
    np.testing.assert_allclose(
        crystal_ball_cdf(x, 0.3, 1.2, 1.1, 2.5), crystalball.cdf(x, 1.1, 2.5, 0.3, 1.2), atol=1e-14
    )
    np.testing.assert_allclose(
        crystal_ball_cdf(x, 0.3, 1.2, -1.1, 2.5),
        1.0 - crystalball.cdf(-x, 1.1, 2.5, -0.3, 1.2),
        atol=1e-14,
    )


shapes = st.builds(
    DoubleCrystalBall,
    mean=st.floats(0.0, 9.0),
    sigma=st.floats(1e-3, 6e-3),
    width_ratio=st.floats(1.1, 5.0),
    fraction=st.floats(0.05, 0.98),
    alpha_1=st.floats(0.6, 4.0),
    n_1=st.floats(1.2, 30.0),
    alpha_2=st.floats(0.6, 4.0),
    n_2=st.floats(1.2, 30.0),
)


@settings(max_examples=60, deadline=None)
@given(shape=shapes)
def test_the_share_of_the_shape_rises_from_zero_to_one(shape):
    below = shape.cdf(np.linspace(0.0, 11.0, 2000))
    assert below[0] == 0.0
    assert np.all(np.diff(below) >= -1e-12)
    # the slowest tail allowed falls as distance^-0.2 from a few MeV on
    assert below[-1] <= 1.0
    assert shape.cdf(np.array([1e300]))[0] == pytest.approx(1.0, abs=1e-12)


def test_a_pure_gaussian_has_its_width():
    shape = DoubleCrystalBall(
        mean=3.0,
        sigma=0.004,
        width_ratio=1.1,
        fraction=1.0,
        alpha_1=8.0,
        n_1=30.0,
        alpha_2=4.0,
        n_2=30.0,
    )
    expected = 0.004 * norm.ppf(0.5 + 0.5 * 0.683)
    assert shape.half_width(0.683) == pytest.approx(expected, rel=2e-3)  # grid of the search


def test_the_interval_of_a_shape_cut_at_zero_starts_at_zero():
    shape = DoubleCrystalBall(
        mean=0.0,
        sigma=0.002,
        width_ratio=1.1,
        fraction=1.0,
        alpha_1=8.0,
        n_1=30.0,
        alpha_2=4.0,
        n_2=30.0,
    )
    # half a Gaussian: the interval is 0 .. q with P(|x| < q) = 0.683
    assert shape.half_width(0.683) == pytest.approx(0.001 * norm.ppf(0.8415), rel=5e-3)


def test_many_shapes_at_once_are_each_shape_alone():
    rng = np.random.default_rng(3)
    parameters = np.column_stack(
        [
            rng.uniform(0.01, 5, 20),
            rng.uniform(1e-3, 6e-3, 20),
            rng.uniform(1.2, 4, 20),
            rng.uniform(0.1, 0.9, 20),
            rng.uniform(0.7, 3, 20),
            rng.uniform(1.5, 9, 20),
            rng.uniform(0.7, 3, 20),
            rng.uniform(1.5, 9, 20),
        ]
    )
    edges = parameters[:, :1] + parameters[:, 1:2] * np.linspace(-1.0, 5.0, 7)
    edges = np.maximum(edges, 0.0)
    together = shape_integral(edges, parameters)
    for row, edge, values in zip(together, edges, parameters, strict=True):
        np.testing.assert_allclose(row, DoubleCrystalBall.from_array(values).cdf(edge), rtol=1e-12)
