"""Which window a mass belongs to, and what becomes of masses without one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.archive import ArchiveIndex

__all__ = ["Placed", "place_masses"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Nearest windows of masses (n,)."""

    place: npt.NDArray[np.int64]
    """-1 outside the scan."""
    window: tuple[str | None, ...]
    window_mass_gev: FloatArray
    sigma_gev: FloatArray
    status: tuple[str, ...]
    """``ok``, ``vetoed`` or ``out_of_range``."""
    message: tuple[str, ...]

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """(n,) masses whose window was fitted."""
        return np.array([entry == "ok" for entry in self.status], dtype=np.bool_)


def place_masses(index: ArchiveIndex, mass_gev: FloatArray) -> Placed:
    """Find the window nearest to each mass.

    Parameters
    ----------
    index
        Of the archive.
    mass_gev
        (n,) masses.
    """
    mass = np.asarray(mass_gev, dtype=np.float64)
    place = index.nearest(mass)
    inside = place >= 0
    edges = index.edges_gev
    window: list[str | None] = []
    status, message = [], []
    for value, number in zip(mass, place, strict=True):
        if number < 0:
            window.append(None)
            status.append("out_of_range")
            message.append(
                f"{value:g} GeV is outside the scan, {edges[0]:.4f} to {edges[-1]:.4f} GeV"
            )
            continue
        vetoed = bool(index.vetoed[number])
        window.append(index.name[number])
        status.append("vetoed" if vetoed else "ok")
        message.append("the nearest window lies inside a veto" if vetoed else "")
    return Placed(
        place=place,
        window=tuple(window),
        window_mass_gev=np.where(inside, index.mass_gev[place], np.nan),
        sigma_gev=np.where(inside, index.sigma_gev[place], np.nan),
        status=tuple(status),
        message=tuple(message),
    )
