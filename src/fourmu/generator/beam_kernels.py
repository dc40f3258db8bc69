"""Inside the event loops: the energy of a collision, and the way back to the c.m. frame."""

from __future__ import annotations

import math

import numpy as np

from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .radiation import photon_pair, structure_weight

__all__ = ["collision", "write_event"]

_SPREAD_LIMIT = 5.0


@kernel
def collision(
    rng: np.random.Generator,
    sqrt_s: float,
    spread: float,
    isr: bool,
    edges: FloatArray,
    beta: float,
) -> tuple[float, float, float, float]:
    """Draw one collision: (sqrt(s), 1-x1, 1-x2, weight of the structure functions).

    ``edges`` are equally likely bins in u = (1-x)^beta; the spread of sqrt(s) is cut at five
    standard deviations.
    """
    root = sqrt_s
    if spread > 0.0:
        shift = rng.standard_normal()
        while abs(shift) > _SPREAD_LIMIT:
            shift = rng.standard_normal()
        root += spread * shift
    if not isr:
        return root, 0.0, 0.0, 1.0
    bins = len(edges) - 1
    power = 1.0 / beta
    r = rng.random() * bins
    k = int(r)
    width = edges[k + 1] - edges[k]
    delta_1 = (edges[k] + (r - k) * width) ** power
    weight = bins * width * structure_weight(delta_1, beta)
    r = rng.random() * bins
    k = int(r)
    width = edges[k + 1] - edges[k]
    delta_2 = (edges[k] + (r - k) * width) ** power
    weight *= bins * width * structure_weight(delta_2, beta)
    return root, delta_1, delta_2, weight


@kernel
def write_event(
    rng: np.random.Generator,
    momenta: FloatArray,
    photons: FloatArray,
    root_s: float,
    delta_1: float,
    delta_2: float,
    angular: bool,
) -> None:
    """Boost one event, (k, 4) in the frame of the hard process, in place; write its photons."""
    if delta_1 == 0.0 and delta_2 == 0.0:
        return
    r_1 = r_2 = phi_1 = phi_2 = 0.0
    if angular:
        r_1 = rng.random()
        r_2 = rng.random()
        phi_1 = 2.0 * math.pi * rng.random()
        phi_2 = 2.0 * math.pi * rng.random()
    photon = photon_pair(root_s, delta_1, delta_2, angular, r_1, r_2, phi_1, phi_2)
    for c in range(4):
        photons[0, c] = photon[c]
        photons[1, c] = photon[4 + c]
    energy = root_s - photon[0] - photon[4]
    px = -(photon[1] + photon[5])
    py = -(photon[2] + photon[6])
    pz = -(photon[3] + photon[7])
    mass = math.sqrt((energy - abs(pz)) * (energy + abs(pz)) - px * px - py * py)
    gamma = energy / mass
    bx, by, bz = px / mass, py / mass, pz / mass  # gamma times velocity
    for j in range(len(momenta)):
        E = momenta[j, 0]
        along = bx * momenta[j, 1] + by * momenta[j, 2] + bz * momenta[j, 3]
        shift = E + along / (gamma + 1.0)
        momenta[j, 0] = gamma * E + along
        momenta[j, 1] += bx * shift
        momenta[j, 2] += by * shift
        momenta[j, 3] += bz * shift
