"""Phase-space points for tests of amplitudes."""

import numpy as np
import pytest

from fourmu.generator import decay_isotropic
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import momentum_two_body


def beams(n, sqrt_s):
    energy = sqrt_s / 2
    momentum = np.sqrt(energy**2 - ELECTRON_MASS_GEV**2)
    result = np.zeros((n, 2, 4))
    result[:, :, 0] = energy
    result[:, 0, 3] = -momentum
    result[:, 1, 3] = momentum
    return result


def random_points(n, rng, *, mass=None, sqrt_s=10.58):
    """e+, e-, mu+, mu-, mu+, mu- with isotropic angles; the second pair has the given mass."""
    low = 2 * MUON_MASS_GEV
    second = rng.uniform(low, sqrt_s - 2 * low, n) if mass is None else np.full(n, mass)
    first = low + (sqrt_s - second - low) * rng.random(n)
    p = momentum_two_body(sqrt_s, first, second)
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    pair = np.column_stack([np.sqrt(p**2 + first**2), p[:, None] * direction])
    other = np.column_stack([np.sqrt(p**2 + second**2), -p[:, None] * direction])
    return np.concatenate(
        [beams(n, sqrt_s), decay_isotropic(pair, rng), decay_isotropic(other, rng)], axis=1
    )


@pytest.fixture
def points():
    return random_points
