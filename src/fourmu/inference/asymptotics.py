r"""Asymptotic distributions: p-values, CLs, and what a given CLs means.

With :math:`\tilde q_\mu` and its value :math:`q_A` on the background-only Asimov data,
CLs+b and CLb are normal tails of

.. math::
   t = \sqrt{\tilde q_\mu} - \sqrt{q_A} \;\text{ if }\; \tilde q_\mu \le q_A, \quad
   t = (\tilde q_\mu - q_A) / (2 \sqrt{q_A}) \;\text{ beyond},

:math:`CL_{s+b} = \Phi(-t - \sqrt{q_A})`, :math:`CL_b = \Phi(-t)`, CLs their ratio; for a
background-only outcome of N standard deviations t = -N.

Sources: Cowan, Cranmer, Gross and Vitells, EPJC 71 (2011) 1554, Eqs. 16, 62-66, 89; Read,
J. Phys. G 28 (2002) 2693.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import kernel

__all__ = ["BANDS", "log_cls", "log_normal_cdf", "root_qa_of_bands", "upper_tail"]

BANDS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Standard deviations of the expected limits, in the order of the columns."""


@kernel
def log_normal_cdf(x: float) -> float:
    """Logarithm of the standard normal distribution function, without underflow."""
    if x > -30.0:
        return math.log(0.5 * math.erfc(-x / math.sqrt(2.0)))
    square = 1.0 / (x * x)  # asymptotic series, Abramowitz and Stegun 26.2.12
    series = 1.0 - square * (1.0 - 3.0 * square * (1.0 - 5.0 * square * (1.0 - 7.0 * square)))
    return -0.5 * x * x - math.log(-x * math.sqrt(2.0 * math.pi)) + math.log(series)


@kernel
def _slope_of_log_cdf(x: float) -> float:
    return math.exp(-0.5 * x * x - log_normal_cdf(x)) / math.sqrt(2.0 * math.pi)


@kernel
def log_cls(q: float, slope: float, q_asimov: float, slope_asimov: float) -> tuple[float, float]:
    """Logarithm of CLs at a tested mu and its derivative with respect to mu.

    Parameters
    ----------
    q, slope
        q~_mu of the data and its derivative.
    q_asimov, slope_asimov
        The same on the background-only Asimov data, positive.
    """
    root, root_asimov = math.sqrt(q), math.sqrt(q_asimov)
    root_asimov_slope = 0.5 * slope_asimov / root_asimov
    if q <= q_asimov:
        t = root - root_asimov
        t_slope = (0.5 * slope / root if root > 0.0 else 0.0) - root_asimov_slope
    else:
        t = 0.5 * (q - q_asimov) / root_asimov
        t_slope = (0.5 * (slope - slope_asimov) - t * root_asimov_slope) / root_asimov
    signal = -(t + root_asimov)
    value = log_normal_cdf(signal) - log_normal_cdf(-t)
    derivative = -(t_slope + root_asimov_slope) * _slope_of_log_cdf(signal)
    derivative += t_slope * _slope_of_log_cdf(-t)
    return value, derivative


@kernel
def upper_tail(z: float) -> float:
    """p-value of a one-sided significance."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def root_qa_of_bands(confidence_level: float) -> NDArray[np.float64]:
    """Values of sqrt(q_A) at which the expected CLs reaches 1 - confidence level.

    Parameters
    ----------
    confidence_level
        Of the limits, between 0.5 and 1.

    Returns
    -------
    numpy.ndarray
        Shape (5,), for backgrounds at -2 ... +2 standard deviations, increasing.

    Notes
    -----
    For a background at N standard deviations CLb = Phi(N), and CLs = alpha means
    sqrt(q_A) = N - Phi^-1(alpha Phi(N)).
    """
    normal = NormalDist()
    return np.array([n - normal.inv_cdf((1.0 - confidence_level) * normal.cdf(n)) for n in BANDS])
