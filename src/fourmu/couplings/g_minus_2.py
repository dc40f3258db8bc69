"""The band of couplings that explains the anomalous magnetic moment of the muon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError
from fourmu.physics.models import Model

from .gaps import gaps

__all__ = ["G_MINUS_2", "GMinus2Band", "excluded_intervals", "g_minus_2_band"]

FloatArray = npt.NDArray[np.float64]

G_MINUS_2: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "2021": (251e-11, 59e-11),
        "2024": (249e-11, 48e-11),
        "2025": (38e-11, 63e-11),
    }
)
"""Measured minus predicted (g-2)/2 of the muon, and its standard deviation, by year."""


@dataclass(frozen=True, kw_only=True)
class GMinus2Band:
    """Couplings within n_sigma of the measured (g-2), against mass.

    A model whose contribution has the wrong sign has no band: both edges are NaN. Where the
    band contains zero there is an upper edge only: ``coupling_low`` is 0.
    """

    mass_gev: FloatArray
    coupling_low: FloatArray
    coupling_high: FloatArray
    measurement: str
    n_sigma: float
    message: str
    """Why there is no band, or no lower edge; empty otherwise."""


def g_minus_2_band(
    model: Model, mass_gev: FloatArray, *, measurement: str = "2024", n_sigma: float = 2.0
) -> GMinus2Band:
    """Couplings that move (g-2) of the muon to within ``n_sigma`` of the measurement.

    Parameters
    ----------
    model
        The model; its contribution goes with the square of the coupling.
    mass_gev
        (n,) masses.
    measurement
        Key of :data:`G_MINUS_2`.
    n_sigma
        Half width of the band; the paper draws 2 (Fig. 14).

    Raises
    ------
    DomainError
        The measurement is unknown.
    """
    if measurement not in G_MINUS_2:
        raise DomainError(
            "unknown (g-2) measurement", found=measurement, expected=", ".join(G_MINUS_2)
        )
    mass = np.asarray(mass_gev, dtype=np.float64)
    central, sigma = G_MINUS_2[measurement]
    low_edge, high_edge = central - n_sigma * sigma, central + n_sigma * sigma
    message = ""
    if not model.has_g_minus_2_band:
        low = high = np.full(mass.shape, np.nan)
        message = "axial and pseudoscalar couplings move (g-2) down: there is no band"
    else:
        per_unit = np.asarray(model.delta_a_mu(mass, 1.0))
        low = np.sqrt(np.maximum(low_edge, 0.0) / per_unit)
        high = np.sqrt(np.maximum(high_edge, 0.0) / per_unit)
        if low_edge <= 0.0:
            message = f"the {n_sigma:g} sigma band contains zero: an upper edge only"
    return GMinus2Band(
        mass_gev=mass,
        coupling_low=low,
        coupling_high=high,
        measurement=measurement,
        n_sigma=n_sigma,
        message=message,
    )


def excluded_intervals(
    band: GMinus2Band, coupling_limit: FloatArray, sigma_gev: FloatArray
) -> list[tuple[float, float]]:
    """Mass intervals in which a limit excludes the whole (g-2) band.

    Parameters
    ----------
    band
        Band at the masses of the windows, in increasing order.
    coupling_limit
        (n,) limits; NaN excludes nothing.
    sigma_gev
        (n,) resolution. Where masses are missing from the scan (a veto, see :func:`gaps`) an
        interval ends.

    Returns
    -------
    intervals
        First and last excluded mass of each run of neighbouring windows. Empty without a lower
        edge of the band, which cannot be excluded.
    """
    excluded = (band.coupling_low > 0.0) & (coupling_limit < band.coupling_low)
    mass = band.mass_gev
    after_gap = set(gaps(mass, sigma_gev).tolist())
    intervals: list[tuple[float, float]] = []
    start: int | None = None
    for i, is_excluded in enumerate(excluded):
        if start is not None and (i in after_gap or not is_excluded):
            intervals.append((float(mass[start]), float(mass[i - 1])))
            start = None
        if is_excluded and start is None:
            start = i
    if start is not None:
        intervals.append((float(mass[start]), float(mass[-1])))
    return intervals
