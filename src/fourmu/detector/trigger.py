"""The three-track and the single-muon trigger (Sec. IV A)."""

from __future__ import annotations

import math

from fourmu.physics.kernels import kernel

from .parameters import ResponseParameters
from .species import MUON
from .tracking import interpolated

__all__ = ["single_muon_efficiency", "three_track_efficiency"]


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
