"""Which events are made, and how many."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = [
    "Backgrounds",
    "DetectorDifferences",
    "Injection",
    "PseudoData",
    "ResonancePeak",
    "Samples",
]

Mass = Annotated[float, Field(ge=0.2114, le=10.3)]
Count = Annotated[int, Field(ge=1)]
CrossSection = Annotated[float, Field(gt=0, le=1e4)]
Multiple = Annotated[float, Field(ge=0, le=1e3)]


def _steps(start: float, stop: float, step: float) -> tuple[float, ...]:
    """Masses start, start + step ... stop, free of rounding noise."""
    count = round((stop - start) / step)
    return tuple(round(start + index * step, 6) for index in range(count + 1))


class Injection(Section):
    """A signal put into the pseudo-data."""

    model: str = "zprime"
    """Model of the injected particle."""
    mass_gev: Mass = 3.0
    """Its mass."""
    xsec_fb: CrossSection = 0.1
    """Cross section (with ISR) times branching fraction to two muons."""


class ResonancePeak(Section):
    """A resonance that decays to two muons, or to pions taken for muons, in the pseudo-data."""

    name: str = "jpsi"
    """One of jpsi, psi2s, upsilon1s, rho."""
    area_mev: Annotated[float, Field(gt=0, le=1e5)] = 87.5
    """Its candidates, as the width in MeV of dimuon continuum that holds as many."""


class DetectorDifferences(Section):
    """How the detector of the pseudo-data differs from the simulated one; each can be taken out."""

    resolution_scale: Annotated[float, Field(gt=0, le=10)] = 1.25
    """Factor on the track resolutions (Sec. V: the J/psi is 25 % wider in data); 1 for none."""
    three_track_pt_half_shift_gev: Annotated[float, Field(ge=-1, le=1)] = 0.03
    """Added to the transverse momentum at which the three-track trigger finds half of the tracks
    (choice; Sec. IV D sees fewer events at low mass than simulated); 0 for none."""
    single_muon_scale: Annotated[float, Field(ge=0, le=1.5)] = 0.99
    """Factor on the efficiency of the single-muon trigger (choice); 1 for none."""
    muon_id_scale: Annotated[float, Field(ge=0, le=1.5)] = 0.99
    """Factor on the identification of muons (choice: within Table I); 1 for none."""
    background_photons_scale: Annotated[float, Field(ge=0, le=100)] = 1.2
    """Factor on the number of photons from beam background (choice); 1 for none."""

    @classmethod
    def none(cls) -> DetectorDifferences:
        """Return the detector of the simulation."""
        return cls(
            resolution_scale=1.0,
            three_track_pt_half_shift_gev=0.0,
            single_muon_scale=1.0,
            muon_id_scale=1.0,
            background_photons_scale=1.0,
        )


class PseudoData(Section):
    """What stands in the place of data: integer unit-weight events, always called pseudo-data.

    They have what the simulation lacks, as data do; each effect has its own switch or size.
    """

    isr: bool = True
    """Initial-state radiation, with its photons in the detector."""
    fsr: bool = True
    """Radiation off the muons of the final state, with its photons in the detector."""
    backgrounds: bool = True
    """The processes beside four muons that are simulated (``samples.backgrounds``)."""
    resonances: tuple[ResonancePeak, ...] = (
        ResonancePeak(name="jpsi", area_mev=87.5),
        ResonancePeak(name="psi2s", area_mev=5.0),
        ResonancePeak(name="upsilon1s", area_mev=8.8),
        ResonancePeak(name="rho", area_mev=1870.0),
    )
    """Peaks over the dimuon continuum, none of which is simulated: a list of {name, area_mev}. The
    rho decays to pions, at least one of which has to be taken for a muon."""
    detector: DetectorDifferences = DetectorDifferences()
    """How the detector differs from the simulated one."""
    injections: tuple[Injection, ...] = ()
    """Signals to inject: a list of {model, mass_gev, xsec_fb}."""
    sealed_injections: Annotated[int, Field(ge=0, le=20)] = 0
    """Signals of a model, mass and size drawn from the seed. Nothing shows them while the analysis
    is blind; a SHA-256 commitment is kept with the events ('fourmu truth' tells them after)."""
    sealed_mass_gev: tuple[Mass, Mass] = (0.212, 9.0)
    """Range of their masses, drawn uniformly."""
    sealed_xsec_fb: tuple[CrossSection, CrossSection] = (0.1, 1.0)
    """Range of their cross sections, drawn uniformly in the logarithm."""


class Backgrounds(Section):
    """Simulated luminosity of the backgrounds beside four muons, over that of the data; 0 for none.

    Without ISR, FSR or resonances, as the four muons. The last two need the extra ``pythia``.
    """

    mumu_gamma: Multiple = 2.0
    """mu mu gamma, the photon converted in the material."""
    ee_mumu: Multiple = 2.0
    """e e mu mu with all four in the acceptance."""
    mumu_tautau: Multiple = 5.0
    """mu mu tau tau, with the decays of the taus."""
    hadrons: Multiple = 0.0
    """Quark pairs and what they become."""
    tau_pairs: Multiple = 0.0
    """Pairs of taus."""


class Samples(Section):
    """Simulated samples (Sec. III) and their sizes."""

    luminosity_ifb: Annotated[float, Field(gt=0, le=1e5)] = 178.0
    """Integrated luminosity of the data (Sec. III); pseudo-data are thrown for it, too."""
    zprime_masses_gev: tuple[Mass, ...] = (0.212, *_steps(0.25, 10.0, 0.25))
    """Grid of Z' masses for efficiencies and shapes (Sec. III: 250 MeV steps)."""
    scalar_masses_gev: tuple[Mass, ...] = (*_steps(0.212, 0.972, 0.04), *_steps(1.0, 10.0, 0.25))
    """Grid of scalar masses (Sec. III: 40 MeV steps below 1 GeV, then 250 MeV)."""
    events_per_mass: Count = 60_000
    """Events per grid mass, with ISR."""
    events_per_mass_no_isr: Count = 20_000
    """Events per grid mass without ISR: the efficiency for LHE input is measured with them."""
    training_range_gev: tuple[Mass, Mass] = (0.212, 10.0)
    """Range of the Z' training set, drawn on a grid of masses in one run."""
    training_step_gev: Annotated[float, Field(gt=0)] = 0.005
    """Mass step of the Z' training set (Sec. III: 5 MeV)."""
    training_events_per_mass: Count = 500
    """Mean number of training events per mass."""
    four_muon_events: Count = 3_000_000
    """Simulated four-muon events, without ISR as in AAFH (Sec. III)."""
    backgrounds: Backgrounds = Backgrounds()
    """The other simulated backgrounds, in multiples of the luminosity of the data."""
    background_training_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the files of each background that train the networks; the others give the
    expectation."""
    signal_photons: Literal["collinear", "angular"] = "collinear"
    """ISR photons of the signal: collinear and unseen, with a constant loss of efficiency as in
    Sec. IV E, or with their angular spectrum in the detector and no constant loss."""
    signal_fsr: bool = False
    """Radiation off the muons of simulated signals. The paper's simulation has none; pseudo-data
    have (``pseudo_data.fsr``), and lose signal by it that limits do not know."""
    chunk_events: Count = 100_000
    """Events per file of the large samples."""
    chunk_luminosity_ifb: Annotated[float, Field(gt=0)] = 25.0
    """Luminosity per file of the samples whose size is a luminosity: the backgrounds beside four
    muons, and pseudo-data."""
    pseudo_data: PseudoData = PseudoData()
    """What stands in the place of data."""

    @model_validator(mode="after")
    def _ordered(self) -> Samples:
        for name in ("zprime_masses_gev", "scalar_masses_gev", "training_range_gev"):
            masses = getattr(self, name)
            if any(b <= a for a, b in itertools.pairwise(masses)):
                raise ValueError(f"{name} must increase")
            if name != "training_range_gev" and len(masses) < 5:
                raise ValueError(f"{name} needs at least 5 masses to interpolate between")
        for name in ("sealed_mass_gev", "sealed_xsec_fb"):
            low, high = getattr(self.pseudo_data, name)
            if low > high:
                raise ValueError(f"pseudo_data.{name} must not decrease")
        return self
