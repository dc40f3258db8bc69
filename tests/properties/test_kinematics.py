"""Four-vectors: boosts, masses, and the reduced mass."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import (
    boost,
    energy_momentum,
    invariant_mass,
    mass_from_reduced,
    momentum,
    momentum_two_body,
    reduced_mass,
)

SEEDS = st.integers(0, 2**32 - 1)
SPEEDS = st.floats(0.0, 0.99)  # gamma up to 7: 49 times the rounding of one product
ROUNDING = 1e-12


def moving(seed, mass, n=8):
    return energy_momentum(np.random.default_rng(seed).normal(0.0, 3.0, (n, 3)), mass)


def velocity(seed, speed):
    direction = np.random.default_rng(seed + 1).normal(size=3)
    return speed * direction / np.linalg.norm(direction)


@settings(max_examples=50)
@given(seed=SEEDS, speed=SPEEDS, mass=st.floats(0.1, 10.0))
def test_a_boost_keeps_products_and_can_be_undone(seed, speed, mass):
    p, q = moving(seed, mass), moving(seed + 7, 1.0)
    beta = velocity(seed, speed)
    a, b = boost(p, beta), boost(q, beta)
    np.testing.assert_allclose(boost(a, -beta), p, rtol=0, atol=ROUNDING * 1e3)

    def product(u, v):
        return u[..., 0] * v[..., 0] - np.sum(u[..., 1:] * v[..., 1:], axis=-1)

    # terms of size E E' cancel down to the product
    size = np.max(a[:, 0] * b[:, 0])
    np.testing.assert_allclose(product(a, b), product(p, q), rtol=0, atol=ROUNDING * size)


@settings(max_examples=50)
@given(seed=SEEDS, speed=SPEEDS, mass=st.floats(0.1, 10.0))
def test_a_particle_at_rest_gets_the_velocity_of_the_boost(seed, speed, mass):
    beta = velocity(seed, speed)
    p = boost(np.array([mass, 0.0, 0.0, 0.0]), beta)
    np.testing.assert_allclose(p[1:] / p[0], beta, atol=ROUNDING)
    np.testing.assert_allclose(invariant_mass(p), mass, rtol=ROUNDING * 49)


@settings(max_examples=50)
@given(total=st.floats(0.5, 11.0), share=st.floats(0.0, 1.0), split=st.floats(0.0, 1.0))
def test_two_bodies_share_the_energy(total, share, split):
    one, two = total * share * split, total * share * (1.0 - split)
    p = momentum_two_body(total, one, two)
    energies = np.sqrt(p**2 + one**2) + np.sqrt(p**2 + two**2)
    # next to threshold the product of differences is below the rounding of squares
    np.testing.assert_allclose(energies, total, rtol=1e-7)
    assert momentum_two_body(total, total * 0.6, total * 0.6) == 0.0


@settings(max_examples=50)
@given(mass=st.floats(2 * MUON_MASS_GEV, 11.0))
def test_the_reduced_mass_is_twice_the_momentum_of_a_muon_in_the_pair(mass):
    """Sec. V: M_R = sqrt(M^2 - 4 m^2) = 2 p*."""
    value = reduced_mass(mass)
    np.testing.assert_allclose(
        value, 2 * momentum_two_body(mass, MUON_MASS_GEV, MUON_MASS_GEV), rtol=1e-7, atol=1e-8
    )
    np.testing.assert_allclose(mass_from_reduced(value), mass, rtol=ROUNDING)
    assert reduced_mass(MUON_MASS_GEV) == 0.0


@settings(max_examples=50)
@given(seed=SEEDS, mass=st.floats(0.1, 10.0))
def test_energy_and_momentum_belong_to_the_mass(seed, mass):
    p = moving(seed, mass)
    np.testing.assert_allclose(p[:, 0] ** 2 - momentum(p) ** 2, mass**2, atol=ROUNDING * 1e3)
