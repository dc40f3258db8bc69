"""Two Crystal Ball functions with a common mean: density, integral, width (Secs. IV E, V)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from fourmu.physics.kinematics import FloatArray

__all__ = [
    "SHAPE_PARAMETERS",
    "DoubleCrystalBall",
    "crystal_ball_cdf",
    "shape_integral",
]

SHAPE_PARAMETERS = ("mean", "sigma", "width_ratio", "fraction", "alpha_1", "n_1", "alpha_2", "n_2")
"""Order of the parameters wherever they are an array."""

_SQRT_2PI = np.sqrt(2.0 * np.pi)


def crystal_ball_cdf(
    x: FloatArray, mu: FloatArray, s: FloatArray, a: FloatArray, n: FloatArray
) -> FloatArray:
    """Integral of a normalised Crystal Ball function from minus infinity to ``x``.

    Parameters
    ----------
    x, mu, s, a, n
        Position, mean, width, start of the tail in widths and its power; they broadcast. ``a``
        > 0 puts the tail below the mean, ``a`` < 0 above; ``n`` > 1.

    Notes
    -----
    With t = (x - mu)/s the density is exp(-t^2/2) for t > -a and A (B - t)^-n below, where
    A = (n/a)^n exp(-a^2/2) and B = n/a - a; T. Skwarnicki, Ref. [48] of the paper.
    """
    side = np.where(a < 0.0, -1.0, 1.0)
    t = side * (x - mu) / s
    size = np.abs(a)
    core = np.exp(-0.5 * size**2)
    # A (B - t)^(1 - n) / (n - 1), written without overflow: B - t = (n/a) (1 + a (-a - t)/n)
    stretch = 1.0 + np.maximum(-size - t, 0.0) * size / n
    tail = core * n / (size * (n - 1.0)) * stretch ** (1.0 - n)
    tail_area = core * n / (size * (n - 1.0))
    gauss = _SQRT_2PI * (ndtr(np.maximum(t, -size)) - ndtr(-size))
    total = tail_area + _SQRT_2PI * ndtr(size)
    below = np.where(t < -size, tail, tail_area + gauss) / total
    return np.asarray(np.where(side > 0.0, below, 1.0 - below))


def shape_integral(edges: FloatArray, parameters: FloatArray) -> FloatArray:
    """Share of the signal below each edge, for M_R >= 0 only.

    Parameters
    ----------
    edges
        (..., k) positions in M_R, GeV, not negative.
    parameters
        (..., 8) in the order of :data:`SHAPE_PARAMETERS`; the leading axes are those of the edges.

    Returns
    -------
    (..., k) between 0 at M_R = 0 and 1 at infinity.
    """
    mean, sigma, ratio, fraction, a1, n1, a2, n2 = np.moveaxis(parameters[..., None, :], -1, 0)

    def cdf(x: FloatArray) -> FloatArray:
        narrow = crystal_ball_cdf(x, mean, sigma, a1, n1)
        wide = crystal_ball_cdf(x, mean, sigma * ratio, -a2, n2)
        return np.asarray(fraction * narrow + (1.0 - fraction) * wide)

    below_zero = cdf(np.zeros(1))
    return np.asarray((cdf(edges) - below_zero) / (1.0 - below_zero))


@dataclass(frozen=True, kw_only=True)
class DoubleCrystalBall:
    """Signal shape in M_R: a narrow function with a tail below, a wide one with a tail above."""

    mean: float
    """Common mean, GeV."""
    sigma: float
    """Width of the narrow function, GeV."""
    width_ratio: float
    """Width of the wide function over that of the narrow one."""
    fraction: float
    """Share of the narrow function."""
    alpha_1: float
    """Start of the lower tail, in widths of the narrow function."""
    n_1: float
    """Power of the lower tail."""
    alpha_2: float
    """Start of the upper tail, in widths of the wide function."""
    n_2: float
    """Power of the upper tail."""

    @classmethod
    def from_array(cls, parameters: FloatArray) -> DoubleCrystalBall:
        """Take the eight parameters in the order of :data:`SHAPE_PARAMETERS`."""
        return cls(**dict(zip(SHAPE_PARAMETERS, map(float, parameters), strict=True)))

    def to_array(self) -> FloatArray:
        """(8,) parameters in the order of :data:`SHAPE_PARAMETERS`."""
        return np.array([getattr(self, name) for name in SHAPE_PARAMETERS])

    def cdf(self, reduced_mass_gev: FloatArray) -> FloatArray:
        """Share of the signal with 0 <= M_R < the given values (n,)."""
        return shape_integral(np.asarray(reduced_mass_gev, dtype=np.float64), self.to_array())

    def half_width(self, probability: float) -> float:
        """Half the smallest interval that holds a share of the shape: sigma(M_R).

        Parameters
        ----------
        probability
            The share, 0.683 for sigma(M_R).
        """
        reach = 30.0 * self.sigma * self.width_ratio
        grid = np.linspace(max(self.mean - reach, 0.0), self.mean + reach, 6001)
        below = self.cdf(grid)
        starts = np.linspace(0.0, 1.0 - probability, 2001)[:-1]
        starts = starts[(starts >= below[0]) & (starts + probability <= below[-1])]
        if len(starts) == 0:  # shape piled up at M_R = 0
            starts = below[:1]
        rising = np.append(True, np.diff(below) > 0.0)
        low = np.interp(starts, below[rising], grid[rising])
        high = np.interp(starts + probability, below[rising], grid[rising])
        return float(0.5 * np.min(high - low))
