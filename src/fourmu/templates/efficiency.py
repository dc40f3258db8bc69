"""Signal efficiency at the generated masses and between them (Secs. IV E and VI)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourmu.errors import DomainError, InputError
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .smoothing import SmoothCurve, fit_curve, leave_one_out

__all__ = ["EfficiencyCurve", "GeneratedEvents", "fit_efficiency", "weighted_efficiency"]


@dataclass(frozen=True, kw_only=True)
class GeneratedEvents:
    """The denominator of an efficiency: everything that was generated at one mass."""

    weight: float
    """Sum of weights; the number of events when they are unweighted."""
    weight_squared: float
    """Sum of squared weights."""


@dataclass(frozen=True, kw_only=True)
class EfficiencyCurve:
    """Efficiency of one model in one MLP range."""

    mass_gev: FloatArray
    """(k,) generated masses."""
    efficiency: FloatArray
    """(k,) measured there."""
    error: FloatArray
    """(k,) statistical error."""
    curve: SmoothCurve
    """Smoothed, against M_R."""
    left_out: FloatArray
    """(k,) relative difference when a mass is predicted from the others; NaN at both ends."""

    def __call__(self, mass_gev: FloatArray) -> FloatArray:
        """Efficiency at dimuon masses (n,)."""
        return np.clip(self.curve(reduced_mass(mass_gev)), 0.0, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold; NaN becomes null."""
        return {
            "mass_gev": self.mass_gev.tolist(),
            "efficiency": self.efficiency.tolist(),
            "error": self.error.tolist(),
            "curve": self.curve.to_dict(),
            "left_out": [None if np.isnan(value) else float(value) for value in self.left_out],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> EfficiencyCurve:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            return cls(
                mass_gev=np.asarray(content["mass_gev"], dtype=np.float64),
                efficiency=np.asarray(content["efficiency"], dtype=np.float64),
                error=np.asarray(content["error"], dtype=np.float64),
                curve=SmoothCurve.from_dict(content["curve"]),
                left_out=np.array(
                    [np.nan if value is None else value for value in content["left_out"]],
                    dtype=np.float64,
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not an efficiency curve: {error!r}") from error


def weighted_efficiency(passing: FloatArray, generated: GeneratedEvents) -> tuple[float, float]:
    """Efficiency and its standard deviation.

    Parameters
    ----------
    passing
        (n,) weights of the events that pass.
    generated
        All events.

    Notes
    -----
    The variance of a ratio of weighted counts, [(1 - e)^2 sum_pass w^2 + e^2 sum_fail w^2]/W^2,
    which is e (1 - e)/N for unit weights; none or all passing counts as one event.
    """
    if not generated.weight > 0.0:
        raise DomainError("an efficiency needs generated events", found=generated.weight)
    efficiency = float(passing.sum()) / generated.weight
    squares = float(np.square(passing).sum())
    failing = max(generated.weight_squared - squares, 0.0)
    variance = (1.0 - efficiency) ** 2 * squares + efficiency**2 * failing
    one_event = generated.weight_squared / generated.weight
    return efficiency, max(float(np.sqrt(variance)), one_event) / generated.weight


def fit_efficiency(
    passing: Mapping[float, FloatArray],
    generated: Mapping[float, GeneratedEvents],
    factor: Mapping[float, float],
    max_degree: int,
) -> EfficiencyCurve:
    """Measure the efficiency at each mass and smooth it in mass.

    Parameters
    ----------
    passing
        Weights of the true pairs that pass everything, for each generated mass in GeV.
    generated
        All generated events of these masses.
    factor
        Multiplies the efficiency of each mass: 1 - 0.028 where the ISR photons of the simulation
        are collinear (Sec. IV E), and one over the share of the signal that the network can see.
    max_degree
        Of the smoothing polynomial in M_R.
    """
    masses = np.array(sorted(passing))
    pairs = np.array([weighted_efficiency(passing[mass], generated[mass]) for mass in masses])
    factors = np.array([factor[mass] for mass in masses])
    efficiency, error = factors * pairs[:, 0], factors * pairs[:, 1]
    x = reduced_mass(masses)
    positive = np.all(efficiency > 0.0)
    return EfficiencyCurve(
        mass_gev=masses,
        efficiency=efficiency,
        error=error,
        curve=fit_curve(x, efficiency, error, max_degree),
        left_out=(
            leave_one_out(x, efficiency, error, max_degree)
            if positive
            else np.full(len(masses), np.nan)
        ),
    )
