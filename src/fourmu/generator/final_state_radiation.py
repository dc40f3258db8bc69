"""Final-state radiation off muons, for pseudo-data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import ALPHA

from .events import PartonEvents
from .fsr_kernels import radiate_events

__all__ = ["ENERGY_MIN_GEV", "radiate_fsr"]

ENERGY_MIN_GEV = 1e-3
_MUON = 13
_PHOTON = 22


def radiate_fsr(
    partons: PartonEvents,
    rng: np.random.Generator,
    *,
    energy_min_gev: float = ENERGY_MIN_GEV,
    photons_max: int = 2,
    alpha: float = ALPHA,
) -> PartonEvents:
    """Let the muons of events radiate photons.

    Parameters
    ----------
    partons
        Events; all columns of muons radiate, undecayed taus, pions and electrons do not.
    rng
        Source of randomness; equal states give equal events.
    energy_min_gev
        Least energy of a photon in the frame of ``partons``. Softer ones carry less energy than
        any resolution.
    photons_max
        Columns of photons to append. Softer photons than the hardest so many take their momentum
        away unrecorded.
    alpha
        Fine structure constant.

    Returns
    -------
    events
        The same events, muons with what is left, and ``photons_max`` columns of photons, hardest
        first, zero where absent. Four-momentum is conserved and muons keep their mass.

    Raises
    ------
    DomainError
        Unequal numbers of mu+ and mu-, or an energy or number out of range.

    Notes
    -----
    Leading order, unitary: a photon changes momenta, not the rate (the exact inclusive
    correction is 3 alpha / 4 pi, 0.2 %). One photon off one pair of muons is the exact first
    order. Among several muons that QED makes, soft photons interfere as in the eikonal factor of
    all charges, and along a muon the splitting function is exact. X lives long against the time
    in which a photon forms (a narrow resonance): its muons and the prompt ones radiate
    independently, and the mass of its muons and their photons is its own.
    """
    if not 0.0 < energy_min_gev < partons.sqrt_s_gev:
        raise DomainError(
            "the least photon energy is out of range",
            key="energy_min_gev",
            found=energy_min_gev,
            expected="between zero and sqrt(s)",
        )
    if photons_max < 1:
        raise DomainError("at least one photon is recorded", key="photons_max", found=photons_max)
    if not 0.0 <= alpha < 0.1:
        raise DomainError("alpha is out of range", key="alpha", found=alpha)
    columns = np.flatnonzero(np.abs(partons.pdg) == _MUON)
    charge = -np.sign(partons.pdg[columns]).astype(np.float64)
    if charge.sum() != 0.0:
        raise DomainError(
            "radiation needs as many mu+ as mu-",
            where=partons.process,
            key="pdg",
            found=partons.pdg[columns].tolist(),
        )
    n = len(partons)
    momenta = np.zeros((n, partons.momenta.shape[1] + photons_max, 4))
    momenta[:, : partons.momenta.shape[1]] = partons.momenta
    narrow = ~np.isnan(partons.x_mass_gev)
    together = np.zeros(len(columns))
    apart = np.arange(len(columns)) // 2
    for rows, group in ((~narrow, together), (narrow, apart.astype(np.float64))):
        if not rows.any():
            continue
        muons = np.ascontiguousarray(momenta[np.ix_(rows, columns)])
        photons = np.zeros((len(muons), photons_max, 4))
        radiate_events(
            rng, muons, charge, group, energy_min_gev, alpha, photons, np.zeros(len(muons))
        )
        momenta[np.ix_(rows, columns)] = muons
        momenta[rows, -photons_max:] = photons
    return replace(
        partons,
        momenta=momenta,
        pdg=np.concatenate([partons.pdg, np.full(photons_max, _PHOTON)]),
    )
