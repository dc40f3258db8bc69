"""Resonances in the place of muon pairs: numbers, masses, and what stays as it was."""

import numpy as np
import pytest

from fourmu.errors import DomainError
from fourmu.generator import (
    PartonEvents,
    TrackAcceptance,
    generate_four_lepton,
    generate_four_muon,
    prepare_four_lepton_sampler,
    prepare_four_muon_sampler,
    resonant_events,
)
from fourmu.generator.resonant import line_shape, luminosities_needed, strip_half_width_gev
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import boost, invariant_mass
from fourmu.physics.resonances import RESONANCES

PION = 0.13957039


@pytest.fixture(scope="module")
def four_muons():
    sampler = prepare_four_muon_sampler(isr=True, photons="angular")
    return generate_four_muon(60_000, np.random.default_rng(1), sampler=sampler)


@pytest.fixture(scope="module")
def electrons_muons():
    acceptance = TrackAcceptance(
        min_tracks=4, theta_min_rad=0.35, theta_max_rad=2.8, momentum_min_gev=0.1
    )
    sampler = prepare_four_lepton_sampler("eemumu", acceptance=acceptance, rounds=4)
    return generate_four_lepton(20_000, np.random.default_rng(2), sampler=sampler)


def pair_masses(events, pairs=((0, 1), (0, 3), (2, 1), (2, 3))):
    return np.concatenate(
        [invariant_mass(events.momenta[:, i] + events.momenta[:, j]) for i, j in pairs]
    )


def put_in(name, continuum, seed=3, luminosities=1.0, area_gev=None):
    resonance = RESONANCES[name]
    return resonant_events(
        resonance,
        continuum,
        np.random.default_rng(seed),
        area_gev=resonance.area_gev if area_gev is None else area_gev,
        continuum_luminosities=luminosities,
    )


@pytest.mark.parametrize(("name", "half"), [("jpsi", 0.15), ("rho", 0.06)])
def test_number_is_the_area_times_the_continuum(four_muons, name, half):
    mass = RESONANCES[name].mass_gev
    pairs = pair_masses(four_muons)
    inside = np.count_nonzero(np.abs(pairs - mass) < half)
    expected = RESONANCES[name].area_gev * inside / (2 * half) / 12.0
    found = len(put_in(name, four_muons, luminosities=12.0))
    strip = np.count_nonzero(np.abs(pairs - mass) < strip_half_width_gev(RESONANCES[name]))
    # Poisson, and the count of the two strips; the spectrum bends by 2 % in the wider one
    relative = np.sqrt(1 / expected + 1 / inside + 1 / strip)
    assert abs(found / expected - 1) < 4 * relative + 0.02


def test_no_pair_of_the_continuum_is_used_twice(four_muons):
    """Copies of an event would leave recoil pairs of equal mass: a false peak."""
    needed = luminosities_needed(RESONANCES["rho"], RESONANCES["rho"].area_gev)
    events = put_in("rho", four_muons, luminosities=needed)
    recoil = np.round(invariant_mass(events.momenta[:, :2].sum(axis=1)), 9)
    assert len(np.unique(recoil)) == len(events) > 500
    with pytest.raises(DomainError, match="too few pairs"):
        put_in("rho", four_muons, luminosities=0.5 * needed)


def test_masses_and_total_momentum(four_muons):
    events = put_in("jpsi", four_muons, area_gev=0.1)
    jpsi = RESONANCES["jpsi"]
    mass = invariant_mass(events.momenta[:, 2:].sum(axis=1))
    np.testing.assert_allclose(mass, events.x_mass_gev, atol=1e-9)
    assert np.all(np.abs(mass - jpsi.mass_gev) < 7 * jpsi.width_gev)
    np.testing.assert_allclose(invariant_mass(events.momenta), MUON_MASS_GEV, atol=1e-7)
    # the total is that of an event of the continuum, photons and all
    total = events.momenta.sum(axis=1) + events.photons.sum(axis=1)
    np.testing.assert_allclose(total[:, 0], 10.58, atol=1e-9)
    np.testing.assert_allclose(total[:, 1:], 0.0, atol=1e-9)
    assert np.array_equal(events.pdg, [-13, 13, -13, 13])
    assert events.process.endswith("jpsi")


