"""Shapes and resolutions are recovered from simulated candidates, also at threshold."""

import json

import numpy as np
import pytest

from fourmu.config.signal_model import SignalModelling
from fourmu.errors import DomainError
from fourmu.physics.kinematics import reduced_mass
from fourmu.templates import (
    DoubleCrystalBall,
    Resolution,
    ShapeCurves,
    fit_resolution,
    fit_shape,
    fit_shape_curves,
)

N = 8_000


def width(mass):
    return np.interp(mass, [0.2, 1.0, 5.0, 9.0], [0.0020, 0.0024, 0.005, 0.0025])


def sample(mass, rng, n=N):
    """Two Gaussians and a heavy-tailed twentieth, folded at M_R = 0 like a square root."""
    t = rng.standard_normal(n) * np.where(rng.random(n) < 0.7, 0.85, 1.7)
    tail = rng.random(n) < 0.05
    t = np.where(tail, 1.5 * rng.standard_t(3, size=n), t)
    return np.abs(reduced_mass(mass) + width(mass) * t), np.ones(n)


def smallest_interval(values, probability=0.683):
    ordered = np.sort(values)
    k = round(probability * len(ordered))
    return 0.5 * np.min(ordered[k:] - ordered[:-k])


@pytest.mark.parametrize("mass", [0.212, 0.25, 1.0, 5.0, 9.5])
def test_the_width_of_the_fit_is_that_of_the_candidates(mass):
    values, weight = sample(mass, np.random.default_rng(7), 40_000)
    fit = fit_shape(values, weight)
    assert fit.valid
    # the empirical smallest interval of 40,000 entries has an error of about 0.6 %, and is
    # biased low by about as much
    assert fit.shape.half_width(0.683) == pytest.approx(smallest_interval(values), rel=0.02)
    assert fit.chi2_per_dof < 1.6


@pytest.mark.parametrize("mass", [0.212, 2.0])
def test_the_fit_holds_all_candidates_also_far_out(mass):
    values, weight = sample(mass, np.random.default_rng(8), 40_000)
    fit = fit_shape(values, weight)
    for sigmas in (2.0, 5.0, 15.0):
        inside = np.abs(values - reduced_mass(mass)) < sigmas * width(mass)
        edges = reduced_mass(mass) + sigmas * width(mass) * np.array([-1.0, 1.0])
        below = fit.shape.cdf(np.maximum(edges, 0.0))
        # binomial error and 0.3 % for a shape that is not two Crystal Balls
        error = np.sqrt(inside.mean() * (1 - inside.mean()) / len(values))
        assert below[1] - below[0] == pytest.approx(inside.mean(), abs=3 * error + 0.003)


def test_weights_count():
    rng = np.random.default_rng(9)
    values, _ = sample(3.0, rng, 40_000)
    kept = rng.random(len(values)) < 0.5
    plain = fit_shape(values[kept], np.ones(kept.sum()))
    # events of weight 2 and 0 are the same sample in another guise
    weighted = fit_shape(values, np.where(kept, 2.0, 1e-12))
    assert weighted.shape.half_width(0.683) == pytest.approx(
        plain.shape.half_width(0.683), rel=0.01
    )
    assert weighted.n_candidates == pytest.approx(2.0 * kept.sum())


def test_the_resolution_is_smooth_and_close_to_every_mass():
    rng = np.random.default_rng(10)
    masses = [0.212, *np.arange(0.25, 10.01, 0.25)]
    samples = {float(mass): sample(mass, rng) for mass in masses}
    resolution = fit_resolution(samples, SignalModelling())
    pulls = (resolution.sigma_gev - resolution(resolution.mass_gev)) / resolution.error_gev
    # the kink of the test's own width at 5 GeV is outside what a polynomial follows
    away = np.abs(resolution.mass_gev - 5.0) > 0.6
    assert np.sqrt(np.mean(pulls[away] ** 2)) < 2.0
    fine = resolution(np.linspace(0.212, 10.0, 2000))
    assert np.all(np.abs(np.diff(np.log(fine))) < 0.005)
    again = Resolution.from_dict(resolution.to_dict())
    np.testing.assert_array_equal(again(resolution.mass_gev), resolution(resolution.mass_gev))


def radiative(mass, rng, n):
    """The same with a tail above, like initial-state radiation makes it."""
    values, weight = sample(mass, rng, n)
    tail = rng.random(n) < 0.15
    return np.where(tail, values + width(mass) * rng.pareto(0.8, n), values), weight


WHOLE = (0.2, 10.5)


def test_shapes_between_the_masses_describe_candidates_generated_there():
    rng = np.random.default_rng(11)
    masses = [1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 2.75, 3.0]
    curves = fit_shape_curves(
        {mass: radiative(mass, rng, 20_000) for mass in masses}, WHOLE, SignalModelling()
    )
    assert curves.valid
    assert curves.mass_gev.tolist() == masses
    between = DoubleCrystalBall.from_array(curves.parameters(np.array([2.25]))[0])
    values, _ = radiative(2.25, rng, 20_000)
    # error of a width from 20,000 candidates: 0.65 %, and as much again for the form
    assert between.half_width(0.683) == pytest.approx(smallest_interval(values), rel=0.03)
    for sigmas in (1.0, 2.0, 5.0, 30.0):
        edges = reduced_mass(2.25) + sigmas * width(2.25) * np.array([-1.0, 1.0])
        inside = np.mean((values > edges[0]) & (values < edges[1]))
        below = between.cdf(edges)
        assert below[1] - below[0] == pytest.approx(inside, abs=0.02)


def test_a_tail_that_cannot_be_seen_is_continued_from_where_it_can():
    rng = np.random.default_rng(13)
    end = 2.05
    samples = {}
    for mass in (1.0, 1.25, 1.5, 1.75, 2.0):
        values, weight = radiative(mass, rng, 20_000)
        seen = values < reduced_mass(end)
        samples[mass] = values[seen], weight[seen]
    shape = DoubleCrystalBall.from_array(
        fit_shape_curves(samples, (0.2, end), SignalModelling()).parameters(np.array([2.0]))[0]
    )
    whole, _ = radiative(2.0, rng, 20_000)
    missing = np.mean(whole > reduced_mass(end))
    assert missing > 0.01
    assert 1.0 - shape.cdf(np.array([reduced_mass(end)]))[0] == pytest.approx(missing, abs=0.015)


def test_masses_with_few_candidates_are_carried_by_the_others():
    rng = np.random.default_rng(12)
    samples = {mass: sample(mass, rng, 4000) for mass in (1.0, 1.5, 2.0, 2.5, 3.0)}
    samples[2.0] = tuple(array[:50] for array in samples[2.0])
    curves = fit_shape_curves(samples, WHOLE, SignalModelling())
    assert curves.mass_gev.tolist() == [1.0, 1.5, 2.5, 3.0]
    with pytest.raises(DomainError, match="enough candidates"):
        fit_shape_curves({2.0: samples[2.0]}, WHOLE, SignalModelling())


def test_curves_survive_json():
    rng = np.random.default_rng(14)
    curves = fit_shape_curves({1.0: sample(1.0, rng, 2000)}, WHOLE, SignalModelling())
    again = ShapeCurves.from_dict(json.loads(json.dumps(curves.to_dict())))
    np.testing.assert_array_equal(
        again.parameters(np.array([1.0])), curves.parameters(np.array([1.0]))
    )
    size = sum(len(curve.coefficients) for curve in curves.curves.values())
    assert curves.covariance.shape == (size, size)
