"""Efficiency of the MLP selection in data over that in simulation (Sec. VI)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.physics.kinematics import FloatArray

from .values import Measured, ratio

__all__ = ["JudgedCandidates", "MlpRatio", "mlp_ratio"]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class JudgedCandidates:
    """Candidates of one MLP range with the verdict of its network, shapes (n,).

    Attributes
    ----------
    event
        Number of the event: its candidates are not independent.
    reduced_mass_gev
        M_R after the fit.
    weight
        1 for data.
    passed
        Above the working point.
    """

    event: npt.NDArray[np.int64]
    reduced_mass_gev: FloatArray
    weight: FloatArray
    passed: BoolArray

    def efficiency(self) -> Measured:
        """Share that passes; the variance counts events, not candidates."""
        total = float(self.weight.sum())
        if not total > 0.0:
            return Measured(value=math.nan, error=math.nan)
        value = float(self.weight[self.passed].sum()) / total
        residual = self.weight * (self.passed - value)
        _, place = np.unique(self.event, return_inverse=True)
        per_event = np.bincount(place, weights=residual)
        return Measured(value=value, error=math.sqrt(float(np.sum(per_event**2))) / total)


@dataclass(frozen=True, kw_only=True)
class MlpRatio:
    """Comparison in one MLP range.

    Attributes
    ----------
    data, simulation
        Efficiencies.
    ratio
        Data over simulation.
    largest_change
        Largest change of the ratio when a neighbourhood of a tested mass is left out, signed.
    largest_change_mass_gev
        M_R at which that is.
    tested
        Number of masses.
    """

    data: Measured
    simulation: Measured
    ratio: Measured
    largest_change: float
    largest_change_mass_gev: float
    tested: int


def mlp_ratio(
    data: JudgedCandidates,
    simulation: JudgedCandidates,
    tested_gev: FloatArray,
    half_width_gev: FloatArray,
) -> MlpRatio:
    """Compare the efficiencies, also without each tested mass.

    Parameters
    ----------
    data, simulation
        Candidates of the range with M(4mu) close to the c.m. energy.
    tested_gev, half_width_gev
        (k,) M_R of the tested masses, and what is left out on either side.
    """
    in_data, expected = data.efficiency(), simulation.efficiency()
    both = ratio(in_data, expected)
    without = _without(data, tested_gev, half_width_gev) / _without(
        simulation, tested_gev, half_width_gev
    )
    change = without - both.value
    usable = np.isfinite(change)
    place = int(np.argmax(np.where(usable, np.abs(change), -1.0))) if usable.any() else -1
    return MlpRatio(
        data=in_data,
        simulation=expected,
        ratio=both,
        largest_change=float(change[place]) if place >= 0 else math.nan,
        largest_change_mass_gev=float(tested_gev[place]) if place >= 0 else math.nan,
        tested=int(np.count_nonzero(usable)),
    )


def _without(sample: JudgedCandidates, centre: FloatArray, half_width: FloatArray) -> FloatArray:
    """(k,) efficiency without the candidates in each interval."""
    order = np.argsort(sample.reduced_mass_gev)
    mass = sample.reduced_mass_gev[order]
    weight = sample.weight[order]
    first = np.searchsorted(mass, centre - half_width)
    last = np.searchsorted(mass, centre + half_width)
    sums = []
    for values in (weight * sample.passed[order], weight):
        below = np.concatenate([[0.0], np.cumsum(values)])
        sums.append(below[-1] - (below[last] - below[first]))
    passed, total = sums
    return np.where(total > 0.0, passed / np.where(total > 0.0, total, 1.0), np.nan)
