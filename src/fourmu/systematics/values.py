"""Measured numbers with errors, and shifts of the signal efficiency against mass."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourmu.errors import InputError
from fourmu.physics.kinematics import FloatArray

__all__ = ["MassShift", "Measured", "combined", "ratio"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A value and its standard deviation."""

    value: float
    error: float

    def pull(self, truth: float) -> float:
        """Difference to the truth in standard deviations; NaN without an error."""
        return (self.value - truth) / self.error if self.error > 0.0 else math.nan

    def minus(self, other: Measured) -> Measured:
        """Difference of independent measurements."""
        return Measured(value=self.value - other.value, error=math.hypot(self.error, other.error))

    def to_dict(self) -> dict[str, float | None]:
        """Numbers that JSON can hold; NaN becomes null."""
        return {"value": _or_none(self.value), "error": _or_none(self.error)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Measured:
        """Read what :meth:`to_dict` wrote."""
        return cls(value=_or_nan(content["value"]), error=_or_nan(content["error"]))


def ratio(numerator: Measured, denominator: Measured) -> Measured:
    """Ratio of independent measurements; NaN over zero."""
    if denominator.value == 0.0:
        return Measured(value=math.nan, error=math.nan)
    value = numerator.value / denominator.value
    error = math.hypot(numerator.error, value * denominator.error) / abs(denominator.value)
    return Measured(value=value, error=error)


def combined(values: Sequence[Measured]) -> Measured:
    """Mean of independent measurements, weighted with their inverse variances."""
    usable = [m for m in values if math.isfinite(m.value) and m.error > 0.0]
    if not usable:
        return Measured(value=math.nan, error=math.nan)
    weight = np.array([m.error**-2 for m in usable])
    value = np.array([m.value for m in usable])
    return Measured(
        value=float(np.sum(weight * value) / weight.sum()), error=float(weight.sum() ** -0.5)
    )


@dataclass(frozen=True, kw_only=True)
class MassShift:
    """Relative change of the signal efficiency from simulation to data, against mass.

    Attributes
    ----------
    mass_gev
        (k,) increasing.
    shift
        (k,) efficiency in data over that in simulation, minus one.
    error
        (k,) standard deviations of the shifts.
    """

    mass_gev: FloatArray
    shift: FloatArray
    error: FloatArray

    @property
    def size(self) -> FloatArray:
        """(k,) relative uncertainty: the shift, which is not corrected for, (+) its error."""
        return np.hypot(self.shift, self.error)

    def to_dict(self) -> dict[str, list[float]]:
        """Numbers that JSON can hold."""
        return {
            "mass_gev": self.mass_gev.tolist(),
            "shift": self.shift.tolist(),
            "error": self.error.tolist(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> MassShift:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            return cls(
                **{
                    name: np.asarray(content[name], dtype=np.float64)
                    for name in ("mass_gev", "shift", "error")
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a shift against mass: {error!r}") from error


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
