"""Tau decays: fractions, spectra, and four-momentum up to neutrinos."""

import numpy as np
import pytest

from fourmu.errors import DomainError
from fourmu.generator import decay_taus, generate_lepton_pairs
from fourmu.generator.phase_space import decay_many
from fourmu.generator.tau_decays import TAU_BRANCHING_FRACTIONS
from fourmu.physics.constants import MUON_MASS_GEV, TAU_MASS_GEV
from fourmu.physics.kinematics import boost, invariant_mass, momentum_two_body

N = 40_000
PI0 = 0.1349768
PION = 0.13957039


@pytest.fixture(scope="module")
def taus():
    return generate_lepton_pairs("tautau", N, np.random.default_rng(1))


@pytest.fixture(scope="module")
def decayed(taus):
    return decay_taus(taus, np.random.default_rng(2))


def columns(events, tau):
    return events.momenta[:, 10 * tau : 10 * tau + 10]


def modes(events, tau):
    """Numbers of e, mu, charged pions, K, photons of one tau."""
    seen = columns(events, tau)[..., 0] > 0
    return np.stack(
        [
            seen[:, 0],
            seen[:, 1],
            seen[:, 2:5].sum(axis=1),
            seen[:, 5],
            seen[:, 6:].sum(axis=1),
        ],
        axis=1,
    )


SIGNATURES = {
    "e nu nu": (1, 0, 0, 0, 0),
    "mu nu nu": (0, 1, 0, 0, 0),
    "pi nu": (0, 0, 1, 0, 0),
    "K nu": (0, 0, 0, 1, 0),
    "pi pi0 nu": (0, 0, 1, 0, 2),
    "K pi0 nu": (0, 0, 0, 1, 2),
    "pi 2pi0 nu": (0, 0, 1, 0, 4),
    "3pi nu": (0, 0, 3, 0, 0),
    "3pi pi0 nu": (0, 0, 3, 0, 2),
}


def of_mode(events, tau, name):
    return np.all(modes(events, tau) == SIGNATURES[name], axis=1)


def test_branching_fractions_add_up():
    assert sum(TAU_BRANCHING_FRACTIONS.values()) == pytest.approx(1.0, abs=1e-12)
    one = sum(v for k, v in TAU_BRANCHING_FRACTIONS.items() if not k.startswith("3pi"))
    # PDG 2022: (85.24 +- 0.06) %
    assert one == pytest.approx(0.8524, abs=0.0006)


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_mode_has_its_fraction(decayed, name):
    fraction = TAU_BRANCHING_FRACTIONS[name]
    found = sum(np.count_nonzero(of_mode(decayed, tau, name)) for tau in (0, 1))
    assert abs(found - 2 * N * fraction) < 4 * np.sqrt(2 * N * fraction)


def test_columns_carry_the_charge_of_the_tau(decayed):
    charge = {-11: 1, 11: -1, -13: 1, 13: -1, 211: 1, -211: -1, 321: 1, -321: -1, 22: 0}
    of_column = np.array([charge[code] for code in decayed.pdg])
    seen = decayed.momenta[..., 0] > 0
    assert np.all((seen * of_column)[:, :10].sum(axis=1) == 1)
    assert np.all((seen * of_column)[:, 10:].sum(axis=1) == -1)


def test_neutrinos_carry_what_is_missing(taus, decayed):
    for tau in (0, 1):
        missing = taus.momenta[:, tau] - columns(decayed, tau).sum(axis=1)
        square = missing[:, 0] ** 2 - np.sum(missing[:, 1:] ** 2, axis=1)
        leptonic = modes(decayed, tau)[:, :2].any(axis=1)
        # one neutrino without mass; energies of 5 GeV squared in double precision
        assert np.abs(square[~leptonic]).max() < 1e-9
        assert square[leptonic].min() > -1e-9
        assert np.all(missing[:, 0] > 0)


def test_photons_come_from_neutral_pions(decayed):
    for name, pairs in (("pi pi0 nu", 1), ("pi 2pi0 nu", 2), ("3pi pi0 nu", 1)):
        photons = columns(decayed, 0)[of_mode(decayed, 0, name), 6:]
        for number in range(pairs):
            pair = photons[:, 2 * number : 2 * number + 2].sum(axis=1)
            np.testing.assert_allclose(invariant_mass(pair), PI0, atol=1e-7)


def at_rest(taus, decayed, tau, mask):
    frame = taus.momenta[mask, tau]
    return boost(columns(decayed, tau)[mask], (-frame[:, 1:] / frame[:, :1])[:, None, :])


