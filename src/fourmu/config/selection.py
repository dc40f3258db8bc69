"""The selection (Sec. IV A-C) and the kinematic fit (Sec. IV E)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Selection"]

Positive = Annotated[float, Field(gt=0)]


class Selection(Section):
    """Cuts on events and candidates, before the networks."""

    four_muon_mass_gev: tuple[Positive, Positive] = (10.0, 11.0)
    """Range of M(4mu) (Sec. IV C)."""
    dr_max_cm: Positive = 0.5
    """Largest transverse distance of a track from the interaction point (Sec. IV C)."""
    dz_max_cm: Positive = 2.0
    """Largest longitudinal distance (Sec. IV C)."""
    muons_min: Annotated[int, Field(ge=0, le=4)] = 3
    """Smallest number of identified muons (Sec. IV C)."""
    photon_energy_max_gev: Positive = 0.4
    """Largest sum of the photon energies (Sec. IV C)."""
    radiative_mass_max_gev: Positive = 10.4
    """Below this M(4mu) the photon energy sum must also be smaller than sqrt(s) - M(4mu), the
    energy of a single radiated photon (Sec. IV C; the line is a choice)."""
    photon_angle_max_deg: Annotated[float, Field(gt=0, le=180)] = 160.0
    """Largest c.m. angle between the four muons and all photons (Sec. IV C)."""
    electron_veto_mass_max_gev: Annotated[float, Field(ge=0)] = 1.0
    """Candidates below this mass must have no track identified as an electron (Sec. IV C)."""
    fit_iterations_max: Annotated[int, Field(ge=1)] = 200
    """Iterations after which a kinematic fit counts as not converged. Three to five are usual; an
    event with a hard lost photon may need a hundred."""
    fit_tolerance_gev: Positive = 1e-8
    """Largest violation of the four constraints at convergence."""
    fit_chi2_tolerance: Positive = 1e-6
    """Largest relative change of chi2 (with 1 added) in the last iteration."""

    @model_validator(mode="after")
    def _ordered(self) -> Selection:
        low, high = self.four_muon_mass_gev
        if high <= low:
            raise ValueError("four_muon_mass_gev must increase")
        return self
