"""Ranges of dimuon mass and the intervals in which their networks are trained."""

import numpy as np
import pytest

from fourmu.classifiers import mlp_ranges, range_of_mass
from fourmu.config.classifiers import Classifiers
from fourmu.config.templates import Templates
from fourmu.physics.kinematics import mass_from_reduced, reduced_mass
from fourmu.templates import build_windows


def sigma(mass):
    return np.interp(mass, [0.2, 1.0, 5.0, 9.0, 10.0], [0.002, 0.0025, 0.005, 0.0025, 0.002])


def test_the_five_ranges_are_those_of_the_paper():
    ranges = mlp_ranges(Classifiers(), sigma)
    assert [(r.low_gev, r.high_gev) for r in ranges] == [
        (0.21, 1.0),
        (1.0, 3.75),
        (3.75, 6.25),
        (6.25, 8.25),
        (8.25, 10.0),
    ]


def test_the_margin_is_thirty_sigma_in_reduced_mass():
    ranges = mlp_ranges(Classifiers(), sigma)
    expected = mass_from_reduced(reduced_mass(3.75) + 30 * sigma(3.75))
    assert ranges[1].interval_high_gev == pytest.approx(expected, rel=1e-8)
    # M_R = 0, that is two muon masses, bounds the first interval
    assert ranges[0].interval_low_gev == pytest.approx(mass_from_reduced(0.0), rel=1e-8)


def test_every_window_lies_in_the_training_interval_of_its_range():
    config = Classifiers()
    ranges = mlp_ranges(config, sigma)
    for window in build_windows(sigma, config.range_edges_gev, Templates()):
        ends = mass_from_reduced(np.array([window.bin_low[0], window.bin_high[-1]]))
        inside = ranges[window.mlp_range].covers(ends)
        if not inside.all():  # sigma grows or falls by up to 1 % across a window
            overhang = max(
                ranges[window.mlp_range].interval_low_gev - ends[0],
                ends[1] - ranges[window.mlp_range].interval_high_gev,
            )
            assert overhang < 0.3 * window.sigma_gev


def test_each_mass_has_one_range_and_nothing_outside_has_one():
    edges = Classifiers().range_edges_gev
    mass = np.array([0.2, 0.21, 0.9999, 1.0, 3.75, 8.2, 10.0, 10.0001, np.nan])
    np.testing.assert_array_equal(range_of_mass(edges, mass), [-1, 0, 0, 1, 2, 3, 4, -1, -1])
