"""Which events are made, and how many."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Injection", "PseudoData", "Samples"]

Mass = Annotated[float, Field(ge=0.2114, le=10.3)]
Count = Annotated[int, Field(ge=1)]


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
    xsec_fb: Annotated[float, Field(gt=0, le=1e4)] = 0.1
    """Cross section (with ISR) times branching fraction to two muons."""


class PseudoData(Section):
    """Simulation in the place of data: integer unit-weight events, always called pseudo-data."""

    isr: bool = True
    """Initial-state radiation, with its photons in the detector."""
    injections: tuple[Injection, ...] = ()
    """Signals to inject: a list of {model, mass_gev, xsec_fb}."""


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
    four_muon_training_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the four-muon files that train the networks; the others give the expectation."""
    signal_photons: Literal["collinear", "angular"] = "collinear"
    """ISR photons of the signal: collinear and unseen, with a constant loss of efficiency as in
    Sec. IV E, or with their angular spectrum in the detector and no constant loss."""
    chunk_events: Count = 100_000
    """Events per file of the large samples."""
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
        return self
