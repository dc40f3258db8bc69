"""Leaving masses out measures how well the others know them."""

import numpy as np
import pytest

from fourmu.systematics import left_out
from fourmu.templates import GeneratedEvents, fit_efficiency


def curve(rng, n, bump=0.0):
    masses = np.linspace(1.0, 3.75, 12)
    truth = 0.5 - 0.05 * (masses - 1.0)
    truth = truth + bump * (masses == masses[5])
    passing = {m: np.ones(rng.binomial(n, t)) for m, t in zip(masses, truth, strict=True)}
    generated = dict.fromkeys(passing, GeneratedEvents(weight=n, weight_squared=n))
    return fit_efficiency(passing, generated, dict.fromkeys(passing, 1.0), 2)


def test_a_smooth_efficiency_is_known_to_its_statistics(rng):
    found = left_out([curve(rng, 10_000), curve(rng, 10_000)])
    assert found.masses == 20
    assert found.statistical == pytest.approx(0.011, rel=0.1)
    # a prediction has an error of its own: 1.0 to 1.5 times that of the points
    assert 0.7 * found.statistical < found.spread.value < 1.8 * found.statistical


def test_a_mass_that_stands_out_is_seen(rng):
    found = left_out([curve(rng, 10_000, bump=0.1)])
    assert found.largest > 0.1
    assert found.spread.value > 3.0 * found.statistical
