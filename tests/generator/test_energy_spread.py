"""Collisions at their own energy: what is scaled, what is kept."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fourmu.errors import DomainError
from fourmu.generator import generate_four_muon, generate_x, with_energy_spread
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import boost, invariant_mass
from fourmu.physics.models import Couplings

SPREAD = 0.005


@pytest.fixture(scope="module", params=[False, True], ids=["born", "isr"])
def events(request):
    return generate_x(Couplings(vector=1.0), 3.0, 2000, np.random.default_rng(1), isr=request.param)


@pytest.fixture(scope="module")
def spread(events):
    return with_energy_spread(events, SPREAD, np.random.default_rng(2))


def test_the_energy_varies_as_asked(events, spread):
    ratio = invariant_mass(spread.momenta.sum(axis=1)) / invariant_mass(events.momenta.sum(axis=1))
    relative = SPREAD / events.sqrt_s_gev
    # 2,000 Gaussian numbers: mean to 3 sigma / sqrt(n), standard deviation to 3 / sqrt(2 n)
    assert abs(np.mean(ratio) - 1.0) < 3.0 * relative / np.sqrt(2000)
    assert np.std(ratio) == pytest.approx(relative, rel=3.0 / np.sqrt(4000))


def test_masses_and_the_boost_are_kept(events, spread):
    muon = invariant_mass(spread.momenta)
    # a muon of 5 GeV has its mass to 5^2 / 0.1 x the rounding of double precision
    np.testing.assert_allclose(muon, MUON_MASS_GEV, rtol=0, atol=1e-6)
    x = invariant_mass(spread.momenta[:, 2:4].sum(axis=1))
    np.testing.assert_allclose(x, 3.0, rtol=1e-9)
    before, after = events.momenta.sum(axis=1), spread.momenta.sum(axis=1)
    np.testing.assert_allclose(
        after[:, 1:] / after[:, :1], before[:, 1:] / before[:, :1], rtol=0, atol=1e-12
    )


def test_the_decay_keeps_its_angles(events, spread):
    def decay_direction(sample):
        x = sample.momenta[:, 2:4].sum(axis=1)
        minus = boost(sample.momenta[:, 3], -x[:, 1:] / x[:, :1])[:, 1:]
        return minus / np.linalg.norm(minus, axis=1)[:, None]

    # boosts along slightly other directions of the same X turn by less than the change of energy
    difference = np.abs(decay_direction(spread) - decay_direction(events)).max()
    assert difference < 5.0 * SPREAD / events.sqrt_s_gev * 10.0


def test_no_spread_changes_nothing(events):
    assert with_energy_spread(events, 0.0, np.random.default_rng(1)) is events


def test_it_resembles_events_generated_with_the_spread():
    """Totals of both have the same spread: Kolmogorov-Smirnov at the 1e-3 level."""
    plain = generate_x(Couplings(scalar=1.0), 6.0, 4000, np.random.default_rng(3), isr=False)
    moved = with_energy_spread(plain, SPREAD, np.random.default_rng(4))
    made = generate_x(
        Couplings(scalar=1.0),
        6.0,
        4000,
        np.random.default_rng(5),
        isr=False,
        sqrt_s_spread_gev=SPREAD,
    )
    for particle in range(4):
        first, second = (sample.momenta[:, particle, 0] for sample in (moved, made))
        assert ks_2samp(first, second).pvalue > 1e-3 / 4


def test_events_without_x_are_refused():
    events = generate_four_muon(10, np.random.default_rng(1), isr=False)
    with pytest.raises(DomainError, match="without X"):
        with_energy_spread(events, SPREAD, np.random.default_rng(1))
