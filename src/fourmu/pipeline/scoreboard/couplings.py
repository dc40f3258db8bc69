"""Limits on couplings and the (g-2) band (Sec. VII, Fig. 14)."""

from __future__ import annotations

from functools import partial

import numpy as np

from fourmu.couplings import excluded_intervals, g_minus_2_band
from fourmu.physics.models import MODELS

from .claims import span, value
from .found import Found, NotMeasured, number, numbers, truth
from .groups import Group
from .row import Row
from .run import Run, columns

__all__ = ["COUPLINGS"]

_PAPER = "2024"  # 249(48)e-11, the value of the paper's band


def _range(model: str, run: Run) -> Found:
    """Smallest and largest observed limit of the windows that the paper quotes."""
    run.refuse_if_blind()
    below = run.analysis.couplings.quoted_below_gev
    limits = [
        row["coupling_limit"]
        for row in run.results(model)
        if row["status"] == "ok" and row["mass_gev"] < below and row["coupling_limit"] is not None
    ]
    if not limits:
        raise NotMeasured("no window has a limit")
    return numbers(min(limits), max(limits))


def _excluded(model: str, run: Run) -> Found:
    """First and last mass at which the whole band is excluded, and how much lies between."""
    run.refuse_if_blind()
    mass, limit, sigma = columns(run.results(model), "mass_gev", "coupling_limit", "sigma_gev")
    band = g_minus_2_band(MODELS[model], mass, measurement=_PAPER)
    found = excluded_intervals(band, limit, sigma)
    if not found:
        closest = float(np.nanmin(limit / band.coupling_low))
        return truth(holds=False, text=f"none; limit over band edge at least {closest:.2f}")
    low, high = found[0][0], found[-1][1]
    between = (mass >= low) & (mass <= high)
    share = np.count_nonzero(limit[between] < band.coupling_low[between]) / between.sum()
    longest = max(found, key=lambda interval: interval[1] - interval[0])
    text = f"({share:.0%} of the masses; longest run {longest[0]:.2f} to {longest[1]:.2f})"
    return numbers(low, high, text=text)


def _band_edge(model: str, mass_gev: float, _run: Run) -> Found:
    band = g_minus_2_band(MODELS[model], np.array([mass_gev]), measurement=_PAPER)
    return number(float(band.coupling_low[0]))


def _limit_at(model: str, mass_gev: float, run: Run) -> Found:
    """Observed limit of the nearest window, with the expected one beside it."""
    row = min(run.results(model), key=lambda row: abs(row["mass_gev"] - mass_gev))
    expected = row["coupling_limit_expected"]
    if run.analysis.blind or row["coupling_limit"] is None:
        raise NotMeasured(f"no observed limit (expected {expected[2]:.3g})")
    return number(row["coupling_limit"], text=f"(expected {expected[2]:.3g})")


def _width(run: Run) -> Found:
    """Lowest mass above which a limit's width is not negligible."""
    wide = [
        row["mass_gev"]
        for model in run.analysis.models
        for row in run.results(model)
        if row["status"] == "width_not_negligible"
    ]
    if not wide:
        raise NotMeasured("every width is negligible")
    return number(min(wide), text=f"({len(wide)} windows)")


def _branching(mass_gev: float, _run: Run) -> Found:
    return number(float(np.asarray(MODELS["zprime"].branching_fraction_mumu(mass_gev))))


# model, mass, edge of the band there: where the paper's exclusions of the band end
_EDGES = (
    ("zprime", 0.8, "3.4e-3"),
    ("zprime", 4.9, "2.0e-2"),
    ("scalar", 2.9, "4.1e-3"),
    ("scalar", 3.5, "4.8e-3"),
)
_BRANCHING = (
    (0.212, "0.107"),
    (0.3, "0.470"),
    (1.0, "0.500"),
    (3.6, "0.447"),
    (5.0, "0.347"),
    (8.0, "0.335"),
)
_SYMBOL = {"zprime": "g'", "scalar": "g_S"}
_PARTICLE = {"zprime": "Z'", "scalar": "S"}

COUPLINGS = Group(
    name="coupling",
    title="Limits on couplings (Sec. VII, Fig. 14)",
    rows=(
        *(
            Row(
                id=f"coupling.range_{model}",
                quantity=f"90 % CL limits on {_SYMBOL[model]} below 6 GeV, smallest and largest",
                source="Secs. VII, VIII",
                claim=span(low, high),
                measure=partial(_range, model),
            )
            for model, low, high in (
                ("zprime", "0.0008", "0.039"),
                ("scalar", "0.0018", "0.040"),
            )
        ),
        *(
            Row(
                id=f"coupling.g_minus_2_{model}",
                quantity=f"masses of the {_PARTICLE[model]} at which the (g-2) band is excluded",
                source="Secs. VII, VIII",
                unit="GeV",
                claim=span(low, high),
                measure=partial(_excluded, model),
            )
            for model, low, high in (("zprime", "0.8", "4.9"), ("scalar", "2.9", "3.5"))
        ),
        *(
            Row(
                id=f"coupling.band_edge_{model}_{mass:g}",
                quantity=f"lower edge of the (g-2) band of the {_PARTICLE[model]}, 2 sigma, "
                f"at {mass:g} GeV",
                source="notes 12",
                claim=value(edge),
                measure=partial(_band_edge, model, mass),
            )
            for model, mass, edge in _EDGES
        ),
        *(
            Row(
                id=f"coupling.limit_{model}_{mass:g}",
                quantity=f"limit on {_SYMBOL[model]} at {mass:g} GeV, where the paper's exclusion "
                "of the band ends",
                source="notes 12",
                claim=value(edge),
                measure=partial(_limit_at, model, mass),
            )
            for model, mass, edge in _EDGES
        ),
        Row(
            id="coupling.width_not_negligible",
            quantity="lowest mass at which the width at the limit exceeds half of sigma(M_R)",
            source="notes 11",
            unit="GeV",
            claim=value("7", about=True),
            measure=_width,
        ),
        *(
            Row(
                id=f"coupling.branching_{mass:g}",
                quantity=f"branching fraction of the Z' to two muons at {mass:g} GeV",
                source="notes 1",
                claim=value(fraction),
                measure=partial(_branching, mass),
            )
            for mass, fraction in _BRANCHING
        ),
    ),
)
