"""Systematic uncertainties of the statistical model (Table I)."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["MassCurve", "Statmodel", "Systematics"]

Size = Annotated[float, Field(ge=0, lt=1)]


class MassCurve(Section):
    """A relative size that depends on mass: straight lines between points, constant beyond."""

    mass_gev: tuple[Annotated[float, Field(gt=0)], ...]
    """Masses, increasing."""
    size: tuple[Size, ...]
    """Relative uncertainty (one standard deviation) at each mass."""

    @model_validator(mode="after")
    def _pairs(self) -> MassCurve:
        if len(self.mass_gev) != len(self.size) or not self.size:
            raise ValueError("mass_gev and size need the same number of points, at least one")
        if any(b <= a for a, b in pairwise(self.mass_gev)):
            raise ValueError("mass_gev must increase")
        return self


class Systematics(Section):
    """Relative uncertainties of the signal yield (Table I), each with a Gaussian constraint."""

    trigger: MassCurve = MassCurve(
        mass_gev=(0.212, 2.5, 8.5, 9.0), size=(0.017, 0.003, 0.003, 0.005)
    )
    """Trigger efficiency (Sec. VI: 0.3 % for most of the spectrum, 1.7 % at low and 0.5 % at
    high masses). Choice: straight lines outside 2.5-8.5 GeV, the plateau of the efficiency."""
    tracking: Size | MassCurve = 0.036
    """Efficiency to find the four tracks (Sec. VI)."""
    particle_id: MassCurve = MassCurve(mass_gev=(0.212, 2.5), size=(0.03, 0.007))
    """Muon identification (Sec. VI: 0.7-3 %). Choice: falls from low mass, where muons miss
    the KLM, to 2.5 GeV, where the efficiency reaches its plateau."""
    beam_background: Size = 0.01
    """Beam background and energy resolution of the calorimeter (Sec. VI)."""
    mlp: tuple[Size, Size, Size, Size, Size] = (0.081, 0.03, 0.011, 0.02, 0.04)
    """Efficiency of the MLP selection per MLP range (Sec. VI: 1.1-8.1 %). Choice: the largest
    in the first range, the smallest where the rejection is best, others between."""
    interpolation: Size = 0.03
    """Interpolation of the efficiency between simulated masses (Sec. VI)."""
    fit_bias: Size = 0.04
    """Width of the pulls of fitted signal yields (Sec. VI)."""
    mass_resolution: Size = 0.07
    """Bias of the yield by a mass resolution worse than simulated (Sec. VI). Not used when the
    resolution enters as a shape."""
    luminosity: Size = 0.01
    """Integrated luminosity (Sec. VI)."""


class Statmodel(Section):
    """How a window becomes a pyhf workspace; its structure is in ``cabinetry_configs/``."""

    systematics: Systematics = Systematics()
    """Nuisance parameters of the signal."""
    systematics_from: Literal["table_i", "measured"] = "table_i"
    """table_i: the sizes above. measured: those that the stage systematics measures; tracking
    and luminosity stay as above."""
