"""Cross sections as mean weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.kinematics import FloatArray

__all__ = ["sampled_cross_section"]

_FIRST_POINTS = 100_000
_LEAST_POINTS = 20_000
_MOST_POINTS = 2_000_000


def sampled_cross_section(
    survey: Callable[[int], FloatArray], rel_error: float
) -> tuple[float, float]:
    """Mean weight and its error, with points added until the relative error is reached.

    Parameters
    ----------
    survey
        Takes a number of points and returns sums over them: points tried, points inside phase
        space and cuts, their weights in fb, the squares of these; more may follow.
    rel_error
        Relative standard error asked for.

    Returns
    -------
    xsec_fb, error_fb
        Mean weight of the points tried and its standard error.

    Raises
    ------
    DomainError
        The relative error is out of range.
    """
    if not 1e-5 <= rel_error < 1.0:
        raise DomainError(
            "the relative error must lie between 1e-5 and 1", key="rel_error", found=rel_error
        )
    total = np.zeros(4)
    points = _FIRST_POINTS
    while True:
        total += survey(points)[:4]
        tried, inside, weights, squares = total
        mean = weights / tried
        error = math.sqrt(max(squares / tried - mean**2, 0.0) / tried)
        if error <= rel_error * mean:
            return float(mean), float(error)
        # what is still missing, a tenth more, in pieces of bounded size
        needed = inside * ((error / (rel_error * mean)) ** 2 * 1.1 - 1.0)
        points = int(min(max(needed, _LEAST_POINTS), _MOST_POINTS))
