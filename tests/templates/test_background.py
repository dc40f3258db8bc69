"""Bernstein templates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import binom

from fourmu.templates import bernstein_integrals, smoothed_expectation


@settings(max_examples=40, deadline=None)
@given(
    inner=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=20, unique=True),
    degree=st.integers(0, 4),
)
def test_the_basis_is_a_partition_of_unity(inner, degree):
    edges = np.array([0.0, *sorted(inner), 1.0])
    rows = bernstein_integrals(edges[:-1], edges[1:], degree)
    assert rows.shape == (degree + 1, len(edges) - 1)
    assert np.all(rows >= -1e-15)
    np.testing.assert_allclose(rows.sum(axis=0), np.diff(edges), atol=1e-14)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0 / (degree + 1), atol=1e-14)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_integrals_are_those_of_the_polynomials(degree):
    low, high = np.array([0.0, 0.2, 0.55]), np.array([0.2, 0.5, 1.0])
    rows = bernstein_integrals(low, high, degree)
    for k, row in enumerate(rows):
        for a, b, value in zip(low, high, row, strict=True):
            expected, _ = quad(
                lambda x, k=k: binom(degree, k) * x**k * (1 - x) ** (degree - k), a, b
            )
            assert value == pytest.approx(expected, rel=1e-12)


def test_smoothing_keeps_straight_lines_and_stays_in_its_range():
    mlp_range = np.repeat([0, 1, 2], [40, 30, 50])
    place = np.arange(120.0)
    expected = 100.0 * (mlp_range + 1) + place
    np.testing.assert_allclose(smoothed_expectation(expected, mlp_range, 15), expected, rtol=1e-12)


def test_smoothing_averages_noise():
    rng = np.random.default_rng(1)
    noisy = rng.poisson(50.0, size=2000).astype(float)
    smooth = smoothed_expectation(noisy, np.zeros(2000, dtype=np.int64), 15)
    # 31 values: sqrt(50/31) = 1.27, within 15 % for 65 independent averages
    assert np.std(smooth[20:-20]) == pytest.approx(1.27, rel=0.25)
