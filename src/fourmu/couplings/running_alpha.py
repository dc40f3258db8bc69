"""The electromagnetic coupling at a scale: leptons at one loop, hadrons parametrised."""

from __future__ import annotations

from typing import Final

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import ALPHA, ELECTRON_MASS_GEV, MUON_MASS_GEV, TAU_MASS_GEV

__all__ = ["delta_alpha", "delta_alpha_hadrons", "delta_alpha_leptons", "running_alpha_factor"]

# H. Burkhardt and B. Pietrzyk, Phys. Lett. B 513 (2001) 46: a + b ln(1 + c Q^2), Q^2 in GeV^2,
# by the upper end of the interval of Q in GeV
_HADRONS: Final = (
    (0.7, 0.0, 0.0023092, 3.9925370),
    (2.0, 0.0, 0.0022333, 4.2191779),
    (4.0, 0.0, 0.0024402, 3.2496684),
    (10.0, 0.0, 0.0027340, 2.0995092),
    (91.1876, 0.0010485, 0.0029431, 1.0),
)


def delta_alpha_leptons(scale_gev: float) -> float:
    """One-loop contribution of e, mu and tau at s = scale^2, real part.

    The exact one-loop function: at sqrt(s) = 10.58 GeV the tau is not light.
    """
    total = 0.0
    for mass in (ELECTRON_MASS_GEV, MUON_MASS_GEV, TAU_MASS_GEV):
        ratio = (2.0 * mass / scale_gev) ** 2
        if ratio < 1.0:
            beta = np.sqrt(1.0 - ratio)
            loop = beta * np.log((1.0 + beta) ** 2 / ratio)
        else:
            root = np.sqrt(ratio - 1.0)
            loop = 2.0 * root * np.arctan(1.0 / root)
        total += -5.0 / 3.0 - ratio + (1.0 + ratio / 2.0) * loop
    return float(ALPHA / (3.0 * np.pi) * total)


def delta_alpha_hadrons(scale_gev: float) -> float:
    """Contribution of the five light quarks at Q = scale.

    Raises
    ------
    DomainError
        The scale is above the Z mass or not above zero.

    Notes
    -----
    Parametrised for space-like Q^2 = scale^2. At time-like s the real part has the structure of
    the resonances on top; at 10.58 GeV that is a few 1e-4 of alpha.
    """
    if scale_gev > 0.0:
        for end, a, b, c in _HADRONS:
            if scale_gev <= end:
                return a + b * float(np.log1p(c * scale_gev**2))
    raise DomainError(
        "no running coupling at this scale",
        key="scale_gev",
        found=scale_gev,
        expected=f"above 0, up to {_HADRONS[-1][0]:g} GeV",
    )


def delta_alpha(scale_gev: float) -> float:
    """Shift in alpha(scale) = alpha / (1 - shift)."""
    return delta_alpha_leptons(scale_gev) + delta_alpha_hadrons(scale_gev)


def running_alpha_factor(sqrt_s_gev: float) -> float:
    """Factor on cross sections of e+e- -> gamma* -> mu+mu- X when alpha runs to sqrt(s).

    The cross section goes with alpha^2 and one photon of virtuality s; the coupling of X to
    muons is its own.
    """
    return (1.0 - delta_alpha(sqrt_s_gev)) ** -2
