"""Efficiencies, their errors, their interpolation."""

import numpy as np
import pytest

from fourmu.errors import DomainError
from fourmu.templates import (
    EfficiencyCurve,
    GeneratedEvents,
    fit_efficiency,
    weighted_efficiency,
)


def test_unit_weights_have_the_binomial_error():
    value, error = weighted_efficiency(
        np.ones(3000), GeneratedEvents(weight=10_000.0, weight_squared=10_000.0)
    )
    assert value == pytest.approx(0.3)
    assert error == pytest.approx(np.sqrt(0.3 * 0.7 / 10_000), rel=1e-12)


def test_the_error_of_weighted_events_is_their_scatter():
    rng = np.random.default_rng(1)
    values, errors = [], []
    for _ in range(300):
        weight = rng.exponential(size=2000)
        passing = rng.random(2000) < 0.4
        value, error = weighted_efficiency(
            weight[passing],
            GeneratedEvents(weight=weight.sum(), weight_squared=np.square(weight).sum()),
        )
        values.append(value)
        errors.append(error)
    # 300 repetitions: 4 % on a standard deviation, three of them
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.12)
    assert np.mean(values) == pytest.approx(0.4, abs=3 * np.mean(errors) / np.sqrt(300))


def test_none_passing_leaves_a_finite_error():
    value, error = weighted_efficiency(
        np.zeros(0), GeneratedEvents(weight=100.0, weight_squared=100.0)
    )
    assert value == 0.0
    assert error == pytest.approx(0.01)


def test_an_empty_denominator_is_refused():
    with pytest.raises(DomainError):
        weighted_efficiency(np.zeros(0), GeneratedEvents(weight=0.0, weight_squared=0.0))


def test_efficiencies_are_interpolated_and_the_photon_factor_enters_once():
    rng = np.random.default_rng(2)
    n = 40_000
    masses = np.array([1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0])

    def truth(mass):
        return 0.45 - 0.03 * (mass - 2.0) ** 2

    passing = {float(m): np.ones(rng.binomial(n, truth(m))) for m in masses}
    generated = {float(m): GeneratedEvents(weight=n, weight_squared=n) for m in masses}
    curve = fit_efficiency(passing, generated, dict.fromkeys(passing, 0.972), 4)
    between = np.array([1.1, 1.9, 2.6])
    # 0.55 % per point
    np.testing.assert_allclose(curve(between), 0.972 * truth(between), rtol=0.012)
    assert np.nanmax(np.abs(curve.left_out)) < 0.03  # the paper's interpolation error
    again = EfficiencyCurve.from_dict(curve.to_dict())
    np.testing.assert_array_equal(again(between), curve(between))
    np.testing.assert_array_equal(again.left_out, curve.left_out)
