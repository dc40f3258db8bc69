"""Photons that convert: how many, with which energies, and the forced sample."""

import numpy as np
import pytest

from fourmu.detector import beam_frame, conversion_probability, convert_photons, lab_from_cm
from fourmu.errors import DomainError
from fourmu.generator import generate_mumu_gamma, prepare_mumu_gamma_sampler
from fourmu.physics.constants import ELECTRON_MASS_GEV
from fourmu.physics.kinematics import invariant_mass

N = 200_000


@pytest.fixture(scope="module")
def radiative():
    sampler = prepare_mumu_gamma_sampler(photon_energy_min_gev=0.5, photon_angle_min_rad=0.3)
    return generate_mumu_gamma(N, np.random.default_rng(1), sampler=sampler)


def lab(momenta, settings):
    return lab_from_cm(momenta, beam_frame(settings))


def polar_angle(p):
    return np.arctan2(np.hypot(p[..., 1], p[..., 2]), p[..., 3])


def test_probability_follows_the_material(quiet):
    probability = conversion_probability(np.radians([90.0, 30.0, 10.0, 170.0]), quiet)
    # 1.2 % of a radiation length, twice as much at 30 degrees, and no tracks outside 17-150
    expected = [1 - np.exp(-7 / 9 * 0.012), 1 - np.exp(-7 / 9 * 0.024), 0.0, 0.0]
    np.testing.assert_allclose(probability, expected, rtol=1e-12)


def test_a_share_of_the_photons_converts(gun, quiet):
    shots = gun(N, (22, 2.0, 60.0, 0.3))
    events, share = convert_photons(shots, quiet, np.random.default_rng(2))
    converted = events.momenta[:, 1, 0] > 0
    expected = conversion_probability(np.radians(60.0), quiet)
    assert share == 1.0
    assert abs(converted.mean() - expected) < 4 * np.sqrt(expected / N)
    assert np.array_equal(events.pdg, [22, 11, -11])
    assert np.all((events.momenta[:, 0, 0] == 0) == converted)
    assert np.all(events.momenta[~converted, 1:] == 0)


def test_energy_is_shared_as_in_complete_screening(gun, quiet):
    shots = gun(N, (22, 2.0, 60.0, 0.3))
    events, _ = convert_photons(shots, quiet, np.random.default_rng(3), forced=True)
    pairs = lab(events.momenta[:, 1:], quiet)
    np.testing.assert_allclose(pairs[..., 0].sum(axis=1), 2.0, rtol=1e-9)
    np.testing.assert_allclose(invariant_mass(pairs), ELECTRON_MASS_GEV, atol=1e-6)
    x = pairs[:, 0, 0] / 2.0
    # moments of 9/7 (1 - 4 x (1 - x) / 3): mean 1/2, variance 12/35 - 1/4
    variance = 12 / 35 - 1 / 4
    assert abs(x.mean() - 0.5) < 4 * np.sqrt(variance / len(x))
    assert x.var() == pytest.approx(variance, rel=0.01)


def test_both_leptons_keep_the_direction_of_the_photon(gun, quiet):
    shots = gun(20_000, (22, 2.0, 60.0, 0.3))
    events, _ = convert_photons(shots, quiet, np.random.default_rng(4), forced=True)
    pairs = lab(events.momenta[:, 1:], quiet)
    axis = np.array([np.sin(np.pi / 3) * np.cos(0.3), np.sin(np.pi / 3) * np.sin(0.3), 0.5])
    space = pairs[..., 1:]
    across = np.linalg.norm(space - (space @ axis)[..., None] * axis, axis=-1)
    # transverse momentum of the order of the electron mass, half of it below
    assert np.median(across) == pytest.approx(ELECTRON_MASS_GEV, rel=0.05)
    assert abs(np.degrees(polar_angle(pairs)).mean() - 60.0) < 0.1


def test_forced_conversions_are_the_others_with_another_normalisation(radiative, quiet):
    every, one = convert_photons(radiative, quiet, np.random.default_rng(5))
    forced, share = convert_photons(radiative, quiet, np.random.default_rng(6), forced=True)
    assert one == 1.0
    converted = every[every.momenta[:, 3, 0] > 0]
    assert np.all(forced.momenta[:, 2] == 0)
    expected = conversion_probability(polar_angle(lab(radiative.momenta[:, 2], quiet)), quiet).sum()
    assert abs(len(converted) - expected) < 4 * np.sqrt(expected)
    assert abs(len(forced) * share - expected) < 4 * share * np.sqrt(len(forced))
    energy, reference = (x.momenta[:, 3:].sum(axis=1)[:, 0] for x in (forced, converted))
    error = np.hypot(energy.std() / len(energy) ** 0.5, reference.std() / len(reference) ** 0.5)
    assert abs(energy.mean() - reference.mean()) < 4 * error


def test_absent_and_soft_photons_do_not_convert(gun, quiet):
    shots = gun(1000, (22, 2.0, 60.0, 0.3), (22, 0.001, 60.0, 0.3))
    shots.momenta[:, 0] = 0.0
    events, _ = convert_photons(shots, quiet, np.random.default_rng(7))
    assert np.all(events.momenta[:, 2:] == 0)


def test_of_two_photons_the_harder_one_converts(gun, quiet):
    # a wall in which everything converts
    wall = quiet.model_copy(update={"conversion_radiation_lengths": 0.49})
    shots = gun(4000, (22, 1.0, 90.0, 0.3), (22, 3.0, 20.0, 0.3))
    events, _ = convert_photons(shots, wall, np.random.default_rng(8))
    both_left = events.momenta[:, :2, 0] > 0
    pair = lab(events.momenta[:, 2:], wall)[..., 0].sum(axis=1)
    assert np.all(pair[~both_left[:, 1]] == pytest.approx(3.0))
    assert np.all(both_left.sum(axis=1) >= 1)


def test_forced_conversions_need_one_photon(gun, quiet):
    for shots in (gun(3, (13, 1.0, 60, 0)), gun(3, (22, 1.0, 60, 0), (22, 1.0, 90, 0))):
        with pytest.raises(DomainError, match="one column"):
            convert_photons(shots, quiet, np.random.default_rng(9), forced=True)


def test_without_photons_nothing_happens(gun, quiet):
    events, share = convert_photons(gun(3, (13, 1.0, 60, 0)), quiet, np.random.default_rng(10))
    assert share == 1.0
    assert np.all(events.momenta[:, 1:] == 0)
