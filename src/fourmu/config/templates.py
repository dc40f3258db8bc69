"""Signal model, mass windows and their templates (Secs. IV E and V)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Templates"]

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Templates(Section):
    """From candidates that pass everything to one set of templates per mass window."""

    luminosity_ifb: Positive = 178.0
    """Integrated luminosity of the data (Sec. III)."""
    mass_range_gev: tuple[Positive, Positive] = (0.212, 9.0)
    """First and last dimuon mass of the scan (Sec. V)."""
    step_sigmas: Positive = 1.0
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
    signal_photons: Literal["collinear", "angular"] = "collinear"
    """Mode of the ISR photons of the signal samples; must be that of the samples section."""
    collinear_photon_loss: Annotated[float, Field(ge=0, lt=1)] = 0.028
    """Efficiency lost to radiated photons that collinear signal samples do not have (Sec. IV E);
    applied once, and only where photons are collinear."""
    interval_probability: Annotated[float, Field(gt=0, lt=1)] = 0.683
    """sigma(M_R) is half the smallest interval that holds this share of the fitted shape."""
    shape_candidates_min: Count = 300
    """Masses with fewer candidates have no shape fit; the curve is carried through (choice)."""
    shape_candidates_max: Count = 40_000
    """Candidates per shape fit at most."""
    resolution_max_degree: Count = 9
    """Highest degree of the polynomial in mass that smooths ln sigma(M_R); the degree is chosen
    by the corrected Akaike criterion."""
    shape_max_degree: Count = 3
    """Same for shape parameters within an MLP range."""
    efficiency_max_degree: Count = 4
    """Same for the efficiency within an MLP range."""

    @model_validator(mode="after")
    def _ordered(self) -> Templates:
        if self.mass_range_gev[1] <= self.mass_range_gev[0]:
            raise ValueError("mass_range_gev must increase")
        if any(high <= low for low, high in self.veto_gev):
            raise ValueError("each veto needs its low edge below its high edge")
        return self
