"""Photons in the calorimeter: acceptance and resolution (Sec. IV B)."""

from __future__ import annotations

import math

from fourmu.physics.kernels import kernel

from .parameters import ResponseParameters

__all__ = ["photon_energy_sigma"]


@kernel
def photon_energy_sigma(energy: float, parameters: ResponseParameters) -> float:
    """Resolution of the photon energy in GeV: a constant (+) a part that falls as E^(-1/4)."""
    quartic = parameters.photon_quartic
    constant = parameters.photon_constant
    return energy * math.sqrt(constant * constant + quartic * quartic / math.sqrt(energy))
