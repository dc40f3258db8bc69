"""e+e- -> mu+ mu- gamma: the total in closed form, and distributions of unweighted events."""

import itertools

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fourmu.config.detector import Detector
from fourmu.detector import simulate
from fourmu.errors import DomainError
from fourmu.generator import cross_section, generate_mumu_gamma, prepare_mumu_gamma_sampler
from fourmu.generator.mumu_gamma_sampler import mumu_gamma_cross_section
from fourmu.generator.three_body import muon_tensor_trace
from fourmu.physics.constants import (
    ALPHA,
    CROSS_SECTION_FB_GEV2,
    ELECTRON_MASS_GEV,
    MUON_MASS_GEV,
)
from fourmu.physics.kinematics import invariant_mass

SQRT_S = 10.58


@pytest.fixture(scope="module")
def born():
    return prepare_mumu_gamma_sampler(photon_energy_min_gev=0.05)


@pytest.fixture(scope="module")
def radiating():
    return prepare_mumu_gamma_sampler(
        photon_energy_min_gev=0.1,
        photon_angle_min_rad=0.3,
        isr=True,
        photons="angular",
        sqrt_s_spread_gev=0.005,
        sqrt_s_prime_min_gev=5.0,
    )


def closed_form(low, high=None, order=200):
    """Cross section in fb for photon energies between two values.

    Radiation off the electrons is exact up to m_e^2 / s: (alpha/pi) (1 + (1-v)^2)/v (L - 1) times
    the cross section of muon pairs at s (1 - v), L = ln(s / m_e^2), v = 2 k / sqrt(s). Radiation
    off the muons is that of a vector X without mass and with the electric charge. Their
    interference is odd under exchange of the muons.
    """
    s = SQRT_S**2
    threshold = 4 * MUON_MASS_GEV**2
    half = SQRT_S / 2
    high = half * (1 - threshold / s) if high is None else high
    node, weight = np.polynomial.legendre.leggauss(order)
    ends = np.log([low / (half - low), high / (half - high)])
    logit = ends[0] + (ends[1] - ends[0]) * (node + 1) / 2
    k = half / (1 + np.exp(-logit))
    dk = (ends[1] - ends[0]) / 2 * weight * k * (half - k) / half
    v = k / half
    pair2 = s - 2 * SQRT_S * k
    speed = np.sqrt(1 - threshold / pair2)
    pairs = 4 * np.pi * ALPHA**2 / 3 / pair2 * speed * (3 - speed**2) / 2 * CROSS_SECTION_FB_GEV2
    splitting = ALPHA / np.pi * (1 + (1 - v) ** 2) / v * (np.log(s / ELECTRON_MASS_GEV**2) - 1)
    electrons = np.sum(dk / half * pairs * splitting)
    inner, inner_weight = np.polynomial.legendre.leggauss(40)
    muons = 0.0
    for energy, width, b in zip(k, dk, speed, strict=True):
        Q = 2 * SQRT_S * energy
        for x, w in zip(np.arctanh(b) * inner, np.arctanh(b) * inner_weight, strict=True):
            y = np.tanh(x)
            Pi = Q * Q * (1 - y * y) / 4
            trace = muon_tensor_trace(s, 0.0, Q, Pi, 4 * np.pi * ALPHA, 0.0, 0.0, 0.0)
            muons += width * 2 * SQRT_S * Q / 2 * (1 - y * y) * w * trace
    muons *= CROSS_SECTION_FB_GEV2 * (4 * np.pi * ALPHA) ** 2 / (768 * np.pi**3 * s**3)
    return electrons + muons


@pytest.mark.parametrize("energy", [0.01, 0.5, 4.0])
def test_total_against_the_closed_form(energy):
    row = cross_section("mumugamma", photon_energy_min_gev=energy, rel_error=0.0007)
    assert row.error_fb <= 0.0007 * row.xsec_fb
    # 3 standard deviations; m_e^2 / s is 1e-9
    assert abs(row.xsec_fb - closed_form(energy)) < 3 * row.error_fb


def test_untrained_and_trained_tables_give_the_same_total(born):
    flat = prepare_mumu_gamma_sampler(photon_energy_min_gev=0.05, rounds=0)
    a = mumu_gamma_cross_section(flat, 0.002, np.random.default_rng(1))
    b = mumu_gamma_cross_section(born, 0.001, np.random.default_rng(2))
    assert abs(a[0] - b[0]) < 3 * np.hypot(a[1], b[1])


def test_photon_energies_follow_the_closed_form(born):
    n = 100_000
    events = generate_mumu_gamma(n, np.random.default_rng(3), sampler=born)
    edges = np.array([0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 4.8, 5.2, 5.28])
    counts, _ = np.histogram(events.momenta[:, 2, 0], bins=edges)
    expected = np.array([closed_form(a, b, 40) for a, b in itertools.pairwise(edges)])
    expected *= n / closed_form(0.05)
    pull = (counts - expected) / np.sqrt(expected)
    # one of ten beyond 4 standard deviations has a probability of 6e-4
    assert np.abs(pull).max() < 4


