"""The spread of the beams' energy, for events that were made without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.kinematics import FloatArray, boost, invariant_mass

from .domain import check_energy
from .events import PartonEvents

__all__ = ["with_energy_spread"]

_ITERATIONS = 20
_TOLERANCE = 1e-13


def with_energy_spread(
    events: PartonEvents, spread_gev: float, rng: np.random.Generator
) -> PartonEvents:
    """Let every collision happen at its own energy, Gaussian around that of the events.

    Parameters
    ----------
    events
        e+e- -> mu+ mu- X, X -> mu+ mu- at one c.m. energy; further particles are photons.
    spread_gev
        Standard deviation of sqrt(s).
    rng
        Source of randomness.

    Raises
    ------
    DomainError
        An event has no X, or the spread is more than a percent.

    Notes
    -----
    In the frame of mu+ mu- X all three momenta are scaled by one factor, so that their mass
    changes by (1 + delta) and that of X does not; the decay of X keeps its angles, and the boost of
    the system, from radiation, its velocity. Photons are scaled by (1 + delta). That leaves out
    how |M|^2 changes with energy, of order delta = 5e-4.
    """
    check_energy(events.sqrt_s_gev, spread_gev, 0.0)
    if np.any(np.isnan(events.x_mass_gev)):
        raise DomainError("the energy of events without X is not changed", where=events.process)
    if spread_gev == 0.0 or len(events) == 0:
        return events
    scale = 1.0 + spread_gev / events.sqrt_s_gev * rng.standard_normal(len(events))
    momenta = events.momenta.copy()
    x = momenta[:, 2:4].sum(axis=1)
    bodies = np.stack([momenta[:, 0], momenta[:, 1], x], axis=1)
    total = bodies.sum(axis=1)
    velocity = (total[:, 1:] / total[:, :1])[:, None, :]
    at_rest = boost(bodies, -velocity)
    scaled = boost(_scaled(at_rest, scale), velocity)
    momenta[:, :2] = scaled[:, :2]
    in_x = boost(momenta[:, 2:4], -(x[:, 1:] / x[:, :1])[:, None, :])
    after = scaled[:, 2]
    momenta[:, 2:4] = boost(in_x, (after[:, 1:] / after[:, :1])[:, None, :])
    momenta[:, 4:] *= scale[:, None, None]
    return replace(events, momenta=momenta, photons=events.photons * scale[:, None, None])


def _scaled(at_rest: FloatArray, scale: FloatArray) -> FloatArray:
    """Scale the momenta of systems at rest (n, k, 4) so that their masses grow by (n,) factors."""
    mass2 = np.square(invariant_mass(at_rest))
    momentum2 = np.sum(np.square(at_rest[..., 1:]), axis=-1)
    wanted = scale * at_rest[..., 0].sum(axis=-1)
    # Newton in the square of the factor, monotonic: the sum of energies is concave in it
    factor2 = np.square(scale)
    for _ in range(_ITERATIONS):
        energy = np.sqrt(mass2 + factor2[:, None] * momentum2)
        missing = wanted - energy.sum(axis=-1)
        slope = np.sum(momentum2 / energy, axis=-1)
        factor2 = np.maximum(factor2 + 2.0 * missing / np.maximum(slope, 1e-300), 0.0)
        if np.all(np.abs(missing) <= _TOLERANCE * wanted):
            break
    space = at_rest[..., 1:] * np.sqrt(factor2)[:, None, None]
    energy = np.sqrt(mass2 + np.sum(np.square(space), axis=-1))
    return np.concatenate([energy[..., None], space], axis=-1)
