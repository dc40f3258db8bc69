r"""Up-crossings of the test statistic, and the bound on the global p-value that they give.

With N(c) the number of times that q0 along the scan rises above a level c,

.. math::
   p_{global}(c) \le p_{local}(c) + \langle N(c_0) \rangle e^{-(c - c_0)/2}

for a low level :math:`c_0` at which the mean number is easily measured (Gross and Vitells, EPJC
70 (2010) 525, Eqs. 3 and 5, one degree of freedom). The exponential holds where q0 follows half a
chi-squared (many events per bin) and hypotheses lie so close that nothing happens between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["UpCrossings", "count_up_crossings", "global_bound"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class UpCrossings:
    """Mean number of up-crossings in a scan, measured in pseudo-scans."""

    z: float
    """Level, as a local significance sqrt(c)."""
    mean: float
    error: float
    """Standard error of the mean."""

    def expected_at(self, z: float) -> float:
        """Mean number at another level, by the exponential."""
        return self.mean * math.exp(-0.5 * (z * z - self.z * self.z))


def count_up_crossings(z_local: NDArray[np.float32], z: float) -> UpCrossings:
    """Count how often the significance rises above a level from one hypothesis to the next.

    Parameters
    ----------
    z_local
        Local significances of S scans, hypotheses in order of mass, shape (S, n); a failed fit
        (NaN) counts as below.
    z
        The level.
    """
    above = z_local >= np.float32(z)
    counts = np.count_nonzero(above[:, 1:] & ~above[:, :-1], axis=1)
    spread = float(counts.std(ddof=1)) if len(counts) > 1 else math.nan
    return UpCrossings(z=z, mean=float(counts.mean()), error=spread / math.sqrt(len(counts)))


def global_bound(z_local: float, crossings: UpCrossings) -> tuple[float, float]:
    """Bound on the global p-value of a local significance, at most 1, and its standard error."""
    expected = crossings.expected_at(z_local)
    p_local = NormalDist().cdf(-z_local)
    error = expected * crossings.error / crossings.mean if crossings.mean > 0.0 else math.nan
    return min(p_local + expected, 1.0), error
