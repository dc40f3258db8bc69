"""Kinematics of X and the densities that reweight a model, on hand-made events."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.archive import KinematicDensity, fill_density, x_kinematics
from fourmu.archive.kinematics import largest_energy_gev
from fourmu.errors import DomainError, InputError
from fourmu.physics.constants import MUON_MASS_GEV, SQRT_S_GEV
from fourmu.physics.kinematics import boost, energy_momentum, momentum_two_body, reduced_mass

ROUNDING = 1e-12
"""Of shares and cosines: four-vectors of 10 GeV lose 1e-15, small masses and momenta of 0.1 GeV
are differences that lose two or three digits more."""
EDGES = (np.array([0.0, 0.3, 0.8, 1.0]), np.linspace(-1.0, 1.0, 5), np.array([-1.0, 0.2, 1.0]))


def event(mass, x_momentum, decay_axis, frame=None):
    """Four muons: X of a momentum decays along an axis of its rest frame; two more balance it.

    The mu- goes along the axis. ``frame`` rotates all of it.
    """
    x = energy_momentum(np.array(x_momentum, dtype=float), mass)
    axis = np.array(decay_axis, dtype=float)
    p = momentum_two_body(mass, MUON_MASS_GEV, MUON_MASS_GEV) * axis / np.linalg.norm(axis)
    beta = x[1:] / x[0]
    minus = boost(energy_momentum(p, MUON_MASS_GEV), beta)
    plus = boost(energy_momentum(-p, MUON_MASS_GEV), beta)
    rest = np.array([SQRT_S_GEV, 0.0, 0.0, 0.0]) - x
    muons = np.array([0.5 * rest, 0.5 * rest, plus, minus])
    if frame is not None:
        muons[:, 1:] = muons[:, 1:] @ np.asarray(frame).T
    return muons


def kinematics(*arguments, **options):
    return x_kinematics(event(*arguments, **options)[None], SQRT_S_GEV)[0]


def random_events(rng, n, mass=3.0):
    """X of any momentum up to its largest and any direction, decaying isotropically."""
    top = largest_energy_gev(mass, SQRT_S_GEV)
    momenta = rng.normal(size=(n, 3))
    momenta /= np.linalg.norm(momenta, axis=1)[:, None]
    momenta *= rng.uniform(0.01, np.sqrt(top**2 - mass**2), n)[:, None]
    return np.array([event(mass, p, rng.normal(size=3)) for p in momenta])


def random_density(rng, *, empty=False, weighted=True):
    shape = tuple(len(axis) - 1 for axis in EDGES)
    kind = (lambda values: values) if weighted else np.rint
    generated = kind(rng.uniform(10.0, 100.0, shape))
    if empty:
        generated[rng.random(shape) < 0.4] = 0.0
        generated[0, 0, 0] = 50.0
    passing = kind(generated[..., None] * rng.dirichlet(np.ones(7), shape)[..., :6])
    passing[rng.random(passing.shape) < 0.3] = 0.0
    return KinematicDensity(
        mass_gev=3.0,
        sigma_gev=0.005,
        factor=0.972,
        edges=EDGES,
        reduced_mass_edges_gev=np.linspace(2.9, 3.1, 7),
        generated=generated,
        passing=passing,
    )


def test_the_largest_energy_is_that_beside_two_muons_at_rest_to_each_other():
    """E_X of a two-body decay of sqrt(s) to X and a pair of mass 2 m_mu."""
    mass = np.array([0.212, 1.0, 3.0, 9.0])
    momentum = momentum_two_body(SQRT_S_GEV, mass, 2.0 * MUON_MASS_GEV)
    found = [largest_energy_gev(m, SQRT_S_GEV) for m in mass]
    np.testing.assert_allclose(found, np.hypot(momentum, mass), rtol=1e-13)


@pytest.mark.parametrize("mass", [0.3, 3.0, 9.0])
def test_the_energy_share_runs_from_rest_to_the_largest_energy(mass):
    top = largest_energy_gev(mass, SQRT_S_GEV)
    for share in (0.0, 0.25, 1.0):
        momentum = np.sqrt((mass + share * (top - mass)) ** 2 - mass**2)
        found = kinematics(mass, [0.0, 0.0, momentum], [0.3, 0.1, 0.9])
        assert found[0] == pytest.approx(share, abs=ROUNDING)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("decay", [1.0, 0.5, 0.0, -1.0])
def test_angles_of_x_along_the_beam(sign, decay):
    """The electron beam is +z; the decay angle is to the flight of X, whichever way it goes."""
    across = np.sqrt(1.0 - decay**2)
    found = kinematics(2.0, [0.0, 0.0, sign * 3.0], [across, 0.0, sign * decay])
    assert found[1] == pytest.approx(sign, abs=ROUNDING)
    assert found[2] == pytest.approx(decay, abs=ROUNDING)


def test_angles_of_x_across_the_beam():
    found = kinematics(2.0, [0.0, 4.0, 0.0], [1.0, 1.0, 1.0])
    np.testing.assert_allclose(found[1:], [0.0, 1.0 / np.sqrt(3.0)], rtol=0.0, atol=ROUNDING)


def test_the_muons_of_the_decay_have_their_places():
    """Exchanged they give the other sign; the first two particles do not matter."""
    muons = event(2.0, [1.0, 2.0, 3.0], [0.2, -0.5, 0.7])
    one = x_kinematics(muons[None], SQRT_S_GEV)[0]
    other = x_kinematics(muons[[1, 0, 3, 2]][None], SQRT_S_GEV)[0]
    np.testing.assert_allclose(other, one * [1.0, 1.0, -1.0], rtol=0.0, atol=ROUNDING)
    with_photon = np.concatenate([muons, np.ones((1, 4))])
    np.testing.assert_array_equal(x_kinematics(with_photon[None], SQRT_S_GEV)[0], one)


def test_x_at_rest_has_numbers_inside_the_bins():
    found = kinematics(3.0, [0.0, 0.0, 0.0], [0.0, 0.6, 0.8])
    assert found[0] == 0.0
    assert np.all(np.abs(found[1:]) <= 1.0)


@settings(max_examples=50, deadline=None)
@given(
    st.floats(0.25, 9.0),
    st.floats(0.05, 0.95),
    st.floats(0.05, 0.95),
    st.floats(-1.0, 1.0),
    st.floats(0.0, 6.2),
)
def test_the_decay_angle_does_not_depend_on_the_boost_of_x(mass, low, high, decay, phi):
    top = largest_energy_gev(mass, SQRT_S_GEV)
    across = np.sqrt(1.0 - decay**2)
    axis = [across * np.cos(phi), across * np.sin(phi), decay]
    for share in (low, high):
        momentum = np.sqrt((mass + share * (top - mass)) ** 2 - mass**2)
        found = kinematics(mass, [0.0, 0.0, momentum], axis)
        # back in the frame of X a muon of 1e-2 GeV was one of 5: gamma^2 = 500 on 1e-15, and
        # momentum of the decay over its error
        assert found[2] == pytest.approx(decay, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 6.2))
def test_a_rotation_about_the_beam_changes_nothing(seed, phi):
    rng = np.random.default_rng(seed)
    momentum, axis = rng.normal(size=3), rng.normal(size=3)
    turn = [[np.cos(phi), -np.sin(phi), 0.0], [np.sin(phi), np.cos(phi), 0.0], [0.0, 0.0, 1.0]]
    # 1e-16 of 10 GeV over the momentum of X, which may be small
    atol = 1e-14 / np.linalg.norm(momentum) + ROUNDING
    np.testing.assert_allclose(
        kinematics(1.5, momentum, axis, frame=turn),
        kinematics(1.5, momentum, axis),
        rtol=0.0,
        atol=atol,
    )


def test_every_event_is_in_a_bin():
    rng = np.random.default_rng(1)
    n = 300
    momenta, weight = random_events(rng, n), rng.uniform(0.5, 2.0, n)
    rows = np.sort(rng.choice(n, 80, replace=False))
    sigma, edges = 0.01, np.array([-10.0, -1.0, 0.0, 1.0, 10.0])
    centre = float(reduced_mass(3.0))
    reduced = centre + sigma * rng.uniform(-12.0, 12.0, rows.size)
    density = fill_density(
        momenta,
        weight,
        rows,
        reduced,
        mass_gev=3.0,
        sigma_gev=sigma,
        factor=0.5,
        sqrt_s_gev=SQRT_S_GEV,
        edges=EDGES,
        reduced_mass_edges_sigma=edges,
    )
    np.testing.assert_allclose(density.reduced_mass_edges_gev, centre + sigma * edges, rtol=1e-15)
    # sums of n numbers lose at most n x 1.1e-16
    assert density.generated.sum() == pytest.approx(weight.sum(), rel=n * 1.1e-16)
    inside = np.abs(reduced - centre) <= 10.0 * sigma
    assert 0 < inside.sum() < rows.size
    assert density.passing.sum() == pytest.approx(weight[rows][inside].sum(), rel=n * 1.1e-16)
    # what passes was generated in the same cell
    assert np.all(density.passing.sum(axis=-1) <= density.generated * (1.0 + n * 1.1e-16))
    by_mass, _ = np.histogram(reduced, bins=density.reduced_mass_edges_gev, weights=weight[rows])
    np.testing.assert_allclose(density.passing.sum(axis=(0, 1, 2)), by_mass, rtol=n * 1.1e-16)


def test_one_event_fills_its_cell():
    muons = event(3.0, [0.0, 0.0, 0.9 * 3.0], [0.0, 0.0, 1.0])
    share = x_kinematics(muons[None], SQRT_S_GEV)[0, 0]
    density = fill_density(
        muons[None],
        np.array([2.5]),
        np.array([0]),
        np.array([float(reduced_mass(3.0)) + 0.5 * 0.01]),
        mass_gev=3.0,
        sigma_gev=0.01,
        factor=1.0,
        sqrt_s_gev=SQRT_S_GEV,
        edges=EDGES,
        reduced_mass_edges_sigma=np.array([-1.0, 0.0, 1.0]),
    )
    place = int(np.searchsorted(EDGES[0], share) - 1)
    assert np.argwhere(density.generated).tolist() == [[place, 3, 1]]
    assert np.argwhere(density.passing).tolist() == [[place, 3, 1, 1]]
    assert density.generated.sum() == density.passing.sum() == 2.5


def test_bins_end_at_threshold():
    density = fill_density(
        random_events(np.random.default_rng(2), 5, mass=0.22),
        np.ones(5),
        np.array([1, 3]),
        np.array([0.0, 0.1]),
        mass_gev=0.22,
        sigma_gev=0.02,
        factor=1.0,
        sqrt_s_gev=SQRT_S_GEV,
        edges=EDGES,
        reduced_mass_edges_sigma=np.array([-30.0, -10.0, -1.0, 0.0, 1.0, 10.0]),
    )
    centre = float(reduced_mass(0.22))
    edges = density.reduced_mass_edges_gev
    assert edges[0] == 0.0
    np.testing.assert_allclose(edges[1:], centre + 0.02 * np.array([-1.0, 0.0, 1.0, 10.0]))
    assert density.passing.shape[-1] == 4
    assert density.passing.sum() == 2.0


def test_energy_edges_run_from_rest_to_the_largest_energy():
    density = random_density(np.random.default_rng(3))
    edges = density.energy_edges_gev(SQRT_S_GEV)
    assert edges[0] == density.mass_gev
    assert edges[-1] == pytest.approx(largest_energy_gev(3.0, SQRT_S_GEV), rel=1e-15)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("empty", [True, False])
def test_a_density_comes_back_through_json(weighted, empty):
    density = random_density(np.random.default_rng(4), empty=empty, weighted=weighted)
    text = json.dumps(density.to_dict(), allow_nan=False)
    found = KinematicDensity.from_dict(json.loads(text))
    for field in dataclasses.fields(density):
        one, other = getattr(density, field.name), getattr(found, field.name)
        if field.name == "edges":
            assert [axis.tolist() for axis in one] == [axis.tolist() for axis in other]
        else:
            assert np.array_equal(one, other)
    # counts take no decimal point, which halves the file
    assert (".0," in json.dumps(density.to_dict()["passing"])) is False


@pytest.mark.parametrize(
    "change",
    [
        {"generated": [1.0, 2.0]},
        {"passing_cells": [10**9]},
        {"passing_cells": "x"},
        {"passing": [1.0]},
        {"passing_cells": [-1], "passing": [1.0]},
        {"energy_edges": None},
        {"mass_gev": "x"},
        {"factor": 10**400},
        {"sigma_gev": []},
    ],
    ids=lambda change: next(iter(change)),
)
def test_something_else_is_no_density(change):
    content = random_density(np.random.default_rng(5)).to_dict() | change
    with pytest.raises(InputError, match="not a kinematic density"):
        KinematicDensity.from_dict(content)
    del content[next(iter(change))]
    with pytest.raises(InputError, match="not a kinematic density"):
        KinematicDensity.from_dict(content)


@pytest.mark.parametrize("empty", [True, False])
def test_its_own_shares_give_back_its_own_efficiency(empty):
    density = random_density(np.random.default_rng(6), empty=empty)
    own = density.reweighted(density.generated)
    expected = density.factor * density.passing.sum(axis=(0, 1, 2)) / density.generated.sum()
    # sums of 24 cells, a division and two products each
    np.testing.assert_allclose(own, expected, rtol=40 * 1.1e-16)
    cells = np.nansum(density.efficiency * density.generated) / density.generated.sum()
    assert own.sum() == pytest.approx(cells, rel=200 * 1.1e-16)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_reweighting_is_linear_in_the_shares(seed, part):
    rng = np.random.default_rng(seed)
    density = random_density(rng, empty=True)
    one, other = (rng.dirichlet(np.ones(24)).reshape(3, 4, 2) for _ in range(2))
    mixed = density.reweighted(part * one + (1.0 - part) * other)
    expected = part * density.reweighted(one) + (1.0 - part) * density.reweighted(other)
    np.testing.assert_allclose(mixed, expected, rtol=1e-13, atol=1e-16)


def test_shares_need_no_norm():
    density = random_density(np.random.default_rng(7))
    share = np.random.default_rng(8).uniform(size=density.generated.shape)
    np.testing.assert_allclose(
        density.reweighted(1e6 * share), density.reweighted(share), rtol=1e-14
    )


def test_a_model_in_one_cell_has_the_efficiency_of_that_cell():
    density = random_density(np.random.default_rng(9), empty=True)
    for cell in np.ndindex(*density.generated.shape):
        share = np.zeros(density.generated.shape)
        share[cell] = 3.0
        found = density.reweighted(share)
        if density.generated[cell] == 0.0:  # left out: nothing is known of it
            assert not found.any()
            assert np.isnan(density.efficiency[cell])
        else:
            expected = density.factor * density.passing[cell] / density.generated[cell]
            np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize(
    "share",
    [
        np.ones((3, 4)),
        np.ones((3, 4, 2, 1)),
        np.zeros((3, 4, 2)),
        np.full((3, 4, 2), -1.0),
        np.full((3, 4, 2), np.nan),
        np.full((3, 4, 2), np.inf),
    ],
    ids=["too few axes", "too many axes", "all zero", "negative", "nan", "infinite"],
)
def test_shares_that_are_none_are_refused(share):
    with pytest.raises(DomainError, match="shares"):
        random_density(np.random.default_rng(10)).reweighted(share)
