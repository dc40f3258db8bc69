"""Boosts and axes of single four-vectors, and momentum transfers, inside event loops."""

from __future__ import annotations

import math

from fourmu.physics.kernels import internal_kernel
from fourmu.physics.kinematics import FloatArray

__all__ = ["boosted", "direction_about", "dot", "momentum_square", "transfer"]

Vector = tuple[float, float, float]


@internal_kernel
def dot(q: FloatArray, i: int, j: int) -> float:
    """Minkowski product of rows i and j of four-vectors (..., 4)."""
    return float(q[i, 0] * q[j, 0] - q[i, 1] * q[j, 1] - q[i, 2] * q[j, 2] - q[i, 3] * q[j, 3])


@internal_kernel
def momentum_square(total2: float, mass_1: float, mass_2: float) -> float:
    """Squared momentum of two particles in their rest frame; zero below threshold."""
    total = math.sqrt(total2)
    sum_ = (total - mass_1 - mass_2) * (total + mass_1 + mass_2)
    difference = (total - mass_1 + mass_2) * (total + mass_1 - mass_2)
    return max(sum_ * difference, 0.0) / (4.0 * total2)


@internal_kernel
def transfer(E: float, p: float, F: float, q: float, mass: float) -> float:
    """E F - p q - mass^2: half of the least -t between energies E and F, without cancellation."""
    return mass * mass * (E - F) * (E - F) / (E * F - mass * mass + p * q)


@internal_kernel
def boosted(
    E: float, x: float, y: float, z: float, q: FloatArray, frame: int, mass: float, sign: float
) -> tuple[float, float, float, float]:
    """Boost with ``sign`` times the velocity of row ``frame`` of ``q``, whose mass is given."""
    u, v, w = sign * q[frame, 1], sign * q[frame, 2], sign * q[frame, 3]
    along = (u * x + v * y + w * z) / mass
    shift = (E + along * mass / (q[frame, 0] + mass)) / mass
    return q[frame, 0] / mass * E + along, x + u * shift, y + v * shift, z + w * shift


@internal_kernel
def direction_about(
    x: float, y: float, z: float, cosine: float, sine: float, azimuth: float
) -> Vector:
    """Unit vector at an angle to the axis (x, y, z), which needs no normalisation."""
    size = math.sqrt(x * x + y * y + z * z)
    if size > 0.0:
        x, y, z = x / size, y / size, z / size
    else:
        x, y, z = 0.0, 0.0, 1.0
    across = math.sqrt(x * x + y * y)
    cp, sp = (x / across, y / across) if across > 0.0 else (1.0, 0.0)
    a, b = sine * math.cos(azimuth), sine * math.sin(azimuth)
    return (
        cosine * x + a * z * cp - b * sp,
        cosine * y + a * z * sp + b * cp,
        cosine * z - a * across,
    )
