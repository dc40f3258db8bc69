"""Limits from a table of cross sections, with the efficiency of a model that has a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.errors import DomainError

from .result import Patch, Reinterpretation, coupling_at_limit
from .windows import place_masses

__all__ = [
    "LARGEST",
    "SMALLEST",
    "Level",
    "XsecTable",
    "at_every_window",
    "check_coupling",
    "reinterpret_table",
]

FloatArray = npt.NDArray[np.float64]
Level = Literal["born", "isr"]

SMALLEST: Final = 1e-50
LARGEST: Final = 1e50
"""Couplings, and cross sections in fb that are not zero, lie between these: their products and
ratios then stay within floating point (choice)."""


@dataclass(frozen=True, kw_only=True)
class XsecTable:
    """Cross sections times branching fraction of a model against mass.

    Raises
    ------
    DomainError
        There are no masses, one stands twice, or a number is outside its domain.
    """

    source: str
    """Where it came from, for messages."""
    mass_gev: FloatArray
    """(n,)."""
    xsec_br_fb: FloatArray
    """(n,), 0 or between ``SMALLEST`` and ``LARGEST``."""
    branching_fraction: FloatArray
    """(n,), NaN where only the product is known."""

    def __post_init__(self) -> None:
        if len(self.mass_gev) == 0:
            raise DomainError("the table has no masses", where=self.source)
        xsec = self.xsec_br_fb
        for key, values, good, expected in (
            (
                "mass_gev",
                self.mass_gev,
                np.isfinite(self.mass_gev) & (self.mass_gev > 0.0),
                "a mass in GeV above 0",
            ),
            (
                "xsec_br_fb",
                xsec,
                (xsec == 0.0) | ((xsec >= SMALLEST) & (xsec <= LARGEST)),
                f"0 or {SMALLEST:g} to {LARGEST:g} fb",
            ),
        ):
            if len(values) != len(self.mass_gev):
                raise DomainError(
                    "a column of the table has another length than that of the masses",
                    where=self.source,
                    key=key,
                    found=len(values),
                    expected=len(self.mass_gev),
                )
            if not good.all():
                raise DomainError(
                    "a number of the table is outside its domain",
                    where=self.source,
                    key=key,
                    found=float(values[~good][0]),
                    expected=expected,
                )
        known = self.branching_fraction[np.isfinite(self.branching_fraction)]
        if np.any((known < 0.0) | (known > 1.0)):
            raise DomainError(
                "a branching fraction is not between 0 and 1", where=self.source, key="br"
            )
        doubled = np.sort(self.mass_gev)
        same = doubled[1:][doubled[1:] == doubled[:-1]]
        if len(same):
            raise DomainError(
                "a mass stands twice", where=self.source, key="mass_gev", found=float(same[0])
            )


def check_coupling(coupling: float) -> None:
    """Refuse a coupling that nothing can be divided by."""
    if not SMALLEST <= coupling <= LARGEST:
        raise DomainError(
            "the coupling must be a number above zero",
            key="--coupling",
            found=coupling,
            expected=f"{SMALLEST:g} to {LARGEST:g}",
        )


def at_every_window(archive: Archive, table: XsecTable) -> XsecTable:
    """Interpolate a table at all windows within it, linearly in ln(sigma x BR) against ln(m).

    Raises
    ------
    DomainError
        There are fewer than two masses, a cross section is zero, or no window lies between.
    """
    order = np.argsort(table.mass_gev)
    mass, xsec = table.mass_gev[order], table.xsec_br_fb[order]
    windows = archive.index.mass_gev
    inside = windows[(windows >= mass[0] * (1 - 1e-9)) & (windows <= mass[-1] * (1 + 1e-9))]
    if len(mass) < 2 or np.any(xsec <= 0.0) or len(inside) == 0:
        raise DomainError(
            "a table to interpolate needs two masses with windows between and cross sections "
            "above zero",
            where=table.source,
        )
    at = np.log(inside)
    known = np.all(np.isfinite(table.branching_fraction))
    fraction = table.branching_fraction[order]
    return XsecTable(
        source=table.source,
        mass_gev=inside,
        xsec_br_fb=np.exp(np.interp(at, np.log(mass), np.log(xsec))),
        branching_fraction=(
            np.interp(at, np.log(mass), fraction) if known else np.full(len(inside), np.nan)
        ),
    )


def reinterpret_table(
    archive: Archive,
    table: XsecTable,
    efficiency_from: str,
    *,
    coupling: float = 1.0,
    level: Level = "born",
    with_patches: bool = False,
) -> Reinterpretation:
    """Limits on a model whose kinematics are taken to be those of a model of the archive.

    Parameters
    ----------
    archive
        Likelihoods, limits and efficiencies.
    table
        Cross sections times branching fraction; a row per mass.
    efficiency_from
        Model of the archive whose efficiency, shape and K are taken. How wrong that is for another
        spin is shown in the documentation.
    coupling
        Coupling at which the table was computed; the cross sections go with its square.
    level
        Level of the table: ``born`` is multiplied by K.
    with_patches
        Put the patches of the archive into the result.

    Raises
    ------
    DomainError
        The archive has no such model.
    """
    check_coupling(coupling)
    index = archive.index
    known = index.table(efficiency_from)
    placed = place_masses(index, table.mass_gev)
    place, inside = placed.place, placed.place >= 0

    def column(values: FloatArray) -> FloatArray:
        chosen = values[place]
        chosen[~inside] = np.nan
        return chosen

    def smooth(values: FloatArray) -> FloatArray:
        at = np.interp(table.mass_gev, index.mass_gev, values)
        return np.where(inside, at, np.nan)

    born = level == "born"
    n = len(table.mass_gev)
    k = smooth(known.k_factor) if born else np.ones(n)
    k_error = smooth(known.k_factor_error) if born else np.zeros(n)
    prediction = table.xsec_br_fb * k
    usable = placed.usable
    limit = np.where(usable, column(known.xsec_limit_fb), np.nan)
    expected = np.where(usable[:, None], column(known.xsec_limit_expected_fb), np.nan)
    status, message = list(placed.status), list(placed.message)
    for row in np.flatnonzero(usable):
        # widths are those of the archive's model, not of this one
        found = known.status[place[row]]
        if found not in ("ok", "width_not_negligible"):
            status[row], message[row] = found, known.message[place[row]] or ""
        elif not prediction[row] > 0.0:
            message[row] = "the cross section is zero: no coupling reaches the limit"
    return Reinterpretation(
        method="xsec",
        efficiency_from=efficiency_from,
        level=level,
        coupling=coupling,
        confidence_level=index.confidence_level,
        mass_gev=table.mass_gev,
        window=placed.window,
        place=place,
        window_mass_gev=placed.window_mass_gev,
        efficiency=column(known.efficiency),
        efficiency_error=column(known.efficiency_error),
        xsec_br_fb=prediction,
        xsec_br_error_fb=table.xsec_br_fb * k_error,
        k_factor=k,
        k_factor_error=k_error,
        branching_fraction=table.branching_fraction,
        xsec_limit_fb=limit,
        xsec_limit_expected_fb=expected,
        xsec_limit_error_fb=limit * column(known.efficiency_error / known.efficiency),
        coupling_limit=coupling_at_limit(coupling, limit, prediction),
        coupling_limit_expected=coupling_at_limit(coupling, expected, prediction),
        width_gev=np.full(n, np.nan),
        status=tuple(status),
        message=tuple(message),
        g_minus_2_coupling_low=np.full(n, np.nan),
        g_minus_2_coupling_high=np.full(n, np.nan),
        g_minus_2_measurement=None,
        g_minus_2_message="the couplings behind a table of cross sections are not known",
        patches=(
            _patches(archive, placed.window, np.isfinite(expected[:, 2]), efficiency_from)
            if with_patches
            else {}
        ),
    )


def _patches(
    archive: Archive,
    window: tuple[str | None, ...],
    has_limit: npt.NDArray[np.bool_],
    model: str,
) -> dict[str, Patch]:
    """Patches of the archive for the windows that have a limit."""
    return {
        name: archive.patches(name)[model]
        for name, use in zip(window, has_limit, strict=True)
        if use and name is not None
    }