def test_what_stays_as_it_was():
    """An event whose pair has the mass of the resonance already is only put in order."""
    jpsi = RESONANCES["jpsi"]
    sampler = prepare_four_muon_sampler()
    events = generate_four_muon(200_000, np.random.default_rng(4), sampler=sampler)
    mass = invariant_mass(events.momenta[:, 0] + events.momenta[:, 3])
    near = events[np.abs(mass - jpsi.mass_gev) < 5e-3]
    found = put_in("jpsi", near, area_gev=1.6 * strip_half_width_gev(jpsi))
    assert len(found) > 100
    # that pair last, the two other muons first: the nearest event of the continuum
    ordered = near.momenta[:, [2, 1, 0, 3]]
    distance = np.abs(found.momenta[:, None] - ordered[None]).max(axis=(2, 3)).min(axis=1)
    # the resonance lies up to 5 MeV from the pair; now and then another pair is in the strip
    assert np.mean(distance < 0.05) > 0.9


def test_recoil_keeps_its_mass_and_angles(electrons_muons):
    events = put_in("jpsi", electrons_muons, area_gev=0.1)
    assert np.array_equal(events.pdg, [-11, 11, -13, 13])
    np.testing.assert_allclose(invariant_mass(events.momenta[:, :2]), ELECTRON_MASS_GEV, atol=1e-6)
    original = electrons_muons.momenta
    recoil = invariant_mass(original[:, :2].sum(axis=1))
    mine = invariant_mass(events.momenta[:, :2].sum(axis=1))
    place = np.abs(recoil[None] - mine[:, None]).argmin(axis=1)
    np.testing.assert_allclose(recoil[place], mine, atol=1e-9)

    def inside(p, frame):
        p = boost(p, -frame[:, 1:] / frame[:, :1])[:, 1:]
        return p / np.linalg.norm(p, axis=1, keepdims=True)

    for leg, pair in ((0, slice(0, 2)), (2, slice(2, 4))):
        was = inside(original[place, leg], original[place, pair].sum(axis=1))
        now = inside(events.momenta[:, leg], events.momenta[:, pair].sum(axis=1))
        np.testing.assert_allclose(now, was, atol=1e-8)


def test_the_rho_decays_to_pions(four_muons):
    events = put_in("rho", four_muons, luminosities=10.0)
    assert np.array_equal(events.pdg, [-13, 13, 211, -211])
    np.testing.assert_allclose(invariant_mass(events.momenta[:, 2:]), PION, atol=1e-7)
    assert events.x_mass_gev.min() > 2 * PION


def test_line_shape_of_the_rho():
    rho = RESONANCES["rho"]
    mass = line_shape(rho, 400_000, np.random.default_rng(5))
    counts, edges = np.histogram(mass, np.linspace(0.4, 1.2, 161))
    peak = edges[np.argmax(counts)]
    # phase space and 1/M^4 pull the maximum a little below the mass
    assert 0.74 < peak < 0.78
    above = np.flatnonzero(counts > counts.max() / 2)
    width = edges[above[-1] + 1] - edges[above[0]]
    assert width == pytest.approx(rho.width_gev, rel=0.1)


def test_narrow_resonances_keep_to_their_width():
    upsilon = RESONANCES["upsilon1s"]
    mass = line_shape(upsilon, 100_000, np.random.default_rng(6))
    inner = np.mean(np.abs(mass - upsilon.mass_gev) < upsilon.width_gev / 2)
    # half of a Breit-Wigner lies within half a width; the tails end at six widths
    whole = 2 * np.arctan(12) / np.pi
    assert inner == pytest.approx(0.5 / whole, abs=0.01)


def test_refusals(four_muons):
    pair = PartonEvents(
        momenta=four_muons.momenta[:5, :2],
        pdg=four_muons.pdg[:2],
        photons=four_muons.photons[:5],
        weight=np.ones(5),
        x_mass_gev=np.full(5, np.nan),
        sqrt_s_gev=10.58,
        process="pair",
    )
    with pytest.raises(DomainError, match="four leptons"):
        put_in("jpsi", pair)
    with pytest.raises(DomainError, match="positive"):
        put_in("jpsi", four_muons, area_gev=0.0)
    with pytest.raises(DomainError, match="positive"):
        put_in("jpsi", four_muons, luminosities=np.nan)
    with pytest.raises(DomainError, match="no pairs"):
        put_in("upsilon1s", four_muons[:1])
