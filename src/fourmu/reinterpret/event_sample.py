"""Events of one mass, as any generator makes them, and their cross section."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fourmu.generator import PartonEvents

__all__ = ["EventSample"]


@dataclass(frozen=True, kw_only=True)
class EventSample:
    """Events of e+e- -> mu+ mu- X, X -> mu+ mu- of one mass, and their cross section.

    Attributes
    ----------
    sources
        Files, in the order given.
    events
        The events, X decayed: its muons in third and fourth place. ``x_mass_gev`` is the mass of
        X before it radiates: that of its muons and the photons that the file lets come from X.
    mass_gev
        Median of the masses of X; every event counts once.
    mass_spread_gev
        Half the smallest interval that holds 68.3 % of the masses: 0.92 widths of a
        Breit-Wigner, zero for a fixed mass.
    xsec_fb, xsec_error_fb
        Cross section of ``<init>`` and its error: with X -> mu+ mu- if ``x_decayed``, for the
        production of X otherwise.
    x_decayed
        Whether the files have X decayed; if not, it was decayed isotropically.
    is_isr_free
        Whether in every event the prompt muons and X, with the photons that come from X and
        without others, have the four-momentum of the beams, each component to 1e-4 sqrt(s).
    has_photons
        Whether any event has a photon.
    """

    sources: tuple[Path, ...]
    events: PartonEvents
    mass_gev: float
    mass_spread_gev: float
    xsec_fb: float
    xsec_error_fb: float
    x_decayed: bool
    is_isr_free: bool
    has_photons: bool

    @property
    def title(self) -> str:
        """Files, for messages."""
        return ", ".join(str(path) for path in self.sources)
