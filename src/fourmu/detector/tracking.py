"""Tracks: efficiency, resolution and impact parameters (Sec. II)."""

from __future__ import annotations

import math

from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .parameters import TrackResolution

__all__ = ["angle_sigma", "impact_sigma", "interpolated", "pt_relative_sigma"]


@kernel
def interpolated(x: float, nodes: FloatArray, values: FloatArray) -> float:
    """Straight lines between the nodes, constant outside them."""
    if x <= nodes[0]:
        return float(values[0])
    for i in range(1, len(nodes)):
        if x < nodes[i]:
            fraction = (x - nodes[i - 1]) / (nodes[i] - nodes[i - 1])
            return float(values[i - 1] + fraction * (values[i] - values[i - 1]))
    return float(values[-1])


@kernel
def pt_relative_sigma(pt: float, resolution: TrackResolution) -> float:
    """sigma(pT)/pT = 0.1 % pT (+) 0.3 %; also the relative resolution of 1/pT."""
    slope = resolution.pt_slope * pt
    return math.sqrt(slope * slope + resolution.pt_constant * resolution.pt_constant)


@kernel
def angle_sigma(p: float, resolution: TrackResolution) -> float:
    """Resolution in polar and in azimuthal angle, rad, at momentum ``p`` in GeV."""
    return resolution.angle * math.sqrt(resolution.angle_constant + 1.0 / (p * p))


@kernel
def impact_sigma(p: float, beta: float, sine: float, constant: float, scattering: float) -> float:
    """Resolution in the impact parameters, cm; ``sine`` is that of the polar angle."""
    multiple = scattering / (p * beta * sine * math.sqrt(sine))
    return math.sqrt(constant * constant + multiple * multiple)
