"""The five intervals of dimuon mass, each with a network of its own (Sec. IV D)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.config.classifiers import Classifiers
from fourmu.physics.kinematics import FloatArray, mass_from_reduced, reduced_mass

__all__ = ["BoolArray", "MlpRange", "SigmaOfMass", "mlp_ranges", "range_of_mass"]

BoolArray = npt.NDArray[np.bool_]
SigmaOfMass = Callable[[FloatArray], FloatArray]
"""sigma(M_R) in GeV at dimuon masses in GeV."""


@dataclass(frozen=True, kw_only=True)
class MlpRange:
    """One MLP range and the wider interval in which its network is trained and evaluated."""

    index: int
    """0 for the lowest masses."""
    low_gev: float
    """Lower border in dimuon mass; belongs to the range."""
    high_gev: float
    """Upper border; belongs to the next range."""
    interval_low_gev: float
    """Lower end of the training interval."""
    interval_high_gev: float
    """Upper end of the training interval."""

    def covers(self, mass_gev: FloatArray) -> BoolArray:
        """Say which dimuon masses (n,) lie in the training interval."""
        return (mass_gev >= self.interval_low_gev) & (mass_gev <= self.interval_high_gev)


def mlp_ranges(config: Classifiers, sigma: SigmaOfMass) -> tuple[MlpRange, ...]:
    """Ranges of the configuration with their training intervals.

    Parameters
    ----------
    config
        Borders, and the margin in units of sigma(M_R).
    sigma
        sigma(M_R) in GeV against dimuon mass in GeV, of simulated signals before any MLP.

    Notes
    -----
    The margin is a distance in M_R, as the fit windows are: the window of any mass in a range
    lies inside the training interval of that range. M_R = 0 bounds it from below.
    """
    edges = np.asarray(config.range_edges_gev, dtype=np.float64)
    margin = config.margin_sigmas * sigma(edges)
    # one part in 1e9 keeps a window at the border inside after rounding
    low = mass_from_reduced(np.maximum(reduced_mass(edges) - margin, 0.0)) * (1.0 - 1e-9)
    high = mass_from_reduced(reduced_mass(edges) + margin) * (1.0 + 1e-9)
    return tuple(
        MlpRange(
            index=index,
            low_gev=float(edges[index]),
            high_gev=float(edges[index + 1]),
            interval_low_gev=float(low[index]),
            interval_high_gev=float(high[index + 1]),
        )
        for index in range(len(edges) - 1)
    )


def range_of_mass(edges_gev: tuple[float, ...], mass_gev: FloatArray) -> npt.NDArray[np.int64]:
    """Index of the range that holds each dimuon mass (n,); -1 outside all of them.

    A border belongs to the upper range, the last one to the last range.
    """
    mass = np.asarray(mass_gev, dtype=np.float64)
    index = np.searchsorted(edges_gev, mass, side="right") - 1
    index[mass == edges_gev[-1]] = len(edges_gev) - 2
    index[index == len(edges_gev) - 1] = -1
    return np.asarray(index, dtype=np.int64)
