"""What is drawn: contents of the bins, gaps, pulls."""

from __future__ import annotations

import numpy as np
import pytest

from fourmu.plots import DISTRIBUTIONS, break_at_gaps, histogram, plane, spectrum, variable
from fourmu.selection import VARIABLES, pair_momentum_max_gev


def test_spectrum_keeps_yields_and_errors(rng):
    mass, weight = rng.uniform(1.0, 9.0, 1000), rng.uniform(0.1, 0.3, 1000)
    content = spectrum(
        np.linspace(0, 10, 51), mass[:300], {"a": (mass, weight), "b": (mass, weight)}
    )
    assert np.sum(content.observed) == 300
    assert np.sum(content.expected) == pytest.approx(2 * weight.sum(), rel=1e-12)
    assert np.sum(content.simulated_error**2) == pytest.approx(2 * np.sum(weight**2), rel=1e-12)
    assert content.ratio == pytest.approx(300 / (2 * weight.sum()), rel=1e-12)


def test_shares_add_up_to_one(rng):
    x, y, weight = rng.uniform(0.1, 5.0, (3, 500))
    axes = DISTRIBUTIONS["figure_05_recoil_momenta"]
    flat = plane(axes, (x, y, weight), (y, x, weight))
    assert flat.signal.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(flat.background, flat.signal.T, atol=1e-15)
    line = histogram(axes[0], (x, weight), (y, weight))
    assert line.signal.sum() == pytest.approx(1.0)
    assert line.background.sum() == pytest.approx(1.0)


def test_every_figure_of_variables_names_known_ones():
    names = {axis.variable for axes in DISTRIBUTIONS.values() for axis in axes}
    assert names <= set(VARIABLES)
    assert all(axis.low < axis.high for axes in DISTRIBUTIONS.values() for axis in axes)


def test_momenta_come_back_in_gev(rng):
    mass = np.array([0.5, 3.0, 8.0])
    columns = rng.uniform(0.0, 1.0, (3, 16)).astype(np.float32)
    scale = pair_momentum_max_gev(mass, 10.58)
    np.testing.assert_allclose(variable("pair_momentum", columns, mass), columns[:, 0] * scale)
    np.testing.assert_allclose(variable("abs_cos_helicity", columns, mass), columns[:, 1])


@pytest.mark.parametrize("step", [1, 12])
def test_a_veto_breaks_every_column(step):
    mass = 2.0 + 0.01 * np.delete(np.arange(20.0), [8, 9, 10])
    sigma = np.full(17, 0.01 / step)
    at, one, five = break_at_gaps(mass, sigma, np.arange(17.0), np.ones((17, 5)))
    assert at[8] == pytest.approx(0.5 * (mass[7] + mass[8]))
    np.testing.assert_array_equal(np.delete(at, 8), mass)
    assert np.flatnonzero(np.isnan(one)).tolist() == [8]
    assert np.isnan(five[8]).all()
    assert five.shape == (18, 5)


def test_without_a_veto_nothing_is_broken():
    mass = np.linspace(1.0, 2.0, 101)
    at, same = break_at_gaps(mass, np.full(101, 0.01), mass)
    np.testing.assert_array_equal(at, mass)
    np.testing.assert_array_equal(same, mass)


def test_pulls_are_in_units_of_the_fit(made_fit):
    fit = made_fit.signal + made_fit.background
    np.testing.assert_allclose(made_fit.pulls, (made_fit.observed - fit) / np.sqrt(fit))
