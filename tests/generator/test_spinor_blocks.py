"""The block kernels with massive leptons agree with the exact amplitudes to rounding."""

import numpy as np
import pytest

from fourmu.generator.amplitudes import me2_electrons_muons, me2_mumu_gamma, me2_mumu_tautau
from fourmu.generator.four_lepton_kernels import four_lepton_work, me2_four_lepton_block
from fourmu.generator.mumu_gamma_kernels import me2_mumu_gamma_block, mumu_gamma_work
from fourmu.generator.spinor_blocks import LANES
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV, TAU_MASS_GEV
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
    me2_mumu_gamma_block(rows(momenta), found, mumu_gamma_work(), True, True)
    # p.k loses 2 eps E k / p.k in the cone: 1e-16 / 5e-9 x a few
    np.testing.assert_allclose(found, me2_mumu_gamma(momenta), rtol=1e-6 if least < 1e-6 else 1e-10)


def tagged_points(n, least, rng, sqrt_s=10.58):
    """Long doubles: e- within 1 - cos ~ ``least`` of its beam, e+ at a wide angle, mu+ mu-."""
    kind = np.longdouble
    points = np.zeros((n, 6, 4), dtype=kind)
    half = kind(sqrt_s) / 2
    pz = np.sqrt(half**2 - kind(ELECTRON_MASS_GEV) ** 2)
    points[:, :2, 0] = half
    points[:, 0, 3], points[:, 1, 3] = -pz, pz

    def scattered(sign, cosine):
        energy = rng.uniform(0.5, 3.0, n).astype(kind)
        p = np.sqrt(energy**2 - kind(ELECTRON_MASS_GEV) ** 2)
        sine = np.sqrt((1 - cosine) * (1 + cosine))
        phi = rng.uniform(-np.pi, np.pi, n).astype(kind)
        return np.stack(
            [energy, p * sine * np.cos(phi), p * sine * np.sin(phi), sign * p * cosine], axis=-1
        )

    points[:, 2] = scattered(-1, rng.uniform(0.3, 0.9, n).astype(kind))
    points[:, 3] = scattered(1, 1 - (least * (1 + rng.random(n))).astype(kind))
    pair = np.array([kind(sqrt_s), 0, 0, 0]) - points[:, 2] - points[:, 3]
    mass2 = pair[:, 0] ** 2 - np.sum(pair[:, 1:] ** 2, axis=1)
    p = np.sqrt(mass2 / 4 - kind(MUON_MASS_GEV) ** 2)
    axis = rng.normal(size=(n, 3)).astype(kind)
    axis *= (p / np.sqrt(np.sum(axis**2, axis=1)))[:, None]
    rest = np.concatenate([np.sqrt(mass2)[:, None] / 2, axis], axis=1)
    points[:, 4] = boost(rest, pair[:, 1:] / pair[:, :1])
    points[:, 5] = pair - points[:, 4]
    return points


@pytest.mark.parametrize("least", [1e-12, 1e-8, 1e-4, 0.1])
def test_electrons_that_scatter(least):
    """Down to the kinematic limit of t (1 - cos = 1e-9 and below), against long doubles.

    Two currents that are each conserved to rounding cancel to q_T / E of their size: rounding of
    1e-16 grows to 1e-11 at q_T = 1e-5 E, and a margin of 100.
    """
    exact = tagged_points(LANES, least, np.random.default_rng(2))
    found = np.empty(LANES)
    me2_four_lepton_block(
        rows(exact.astype(np.float64)),
        found,
        ELECTRON_MASS_GEV,
        MUON_MASS_GEV,
        True,
        four_lepton_work(),
    )
    np.testing.assert_allclose(found, me2_electrons_muons(exact).astype(np.float64), rtol=1e-9)


def test_muons_and_taus(points):
    rng = np.random.default_rng(3)
    momenta = points(LANES, rng, mass=4.0)
    rest = np.tile([2.0, 0, 0, np.sqrt(4.0 - TAU_MASS_GEV**2)], (LANES, 1))
    pair = momenta[:, 4] + momenta[:, 5]
    tau = boost(rest, pair[:, 1:] / pair[:, :1])
    momenta[:, 4], momenta[:, 5] = tau, pair - tau
    found = np.empty(LANES)
    me2_four_lepton_block(
        rows(momenta), found, MUON_MASS_GEV, TAU_MASS_GEV, False, four_lepton_work()
    )
    np.testing.assert_allclose(found, me2_mumu_tautau(momenta), rtol=1e-11)
