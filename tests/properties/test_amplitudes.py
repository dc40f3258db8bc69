"""|M|^2 is invariant under Lorentz transformations and the discrete symmetries of QED."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.generator import decay_isotropic
from fourmu.generator.amplitudes import (
    me2_electrons_muons,
    me2_four_muon,
    me2_mumu_gamma,
    me2_x,
    me2_x_decayed,
)
from fourmu.physics.constants import ELECTRON_MASS_GEV
from fourmu.physics.kinematics import boost, momentum_two_body
from fourmu.physics.models import Couplings

MASS = 2.0
SEEDS = st.integers(0, 2**32 - 1)
# cancellations between diagrams lose digits near peaks; isotropic points stay far from them
ROUNDING = 1e-9


def six_legs(seed, n=4):
    rng = np.random.default_rng(seed)
    sqrt_s = 10.58
    first = 0.3 + (sqrt_s - MASS - 0.4) * rng.random(n)
    p = momentum_two_body(sqrt_s, first, MASS)
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    pair = np.column_stack([np.sqrt(p**2 + first**2), p[:, None] * direction])
    other = np.column_stack([np.sqrt(p**2 + MASS**2), -p[:, None] * direction])
    beams = np.zeros((n, 2, 4))
    beams[:, :, 0] = sqrt_s / 2
    beams[:, :, 3] = np.sqrt(sqrt_s**2 / 4 - ELECTRON_MASS_GEV**2) * np.array([-1.0, 1.0])
    return np.concatenate([beams, decay_isotropic(pair, rng), decay_isotropic(other, rng)], axis=1)


def undecayed(momenta):
    return np.concatenate([momenta[:, :4], momenta[:, 4:].sum(axis=1, keepdims=True)], axis=1)


AMPLITUDES = {
    "4mu": me2_four_muon,
    "4mu conversion": lambda p: me2_four_muon(p, part="conversion"),
    "vector": lambda p: me2_x(undecayed(p), Couplings(vector=1.0), MASS),
    "vector and axial": lambda p: me2_x(undecayed(p), Couplings(vector=0.6, axial=0.3), MASS),
    "scalar and pseudoscalar": lambda p: me2_x(
        undecayed(p), Couplings(scalar=0.6, pseudoscalar=0.3), MASS
    ),
    "decayed": lambda p: me2_x_decayed(p, Couplings(vector=0.6, axial=0.3), MASS, 0.01),
}


def rotation(rng):
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


@pytest.mark.parametrize("name", AMPLITUDES)
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, speed=st.floats(0.0, 0.9))
def test_lorentz_invariance(name, seed, speed):
    rng = np.random.default_rng(seed)
    momenta = six_legs(seed)
    direction = rng.normal(size=3)
    moved = boost(momenta, speed * direction / np.linalg.norm(direction))
    moved[..., 1:] = moved[..., 1:] @ rotation(rng).T
    np.testing.assert_allclose(AMPLITUDES[name](moved), AMPLITUDES[name](momenta), rtol=1e-7)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, part=st.sampled_from(["all", "conversion", "annihilation"]))
def test_equal_muons_can_be_exchanged(seed, part):
    momenta = six_legs(seed)
    value = me2_four_muon(momenta, part=part)
    for order in ([0, 1, 4, 3, 2, 5], [0, 1, 2, 5, 4, 3], [0, 1, 4, 5, 2, 3]):
        exchanged = me2_four_muon(momenta[:, order], part=part)
        np.testing.assert_allclose(exchanged, value, rtol=ROUNDING)


@pytest.mark.parametrize("name", ["4mu", "vector", "scalar and pseudoscalar"])
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_parity(name, seed):
    """Spin sums of tree amplitudes have no parity-odd part unless V and A mix."""
    momenta = six_legs(seed)
    mirrored = momenta * np.array([1.0, -1.0, -1.0, -1.0])
    np.testing.assert_allclose(AMPLITUDES[name](mirrored), AMPLITUDES[name](momenta), rtol=ROUNDING)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_charge_conjugation(seed):
    momenta = six_legs(seed)
    conjugated = momenta[:, [1, 0, 3, 2, 5, 4]]
    np.testing.assert_allclose(me2_four_muon(conjugated), me2_four_muon(momenta), rtol=ROUNDING)
    for name in ("vector", "scalar and pseudoscalar"):
        plain = AMPLITUDES[name](momenta)
        np.testing.assert_allclose(AMPLITUDES[name](conjugated), plain, rtol=ROUNDING)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_interference_of_the_classes_is_odd_under_exchange_of_one_pair(seed):
    """Without identical particles: compare where the exchange diagrams drop out of the sum."""
    momenta = six_legs(seed)

    def interference(p):
        return me2_four_muon(p) - sum(
            me2_four_muon(p, part=part) for part in ("conversion", "annihilation")
        )

    # exchanging all mu+ with all mu- conjugates the final state alone: C of the photon pair
    swapped = momenta[:, [0, 1, 3, 2, 5, 4]]
    np.testing.assert_allclose(interference(swapped), -interference(momenta), rtol=1e-6, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_couplings_enter_squared(seed):
    p = undecayed(six_legs(seed))
    one = me2_x(p, Couplings(vector=1.0), MASS)
    np.testing.assert_allclose(me2_x(p, Couplings(vector=-0.5), MASS), 0.25 * one, rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_charge_conjugation_with_electrons(seed):
    """e+e- -> e+e-mu+mu- is unchanged when every particle becomes its antiparticle."""
    momenta = six_legs(seed)
    # legs 2, 3 as electrons: put them on their mass shell in their own frame
    rng = np.random.default_rng(seed)
    pair = momenta[:, 2] + momenta[:, 3]
    momenta[:, 2:4] = decay_isotropic(pair, rng, ELECTRON_MASS_GEV)
    value = me2_electrons_muons(momenta)
    conjugated = me2_electrons_muons(momenta[:, [1, 0, 3, 2, 5, 4]])
    np.testing.assert_allclose(conjugated, value, rtol=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_soft_photons_factorise(seed):
    """mumugamma at small photon energy is the eikonal factor times mumu."""
    rng = np.random.default_rng(seed)
    omega = 1e-4
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    k = omega * np.concatenate([[1.0], direction])[None]
    beams = six_legs(seed, 1)[:, :2]
    recoil = beams.sum(axis=1) - k
    muons = decay_isotropic(recoil, rng)
    p = np.concatenate([beams, muons, k[:, None]], axis=1)

    def product(a, b):
        return a[0] * b[0] - a[1:] @ b[1:]

    e2 = 4 * np.pi / 137.035999
    charges = [(-1, 0), (1, 1), (1, 2), (-1, 3)]
    eikonal = sum(sign * p[0, leg] / product(p[0, leg], k[0]) for sign, leg in charges)
    s = 10.58**2
    m2, me2 = 0.1056583755**2, ELECTRON_MASS_GEV**2
    t = product(p[0, 0] - p[0, 2], p[0, 0] - p[0, 2])
    u = product(p[0, 0] - p[0, 3], p[0, 0] - p[0, 3])
    born = 2 * e2**2 / s**2 * ((t - m2 - me2) ** 2 + (u - m2 - me2) ** 2 + 2 * s * (m2 + me2))
    expected = -e2 * product(eikonal, eikonal) * born
    # next order in omega / sqrt(s), enhanced by at most the logarithms of collinear photons
    assert me2_mumu_gamma(p)[0] == pytest.approx(expected, rel=5e-3)
