"""The archive of likelihoods: what it says of itself, and how coarse its kinematic maps are."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = ["Archiving"]

Fraction = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=-1, le=1)]


class Archiving(Section):
    """What is published beside the likelihoods (HEPData and other archives ask for it)."""

    title: str = (
        "Likelihoods of a search for a dimuon resonance X in e+e- -> mu+ mu- X, X -> mu+ mu-"
    )
    """Title of the record."""
    licence: Literal["CC-BY-4.0", "CC0-1.0"] = "CC-BY-4.0"
    """SPDX name of the licence of the content."""
    authors: tuple[str, ...] = ("The fourmu developers",)
    """Who is cited."""
    citation: str = (
        "After Belle II Collaboration, Phys. Rev. D 109, 112015 (2024), "
        "doi:10.1103/PhysRevD.109.112015"
    )
    """What to cite beside the archive."""
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    """DOI of the archive once it has one."""
    hepdata: Annotated[str, Field(pattern=r"^ins[0-9]{7}$")] | None = None
    """Inspire number of the HEPData record, ins1234567."""
    failed_windows: Literal["refuse", "record"] = "refuse"
    """A window without a limit: no archive is built, or the index says its status."""
    energy_edges: tuple[Fraction, ...] = (0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.93, 0.98, 1.0)
    """Bins of the kinematic maps in the c.m. energy of X, as (E - m) / (E_max - m)."""
    cos_theta_edges: tuple[Cosine, ...] = (-1.0, -0.7, -0.35, 0.0, 0.35, 0.7, 1.0)
    """Bins in the cosine of the c.m. polar angle of X, electron beam along +z."""
    cos_decay_edges: tuple[Cosine, ...] = (-1.0, -0.8, -0.4, 0.0, 0.4, 0.8, 1.0)
    """Bins in the cosine of the angle of the mu- from X to the flight of X, in the frame of X."""
    reduced_mass_edges_sigma: tuple[float, ...] = (
        *(-30.0, -20.0, -15.0, -10.0, -7.0, -5.0, -4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0),
        *(0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0),
    )
    """Bins in M_R around the generated mass, in sigma(M_R); multiples of half a sigma add up bins
    of a window."""

    @model_validator(mode="after")
    def _edges(self) -> Archiving:
        for name, ends in (
            ("energy_edges", (0.0, 1.0)),
            ("cos_theta_edges", (-1.0, 1.0)),
            ("cos_decay_edges", (-1.0, 1.0)),
            ("reduced_mass_edges_sigma", None),
        ):
            edges = getattr(self, name)
            if len(edges) < 2 or any(b <= a for a, b in itertools.pairwise(edges)):
                raise ValueError(f"{name} needs at least two increasing edges")
            if ends is not None and (edges[0], edges[-1]) != ends:
                raise ValueError(f"{name} must run from {ends[0]:g} to {ends[1]:g}")
        return self
