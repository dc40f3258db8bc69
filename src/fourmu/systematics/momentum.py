"""Momentum scale and beam energy: what the kinematic fit leaves of them (Sec. VI)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import Events
from fourmu.errors import DomainError
from fourmu.selection import Candidates, select

from .values import Measured

__all__ = ["ScaleEffect", "scale_effect", "scaled_momenta", "shifted_beam_energy"]


@dataclass(frozen=True, kw_only=True)
class ScaleEffect:
    """What a change does to the signal of one mass.

    Attributes
    ----------
    mass_gev
        Generated mass.
    shift_gev
        Mean change of M_R of the candidates that both have, far tails left out.
    prefit_shift_gev
        The same before the kinematic fit.
    efficiency
        Relative change of the number of candidates.
    """

    mass_gev: float
    shift_gev: Measured
    prefit_shift_gev: Measured
    efficiency: Measured


def scaled_momenta(events: Events, factor: float) -> Events:
    """Return the same events with all momenta multiplied."""
    return replace(events, track_pt=factor * events.track_pt)


def shifted_beam_energy(events: Events, shift_gev: float) -> Events:
    """Return the same events as the fit sees them if it believes in another c.m. energy."""
    return replace(events, sqrt_s_gev=events.sqrt_s_gev + shift_gev)


def scale_effect(
    nominal: Events, changed: Events, mass_gev: float, settings: Selection, detector: Detector
) -> ScaleEffect:
    """Select the same signal events with and without a change.

    Parameters
    ----------
    nominal, changed
        The same events.
    mass_gev
        Their generated mass.
    settings, detector
        Cuts, and the detector that reconstruction believes in.

    Raises
    ------
    DomainError
        Nothing is selected.
    """
    before, after = (select(events, settings, detector).candidates for events in (nominal, changed))
    if len(before) == 0:
        raise DomainError("no signal is selected", key="mass_gev", found=mass_gev)
    common, first, last = np.intersect1d(
        _keys(before), _keys(after), assume_unique=True, return_indices=True
    )
    lost, gained = len(before) - len(common), len(after) - len(common)
    return ScaleEffect(
        mass_gev=mass_gev,
        shift_gev=_mean(after.reduced_mass_gev[last] - before.reduced_mass_gev[first]),
        prefit_shift_gev=_mean(
            after.reduced_mass_prefit_gev[last] - before.reduced_mass_prefit_gev[first]
        ),
        efficiency=Measured(
            value=(gained - lost) / len(before),
            error=math.sqrt(max(gained + lost, 1)) / len(before),
        ),
    )


def _keys(candidates: Candidates) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """One number per candidate."""
    return np.asarray(4 * candidates.event + candidates.pair, dtype=np.int64)


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Measured:
    """Mean of the central 95 %, and its error."""
    good = values[np.isfinite(values)]
    low, high = np.quantile(good, [0.025, 0.975])
    core = good[(good >= low) & (good <= high)]
    return Measured(value=float(core.mean()), error=float(core.std()) / math.sqrt(len(core)))
