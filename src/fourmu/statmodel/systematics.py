"""Sizes of the systematic uncertainties in a window, and Table I beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import Final

import numpy as np

from fourmu.config.statmodel import MassCurve, Systematics

__all__ = [
    "TABLE_ONE_TITLES",
    "SystematicRow",
    "systematic_sizes",
    "systematics_table",
    "total_size",
]

TABLE_ONE_TITLES: Final = {
    "trigger": "Trigger",
    "tracking": "Tracking",
    "particle_id": "Particle identification",
    "beam_background": "Beam background and calorimeter energy resolution",
    "mlp": "MLP selection",
    "interpolation": "Efficiency interpolation",
    "fit_bias": "Fit bias",
    "mass_resolution": "Mass resolution",
    "luminosity": "Luminosity",
}
"""Sources as Table I has them, by their names here."""

# Table I of the paper: smallest and largest relative uncertainty
PAPER = MappingProxyType(
    {
        "trigger": (0.003, 0.017),
        "tracking": (0.036, 0.036),
        "particle_id": (0.007, 0.03),
        "beam_background": (0.01, 0.01),
        "mlp": (0.011, 0.081),
        "interpolation": (0.03, 0.03),
        "fit_bias": (0.04, 0.04),
        "mass_resolution": (0.07, 0.07),
        "luminosity": (0.01, 0.01),
        "total": (0.095, 0.129),
    }
)


@dataclass(frozen=True, kw_only=True)
class SystematicRow:
    """One line of Table I: range of a relative uncertainty, ours beside the paper's."""

    source: str
    smallest: float
    largest: float
    paper_smallest: float
    paper_largest: float


def systematic_sizes(systematics: Systematics, mass_gev: float, mlp_range: int) -> dict[str, float]:
    """Relative uncertainty of the signal yield by source, in the order of Table I.

    Parameters
    ----------
    systematics
        Section of the configuration.
    mass_gev
        Mass of the hypothesis.
    mlp_range
        Index 0..4 of the MLP range that the window uses.

    Returns
    -------
    sizes
        One standard deviation of each source, relative.
    """
    sizes: dict[str, float] = {}
    for source in Systematics.model_fields:
        value = getattr(systematics, source)
        if isinstance(value, MassCurve):
            size = float(np.interp(mass_gev, value.mass_gev, value.size))
        elif isinstance(value, tuple):
            size = value[mlp_range]
        else:
            size = value
        sizes[source] = size
    return sizes


def total_size(sizes: Mapping[str, float]) -> float:
    """Quadratic sum of relative uncertainties."""
    return sqrt(sum(size**2 for size in sizes.values()))


def systematics_table(
    systematics: Systematics, windows: Iterable[tuple[float, int]]
) -> list[SystematicRow]:
    """Table I over the windows of a scan.

    Parameters
    ----------
    systematics
        Section of the configuration.
    windows
        Mass in GeV and MLP range of each window; at least one.
    """
    rows: dict[str, list[float]] = {source: [] for source in PAPER}
    for mass_gev, mlp_range in windows:
        sizes = systematic_sizes(systematics, mass_gev, mlp_range)
        for source, size in sizes.items():
            rows[source].append(size)
        rows["total"].append(total_size(sizes))
    return [
        SystematicRow(
            source=source,
            smallest=min(values),
            largest=max(values),
            paper_smallest=PAPER[source][0],
            paper_largest=PAPER[source][1],
        )
        for source, values in rows.items()
    ]
