"""Curves follow points within their errors and no further."""

import numpy as np
import pytest
from scipy.stats import chi2

from fourmu.templates import SmoothCurve, fit_curve, leave_one_out


def points(rng, error, n=20):
    x = np.linspace(1.0, 4.0, n)
    truth = 0.5 - 0.02 * (x - 2.0) ** 2
    return x, truth, truth + error * rng.standard_normal(n)


def test_a_parabola_is_found_with_its_errors():
    rng = np.random.default_rng(1)
    error = 0.004
    pulls = []
    degrees = []
    for _ in range(100):
        x, _, y = points(rng, error)
        curve = fit_curve(x, y, np.full(len(x), error), 4)
        degrees.append(len(curve.coefficients) - 1)
        pulls.append((float(curve(np.array([2.3]))[0]) - (0.5 - 0.02 * 0.09)) / curve.error(2.3))
    assert np.median(degrees) == 2
    # errors of a degree chosen by the data are slightly too small: 20 % on the pull width
    assert abs(np.mean(pulls)) < 0.5
    assert 0.7 < np.std(pulls) < 1.5


def test_points_that_scatter_more_than_their_errors_widen_the_band():
    rng = np.random.default_rng(2)
    x, _, y = points(rng, 0.02)
    curve = fit_curve(x, y, np.full(len(x), 0.002), 2)
    assert curve.chi2_per_dof > chi2.ppf(0.999, len(x)) / len(x)
    assert curve.error(np.array([2.0]))[0] == pytest.approx(
        0.02 / np.sqrt(len(x)), rel=1.0
    )  # of the order of the true scatter, not of the stated errors


def test_outside_its_points_a_curve_is_constant():
    curve = fit_curve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), np.full(3, 0.01), 1)
    np.testing.assert_allclose(curve(np.array([0.0, 1.0, 3.0, 9.0])), [1.0, 1.0, 3.0, 3.0])


def test_one_point_makes_a_constant():
    curve = fit_curve(np.array([1.0]), np.array([0.4]), np.array([0.1]), 3)
    np.testing.assert_allclose(curve(np.array([0.5, 1.0])), 0.4)


def test_leaving_out_points_of_a_smooth_curve_predicts_them():
    rng = np.random.default_rng(4)
    x, _, y = points(rng, 0.004)
    changes = leave_one_out(x, y, np.full(len(x), 0.004), 4)
    assert np.isnan(changes[[0, -1]]).all()
    # 0.004 / 0.5 each, about 1.1 with the error of the curve; 18 points below 4 deviations
    assert np.nanmax(np.abs(changes)) < 4 * 0.009


def test_leaving_out_a_step_shows_it():
    x = np.linspace(0.0, 1.0, 9)
    y = np.where(x == 0.5, 0.6, 0.5)
    changes = leave_one_out(x, y, np.full(9, 0.001), 3)
    assert changes[4] == pytest.approx(0.5 / 0.6 - 1.0, abs=1e-6)


def test_a_curve_survives_json():
    rng = np.random.default_rng(5)
    x, _, y = points(rng, 0.01)
    curve = fit_curve(x, y, np.full(len(x), 0.01), 3)
    again = SmoothCurve.from_dict(curve.to_dict())
    np.testing.assert_array_equal(again(x), curve(x))
    np.testing.assert_array_equal(again.error(x), curve.error(x))
