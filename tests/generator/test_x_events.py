"""Unweighted events of X: totals, conservation, masses, radiation, reproducibility."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import chisquare, ks_2samp

from fourmu.errors import DomainError
from fourmu.generator import generate_x, kept_fraction, prepare_x_sampler
from fourmu.generator.three_body import (
    born_cross_sections,
    coupling_squares,
    dalitz_density,
    dalitz_point,
)
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import invariant_mass
from fourmu.physics.models import SCALAR, ZPRIME, Couplings

VECTOR = ZPRIME.couplings


def test_events_conserve_momentum_and_are_on_shell():
    events = generate_x(VECTOR, 3.0, 2000, np.random.default_rng(1), isr=False)
    np.testing.assert_allclose(
        events.momenta.sum(axis=1), np.tile([10.58, 0, 0, 0], (2000, 1)), atol=1e-12
    )
    np.testing.assert_allclose(invariant_mass(events.momenta), MUON_MASS_GEV, rtol=1e-9)
    np.testing.assert_allclose(
        invariant_mass(events.momenta[:, 2] + events.momenta[:, 3]), 3.0, rtol=1e-12
    )
    assert events.pdg.tolist() == [-13, 13, -13, 13]
    assert not events.photons.any()


@pytest.mark.parametrize("photons", ["collinear", "angular"])
def test_radiation_keeps_total_momentum(photons):
    events = generate_x(VECTOR, 1.0, 5000, np.random.default_rng(2), isr=True, photons=photons)
    total = events.momenta.sum(axis=1) + events.photons.sum(axis=1)
    np.testing.assert_allclose(total, np.tile([10.58, 0, 0, 0], (5000, 1)), atol=1e-11)
    # masses of hard recoils are differences of large squares
    np.testing.assert_allclose(invariant_mass(events.momenta), MUON_MASS_GEV, rtol=1e-7)
    energy = events.photons[..., 0]
    np.testing.assert_allclose(np.linalg.norm(events.photons[..., 1:], axis=-1), energy, atol=1e-12)
    assert (energy >= 0).all()
    across = np.hypot(events.photons[..., 1], events.photons[..., 2])
    assert (across > 0).any() == (photons == "angular")


def test_photon_angles_do_not_change_the_energy_of_the_hard_process():
    one, other = (
        generate_x(VECTOR, 3.0, 20_000, np.random.default_rng(seed), isr=True, photons=photons)
        for seed, photons in ((3, "collinear"), (4, "angular"))
    )
    hard = [invariant_mass(events.momenta.sum(axis=1)) for events in (one, other)]
    assert ks_2samp(*hard).pvalue > 0.001


def test_photon_angles_follow_their_spectrum():
    """Log(1 - b cos theta) is uniform; E is at the scale of the beams for both photons."""
    events = generate_x(VECTOR, 3.0, 20_000, np.random.default_rng(5), isr=True, photons="angular")
    photon = events.photons[:, 0]
    photon = photon[photon[:, 0] > 1e-3]
    b2 = 1 - (2 * 0.000511 / 10.58) ** 2
    cosine = photon[:, 3] / photon[:, 0]
    wide = cosine < 0.999
    # among 1 - cos > 0.001 the log of 1 - b cos is uniform between 0.001 and 2
    u = np.log((1 - np.sqrt(b2) * cosine[wide]) / 0.001) / np.log(2 / 0.001)
    counts, _ = np.histogram(u, bins=10, range=(0, 1))
    assert chisquare(counts).pvalue > 0.001


def test_share_of_radiation_in_the_peak():
    """Events with sqrt(s') above 10.54 GeV against the deterministic integral."""
    n = 40_000
    events = generate_x(VECTOR, 3.0, n, np.random.default_rng(6), isr=True)
    share = np.mean(invariant_mass(events.momenta.sum(axis=1)) > 10.54)
    expected = kept_fraction(VECTOR, 3.0, 10.54)
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


def test_least_energy_of_the_hard_process():
    events = generate_x(
        VECTOR, 3.0, 2000, np.random.default_rng(7), isr=True, sqrt_s_prime_min_gev=9.8
    )
    assert invariant_mass(events.momenta.sum(axis=1)).min() > 9.8
    assert events.overweight_fraction < 1e-3


def test_spread_of_the_energy():
    n = 20_000
    events = generate_x(
        VECTOR, 3.0, n, np.random.default_rng(8), isr=False, sqrt_s_spread_gev=0.005
    )
    total = events.momenta.sum(axis=1)
    np.testing.assert_allclose(total[:, 1:], 0.0, atol=1e-12)
    # the cross section falls as a power of s: a shift of far below 1e-4 GeV
    assert abs(total[:, 0].mean() - 10.58) < 4 * 0.005 / np.sqrt(n)
    assert total[:, 0].std() == pytest.approx(0.005, rel=4 / np.sqrt(2 * n))


def test_masses_drawn_from_a_grid_are_equally_likely():
    grid = np.round(np.arange(0.215, 10.0, 0.245), 3)
    n = 40_000
    events = generate_x(VECTOR, grid, n, np.random.default_rng(9), isr=True)
    np.testing.assert_allclose(
        invariant_mass(events.momenta[:, 2] + events.momenta[:, 3]), events.x_mass_gev, rtol=1e-8
    )
    _, counts = np.unique(events.x_mass_gev, return_counts=True)
    assert len(counts) == len(grid)
    assert chisquare(counts).pvalue > 0.001
    assert events.overweight_fraction < 1e-3


def test_one_table_for_all_masses_gives_the_same_events():
    """The range sampler agrees with a sampler of one mass in a steep variable."""
    n = 20_000
    shared = prepare_x_sampler(VECTOR, np.array([0.25, 9.0]), isr=True)
    for mass in (0.3, 5.3):
        a = generate_x(VECTOR, mass, n, np.random.default_rng(10), isr=True, sampler=shared)
        b = generate_x(VECTOR, mass, n, np.random.default_rng(11), isr=True)
        for variable in (lambda e: e.momenta[:, 0, 0], lambda e: e.momenta[:, 2, 3]):
            assert ks_2samp(variable(a), variable(b)).pvalue > 0.001


def test_events_follow_the_dalitz_density():
    """Energies of X against the closed form, integrated over the other variable."""
    n, mass, edges = 60_000, 2.0, np.linspace(2.0, 5.48, 18)
    events = generate_x(SCALAR.couplings, mass, n, np.random.default_rng(12), isr=False)
    energy = events.momenta[:, 2, 0] + events.momenta[:, 3, 0]
    counts, _ = np.histogram(energy, bins=edges)
    squares = coupling_squares(SCALAR.couplings)
    s = 10.58**2
    tau = (np.arange(4000) + 0.5) / 4000
    node, weight = np.polynomial.legendre.leggauss(16)
    density = np.array(
        [
            sum(
                0.5 * wt * dalitz_density(s, mass, t, 0.5 * (x + 1), *squares)
                for x, wt in zip(node, weight, strict=True)
            )
            for t in tau
        ]
    )
    energies = np.array([dalitz_point(s, mass, t, 0.5)[0] / (2 * 10.58) for t in tau])
    expected, _ = np.histogram(energies, bins=edges, weights=density)
    total = born_cross_sections(np.array([10.58]), np.array([mass]), squares)[0]
    expected *= n * 2 / (len(tau) * total)
    kept = expected > 20
    pull = (counts - expected)[kept] / np.sqrt(expected[kept])
    # 4 standard deviations in one of 17 bins has a probability of 1e-3
    assert np.abs(pull).max() < 4
    assert energy.size == counts.sum()


def test_equal_seeds_give_equal_events_in_threads():
    sampler = prepare_x_sampler(VECTOR, 3.0, isr=True)

    def make(seed):
        rng = np.random.default_rng(seed)
        return generate_x(VECTOR, 3.0, 3000, rng, isr=True, sampler=sampler).momenta

    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(make, [1, 2, 3, 1]))
    np.testing.assert_array_equal(threaded[0], threaded[3])
    np.testing.assert_array_equal(threaded[1], make(2))
    assert not np.array_equal(threaded[0], threaded[1])


def test_samplers_of_other_couplings_or_masses_are_refused():
    sampler = prepare_x_sampler(VECTOR, 3.0, isr=False)
    rng = np.random.default_rng(1)
    with pytest.raises(DomainError, match="other couplings"):
        generate_x(SCALAR.couplings, 3.0, 10, rng, isr=False, sampler=sampler)
    with pytest.raises(DomainError, match="other masses"):
        generate_x(VECTOR, 3.1, 10, rng, isr=False, sampler=sampler)


@pytest.mark.parametrize("mass", [0.2, 10.5, -1.0, np.nan])
def test_masses_out_of_reach_are_refused(mass):
    with pytest.raises(DomainError, match="cannot be made"):
        generate_x(VECTOR, mass, 10, np.random.default_rng(1), isr=False)


def test_spins_cannot_be_mixed():
    with pytest.raises(DomainError, match="one particle"):
        Couplings(vector=1.0, scalar=0.1)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_few_events(n):
    events = generate_x(VECTOR, 3.0, n, np.random.default_rng(1), isr=True)
    assert len(events) == n
    assert (events.momenta[:, :, 0] > 0).all()
