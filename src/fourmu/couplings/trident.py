"""The bound on g' from neutrino tridents, for overlays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError

__all__ = ["TRIDENT_RANGE_GEV", "trident_coupling"]

FloatArray = npt.NDArray[np.float64]

TRIDENT_RANGE_GEV = (0.013, 12.0)
"""Masses for which the formula holds."""

_G0, _K, _M0, _P = 8.454e-4, 1.6265e-3, 1.9667, 2.364


def trident_coupling(mass_gev: FloatArray) -> FloatArray:
    """Upper limit (95 % CL) on g' of L_mu - L_tau from neutrino tridents in CCFR.

    Parameters
    ----------
    mass_gev
        (n,) masses of the Z' within :data:`TRIDENT_RANGE_GEV`.

    Raises
    ------
    DomainError
        A mass is outside the range of the formula.

    Notes
    -----
    g' = (g0^p + (k m sqrt(1 + m0/m))^p)^(1/p), a fit that follows the CCFR curve (Altmannshofer
    et al., Phys. Rev. Lett. 113, 091801) to 6 %.
    """
    mass = np.asarray(mass_gev, dtype=np.float64)
    low, high = TRIDENT_RANGE_GEV
    if not np.all((mass >= low) & (mass <= high)):
        raise DomainError(
            "the trident curve is not known at a mass",
            key="mass_gev",
            expected=f"{low:g} to {high:g} GeV",
        )
    heavy = _K * mass * np.sqrt(1.0 + _M0 / mass)
    return np.asarray((_G0**_P + heavy**_P) ** (1.0 / _P))
