"""e+e- mu+mu- and mu+mu- tau+tau-: totals by independent integrations, and the events."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fourmu.errors import DomainError
from fourmu.generator import (
    FourLeptonSampler,
    PartonEvents,
    TrackAcceptance,
    cross_section,
    generate_four_lepton,
    prepare_four_lepton_sampler,
)
from fourmu.generator.four_lepton_kernels import four_lepton_work, me2_four_lepton_block
from fourmu.generator.four_lepton_sampler import four_lepton_cross_section
from fourmu.generator.spinor_blocks import LANES
from fourmu.physics.constants import (
    CROSS_SECTION_FB_GEV2,
    ELECTRON_MASS_GEV,
    MUON_MASS_GEV,
    TAU_MASS_GEV,
)
from fourmu.physics.kinematics import boost, energy_momentum, invariant_mass

SQRT_S = 10.58


def inside(tracks):
    return TrackAcceptance(
        min_tracks=tracks,
        theta_min_rad=np.radians(18),
        theta_max_rad=np.radians(162),
        momentum_min_gev=0.1,
    )


class Sample(NamedTuple):
    """A sampler, the cross section it finds, and events."""

    sampler: FourLeptonSampler
    total: float
    error: float
    events: PartonEvents

    @property
    def momenta(self):
        return self.events.momenta


def sample(n, process, **arguments):
    sampler = prepare_four_lepton_sampler(process, **arguments)
    total, error = four_lepton_cross_section(sampler, 0.004, np.random.default_rng(1))
    events = generate_four_lepton(n, np.random.default_rng(2), sampler=sampler)
    return Sample(sampler, total, error, events)


@pytest.fixture(scope="module")
def four_tracks():
    return sample(16_000, "eemumu", acceptance=inside(4))


@pytest.fixture(scope="module")
def three_tracks():
    return sample(10_000, "eemumu", acceptance=inside(3))


@pytest.fixture(scope="module")
def taus():
    return sample(30_000, "mumutautau")


def squares(momenta, light, heavy, *, scattering):
    """|M|^2 of (n, 6, 4) points by the block kernel, which is tied to the exact amplitude."""
    found = np.empty(len(momenta))
    work = four_lepton_work()
    value = np.empty(LANES)
    for start in range(0, len(momenta), LANES):
        block = np.resize(momenta[start : start + LANES], (LANES, 6, 4))
        rows = np.ascontiguousarray(block.transpose(1, 2, 0).reshape(6, 4 * LANES))
        me2_four_lepton_block(rows, value, light, heavy, scattering, work)
        found[start : start + LANES] = value[: len(momenta) - start]
    return found


def with_beams(final):
    momentum = math.sqrt((SQRT_S / 2) ** 2 - ELECTRON_MASS_GEV**2)
    beams = np.zeros((len(final), 2, 4))
    beams[:, :, 0] = SQRT_S / 2
    beams[:, 0, 3], beams[:, 1, 3] = -momentum, momentum
    return np.concatenate([beams, final], axis=1)


def isotropic(n, rng):
    cosine, phi = rng.uniform(-1, 1, n), rng.uniform(-np.pi, np.pi, n)
    sine = np.sqrt(1 - cosine**2)
    return np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=-1)


def decayed(pair, mass, lepton_mass, rng):
    p = np.sqrt(mass**2 / 4 - lepton_mass**2)
    axis = p[:, None] * isotropic(len(mass), rng)
    beta = pair[:, 1:] / pair[:, :1]
    return [boost(energy_momentum(sign * axis, lepton_mass), beta) for sign in (1, -1)]


def two_body(total, m1, m2):
    return np.sqrt((total**2 - (m1 + m2) ** 2) * (total**2 - (m1 - m2) ** 2)) / (2 * total)


def plain_pairs(n, rng, masses, ranges):
    """Points and weights (fb per unit |M|^2) with uniform pair masses and isotropic angles."""
    m1, m2 = (rng.uniform(*limits, n) for limits in ranges)
    kept = m1 + m2 < SQRT_S
    m1, m2 = m1[kept], m2[kept]
    p = two_body(SQRT_S, m1, m2)
    axis = p[:, None] * isotropic(len(p), rng)
    pairs = [energy_momentum(sign * axis, mass) for sign, mass in ((1, m1), (-1, m2))]
    legs = [
        leg
        for pair, mass, lepton in zip(pairs, (m1, m2), masses, strict=True)
        for leg in decayed(pair, mass, lepton, rng)
    ]
    volume = math.prod(limits[1] - limits[0] for limits in ranges)
    # dM^2 / 2 pi for both pairs, and three two-body phase spaces 2 p / (8 pi sqrt(s))
    weight = (2 * m1) * (2 * m2) / (2 * np.pi) ** 2 * 2 * p / SQRT_S
    for mass, lepton in ((m1, masses[0]), (m2, masses[1])):
        weight = weight * np.sqrt(1 - 4 * lepton**2 / mass**2)
    weight *= volume * CROSS_SECTION_FB_GEV2 / (2 * SQRT_S**2) / (8 * np.pi) ** 3
    return with_beams(np.stack(legs, axis=1)), weight


def tracks_of(final):
    momentum = np.linalg.norm(final[..., 1:], axis=-1)
    return (np.abs(final[..., 3]) <= np.cos(np.radians(18)) * momentum) & (momentum >= 0.1)


def check_share(sample, chosen, plain, n_plain):
    """Cross section of the events that ``chosen`` picks against plain weights."""
    share = np.mean(chosen(sample.momenta))
    ours = sample.total * share
    error = ours * math.hypot(
        sample.error / sample.total, math.sqrt((1 - share) / (share * len(sample.momenta)))
    )
    value = plain.sum() / n_plain
    plain_error = math.sqrt((plain**2).sum() / n_plain - value**2) / math.sqrt(n_plain)
    assert math.hypot(plain_error / value, error / ours) < 0.04
    # 3 combined standard deviations
    assert abs(ours - value) < 3 * math.hypot(error, plain_error)


def test_heavy_pairs_of_electrons_and_muons_at_wide_angles(four_tracks):
    """Both pairs above 1.5 GeV: plain Monte Carlo without any map of peaks."""
    rng = np.random.default_rng(1)
    n = 250_000

    def chosen(final):
        masses = [invariant_mass(final[:, i] + final[:, i + 1]) for i in (0, 2)]
        return tracks_of(final).all(axis=1) & (masses[0] > 1.5) & (masses[1] > 1.5)

    momenta, weight = plain_pairs(
        n, rng, (ELECTRON_MASS_GEV, MUON_MASS_GEV), ((1.5, SQRT_S - 1.5), (1.5, SQRT_S - 1.5))
    )
    kept = chosen(momenta[:, 2:])
    value = squares(momenta[kept], ELECTRON_MASS_GEV, MUON_MASS_GEV, scattering=True)
    check_share(four_tracks, chosen, value * weight[kept], n)


def test_electrons_lost_along_the_beam(three_tracks):
    """e- below 18 degrees down to the limit of t, by energies and angles of the electrons."""
    rng = np.random.default_rng(2)
    n = 500_000
    m, half = ELECTRON_MASS_GEV, SQRT_S / 2
    cut = 1 - math.cos(math.radians(18))
    least = 1e-13
    # the lost one: log of its 1 - cos above a value far below m_e^2 / E^2; the seen one uniform
    opening = least * (cut / least) ** rng.random(n)
    E1, E2 = rng.uniform(0.5, half, n), rng.uniform(0.5, half, n)
    c2 = rng.uniform(-1 + cut, 1 - cut, n)
    phi1, phi2 = rng.uniform(-np.pi, np.pi, (2, n))
    p1, p2 = np.sqrt(E1**2 - m**2), np.sqrt(E2**2 - m**2)
    s1, s2 = np.sqrt(opening * (2 - opening)), np.sqrt(1 - c2**2)
    lost = np.stack(
        [E1, p1 * s1 * np.cos(phi1), p1 * s1 * np.sin(phi1), p1 * (1 - opening)], axis=-1
    )
    seen = np.stack([E2, p2 * s2 * np.cos(phi2), p2 * s2 * np.sin(phi2), -p2 * c2], axis=-1)
    pair = np.array([SQRT_S, 0, 0, 0]) - lost - seen
    mass2 = pair[:, 0] ** 2 - (pair[:, 1:] ** 2).sum(axis=1)
    fine = (mass2 > 4.0) & (pair[:, 0] > 0)
    lost, seen, pair, mass = lost[fine], seen[fine], pair[fine], np.sqrt(mass2[fine])
    final = np.stack([seen, lost, *decayed(pair, mass, MUON_MASS_GEV, rng)], axis=1)
    # d3p / (2 E (2 pi)^3) of both electrons, and the two-body phase space of the muons
    weight = (p1 * p2)[fine] * opening[fine] * math.log(cut / least) * 2 * (1 - cut)
    weight *= (half - 0.5) ** 2 * (2 * np.pi) ** 2 / (4 * (2 * np.pi) ** 6)
    weight *= np.sqrt(1 - 4 * MUON_MASS_GEV**2 / mass**2) / (8 * np.pi)
    weight *= CROSS_SECTION_FB_GEV2 / (2 * SQRT_S**2)

    def chosen(final):
        track = tracks_of(final)
        energy = final[:, :2, 0].min(axis=1) > 0.5
        wide = track[:, [0, 2, 3]].all(axis=1) & ~track[:, 1] & energy
        mass = invariant_mass(final[:, 2] + final[:, 3])
        return wide & (final[:, 1, 3] > 0) & (mass > 2.0)

    kept = chosen(final)
    value = squares(with_beams(final[kept]), ELECTRON_MASS_GEV, MUON_MASS_GEV, scattering=True)
    check_share(three_tracks, chosen, value * weight[kept], n)


def test_total_of_muons_and_taus(taus):
    """Muon pairs above 1 GeV by plain Monte Carlo."""
    rng = np.random.default_rng(3)
    n = 150_000
    low = 2 * TAU_MASS_GEV
    momenta, weight = plain_pairs(
        n, rng, (MUON_MASS_GEV, TAU_MASS_GEV), ((1.0, SQRT_S - low), (low, SQRT_S - 1.0))
    )
    value = squares(momenta, MUON_MASS_GEV, TAU_MASS_GEV, scattering=False) * weight
    check_share(taus, lambda p: invariant_mass(p[:, 0] + p[:, 1]) > 1.0, value, n)


def test_the_total_of_muons_and_taus_is_a_cross_section(taus):
    row = cross_section("mumutautau", rel_error=0.003)
    assert abs(row.xsec_fb - taus.total) < 3 * math.hypot(row.error_fb, taus.error)


@pytest.mark.parametrize(
    ("name", "arguments"), [("four_tracks", {"acceptance": inside(4)}), ("taus", {})]
)
def test_untrained_and_trained_tables_give_the_same_total(name, arguments, request):
    trained = request.getfixturevalue(name)
    process = trained.events.process
    flat = prepare_four_lepton_sampler(process, rounds=0, overweight=1e-3, **arguments)
    total, error = four_lepton_cross_section(flat, 0.006, np.random.default_rng(5))
    assert abs(total - trained.total) < 3 * math.hypot(error, trained.error)


def test_events_with_three_tracks_hold_those_with_four(three_tracks, four_tracks):
    tracks = tracks_of(three_tracks.momenta)
    assert tracks.sum(axis=1).min() == 3
    share = np.mean(tracks.all(axis=1))
    error = share * math.hypot(0.006, math.sqrt((1 - share) / (share * len(tracks))))
    assert abs(share - four_tracks.total / three_tracks.total) < 3 * error


@pytest.mark.parametrize(
    ("name", "pdg", "masses"),
    [
        ("four_tracks", [-11, 11, -13, 13], (ELECTRON_MASS_GEV, MUON_MASS_GEV)),
        ("three_tracks", [-11, 11, -13, 13], (ELECTRON_MASS_GEV, MUON_MASS_GEV)),
        ("taus", [-13, 13, -15, 15], (MUON_MASS_GEV, TAU_MASS_GEV)),
    ],
)
def test_events_conserve_momentum_and_are_on_shell(name, pdg, masses, request):
    events = request.getfixturevalue(name).events
    n = len(events)
    assert events.pdg.tolist() == pdg
    assert events.overweight_fraction < 1e-3
    np.testing.assert_allclose(
        events.momenta.sum(axis=1), np.tile([SQRT_S, 0, 0, 0], (n, 1)), atol=1e-12
    )
    p = events.momenta
    square = p[..., 0] ** 2 - (p[..., 1:] ** 2).sum(axis=-1)
    # differences of squares of up to 28 GeV^2
    np.testing.assert_allclose(square[:, :2], masses[0] ** 2, atol=1e-12)
    np.testing.assert_allclose(square[:, 2:], masses[1] ** 2, atol=1e-12)


def test_exchange_of_charges_reverses_the_beams(four_tracks):
    momenta = four_tracks.momenta
    half = 8_000
    for a in (0, 2):
        plus, minus = momenta[:half, a], momenta[half:, a + 1]
        assert ks_2samp(plus[:, 0], minus[:, 0]).pvalue > 0.001
        assert ks_2samp(plus[:, 3], -minus[:, 3]).pvalue > 0.001


def test_radiation():
    sampler = prepare_four_lepton_sampler(
        "eemumu",
        acceptance=inside(4),
        isr=True,
        sqrt_s_spread_gev=0.005,
        sqrt_s_prime_min_gev=9.8,
        rounds=2,
        overweight=1e-3,
    )
    n = 3000
    events = generate_four_lepton(n, np.random.default_rng(10), sampler=sampler)
    total = events.momenta.sum(axis=1) + events.photons.sum(axis=1)
    np.testing.assert_allclose(total[:, 1:], 0.0, atol=1e-11)
    assert total[:, 0].std() == pytest.approx(0.005, rel=4 / math.sqrt(2 * n))
    assert invariant_mass(events.momenta.sum(axis=1)).min() > 9.8
    assert tracks_of(events.momenta).all()


def test_equal_seeds_give_equal_events(taus):
    a, b = (
        generate_four_lepton(500, np.random.default_rng(11), sampler=taus.sampler) for _ in range(2)
    )
    np.testing.assert_array_equal(a.momenta, b.momenta)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_few_events(taus, n):
    assert len(generate_four_lepton(n, np.random.default_rng(1), sampler=taus.sampler)) == n


def test_what_cannot_be_made_is_refused():
    with pytest.raises(DomainError, match="three tracks"):
        prepare_four_lepton_sampler("eemumu", acceptance=inside(2))
    beyond = TrackAcceptance(
        min_tracks=4, theta_min_rad=0.0, theta_max_rad=np.pi, momentum_min_gev=3.0
    )
    with pytest.raises(DomainError, match="no event passes"):
        prepare_four_lepton_sampler("mumutautau", acceptance=beyond)
    with pytest.raises(DomainError, match="unknown process"):
        prepare_four_lepton_sampler("eeee", acceptance=inside(4))
    with pytest.raises(DomainError, match="threshold"):
        prepare_four_lepton_sampler("mumutautau", sqrt_s_gev=3.7)
    with pytest.raises(DomainError, match="increase"):
        TrackAcceptance(min_tracks=3, theta_min_rad=2.0, theta_max_rad=1.0, momentum_min_gev=0.1)
