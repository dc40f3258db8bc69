"""The block kernels with massive leptons agree with the exact amplitudes to rounding."""

import numpy as np
import pytest

from fourmu.generator.amplitudes import me2_mumu_gamma
from fourmu.generator.mumu_gamma_kernels import me2_mumu_gamma_block, mumu_gamma_work
from fourmu.generator.spinor_blocks import LANES
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import boost


def rows(momenta):
    """Blocks hold (legs, 4 rows of lanes)."""
    return np.ascontiguousarray(momenta.transpose(1, 2, 0).reshape(momenta.shape[1], 4 * LANES))


def pair_and_photon(energy, open_angle, rng, sqrt_s=10.58):
    """mu+, mu-, gamma with 1 - cos(theta) of the photon given, muons isotropic in their frame."""
    n = len(energy)
    cosine = 1 - open_angle
    sine = np.sqrt(open_angle * (2 - open_angle))
    phi = rng.uniform(-np.pi, np.pi, n)
    direction = np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=-1)
    photon = np.concatenate([energy[:, None], energy[:, None] * direction], axis=1)
    mass = np.sqrt(sqrt_s**2 - 2 * sqrt_s * energy)
    p = np.sqrt(mass**2 / 4 - MUON_MASS_GEV**2)
    axis = rng.normal(size=(n, 3))
    axis *= (p / np.linalg.norm(axis, axis=1))[:, None]
    rest = np.concatenate([mass[:, None] / 2, axis], axis=1)
    other = np.concatenate([mass[:, None] / 2, -axis], axis=1)
    beta = -photon[:, 1:] / (sqrt_s - energy)[:, None]
    return np.stack([boost(rest, beta), boost(other, beta), photon], axis=1)


@pytest.mark.parametrize("least", [1e-10, 1e-4, 0.5])
def test_muons_with_a_photon(points, least):
    """From inside the cone m_e / E (1 - cos = 5e-9) to wide angles."""
    rng = np.random.default_rng(1)
    energy = rng.uniform(0.01, 5.2, LANES)
    final = pair_and_photon(energy, least * (1 + rng.random(LANES)), rng)
    momenta = np.concatenate([points(LANES, rng)[:, :2], final], axis=1)
    found = np.empty(LANES)
    me2_mumu_gamma_block(rows(momenta), found, mumu_gamma_work())
    # p.k loses 2 eps E k / p.k in the cone: 1e-16 / 5e-9 x a few
    np.testing.assert_allclose(found, me2_mumu_gamma(momenta), rtol=1e-6 if least < 1e-6 else 1e-10)
