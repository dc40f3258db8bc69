"""Where to cut weights: the ceiling of the unweighting and what lies above it."""

from __future__ import annotations

import numpy as np

from fourmu.physics.kinematics import FloatArray

__all__ = ["weight_ceiling"]


def weight_ceiling(weights: FloatArray, overweight: float) -> tuple[float, float]:
    """Least ceiling with at most a given share of the sum of weights above it.

    Parameters
    ----------
    weights
        (n,) weights of trial events, not negative.
    overweight
        Allowed sum of (weight - ceiling) over weights above, relative to the sum of weights.

    Returns
    -------
    ceiling, fraction
        The ceiling, one of the weights, and the share above it.
    """
    ordered = np.sort(weights)[::-1]
    above = np.cumsum(ordered)
    excess = (above - ordered * np.arange(1, len(ordered) + 1)) / above[-1]
    # excess grows along the array: take the last entry that is still allowed
    index = max(int(np.searchsorted(excess, overweight, side="right")) - 1, 0)
    return float(ordered[index]), float(excess[index])
