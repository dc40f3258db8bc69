"""Decays into several particles, uniform in phase space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.kinematics import FloatArray, boost, energy_momentum, momentum_two_body

__all__ = ["decay_many", "isotropic_directions"]


def isotropic_directions(n: int, rng: np.random.Generator) -> FloatArray:
    """Unit vectors (n, 3), uniform on the sphere."""
    cosine = rng.uniform(-1.0, 1.0, n)
    azimuth = rng.uniform(-np.pi, np.pi, n)
    sine = np.sqrt(1.0 - cosine**2)
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=-1)


def decay_many(
    mass_gev: FloatArray, daughters_gev: Sequence[float], rng: np.random.Generator
) -> FloatArray:
    """Decay particles at rest, uniformly in the phase space of all daughters.

    Parameters
    ----------
    mass_gev
        Shape (n,), above threshold.
    daughters_gev
        Masses of the k >= 2 daughters.
    rng
        Source of randomness.

    Returns
    -------
    FloatArray
        Shape (n, k, 4).

    Raises
    ------
    DomainError
        A mass below threshold.

    Notes
    -----
    Daughters are split off one by one (F. James, CERN 68-15): ordered uniform numbers give the
    intermediate masses, the product of the momenta of the splittings is the weight, and events
    are accepted with it.
    """
    masses = np.asarray(daughters_gev, dtype=np.float64)
    released = mass_gev - masses.sum()
    if np.any(released <= 0.0):
        raise DomainError(
            "a decay needs more mass than its daughters have",
            key="mass_gev",
            found=float(mass_gev.min()),
            expected=f"above {masses.sum():g}",
        )
    sums = np.cumsum(masses)
    k = len(masses)
    result = np.zeros((len(mass_gev), k, 4))
    pending = np.arange(len(mass_gev))
    while len(pending):
        chain = _intermediate_masses(released[pending], sums, rng)
        momenta = momentum_two_body(chain[:, 1:], chain[:, :-1], masses[1:])
        highest = momentum_two_body(
            sums[1:] + released[pending, None],
            np.where(np.arange(k - 1) == 0, masses[0], sums[:-1]),
            masses[1:],
        )
        accepted = rng.random(len(pending)) * highest.prod(axis=1) < momenta.prod(axis=1)
        result[pending[accepted]] = _momenta(chain[accepted], momenta[accepted], masses, rng)
        pending = pending[~accepted]
    return result


def _intermediate_masses(
    released: FloatArray, sums: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Masses (n, k) of the first daughter, the first two ... and all of them."""
    inner = np.sort(rng.random((len(released), len(sums) - 2)), axis=1)
    ones = np.ones((len(released), 1))
    shares = np.concatenate([0.0 * ones, inner, ones], axis=1)
    return np.asarray(sums + released[:, None] * shares)


def _momenta(
    chain: FloatArray, momenta: FloatArray, masses: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Four-momenta (n, k, 4) of splittings into given masses and momenta."""
    n, k = chain.shape
    found = np.zeros((n, k, 4))
    found[:, 0, 0] = masses[0]
    for step in range(1, k):
        p = momenta[:, step - 1, None] * isotropic_directions(n, rng)
        rest = energy_momentum(-p, chain[:, step - 1])
        if step == 1:
            found[:, 0] = rest
        else:
            beta = rest[:, 1:] / rest[:, :1]
            found[:, :step] = boost(found[:, :step], beta[:, None, :])
        found[:, step] = energy_momentum(p, masses[step])
    return found
