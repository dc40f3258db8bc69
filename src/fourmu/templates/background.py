"""Bernstein templates of the background (Sec. V)."""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from fourmu.physics.kinematics import FloatArray

__all__ = ["bernstein_integrals", "smoothed_expectation"]


def bernstein_integrals(low: FloatArray, high: FloatArray, degree: int) -> FloatArray:
    """Integrals of the Bernstein polynomials over bins.

    Parameters
    ----------
    low, high
        (n,) bin edges in the variable that runs from 0 to 1 over the window.
    degree
        d of the basis b_k(x) = C(d, k) x^k (1 - x)^(d - k).

    Returns
    -------
    (d + 1, n); each row sums to 1/(d + 1) over bins that fill the window, each column to the
    width of its bin.

    Notes
    -----
    The integral of b_k from 0 to x is the sum over j > k of the polynomials of degree d + 1,
    divided by d + 1.
    """

    def below(x: FloatArray) -> FloatArray:
        upper = np.stack(
            [comb(degree + 1, j) * x**j * (1.0 - x) ** (degree + 1 - j) for j in range(degree + 2)]
        )
        return np.cumsum(upper[::-1], axis=0)[::-1][1:] / (degree + 1)

    return below(high) - below(low)


def smoothed_expectation(
    expected: FloatArray, mlp_range: npt.NDArray[np.int64], neighbours: int
) -> FloatArray:
    """Average expected contents over neighbouring windows of the same MLP range.

    Parameters
    ----------
    expected
        (n,) candidates expected in each window, in order of mass.
    mlp_range
        (n,) range of each window, not decreasing.
    neighbours
        Windows on either side; fewer towards a border, equally many on both sides, so that a
        slope makes no bias.
    """
    n = len(expected)
    place = np.arange(n)
    first = np.searchsorted(mlp_range, mlp_range, side="left")
    last = np.searchsorted(mlp_range, mlp_range, side="right") - 1
    reach = np.minimum(neighbours, np.minimum(place - first, last - place))
    total = np.concatenate([[0.0], np.cumsum(expected)])
    return np.asarray((total[place + reach + 1] - total[place - reach]) / (2 * reach + 1))
