"""How systematic uncertainties are measured from control samples (Sec. VI)."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from .section import Section

__all__ = ["SystematicsMeasurement"]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Edges = tuple[NotNegative, ...]


class SystematicsMeasurement(Section):
    """Control samples, their cuts and bins, and how often fits are repeated.

    Control samples that the chain has no other use for are made in the stage, once with the
    detector of the simulation and once with that of the pseudo-data.
    """

    signal_masses_gev: tuple[Positive, ...] = (
        0.212,
        0.5,
        1.0,
        1.5,
        2.0,
        2.5,
        3.0,
        4.0,
        5.0,
        6.0,
        7.0,
        8.0,
        8.5,
        9.0,
    )
    """Masses of the signal at which measured efficiencies are propagated; the nearest simulated
    ones are taken."""
    signal_events: Count = 20_000
    """Simulated signal events per mass, at most."""

    tau_pairs: Count = 1_000_000
    """Tau pairs whose decays to an electron, and a muon or three charged hadrons, measure the
    trigger curves (Sec. IV A); the luminosity of the data has a hundred times more."""
    reference_energy_min_gev: Positive = 1.0
    """Least energy of the electron that activates the calorimeter trigger (Sec. IV A)."""
    trigger_pt_edges_gev: Edges = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 4.0)
    """Bins in transverse momentum in which the three-track trigger is shown."""
    trigger_theta_edges_deg: Edges = (17.0, 30.0, 40.0, 51.0, 70.0, 90.0, 117.0, 130.0, 150.0)
    """Bins in polar angle in which the single-muon trigger is measured."""

    mumu_gamma_events: Count = 200_000
    """Events of e+e- -> mu+ mu- gamma for the identification of muons."""
    mumu_gamma_energy_min_gev: Positive = 1.0
    """Least energy of their photon."""
    identification_momentum_edges_gev: Edges = (0.0, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 7.0)
    """Bins in momentum in which the identification of muons is measured."""
    identification_theta_edges_deg: Edges = (17.0, 37.0, 47.0, 122.0, 130.0, 150.0)
    """Bins in polar angle: end caps, gaps and barrel of the KLM."""

    jpsi_events: Count = 20_000
    """Simulated J/psi in e+e- mu+mu-, about as many before the detector."""
    jpsi_mass_range_gev: tuple[Positive, Positive] = (2.95, 3.25)
    """Dimuon masses in which the J/psi is fitted."""

    random_triggers: Count = 200_000
    """Empty events that measure the level of beam background."""

    narrow_four_muon_mass_gev: tuple[Positive, Positive] = (10.54, 10.62)
    """M(4mu) in which the efficiencies of the MLP selection are compared (Sec. VI)."""
    exclusion_sigmas: NotNegative = 10.0
    """The comparison is repeated without this many resolutions around each tested mass."""

    bootstraps: Annotated[int, Field(ge=10)] = 200
    """Bootstrapped sets of background for the bias of the fits."""
    momentum_scale_events: Count = 20_000
    """Signal events per mass whose momenta are scaled."""
    beam_energy_shift_gev: NotNegative = 0.002
    """Shift of the c.m. energy of the beams that is propagated (choice: a third of its
    spread)."""

    @model_validator(mode="after")
    def _ordered(self) -> SystematicsMeasurement:
        for name in (
            "signal_masses_gev",
            "trigger_pt_edges_gev",
            "trigger_theta_edges_deg",
            "identification_momentum_edges_gev",
            "identification_theta_edges_deg",
            "jpsi_mass_range_gev",
            "narrow_four_muon_mass_gev",
        ):
            values = getattr(self, name)
            if len(values) < 2 or any(b <= a for a, b in pairwise(values)):
                raise ValueError(f"{name} must increase and have at least two entries")
        return self
