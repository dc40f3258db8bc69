"""Mass windows and the templates in them (Sec. V)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Templates"]

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Templates(Section):
    """The grid of mass hypotheses, and signal, background and counts in the bins of each."""

    mass_range_gev: tuple[Positive, Positive] = (0.212, 9.0)
    """First and last dimuon mass of the scan (Sec. V)."""
    step_sigmas: Annotated[float, Field(ge=0.05)] = 1.0
    """Scan step in units of sigma(M_R) (Sec. V)."""
    window_sigmas: Positive = 60.0
    """Width of a fit window in units of sigma(M_R) (Sec. V)."""
    bins: Count = 120
    """Bins of a window: half a sigma each."""
    veto_gev: tuple[tuple[Positive, Positive], ...] = ((3.07, 3.12),)
    """Intervals of dimuon mass without hypotheses and without bins: the J/psi (Sec. V). Add
    [3.676, 3.696] for the psi(2S)."""
    quadratic_below_gev: Annotated[float, Field(ge=0)] = 1.0
    """Background is quadratic below this mass, straight above (Sec. V)."""
    background_smoothing_windows: Annotated[int, Field(ge=0)] = 15
    """Windows on either side over which the expected background is averaged (choice: the initial
    values of the fits do not carry the noise of the simulation)."""
    bias_correction: Positive = 1.07
    """Fitted yields are scaled up by this for the resolution in data (Sec. V); used only when
    mass_resolution is normalisation."""
    mass_resolution: Literal["normalisation", "shape"] = "normalisation"
    """How the worse resolution of data enters: as the paper's 7 % correction with its error, or
    as a wider signal shape with a width that may vary. Never both."""
    width_factor: Positive = 1.25
    """shape: width of the nominal signal template over simulation (Sec. V)."""
    width_factor_variations: tuple[Positive, Positive] = (1.0, 1.5)
    """shape: widths of the two variations, one standard deviation down and up."""

    @model_validator(mode="after")
    def _ordered(self) -> Templates:
        if self.mass_range_gev[1] <= self.mass_range_gev[0]:
            raise ValueError("mass_range_gev must increase")
        if any(high <= low for low, high in self.veto_gev):
            raise ValueError("each veto needs its low edge below its high edge")
        return self
