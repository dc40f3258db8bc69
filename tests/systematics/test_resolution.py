"""The width of a peak relative to its simulated shape."""

import numpy as np
import pytest

from fourmu.errors import ConvergenceError
from fourmu.systematics import fit_peak
from fourmu.templates import fit_shape

CENTRE, SIGMA, RANGE = 3.09, 0.005, (2.95, 3.23)


def peak(rng, n, scale):
    """A core, a wider part, and a tail below: radiation."""
    width = np.where(rng.random(n) < 0.7, SIGMA, 2.0 * SIGMA)
    tail = np.where(rng.random(n) < 0.1, rng.exponential(0.03, n), 0.0)
    return CENTRE + scale * (width * rng.standard_normal(n) - tail)


@pytest.fixture
def simulated(rng):
    return fit_shape(peak(rng, 30_000, 1.0), np.ones(30_000))


@pytest.mark.parametrize("scale", [1.0, 1.25])
def test_the_width_ratio_is_recovered_over_background(rng, simulated, scale):
    pulls = []
    for _ in range(12):
        values = np.concatenate([peak(rng, 1_500, scale), rng.uniform(*RANGE, 2_000)])
        found = fit_peak(values, simulated, RANGE)
        assert 0.02 < found.width_ratio.error < 0.06
        pulls.append(found.width_ratio.pull(scale))
    assert abs(np.mean(pulls)) < 1.0  # 3.5 standard deviations of the mean of twelve
    assert found.expected.sum() == pytest.approx(found.content.sum(), rel=0.01)
    assert found.chi2_per_dof < 1.6


def test_a_shift_of_the_mass_is_recovered(rng, simulated):
    values = np.concatenate([peak(rng, 3_000, 1.0) + 0.001, rng.uniform(*RANGE, 1_000)])
    found = fit_peak(values, simulated, RANGE)
    assert found.shift_gev.error < 0.3e-3
    assert abs(found.shift_gev.pull(0.001)) < 3.5


def test_no_peak_is_said(rng, simulated):
    with pytest.raises(ConvergenceError, match="no peak"):
        fit_peak(rng.uniform(*RANGE, 2_000), simulated, RANGE)