def test_events_conserve_momentum_and_are_on_shell(born):
    events = generate_mumu_gamma(20_000, np.random.default_rng(4), sampler=born)
    assert events.pdg.tolist() == [-13, 13, 22]
    assert events.overweight_fraction < 3e-4
    np.testing.assert_allclose(
        events.momenta.sum(axis=1), np.tile([SQRT_S, 0, 0, 0], (20_000, 1)), atol=1e-12
    )
    np.testing.assert_allclose(invariant_mass(events.momenta[:, :2]), MUON_MASS_GEV, rtol=1e-8)
    photon = events.momenta[:, 2]
    np.testing.assert_allclose(np.linalg.norm(photon[:, 1:], axis=1), photon[:, 0], rtol=1e-12)
    assert photon[:, 0].min() >= 0.05 * (1 - 1e-12)
    assert not events.photons.any()


def test_exchange_of_charges_reverses_the_beams(born):
    events = generate_mumu_gamma(60_000, np.random.default_rng(5), sampler=born)
    half = 30_000
    plus, minus = events.momenta[:half, 0], events.momenta[half:, 1]
    assert ks_2samp(plus[:, 0], minus[:, 0]).pvalue > 0.001
    assert ks_2samp(plus[:, 3], -minus[:, 3]).pvalue > 0.001
    # interference of both kinds of radiation makes an asymmetry along the beam
    assert ks_2samp(plus[:, 3], minus[:, 3]).pvalue < 1e-6


def test_further_radiation(radiating):
    n = 20_000
    events = generate_mumu_gamma(n, np.random.default_rng(6), sampler=radiating)
    total = events.momenta.sum(axis=1) + events.photons.sum(axis=1)
    np.testing.assert_allclose(total[:, 1:], 0.0, atol=1e-11)
    assert total[:, 0].std() == pytest.approx(0.005, rel=4 / np.sqrt(2 * n))
    assert invariant_mass(events.momenta.sum(axis=1)).min() > 5.0
    assert (events.photons[..., 0] > 0).any()
    assert events.overweight_fraction < 3e-4


def test_least_angle_of_the_photon():
    sampler = prepare_mumu_gamma_sampler(photon_energy_min_gev=0.1, photon_angle_min_rad=0.3)
    photon = generate_mumu_gamma(20_000, np.random.default_rng(7), sampler=sampler).momenta[:, 2]
    assert np.abs(photon[:, 3] / photon[:, 0]).max() <= np.cos(0.3) * (1 + 1e-12)
    whole = prepare_mumu_gamma_sampler(photon_energy_min_gev=0.1)
    n = 100_000
    every = generate_mumu_gamma(n, np.random.default_rng(8), sampler=whole).momenta[:, 2]
    share = np.mean(np.abs(every[:, 3] / every[:, 0]) < np.cos(0.3))
    a, b = (mumu_gamma_cross_section(x, 0.002, np.random.default_rng(9)) for x in (sampler, whole))
    error = np.hypot(np.sqrt(share * (1 - share) / n), 0.003 * share)
    assert abs(share - a[0] / b[0]) < 3 * error


def test_the_detector_sees_the_photon(born):
    settings = Detector(background_photons_mean=0.0)
    events = generate_mumu_gamma(5000, np.random.default_rng(10), sampler=born)
    photon = events.momenta[:, 2]
    wide = (photon[:, 0] > 1.0) & (np.abs(photon[:, 3] / photon[:, 0]) < 0.5)
    seen = simulate(events[wide], settings, np.random.default_rng(11))
    counts = np.diff(seen.photon_offsets)
    # 60 to 120 degrees in the c.m. frame lie in the barrel of the calorimeter
    assert (counts == 1).all()
    energy = seen.photon_energy.sum()
    assert energy == pytest.approx(photon[wide, 0].sum(), rel=0.1)


def test_equal_seeds_give_equal_events(born):
    a, b = (generate_mumu_gamma(500, np.random.default_rng(12), sampler=born) for _ in range(2))
    np.testing.assert_array_equal(a.momenta, b.momenta)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_few_events(born, n):
    assert len(generate_mumu_gamma(n, np.random.default_rng(1), sampler=born)) == n


@pytest.mark.parametrize(
    "wrong",
    [
        {"photon_energy_min_gev": 0.0},
        {"photon_energy_min_gev": 5.29},
        {"photon_energy_min_gev": np.nan},
        {"photon_energy_min_gev": 0.1, "photon_angle_min_rad": 1.6},
    ],
)
def test_cuts_out_of_range_are_refused(wrong):
    with pytest.raises(DomainError, match="least photon"):
        prepare_mumu_gamma_sampler(**wrong)
