"""How weights of simulated events follow from the factors of correction tables.

Tracks are matrices (n, slots), one row per event. Each response gives the weights of events for
factors by bin, and the derivatives of their sum, so that errors of tables can be propagated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fourmu.config.corrections import Particle
from fourmu.detector import Events
from fourmu.physics.kinematics import FloatArray

__all__ = ["TrackMatrices", "TrackResponse", "TriggerResponse"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_MUON_CODE: Final = 13
_ELECTRON_CODE: Final = 11
_NEEDED: Final = {"three_track_trigger": 3, "single_muon_trigger": 1}


@dataclass(frozen=True, kw_only=True)
class TrackMatrices:
    """What the tables look at: tracks of events in the slots of a row.

    Attributes
    ----------
    filled
        Whether a slot holds a track.
    p_gev, theta_rad, charge, is_muon, is_electron
        Of the track.
    code
        |pdg| of the generated particle; a muon's where it is not known.
    """

    filled: BoolArray
    p_gev: FloatArray
    theta_rad: FloatArray
    charge: IntArray
    is_muon: BoolArray
    is_electron: BoolArray
    code: IntArray

    @classmethod
    def of(cls, events: Events) -> TrackMatrices:
        """Arrange the tracks of each event."""
        counts = np.diff(events.track_offsets)
        slots = max(int(counts.max(initial=0)), 1)
        filled = np.arange(slots) < counts[:, None]

        def matrix(values: npt.NDArray[Any], empty: float, dtype: npt.DTypeLike) -> Any:
            result = np.full(filled.shape, empty, dtype=dtype)
            result[filled] = values
            return result

        known = np.append(np.abs(events.truth_pdg), _MUON_CODE)
        truth = np.where(events.track_truth < 0, len(known) - 1, events.track_truth)
        return cls(
            filled=filled,
            p_gev=matrix(events.track_pt / np.sin(events.track_theta), 1.0, np.float64),
            theta_rad=matrix(events.track_theta, 1.0, np.float64),
            charge=matrix(events.track_charge, 0, np.int64),
            is_muon=matrix(events.track_is_muon, 0, np.bool_),
            is_electron=matrix(events.track_is_electron, 0, np.bool_),
            code=matrix(known[truth], 0, np.int64),
        )

    def of_particle(self, particle: Particle, charge: int | None) -> BoolArray:
        """Slots with tracks of a generated particle and of a charge."""
        chosen = self.filled.copy()
        if charge is not None:
            chosen &= self.charge == charge
        if particle == "muon":
            chosen &= self.code == _MUON_CODE
        elif particle == "electron":
            chosen &= self.code == _ELECTRON_CODE
        elif particle == "hadron":
            chosen &= (self.code != _MUON_CODE) & (self.code != _ELECTRON_CODE)
        return chosen


@dataclass(frozen=True, kw_only=True)
class TrackResponse:
    """Tracking or identification: the weight of an event is a product over its tracks.

    Attributes
    ----------
    bins
        Shape (n, slots), bin of the table, -1 where it is not for the track.
    passed
        Shape (n, slots), whether the track was found or identified.
    efficiency
        Shape (bins,), of the simulation; NaN where it is not known.
    """

    bins: IntArray
    passed: BoolArray
    efficiency: FloatArray

    def weights(self, factor: FloatArray) -> FloatArray:
        """Weights (n,) of the events."""
        return np.asarray(self._track_weights(factor).prod(axis=1))

    def slopes(self, factor: FloatArray, event_weights: FloatArray) -> FloatArray:
        """Derivatives (bins,) of the sum of ``event_weights * weights`` by the factors."""
        own = self._track_weights(factor)
        others = np.ones_like(own)
        for slot in range(own.shape[1]):
            others[:, slot] = np.delete(own, slot, axis=1).prod(axis=1)
        efficiency = np.nan_to_num(_by_track(self.efficiency, self.bins))
        failing = -_ratio(efficiency, 1.0 - efficiency, empty=0.0)
        inner = others * np.where(self.passed, 1.0, failing)
        return _summed(event_weights[:, None] * inner, self.bins, len(factor))

    def _track_weights(self, factor: FloatArray) -> FloatArray:
        """Factors (n, slots) of the tracks."""
        value = _by_track(factor, self.bins)
        efficiency = _by_track(self.efficiency, self.bins)
        failing = np.where(
            np.isnan(efficiency), 1.0, _ratio(1.0 - value * efficiency, 1.0 - efficiency)
        )
        return np.where(self.bins >= 0, np.where(self.passed, value, failing), 1.0)


@dataclass(frozen=True, kw_only=True)
class TriggerResponse:
    """The logical OR of triggers, each with efficiencies of its tracks.

    An event that another trigger fired passes whatever these do, and keeps its weight. Otherwise
    the weight is the ratio of the probabilities, in data and simulation, that any of these fires;
    where none did, that none does.

    Attributes
    ----------
    kinds
        Kinds of the tables.
    bins
        Shape (n, slots) each, bin of the table of a trigger, -1 where it is not for the track.
    efficiencies
        Shape (bins,) each, of the simulation.
    passed
        Shape (n,), whether any of these triggers fired.
    spectator
        Shape (n,), whether a trigger without a table fired.
    """

    kinds: tuple[str, ...]
    bins: tuple[IntArray, ...]
    efficiencies: tuple[FloatArray, ...]
    passed: BoolArray
    spectator: BoolArray

    def weights(self, factors: Sequence[FloatArray]) -> FloatArray:
        """Weights (n,) of the events, for factors of each table."""
        simulated = 1.0 - self._silent([np.ones_like(factor) for factor in factors])
        data = 1.0 - self._silent(factors)
        weights = np.where(self.passed, _ratio(data, simulated), _ratio(1 - data, 1 - simulated))
        return np.where(self.spectator, 1.0, weights)

    def slopes(
        self, table: int, factors: Sequence[FloatArray], event_weights: FloatArray
    ) -> FloatArray:
        """Derivatives (bins,) of the sum of ``event_weights * weights`` by those of one table."""
        simulated = 1.0 - self._silent([np.ones_like(factor) for factor in factors])
        other = self._silent(factors, leaving_out=table)
        kind, bins = self.kinds[table], self.bins[table]
        per_track = _by_track(self.efficiencies[table], bins)
        data = _by_track(self.efficiencies[table] * factors[table], bins)
        by_event = other * np.where(
            self.passed,
            _ratio(1.0, simulated, empty=0.0),
            -_ratio(1.0, 1.0 - simulated, empty=0.0),
        )
        by_event[self.spectator] = 0.0
        slopes = np.empty_like(data)
        for slot in range(data.shape[1]):
            with_it, without_it = data.copy(), data.copy()
            with_it[:, slot], without_it[:, slot] = 1.0, 0.0
            # the probability is linear in that of each track
            slopes[:, slot] = (_fires(kind, with_it) - _fires(kind, without_it)) * by_event
        return _summed(event_weights[:, None] * slopes * per_track, bins, len(factors[table]))

    def _silent(
        self, factors: Sequence[FloatArray], *, leaving_out: int | None = None
    ) -> FloatArray:
        """Probability (n,) that none of the triggers fires."""
        silent = np.ones(len(self.passed))
        for place, (kind, bins) in enumerate(zip(self.kinds, self.bins, strict=True)):
            if place != leaving_out:
                per_track = _by_track(self.efficiencies[place] * factors[place], bins)
                silent = silent * (1.0 - _fires(kind, per_track))
        return silent


def _fires(kind: str, efficiency: FloatArray) -> FloatArray:
    """Probability (n,) that a trigger finds the tracks it needs, of those in (n, slots)."""
    needed = _NEEDED[kind]
    found = [np.ones(len(efficiency)), *(np.zeros(len(efficiency)) for _ in range(needed - 1))]
    for slot in range(efficiency.shape[1]):
        p = efficiency[:, slot]
        for count in range(needed - 1, 0, -1):
            found[count] = found[count] * (1.0 - p) + found[count - 1] * p
        found[0] = found[0] * (1.0 - p)
    return np.asarray(np.clip(1.0 - np.sum(found, axis=0), 0.0, 1.0))


def _by_track(by_bin: FloatArray, bins: IntArray) -> FloatArray:
    """Numbers by bin for each track, 0 where the table is not for it."""
    return np.asarray(np.append(by_bin, 0.0)[bins])


def _summed(values: FloatArray, bins: IntArray, count: int) -> FloatArray:
    """Sums (count,) over the tracks of each bin."""
    chosen = bins >= 0
    sums = np.bincount(bins[chosen], weights=values[chosen], minlength=count)
    return np.asarray(sums, dtype=np.float64)


def _ratio(upper: FloatArray | float, lower: FloatArray, *, empty: float = 1.0) -> FloatArray:
    """Quotient; ``empty`` where the simulation says that this cannot happen."""
    result = np.full(np.shape(lower), empty)
    return np.asarray(np.divide(upper, lower, out=result, where=np.asarray(lower) > 0.0))
