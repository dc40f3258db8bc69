"""What can be generated: energies, masses and numbers of events are checked here."""

from __future__ import annotations

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray

__all__ = ["check_energy", "check_events", "check_masses"]


def check_energy(sqrt_s_gev: float, sqrt_s_spread_gev: float, sqrt_s_prime_min_gev: float) -> None:
    """Refuse energies that no collision can have.

    Raises
    ------
    DomainError
        Not finite, not positive, a spread of more than a percent, or a minimum out of reach.
    """
    if not (np.isfinite(sqrt_s_gev) and sqrt_s_gev > 4.0 * MUON_MASS_GEV):
        raise DomainError("the c.m. energy is below four muons", key="sqrt_s_gev", found=sqrt_s_gev)
    if not 0.0 <= sqrt_s_spread_gev <= 0.01 * sqrt_s_gev:
        raise DomainError(
            "the spread of sqrt(s) must lie between zero and one percent",
            key="sqrt_s_spread_gev",
            found=sqrt_s_spread_gev,
        )
    if not 0.0 <= sqrt_s_prime_min_gev < sqrt_s_gev:
        raise DomainError(
            "the least sqrt(s') must lie between zero and sqrt(s)",
            key="sqrt_s_prime_min_gev",
            found=sqrt_s_prime_min_gev,
        )


def check_masses(mass_gev: FloatArray, sqrt_s_gev: float, *, decayed: bool) -> None:
    """Refuse masses of X that cannot be produced, or decay to two muons.

    Raises
    ------
    DomainError
        A mass is not finite, not positive, above sqrt(s) - 2 m_mu, or below 2 m_mu.
    """
    low = 2.0 * MUON_MASS_GEV if decayed else 0.0
    high = sqrt_s_gev - 2.0 * MUON_MASS_GEV
    mass = np.atleast_1d(mass_gev)
    bad = mass[~(np.isfinite(mass) & (mass > low) & (mass < high))]
    if len(bad):
        raise DomainError(
            "X of this mass cannot be made" + (" and decay to two muons" if decayed else ""),
            key="mass_gev",
            found=f"{bad[0]:g}",
            expected=f"between {low:.6g} and {high:.6g} GeV",
        )


def check_events(n_events: int) -> None:
    """Refuse a negative number of events.

    Raises
    ------
    DomainError
        The number is negative.
    """
    if n_events < 0:
        raise DomainError("the number of events cannot be negative", found=n_events)
