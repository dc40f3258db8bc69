"""Identification of muons and electrons (Sec. IV B)."""

from __future__ import annotations

from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .parameters import ResponseParameters
from .species import ELECTRON, MUON
from .tracking import interpolated

__all__ = ["inside_any", "muon_probability"]


@kernel
def inside_any(theta: float, ranges: FloatArray) -> bool:
    """Whether a polar angle lies in one of the ranges (r, 2), rad."""
    for i in range(len(ranges)):  # noqa: SIM110
        if ranges[i, 0] <= theta <= ranges[i, 1]:
            return True
    return False


@kernel
def muon_probability(kind: int, p: float, theta: float, parameters: ResponseParameters) -> float:
    """Probability that a track is identified as a muon.

    Electrons fake muons where the KLM does not decide: below its momentum and in its gaps.
    """
    if kind == MUON:
        return interpolated(p, parameters.muon_id_momentum, parameters.muon_id)
    if kind == ELECTRON:
        if p < parameters.klm_momentum_min:
            return float(parameters.electron_as_muon[0])
        if inside_any(theta, parameters.klm_gaps):
            return float(parameters.electron_as_muon[1])
        return float(parameters.electron_as_muon[2])
    return interpolated(p, parameters.muon_id_momentum, parameters.hadron_as_muon)
