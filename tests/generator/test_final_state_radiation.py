"""Radiation off muons against exact amplitudes, the eikonal factor, and conservation laws."""

import itertools

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fourmu.errors import DomainError
from fourmu.generator import (
    PartonEvents,
    generate_lepton_pairs,
    generate_mumu_gamma,
    generate_x,
    lepton_pair_cross_section,
    prepare_mumu_gamma_sampler,
    prepare_x_sampler,
    radiate_fsr,
)
from fourmu.generator.three_body import muon_tensor_trace
from fourmu.physics.constants import ALPHA, CROSS_SECTION_FB_GEV2, MUON_MASS_GEV
from fourmu.physics.kinematics import energy_momentum, invariant_mass
from fourmu.physics.models import MODELS

SQRT_S = 10.58
FEW = ALPHA / 20  # more than one photon in an event is rare


def exact_share(low, high, order=60):
    """Photons per muon pair between two energies: X without mass, with the electric charge.

    The trace of the muon line is that of the X amplitude, which the reference matrix elements
    hold; it shares nothing with the kernel of the radiation.
    """
    s = SQRT_S**2
    node, weight = np.polynomial.legendre.leggauss(order)
    span = np.log(high / low)
    k = low * np.exp(span * (node + 1) / 2)
    dk = span / 2 * weight * k
    total = 0.0
    for energy, width in zip(k, dk, strict=True):
        b = np.sqrt(1 - 4 * MUON_MASS_GEV**2 / (s - 2 * SQRT_S * energy))
        Q = 2 * SQRT_S * energy
        for x, w in zip(np.arctanh(b) * node, np.arctanh(b) * weight, strict=True):
            y = np.tanh(x)
            trace = muon_tensor_trace(
                s, 0.0, Q, Q * Q * (1 - y * y) / 4, 4 * np.pi * ALPHA, 0.0, 0.0, 0.0
            )
            total += width * 2 * SQRT_S * Q / 2 * (1 - y * y) * w * trace
    total *= CROSS_SECTION_FB_GEV2 * (4 * np.pi * ALPHA) ** 2 / (768 * np.pi**3 * s**3)
    return total / lepton_pair_cross_section("mumu")


@pytest.fixture(scope="module")
def pairs():
    return generate_lepton_pairs("mumu", 600_000, np.random.default_rng(1))


@pytest.fixture(scope="module")
def four_muons():
    couplings = MODELS["zprime"].couplings
    sampler = prepare_x_sampler(couplings, np.array([3.0]), isr=False)
    return generate_x(couplings, 3.0, 20_000, np.random.default_rng(2), isr=False, sampler=sampler)


def without_x(events):
    return PartonEvents(
        momenta=events.momenta,
        pdg=events.pdg,
        photons=events.photons,
        weight=events.weight,
        x_mass_gev=np.full(len(events), np.nan),
        sqrt_s_gev=SQRT_S,
        process="qed",
    )


def test_spectrum_of_one_pair_is_exact(pairs):
    events = radiate_fsr(
        pairs, np.random.default_rng(3), alpha=FEW, energy_min_gev=0.01, photons_max=1
    )
    energy = events.momenta[:, 2, 0]
    edges = [0.01, 0.1, 0.5, 1.5, 3.0, 4.5, 0.999 * (SQRT_S / 2 - 2 * MUON_MASS_GEV**2 / SQRT_S)]
    for low, high in itertools.pairwise(edges):
        expected = len(pairs) * FEW / ALPHA * exact_share(low, high)
        found = np.count_nonzero((energy > low) & (energy <= high))
        # a second photon takes energy in 1 % of the events
        assert abs(found - expected) < 3.5 * np.sqrt(expected) + 0.003 * expected


def test_spectrum_at_the_true_coupling_stays_close(pairs):
    events = radiate_fsr(pairs[:200_000], np.random.default_rng(4), photons_max=6)
    energy = events.momenta[:, 2:, 0]
    expected = 200_000 * exact_share(0.1, 1.0)
    found = np.count_nonzero((energy > 0.1) & (energy < 1.0))
    assert abs(found - expected) < 3.5 * np.sqrt(expected) + 0.01 * expected


def test_one_photon_lies_as_in_the_exact_amplitude(pairs):
    least = 0.3
    events = radiate_fsr(
        pairs, np.random.default_rng(5), alpha=ALPHA / 4, energy_min_gev=least, photons_max=2
    )
    one = (events.momenta[:, 2, 0] > 0) & (events.momenta[:, 3, 0] == 0)
    mine = events.momenta[one, :3]
    sampler = prepare_mumu_gamma_sampler(photon_energy_min_gev=least, radiation="final")
    exact = generate_mumu_gamma(len(mine), np.random.default_rng(6), sampler=sampler).momenta
    for variable in (
        lambda p: p[:, 2, 0],
        lambda p: p[:, 0, 0],
        lambda p: invariant_mass(p[:, 1] + p[:, 2]),
        lambda p: np.log(np.sum(p[:, 0, 1:] * p[:, 2, 1:], axis=1) / p[:, 0, 0] / p[:, 2, 0] + 2),
    ):
        assert ks_2samp(variable(mine), variable(exact)).pvalue > 1e-3