def test_leptons_have_the_michel_spectrum(taus, decayed):
    mask = of_mode(decayed, 0, "mu nu nu")
    x = at_rest(taus, decayed, 0, mask)[:, 1, 0] / (
        (TAU_MASS_GEV**2 + MUON_MASS_GEV**2) / (2 * TAU_MASS_GEV)
    )
    # independently: the width of V - A over phase space, |M|^2 ~ (tau nu_l)(l nu_tau), whose
    # integral over the neutrinos of total q is [q^2 (tau l) + 2 (tau q)(l q)] / 3
    r = MUON_MASS_GEV / TAU_MASS_GEV
    energy = np.linspace(r, 0.5 * (1 + r * r), 20_001)
    q2 = 1 + r * r - 2 * energy
    density = np.sqrt(energy**2 - r * r) * (q2 * energy + 2 * (1 - energy) * (energy - r * r))
    grid = energy / (0.5 * (1 + r * r))
    mean = np.sum(grid * density) / np.sum(density)
    spread = np.sum((grid - mean) ** 2 * density) / np.sum(density)
    assert abs(x.mean() - mean) < 4 * np.sqrt(spread / len(x))
    assert x.var() == pytest.approx(spread, rel=0.06)


def test_one_meson_is_monochromatic(taus, decayed):
    mask = of_mode(decayed, 1, "pi nu")
    pion = at_rest(taus, decayed, 1, mask)[:, 2]
    expected = (TAU_MASS_GEV**2 + PION**2) / (2 * TAU_MASS_GEV)
    np.testing.assert_allclose(pion[:, 0], expected, rtol=1e-9)
    cosine = pion[:, 3] / np.linalg.norm(pion[:, 1:], axis=1)
    assert abs(cosine.mean()) < 4 / np.sqrt(3 * len(cosine))


def test_two_pions_are_a_polarised_rho(taus, decayed):
    mask = of_mode(decayed, 0, "pi pi0 nu")
    found = at_rest(taus, decayed, 0, mask)
    pion, rho = found[:, 2], found[:, 2] + found[:, 6:8].sum(axis=1)
    mass = invariant_mass(rho)
    assert np.median(mass) == pytest.approx(0.775, abs=0.02)
    inside = boost(pion, -rho[:, 1:] / rho[:, :1])[:, 1:]
    cosine = np.sum(inside * rho[:, 1:], axis=1)
    cosine /= np.linalg.norm(inside, axis=1) * np.linalg.norm(rho[:, 1:], axis=1)
    # m^2 c^2 + Q^2 (1 - c^2): <c^2> = (3 m^2 + 2 Q^2) / (5 m^2 + 10 Q^2), averaged over Q
    ratio = (mass / TAU_MASS_GEV) ** 2
    expected = np.mean((3 + 2 * ratio) / (5 + 10 * ratio))
    assert np.mean(cosine**2) == pytest.approx(expected, abs=4 * 0.3 / np.sqrt(len(mass)))


def test_three_pions_go_by_way_of_the_rho(taus, decayed):
    mask = of_mode(decayed, 0, "3pi nu")
    pions = at_rest(taus, decayed, 0, mask)[:, 2:5]
    total = invariant_mass(pions.sum(axis=1))
    assert 1.0 < np.median(total) < 1.3
    unlike = np.concatenate([invariant_mass(pions[:, i] + pions[:, 2]) for i in (0, 1)])
    like = invariant_mass(pions[:, 0] + pions[:, 1])
    near = [np.mean(np.abs(m - 0.775) < 0.075) for m in (unlike, like)]
    assert near[0] > 1.3 * near[1]


def test_absent_taus_stay_absent(taus):
    some = taus[:100]
    some.momenta[:50, 0] = 0.0
    events = decay_taus(some, np.random.default_rng(3))
    assert np.all(events.momenta[:50, :10] == 0)
    assert np.all((events.momenta[50:, :10, 0] > 0).any(axis=1))


def test_equal_seeds_give_equal_decays(taus):
    a, b = (decay_taus(taus[:300], np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(a.momenta, b.momenta)


def test_three_bodies_fill_the_dalitz_plot_evenly():
    n = 60_000
    masses = (0.14, 0.5, 0.3)
    found = decay_many(np.full(n, 1.5), masses, np.random.default_rng(5))
    np.testing.assert_allclose(found.sum(axis=1)[:, 0], 1.5, atol=1e-12)
    np.testing.assert_allclose(invariant_mass(found), np.tile(masses, (n, 1)), atol=1e-7)
    # the density in the mass of two of them is the product of the momenta
    m12 = invariant_mass(found[:, 0] + found[:, 1])
    grid = np.linspace(0.64, 1.2, 4001)
    density = momentum_two_body(grid, *masses[:2]) * momentum_two_body(1.5, grid, masses[2])
    mean = np.sum(grid * density) / np.sum(density)
    assert abs(m12.mean() - mean) < 4 * m12.std() / np.sqrt(n)
    m23 = invariant_mass(found[:, 1] + found[:, 2])
    grid = np.linspace(0.8, 1.36, 4001)
    density = momentum_two_body(grid, *masses[1:]) * momentum_two_body(1.5, grid, masses[0])
    mean = np.sum(grid * density) / np.sum(density)
    assert abs(m23.mean() - mean) < 4 * m23.std() / np.sqrt(n)


def test_a_decay_below_threshold_is_refused():
    with pytest.raises(DomainError, match="more mass"):
        decay_many(np.array([0.3]), (0.14, 0.14, 0.14), np.random.default_rng(1))
