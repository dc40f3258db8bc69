"""The cuts on events, one function each (Sec. IV A-C), and their order.

Each takes the quantities of the events and the selection section, and returns a mask (n,).
Comparisons with NaN are false, so an undefined quantity fails a cut unless the cut says
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from fourmu.config.selection import Selection

from .quantities import BoolArray, EventQuantities

__all__ = [
    "EVENT_CUTS",
    "angle_to_photons",
    "four_muon_mass",
    "four_tracks",
    "impact_parameters",
    "photon_energy",
    "radiated_photon",
    "three_muons",
    "trigger",
    "zero_charge",
]

Cut = Callable[[EventQuantities, Selection], BoolArray]


def trigger(q: EventQuantities, settings: Selection) -> BoolArray:  # noqa: ARG001
    """Three-track OR single-muon trigger (Sec. IV A)."""
    return q.triggered


def four_tracks(q: EventQuantities, settings: Selection) -> BoolArray:  # noqa: ARG001
    """Exactly four charged particles (Sec. IV C)."""
    mask: BoolArray = q.n_tracks == 4
    return mask


def zero_charge(q: EventQuantities, settings: Selection) -> BoolArray:  # noqa: ARG001
    """Zero net charge (Sec. IV C)."""
    mask: BoolArray = q.charge == 0
    return mask


def four_muon_mass(q: EventQuantities, settings: Selection) -> BoolArray:
    """M(4mu) between 10 and 11 GeV (Sec. IV C)."""
    low, high = settings.four_muon_mass_gev
    return (q.four_muon_mass_gev > low) & (q.four_muon_mass_gev < high)


def impact_parameters(q: EventQuantities, settings: Selection) -> BoolArray:
    """Every track from the interaction point: dr < 0.5 cm, |dz| < 2 cm (Sec. IV C)."""
    return (q.dr_max_cm < settings.dr_max_cm) & (q.dz_max_cm < settings.dz_max_cm)


def three_muons(q: EventQuantities, settings: Selection) -> BoolArray:
    """At least three identified muons (Sec. IV C)."""
    mask: BoolArray = q.n_muons >= settings.muons_min
    return mask


def photon_energy(q: EventQuantities, settings: Selection) -> BoolArray:
    """Summed energy of all photons below 0.4 GeV (Sec. IV C)."""
    mask: BoolArray = q.photon_energy_gev < settings.photon_energy_max_gev
    return mask


def radiated_photon(q: EventQuantities, settings: Selection) -> BoolArray:
    """For M(4mu) < 10.4 GeV, photon energy below that of a single radiated photon.

    The line is E_max = sqrt(s) - M(4mu) (choice; the paper says it is linear in M(4mu)); events
    without photons pass.
    """
    limit = q.sqrt_s_gev - q.four_muon_mass_gev
    applies = (q.four_muon_mass_gev < settings.radiative_mass_max_gev) & (q.photon_energy_gev > 0)
    return ~applies | (q.photon_energy_gev < limit)


def angle_to_photons(q: EventQuantities, settings: Selection) -> BoolArray:
    """At most 160 degrees in the c.m. frame between four muons and all photons (Sec. IV C).

    Events without photons pass.
    """
    mask: BoolArray = np.isnan(q.photon_angle_rad) | (
        q.photon_angle_rad <= np.radians(settings.photon_angle_max_deg)
    )
    return mask


EVENT_CUTS: Final[tuple[tuple[str, Cut], ...]] = (
    ("trigger", trigger),
    ("four_tracks", four_tracks),
    ("zero_charge", zero_charge),
    ("four_muon_mass", four_muon_mass),
    ("impact_parameters", impact_parameters),
    ("three_muons", three_muons),
    ("photon_energy", photon_energy),
    ("radiated_photon", radiated_photon),
    ("angle_to_photons", angle_to_photons),
)
"""The cuts in the paper's order."""