def test_soft_photons_of_four_muons_follow_the_eikonal_factor():
    rng = np.random.default_rng(7)
    directions = np.array([[0.9, 0.1, 0.2], [-0.5, 0.6, 0.1], [0.3, -0.8, 0.5], [-0.2, 0.3, -0.9]])
    space = directions * np.array([1.5, 1.0, 0.8, 1.2])[:, None]
    muons = energy_momentum(space, MUON_MASS_GEV)
    # -J^2 over the sphere, J = sum of Q p / (p k)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    phi = np.linspace(-np.pi, np.pi, 800, endpoint=False)
    sine = np.sqrt(1 - nodes**2)
    unit = np.stack(
        [
            np.ones((400, 800)),
            sine[:, None] * np.cos(phi),
            sine[:, None] * np.sin(phi),
            nodes[:, None] * np.ones(800),
        ],
        axis=-1,
    )
    metric = np.array([1.0, -1.0, -1.0, -1.0])
    J = sum(
        charge * p / (unit @ (metric * p))[..., None]
        for charge, p in zip((1, -1, 1, -1), muons, strict=True)
    )
    square = -(J**2 @ metric)
    per_log = ALPHA / (4 * np.pi**2) * np.sum(weights[:, None] * square) * 2 * np.pi / 800
    n = 1_000_000
    events = PartonEvents(
        momenta=np.tile(muons, (n, 1, 1)),
        pdg=np.array([-13, 13, -13, 13]),
        photons=np.zeros((n, 2, 4)),
        weight=np.ones(n),
        x_mass_gev=np.full(n, np.nan),
        sqrt_s_gev=SQRT_S,
        process="fixed",
    )
    out = radiate_fsr(events, rng, alpha=FEW, energy_min_gev=1e-4, photons_max=1)
    photon = out.momenta[:, 4]
    soft = photon[(photon[:, 0] > 0) & (photon[:, 0] < 1e-3)]
    expected = n * FEW / ALPHA * per_log * np.log(10)
    # hard photons of the same event hide 1 % of the soft ones
    assert abs(len(soft) - expected) < 3.5 * np.sqrt(expected) + 0.01 * expected
    # and their directions: mean of a function of them, against the same integral
    cosine = soft[:, 3] / soft[:, 0]
    mean = np.sum(weights[:, None] * square * nodes[:, None]) / np.sum(weights[:, None] * square)
    assert abs(cosine.mean() - mean) < 4 * cosine.std() / np.sqrt(len(cosine))


def test_momentum_is_conserved_and_muons_keep_their_mass(four_muons):
    for events in (four_muons, without_x(four_muons)):
        out = radiate_fsr(events, np.random.default_rng(8), photons_max=12)
        assert np.array_equal(out.pdg, [*events.pdg] + [22] * 12)
        np.testing.assert_allclose(out.momenta.sum(axis=1), events.momenta.sum(axis=1), atol=1e-11)
        np.testing.assert_allclose(invariant_mass(out.momenta[:, :4]), MUON_MASS_GEV, atol=1e-7)
        photons = out.momenta[:, 4:]
        assert np.all(invariant_mass(photons) < 1e-6)
        assert np.all(np.diff(photons[:, :, 0], axis=1) <= 0)
        assert photons[photons[:, :, 0] > 0][:, 0].min() >= 1e-3


def test_a_narrow_resonance_and_its_photons_keep_their_mass(four_muons):
    out = radiate_fsr(four_muons, np.random.default_rng(9), photons_max=2)
    one = (out.momenta[:, 4, 0] > 0) & (out.momenta[:, 5, 0] == 0)
    before, after = four_muons.momenta[one], out.momenta[one]
    change = [
        np.abs(after[:, 2 * i : 2 * i + 2].sum(axis=1) - before[:, 2 * i : 2 * i + 2].sum(axis=1))
        for i in range(2)
    ]
    moved = np.stack([x.max(axis=1) for x in change], axis=1) > 1e-9
    assert np.all(moved.sum(axis=1) == 1)
    own = after[:, 2:4].sum(axis=1) + after[:, 4]
    np.testing.assert_allclose(invariant_mass(own[moved[:, 1]]), 3.0, atol=1e-9)


def test_absent_muons_do_not_radiate(four_muons):
    events = without_x(four_muons[:2000])
    events.momenta[:, 2:] = 0.0
    out = radiate_fsr(events, np.random.default_rng(10))
    assert np.all(out.momenta[:, 2:4] == 0)
    assert np.any(out.momenta[:, 4:] > 0)


def test_equal_seeds_give_equal_events(four_muons):
    a, b = (radiate_fsr(four_muons[:500], np.random.default_rng(11)) for _ in range(2))
    assert np.array_equal(a.momenta, b.momenta)


def test_without_coupling_nothing_is_radiated(pairs):
    out = radiate_fsr(pairs[:100], np.random.default_rng(12), alpha=0.0)
    assert np.array_equal(out.momenta[:, :2], pairs.momenta[:100])
    assert np.all(out.momenta[:, 2:] == 0)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"energy_min_gev": 0.0}, "energy_min_gev"),
        ({"energy_min_gev": 11.0}, "energy_min_gev"),
        ({"photons_max": 0}, "photons_max"),
        ({"alpha": 0.5}, "alpha"),
    ],
)
def test_numbers_out_of_range_are_refused(pairs, arguments, key):
    with pytest.raises(DomainError) as caught:
        radiate_fsr(pairs[:10], np.random.default_rng(1), **arguments)
    assert caught.value.key == key


def test_unequal_charges_are_refused(pairs):
    wrong = pairs[:10]
    object.__setattr__(wrong, "pdg", np.array([13, 13]))
    with pytest.raises(DomainError, match="as many"):
        radiate_fsr(wrong, np.random.default_rng(1))
