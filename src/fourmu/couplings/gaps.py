"""Where a scan is interrupted: masses between windows that were not tested."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.physics.kinematics import reduced_mass

__all__ = ["gaps"]

FloatArray = npt.NDArray[np.float64]

_TIMES_MEDIAN: Final = 1.5  # one missing window doubles a distance


def gaps(mass_gev: FloatArray, sigma_gev: FloatArray) -> npt.NDArray[np.int64]:
    """Find the places at which masses are missing from a scan, of whatever step.

    Parameters
    ----------
    mass_gev, sigma_gev
        (n,) increasing masses of the windows and the resolution of their M_R.

    Returns
    -------
    (g,) indices of the windows that come right after a gap.

    Notes
    -----
    The step of a scan is a number of resolutions in M_R: distances between neighbours, in units of
    the resolution of the lower one, are all alike but for vetoes. A gap is a distance above 1.5
    times their median.
    """
    position = reduced_mass(np.asarray(mass_gev, dtype=np.float64))
    if len(position) < 2:
        return np.empty(0, dtype=np.int64)
    distance = np.diff(position) / np.asarray(sigma_gev, dtype=np.float64)[:-1]
    return np.flatnonzero(distance > _TIMES_MEDIAN * np.median(distance)).astype(np.int64) + 1
