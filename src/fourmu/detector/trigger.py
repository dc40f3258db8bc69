"""The three-track, the single-muon and the reference calorimeter trigger (Sec. IV A)."""

from __future__ import annotations

import math

from fourmu.physics.kernels import kernel

from .parameters import ResponseParameters
from .species import ELECTRON, MUON, PHOTON
from .tracking import interpolated

__all__ = ["calorimeter_deposit", "single_muon_efficiency", "three_track_efficiency"]


@kernel
def three_track_efficiency(pt: float, theta: float, parameters: ResponseParameters) -> float:
    """Probability that the three-track trigger finds a track.

    The trigger fires when it finds three. Each track has a Gaussian turn-on in transverse
    momentum, so the efficiency of an event depends on its softest tracks.
    """
    if theta < parameters.three_track_theta[0] or theta > parameters.three_track_theta[1]:
        return 0.0
    u = (pt - parameters.three_track_half) / parameters.three_track_width
    return parameters.three_track_plateau * 0.5 * math.erfc(-u / math.sqrt(2.0))


@kernel
def single_muon_efficiency(
    kind: int, p: float, theta: float, parameters: ResponseParameters
) -> float:
    """Probability that a muon that reaches the barrel of the KLM fires the single-muon trigger."""
    nodes = parameters.single_muon_theta
    if kind != MUON or p < parameters.klm_momentum_min or theta < nodes[0] or theta > nodes[-1]:
        return 0.0
    return interpolated(theta, nodes, parameters.single_muon_efficiency)


@kernel
def calorimeter_deposit(kind: int, p: float, theta: float, parameters: ResponseParameters) -> float:
    """Energy in GeV that the calorimeter trigger counts for a particle of momentum ``p``."""
    if theta < parameters.calorimeter_theta[0] or theta > parameters.calorimeter_theta[1]:
        return 0.0
    if kind in (ELECTRON, PHOTON):
        return p
    return min(p, parameters.ionising_energy)
