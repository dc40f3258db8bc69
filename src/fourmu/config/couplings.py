"""From cross-section limits to coupling limits (Sec. VII)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Couplings", "Overlay"]

Positive = Annotated[float, Field(gt=0)]


class Overlay(Section):
    """A limit of another experiment, drawn beside ours."""

    path: PurePosixPath
    """CSV file with columns mass_gev and coupling, relative to the configuration."""
    label: str
    """Name in the legend."""
    confidence_level: Annotated[float, Field(gt=0, lt=1)]
    """Confidence level of the limit, written into the legend."""
    model: str
    """Model whose coupling it limits."""


class Couplings(Section):
    """Limits on couplings, the (g-2) band and the curves beside them."""

    reference_coupling: Positive = 1.0
    """Coupling at which cross sections are computed; they scale with its square."""
    table_masses_gev: tuple[Positive, ...] = (
        *(0.212, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5),
        *(4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 8.25, 8.5, 8.75, 9.0, 9.25),
    )
    """Masses at which the generator computes the cross section with and without ISR."""
    table_rel_error: Annotated[float, Field(gt=0, lt=0.1)] = 0.003
    """Relative error asked of each of those cross sections."""
    alpha_production: Literal["fixed", "running"] = "fixed"
    """fixed: alpha = 1/137 in the production, as in the matrix elements; running: alpha at
    sqrt(s), which raises the cross sections by 7-8 %."""
    g_minus_2: Literal["2021", "2024", "2025"] = "2024"
    """Difference of measured and predicted (g-2) of the muon, in 1e-11: 2024: 249(48), the
    paper's; 2021: 251(59); 2025: 38(63), compatible with zero at 2 sigma: an upper edge only."""
    width_fraction: Positive = 0.5
    """A width at the limit above this fraction of sigma(M_R) makes a window
    width_not_negligible: the narrow-signal template no longer holds."""
    quoted_below_gev: Positive = 6.0
    """Coupling ranges are quoted below this mass (Sec. VII)."""
    trident: bool = True
    """Draw the bound from neutrino tridents (CCFR) beside the Z'."""
    overlays: tuple[Overlay, ...] = ()
    """Other experiments' limits: a list of {path, label, confidence_level, model}. None are
    shipped."""

    @model_validator(mode="after")
    def _increasing(self) -> Couplings:
        masses = self.table_masses_gev
        if any(b <= a for a, b in pairwise(masses)):
            raise ValueError("table_masses_gev must increase")
        if len(masses) < 4:
            raise ValueError("table_masses_gev needs at least 4 masses to interpolate between")
        return self
