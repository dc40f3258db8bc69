"""Pairs of leptons: cross section, angles, radiation."""

import numpy as np
import pytest

from fourmu.errors import DomainError
from fourmu.generator import generate_lepton_pairs, lepton_pair_cross_section
from fourmu.physics.constants import TAU_MASS_GEV
from fourmu.physics.kinematics import invariant_mass

SQRT_S = 10.58
N = 40_000


def test_the_point_cross_section():
    # 86.8 nb GeV^2 / s with alpha = 1/137; the muon mass corrects by less than 1e-7
    assert lepton_pair_cross_section("mumu") == pytest.approx(86.8473e6 / SQRT_S**2, rel=1e-4)


def test_mass_suppresses_taus():
    b = np.sqrt(1 - 4 * TAU_MASS_GEV**2 / SQRT_S**2)
    ratio = lepton_pair_cross_section("tautau") / lepton_pair_cross_section("mumu")
    assert ratio == pytest.approx(b * (3 - b**2) / 2, rel=1e-6)


@pytest.mark.parametrize("process", ["mumu", "tautau"])
def test_momenta_and_angles(process):
    events = generate_lepton_pairs(process, N, np.random.default_rng(1))
    total = events.momenta.sum(axis=1)
    np.testing.assert_allclose(total, np.tile([SQRT_S, 0, 0, 0], (N, 1)), atol=1e-12)
    p = events.momenta[:, 0]
    cosine = p[:, 3] / np.linalg.norm(p[:, 1:], axis=1)
    m2 = 1 - np.linalg.norm(p[0, 1:]) ** 2 / p[0, 0] ** 2
    # 1 + c^2 + m2 (1 - c^2): <c^2> = (1/3 + 1/5 + m2 (1/3 - 1/5)) / (4/3 + 2 m2/3)
    expected = (1 / 3 + 1 / 5 + m2 * (2 / 15)) / (4 / 3 + m2 * 2 / 3)
    assert abs(np.mean(cosine**2) - expected) < 4 * np.std(cosine**2) / np.sqrt(N)


@pytest.mark.parametrize("photons", ["collinear", "angular"])
def test_radiation_has_the_spectrum_of_the_integral(photons):
    low, middle = 9.0, 10.4
    events = generate_lepton_pairs(
        "mumu", N, np.random.default_rng(2), isr=True, photons=photons, sqrt_s_prime_min_gev=low
    )
    total = events.momenta.sum(axis=1) + events.photons.sum(axis=1)
    np.testing.assert_allclose(total, np.tile([SQRT_S, 0, 0, 0], (N, 1)), atol=1e-9)
    mass = invariant_mass(events.momenta.sum(axis=1))
    assert mass.min() >= low - 1e-9
    above, every = (
        lepton_pair_cross_section("mumu", isr=True, sqrt_s_prime_min_gev=x) for x in (middle, low)
    )
    share = above / every
    assert abs(np.mean(mass > middle) - share) < 4 * np.sqrt(share * (1 - share) / N)


def test_spread_of_the_energy():
    events = generate_lepton_pairs("mumu", N, np.random.default_rng(3), sqrt_s_spread_gev=0.005)
    energy = events.momenta.sum(axis=1)[:, 0]
    assert energy.std() == pytest.approx(0.005, rel=4 / np.sqrt(2 * N))


def test_refusals():
    with pytest.raises(DomainError, match="unknown pair"):
        generate_lepton_pairs("ee", 1, np.random.default_rng(1))
    with pytest.raises(DomainError, match="unknown pair"):
        lepton_pair_cross_section("ee")
    with pytest.raises(DomainError):
        generate_lepton_pairs("mumu", -1, np.random.default_rng(1))
