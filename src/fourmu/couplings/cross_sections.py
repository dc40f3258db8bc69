"""Cross sections of a model against mass: a table with errors, interpolated in logarithms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from fourmu.errors import ConsistencyError, DomainError, InputError

__all__ = ["CrossSectionTable", "CrossSections", "interpolate_cross_sections"]

FloatArray = npt.NDArray[np.float64]

_COLUMNS = (
    "mass_gev",
    "xsec_born_fb",
    "xsec_born_error_fb",
    "xsec_isr_fb",
    "xsec_isr_error_fb",
)


@dataclass(frozen=True, kw_only=True)
class CrossSectionTable:
    """Production cross sections of e+e- -> mu+mu- X without branching fraction.

    Both levels are kept, so that they are never mixed: Born, and with ISR (the level of the
    limits). Errors are those of the integration, one standard deviation, independent of each
    other.

    Raises
    ------
    ConsistencyError
        Shapes differ, masses do not increase, or a cross section is not above zero.
    """

    model: str
    coupling: float
    """Coupling at which the cross sections were computed."""
    mass_gev: FloatArray
    """(k,) masses, increasing, at least four."""
    xsec_born_fb: FloatArray
    xsec_born_error_fb: FloatArray
    xsec_isr_fb: FloatArray
    xsec_isr_error_fb: FloatArray

    def __post_init__(self) -> None:
        k = len(self.mass_gev)
        for name in ("xsec_born_fb", "xsec_born_error_fb", "xsec_isr_fb", "xsec_isr_error_fb"):
            values = getattr(self, name)
            if np.shape(values) != (k,):
                raise ConsistencyError(
                    "a column of the cross-section table has the wrong length",
                    where=self.model,
                    key=name,
                    found=np.shape(values),
                    expected=(k,),
                )
            lowest = 0.0 if "error" in name else np.finfo(np.float64).tiny
            if not np.all(np.isfinite(values)) or np.any(values < lowest):
                raise ConsistencyError(
                    "a cross section is not a number above zero", where=self.model, key=name
                )
        if k < 4 or np.any(np.diff(self.mass_gev) <= 0.0):
            raise ConsistencyError(
                "a cross-section table needs at least four increasing masses", where=self.model
            )

    @property
    def k_factor(self) -> FloatArray:
        """(k,) K = sigma_ISR / sigma_Born."""
        return self.xsec_isr_fb / self.xsec_born_fb

    @property
    def k_factor_error(self) -> FloatArray:
        """(k,) error of K, both cross sections independent."""
        return self.k_factor * np.hypot(
            self.xsec_born_error_fb / self.xsec_born_fb, self.xsec_isr_error_fb / self.xsec_isr_fb
        )

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "model": self.model,
            "coupling": self.coupling,
            **{name: getattr(self, name).tolist() for name in _COLUMNS},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> CrossSectionTable:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            return cls(
                model=str(content["model"]),
                coupling=float(content["coupling"]),
                **{name: np.asarray(content[name], dtype=np.float64) for name in _COLUMNS},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a table of cross sections: {error!r}") from error


@dataclass(frozen=True, kw_only=True)
class CrossSections:
    """Interpolated cross sections at (n,) masses, with errors."""

    mass_gev: FloatArray
    xsec_born_fb: FloatArray
    xsec_born_error_fb: FloatArray
    xsec_isr_fb: FloatArray
    xsec_isr_error_fb: FloatArray
    k_factor: FloatArray
    k_factor_error: FloatArray


def interpolate_cross_sections(table: CrossSectionTable, mass_gev: FloatArray) -> CrossSections:
    """Cross sections between the masses of a table.

    A cubic spline (not-a-knot) of ln sigma in ln m. It is linear in the values of the table, so the
    errors propagate exactly.

    Parameters
    ----------
    table
        Cross sections of a model.
    mass_gev
        (n,) masses within the table.

    Raises
    ------
    DomainError
        A mass is outside the table: nothing is extrapolated.
    """
    mass = np.asarray(mass_gev, dtype=np.float64)
    low, high = table.mass_gev[0], table.mass_gev[-1]
    # a mass at the end of the table may differ from it by rounding
    slack = 1e-9
    outside = ~((mass >= low * (1 - slack)) & (mass <= high * (1 + slack)))
    if np.any(outside):
        raise DomainError(
            "a mass is outside the cross-section table",
            where=table.model,
            key="mass_gev",
            found=float(mass[outside][0]),
            expected=f"{low:g} to {high:g} GeV",
        )
    nodes = np.log(table.mass_gev)
    weights = CubicSpline(nodes, np.eye(len(nodes)))(np.log(mass))
    born = np.exp(weights @ np.log(table.xsec_born_fb))
    isr = np.exp(weights @ np.log(table.xsec_isr_fb))
    born_rel = np.sqrt(weights**2 @ (table.xsec_born_error_fb / table.xsec_born_fb) ** 2)
    isr_rel = np.sqrt(weights**2 @ (table.xsec_isr_error_fb / table.xsec_isr_fb) ** 2)
    return CrossSections(
        mass_gev=mass,
        xsec_born_fb=born,
        xsec_born_error_fb=born * born_rel,
        xsec_isr_fb=isr,
        xsec_isr_error_fb=isr * isr_rel,
        k_factor=isr / born,
        k_factor_error=isr / born * np.hypot(born_rel, isr_rel),
    )
