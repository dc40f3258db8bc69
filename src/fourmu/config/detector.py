"""The parametric detector (Sec. II, IV A-B): every number of its response."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Detector"]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Degrees = Annotated[float, Field(gt=0, lt=180)]
Curve = tuple[NotNegative, ...]
Efficiencies = tuple[Probability, ...]


class Detector(Section):
    """Beams, tracks, identification, photons and triggers of the Belle II experiment."""

    electron_beam_gev: Positive = 7.004
    """Energy of the electron beam."""
    positron_beam_gev: Positive = 4.002
    """Energy of the positron beam."""
    crossing_half_angle_rad: Annotated[float, Field(ge=0, lt=0.5)] = 0.0415
    """Angle of each beam to the detector axis, in the horizontal plane. With the energies it
    gives the velocity (0.0415, 0, 0.2725) of the c.m. frame."""

    track_theta_deg: tuple[Degrees, Degrees] = (17.0, 150.0)
    """Polar angles in which tracks are found."""
    track_efficiency_pt_gev: Curve = (0.05, 0.1, 0.3)
    """Transverse momenta at which the tracking efficiency is given; linear between them."""
    track_efficiency: Efficiencies = (0.0, 0.95, 0.99)
    """Tracking efficiency there: 99 % above 0.3 GeV, 95 % at 0.1 GeV (choice), and nothing
    below 0.05 GeV, where a helix stays inside the vertex detector."""
    pt_resolution_per_gev: NotNegative = 0.001
    """Part of sigma(pT)/pT that grows with pT (Sec. II)."""
    pt_resolution_constant: Positive = 0.003
    """Constant part of sigma(pT)/pT (Sec. II), added in quadrature."""
    angle_resolution_rad: Positive = 0.001
    """Unit of the resolution in polar and azimuthal angle: this times
    sqrt(constant + (1 GeV/p)^2) (choice: it gives the mass resolution of the paper)."""
    angle_resolution_constant: Positive = 0.25
    """The constant under that root."""
    impact_resolution_um: NotNegative = 12.0
    """Constant part of the resolution in the impact parameters."""
    impact_scattering_um_gev: NotNegative = 20.0
    """Multiple scattering: this over p beta sin^(3/2)(theta), added in quadrature."""
    resolution_scale: Positive = 1.0
    """Factor on the track resolutions of simulated events; pseudo-data use 1.25 (Sec. VI). The
    kinematic fit always assumes 1."""

    klm_momentum_min_gev: NotNegative = 0.7
    """Muons below this do not reach the KLM (Sec. IV B)."""
    muon_id_momentum_gev: Curve = (0.5, 0.7, 1.0, 2.0)
    """Momenta at which the muon identification is given; linear between, constant outside."""
    muon_id_efficiency: Efficiencies = (0.93, 0.94, 0.97, 0.99)
    """Muons identified as muons: 93-99 % (Sec. IV B; the momenta are a choice)."""
    pion_as_muon: Efficiencies = (0.20, 0.15, 0.07, 0.03)
    """Hadrons identified as muons: 80-97 % of the pions are rejected (Sec. IV B; the momenta
    are a choice)."""
    electron_as_muon_soft: Probability = 0.01
    """Electrons below the KLM momentum identified as muons (choice: the paper gives no number, but
    says that three identified muons leave almost nothing but four muons, Sec. IV C)."""
    electron_as_muon_gap: Probability = 0.01
    """Electrons above it, in a gap of the KLM, identified as muons (choice, as the last)."""
    electron_as_muon: Probability = 0.0002
    """Electrons identified as muons elsewhere (choice, as the last)."""
    klm_gaps_deg: tuple[tuple[Degrees, Degrees], ...] = ((37.0, 47.0), (122.0, 130.0))
    """Polar angles between barrel and end caps of the KLM."""
    electron_id_efficiency: Probability = 0.95
    """Electrons identified as electrons (choice)."""
    muon_as_electron: Probability = 0.005
    """Muons identified as electrons (choice)."""
    pion_as_electron: Probability = 0.01
    """Hadrons identified as electrons (choice)."""

    photon_energy_min_gev: Positive = 0.1
    """Smallest measured energy of a photon (Sec. IV B)."""
    photon_theta_deg: tuple[tuple[Degrees, Degrees], ...] = (
        (12.4, 31.4),
        (32.2, 128.7),
        (130.7, 155.1),
    )
    """Polar angles of the calorimeter: forward end cap, barrel, backward end cap."""
    photon_resolution_constant: NotNegative = 0.0093
    """Constant part of sigma(E)/E of photons."""
    photon_resolution_quartic: NotNegative = 0.0219
    """Part of sigma(E)/E that falls as (E/GeV)^(-1/4), added in quadrature: together 4 % at
    0.1 GeV and 1.6 % at 8 GeV."""
    photon_angle_resolution_rad: NotNegative = 0.005
    """Resolution in the angles of photons (choice; of little effect)."""
    background_photons_mean: NotNegative = 0.5
    """Mean number of photons from beam background above the smallest energy (choice)."""
    background_photon_energy_gev: Positive = 0.03
    """Mean energy of these photons above the smallest one; exponential (choice)."""

    conversion_radiation_lengths: Annotated[float, Field(ge=0, lt=0.5)] = 0.012
    """Material within 2 cm of the interaction point in which photons convert, in radiation
    lengths at normal incidence (choice); it grows as 1/sin(theta)."""

    calorimeter_trigger_energy_gev: NotNegative = 1.0
    """Deposited energy above which the reference trigger fires (Sec. IV A)."""
    calorimeter_trigger_theta_deg: tuple[Degrees, Degrees] = (22.0, 128.0)
    """Polar angles of these deposits (Sec. IV A)."""
    minimum_ionising_gev: NotNegative = 0.2
    """What a muon or a hadron deposits in the calorimeter, at most its momentum (choice);
    electrons and photons deposit all their energy."""

    three_track_theta_deg: tuple[Degrees, Degrees] = (37.0, 120.0)
    """Polar angles in which the three-track trigger sees tracks (Sec. IV A)."""
    three_track_pt_half_gev: NotNegative = 0.2
    """Transverse momentum at which the trigger finds half of the tracks (choice)."""
    three_track_pt_width_gev: Positive = 0.1
    """Width of that Gaussian turn-on (choice): full efficiency above 0.5 GeV (Sec. IV A)."""
    three_track_plateau: Probability = 0.999
    """Efficiency per track far above the turn-on (Sec. IV A: close to 100 %)."""
    single_muon_theta_deg: tuple[Degrees, ...] = (17.0, 51.0, 117.0, 150.0)
    """Polar angles at which the efficiency of the single-muon trigger is given; linear between
    them, zero outside. The plateau is that of Sec. IV A; beyond it the paper shows no curve.
    Falling to zero at the ends of the tracking acceptance is the choice that comes within two
    points of its overall efficiencies (91 % at threshold, 99 %, 89 % at 10 GeV, 95 % for the
    scalar); ending at the barrel of the KLM, 37 and 130 degrees, gives 81-87 % at threshold."""
    single_muon_efficiency: Efficiencies = (0.0, 0.90, 0.90, 0.0)
    """Efficiency there per muon that reaches the KLM: 90 % on the plateau; muons are
    independent (Sec. IV A)."""

    @model_validator(mode="after")
    def _curves_and_ranges(self) -> Detector:
        for nodes, *curves in (
            ("track_efficiency_pt_gev", "track_efficiency"),
            ("muon_id_momentum_gev", "muon_id_efficiency", "pion_as_muon"),
            ("single_muon_theta_deg", "single_muon_efficiency"),
        ):
            x = getattr(self, nodes)
            if len(x) < 2 or any(b <= a for a, b in pairwise(x)):
                raise ValueError(f"{nodes} must increase and have at least two entries")
            for curve in curves:
                if len(getattr(self, curve)) != len(x):
                    raise ValueError(f"{curve} must have one entry for each of {nodes}")
        ranges = [
            self.track_theta_deg,
            self.three_track_theta_deg,
            self.calorimeter_trigger_theta_deg,
            *self.klm_gaps_deg,
            *self.photon_theta_deg,
        ]
        if any(high <= low for low, high in ranges):
            raise ValueError("a range of polar angles must increase")
        return self
