"""Decays that follow phase space alone."""

from __future__ import annotations

import numpy as np

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import (
    FloatArray,
    boost,
    energy_momentum,
    invariant_mass,
    momentum_two_body,
)

__all__ = ["decay_isotropic"]


def decay_isotropic(
    x: FloatArray, rng: np.random.Generator, mass_gev: float = MUON_MASS_GEV
) -> FloatArray:
    """Decay particles into two of equal mass, isotropically in their rest frame.

    This is exact for a scalar; for a vector it leaves out its polarisation.

    Parameters
    ----------
    x
        Shape (n, 4), four-momenta in GeV, above threshold.
    rng
        Source of randomness.
    mass_gev
        Mass of each daughter.

    Returns
    -------
    FloatArray
        Shape (n, 2, 4), daughters in the frame of ``x``: positive, negative.
    """
    p = momentum_two_body(invariant_mass(x), mass_gev, mass_gev)
    cosine = rng.uniform(-1.0, 1.0, len(x))
    azimuth = rng.uniform(-np.pi, np.pi, len(x))
    sine = np.sqrt(1.0 - cosine**2)
    direction = np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=-1)
    daughters = np.stack(
        [
            energy_momentum(p[:, None] * direction, mass_gev),
            energy_momentum(-p[:, None] * direction, mass_gev),
        ],
        axis=1,
    )
    return boost(daughters, (x[:, 1:] / x[:, :1])[:, None, :])
