"""Four-vectors as plain arrays, last axis (E, px, py, pz) in GeV; metric (+, -, -, -)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .constants import MUON_MASS_GEV

__all__ = [
    "FloatArray",
    "boost",
    "energy_momentum",
    "invariant_mass",
    "mass_from_reduced",
    "momentum",
    "momentum_two_body",
    "reduced_mass",
]

FloatArray = npt.NDArray[np.float64]


def invariant_mass(p: FloatArray) -> FloatArray:
    """Invariant mass of four-vectors ``p`` (..., 4); rounding below zero gives zero."""
    squared = p[..., 0] ** 2 - p[..., 1] ** 2 - p[..., 2] ** 2 - p[..., 3] ** 2
    return np.sqrt(np.maximum(squared, 0.0))


def momentum(p: FloatArray) -> FloatArray:
    """Magnitude of the three-momentum of ``p`` (..., 4)."""
    return np.sqrt(p[..., 1] ** 2 + p[..., 2] ** 2 + p[..., 3] ** 2)


def energy_momentum(three_momentum: FloatArray, mass_gev: float | FloatArray) -> FloatArray:
    """Four-vectors (..., 4) of three-momenta (..., 3) with the given mass."""
    energy = np.sqrt(np.sum(three_momentum**2, axis=-1) + np.square(mass_gev))
    return np.concatenate([energy[..., None], three_momentum], axis=-1)


def boost(p: FloatArray, beta: FloatArray) -> FloatArray:
    """Boost four-vectors ``p`` (..., 4) by velocities ``beta`` (..., 3), |beta| < 1.

    A particle at rest comes out moving with velocity ``beta``.
    """
    beta_squared = np.sum(beta**2, axis=-1)
    gamma = 1.0 / np.sqrt(1.0 - beta_squared)
    along = np.sum(beta * p[..., 1:], axis=-1)
    # (gamma - 1) / beta^2 written so that beta = 0 needs no special case
    factor = gamma**2 / (gamma + 1.0)
    energy = gamma * (p[..., 0] + along)
    space = p[..., 1:] + beta * (factor * along + gamma * p[..., 0])[..., None]
    return np.concatenate([energy[..., None], space], axis=-1)


def momentum_two_body(
    total: float | FloatArray, mass_1: float | FloatArray, mass_2: float | FloatArray
) -> FloatArray:
    """Momentum of the two daughters in the rest frame of mass ``total``; zero below threshold."""
    total = np.asarray(total, dtype=np.float64)
    product = (total**2 - (mass_1 + np.asarray(mass_2)) ** 2) * (
        total**2 - (mass_1 - np.asarray(mass_2)) ** 2
    )
    above = total >= mass_1 + np.asarray(mass_2)
    return np.where(above, np.sqrt(np.maximum(product, 0.0)) / (2.0 * total), 0.0)


def reduced_mass(mass_gev: float | FloatArray) -> FloatArray:
    """M_R = sqrt(M^2 - 4 m_mu^2) (Sec. V); zero at and below threshold."""
    return np.sqrt(np.maximum(np.square(mass_gev) - 4.0 * MUON_MASS_GEV**2, 0.0))


def mass_from_reduced(reduced_mass_gev: float | FloatArray) -> FloatArray:
    """Dimuon mass that belongs to a reduced mass."""
    return np.sqrt(np.square(reduced_mass_gev) + 4.0 * MUON_MASS_GEV**2)
