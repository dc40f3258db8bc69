"""Spectra resampled from simulated events: what pseudo-scans with independent candidates miss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import DomainError

from .scan_spectra import ScanBins

__all__ = ["SimulatedCandidates", "resampled", "variance_ratio"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SimulatedCandidates:
    """Candidates of simulated background that pass at least one network.

    Attributes
    ----------
    event
        Key of the event of each candidate, shape (n,).
    reduced_mass_gev
        Post-fit M_R, shape (n,).
    passed
        Which networks it passes, shape (n, ranges).
    weight
        Events of the data per simulated event.
    """

    event: NDArray[np.int64]
    reduced_mass_gev: Floats
    passed: NDArray[np.bool_]
    weight: float

    def __post_init__(self) -> None:
        if not 0.0 < self.weight < 1.0:
            raise DomainError("resampling needs more simulation than data", found=self.weight)


def resampled(
    simulated: SimulatedCandidates, rng: np.random.Generator, *, by_event: bool
) -> tuple[Floats, ...]:
    """Spectra of one scan, each simulated event or candidate taken a Poisson number of times.

    Parameters
    ----------
    simulated
        The population.
    rng
        Source of randomness.
    by_event
        Take events with all their candidates; else each candidate on its own, which gives the same
        expectation and independent bins.

    Returns
    -------
    tuple
        Sorted M_R of the candidates in the spectrum of each MLP range.
    """
    if by_event:
        _, place = np.unique(simulated.event, return_inverse=True)
        times = rng.poisson(simulated.weight, int(place.max(initial=-1)) + 1)[place]
    else:
        times = rng.poisson(simulated.weight, simulated.event.size)
    taken = np.repeat(np.arange(times.size), times)
    mass, passed = simulated.reduced_mass_gev[taken], simulated.passed[taken]
    return tuple(np.sort(mass[column]) for column in passed.T)


def variance_ratio(simulated: SimulatedCandidates, bins: ScanBins) -> Floats:
    """Variance of the number of candidates in each window over that of a Poisson variable.

    Parameters
    ----------
    simulated
        The population.
    bins
        The windows, of which W; vetoes inside them are ignored.

    Returns
    -------
    numpy.ndarray
        Shape (W,): sum of k^2 over sum of k, with k candidates of an event in the window; NaN for
        a window without candidates.
    """
    result = np.full(len(bins.centre), np.nan)
    for index in range(simulated.passed.shape[1]):
        rows = np.flatnonzero(simulated.passed[:, index])
        rows = rows[np.argsort(simulated.reduced_mass_gev[rows])]
        mass, event = simulated.reduced_mass_gev[rows], simulated.event[rows]
        for window in np.flatnonzero(bins.mlp_range == index):
            part = slice(bins.start[window], bins.start[window + 1])
            first, last = np.searchsorted(mass, (bins.low[part].min(), bins.high[part].max()))
            if last > first:
                _, k = np.unique(event[first:last], return_counts=True)
                result[window] = np.sum(k * k) / np.sum(k)
    return result
