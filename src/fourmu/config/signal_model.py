"""Resolution, shape and efficiency of the signal against mass (Secs. IV E and V)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Section

__all__ = ["SignalModelling"]

Count = Annotated[int, Field(ge=1)]


class SignalModelling(Section):
    """How simulated signals on a grid of masses become curves in mass."""

    interval_probability: Annotated[float, Field(gt=0, lt=1)] = 0.683
    """sigma(M_R) is half the smallest interval that holds this share of the fitted shape."""
    collinear_photon_loss: Annotated[float, Field(ge=0, lt=1)] = 0.028
    """Efficiency lost to radiated photons that collinear signal samples do not have (Sec. IV E);
    applied once, and only where photons are collinear."""
    shape_candidates_min: Count = 300
    """Masses with fewer candidates have no shape fit; the curve is carried through (choice)."""
    shape_candidates_max: Count = 40_000
    """Candidates per shape fit at most."""
    resolution_max_degree: Count = 9
    """Highest degree of the polynomial in mass that smooths ln sigma(M_R); the degree is chosen
    by the Akaike criterion."""
    shape_max_degree: Count = 3
    """Highest degree in M_R of the curves of shape parameters within an MLP range."""
    efficiency_max_degree: Count = 6
    """Same for the efficiency within an MLP range."""
    range_masses_min: Count = 5
    """In the MLP range in which the scan ends, masses beyond the first one above that end are left
    out of shape and efficiency, but at least this many masses stay: a cubic needs five (choice)."""
