"""Corrections of simulated efficiencies: factors in bins of momentum and polar angle.

An efficiency that was measured in data and in simulation gives a factor f with an error. Simulated
events are weighted so that they have the efficiency of data:

- a found track, or one that is identified, by f;
- one that is not identified by (1 - f e)/(1 - e), where the table has the efficiency e of the
  simulation; by 1 where it has not;
- an event by the ratio of the probabilities that a trigger fires, which follow from those of its
  tracks: any muon for the single-muon trigger (Sec. IV A: muons are independent), at least three
  tracks for the three-track trigger, and the OR of both.

An error moves all bins of a table together; a statistical one moves each bin by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.config.corrections import CorrectionKind, Particle
from fourmu.detector import Events
from fourmu.errors import InputError
from fourmu.physics.kinematics import FloatArray

from .correction_response import TrackMatrices, TrackResponse, TriggerResponse
from .correction_table import CorrectionTable

__all__ = [
    "CORRECTED_SOURCES",
    "CorrectionEffect",
    "EfficiencyCorrection",
    "correction_effects",
    "correction_weights",
]

IntArray = npt.NDArray[np.int64]

CORRECTED_SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tracking": "tracking",
        "muon_id": "particle_id",
        "electron_id": "particle_id",
        "three_track_trigger": "trigger",
        "single_muon_trigger": "trigger",
    }
)
"""Source of Table I that a kind of correction belongs to."""

_NEED_EFFICIENCY: Final = ("electron_id", "three_track_trigger", "single_muon_trigger")


@dataclass(frozen=True, kw_only=True)
class EfficiencyCorrection:
    """One table and what it is for; the fields are those of ``corrections``.

    Raises
    ------
    InputError
        The kind needs the efficiency of the simulation, which the table has not.
    """

    name: str
    kind: CorrectionKind
    table: CorrectionTable
    particle: Particle = "any"
    charge: int | None = None

    def __post_init__(self) -> None:
        """Refuse a table that cannot be used."""
        if self.kind in _NEED_EFFICIENCY and not self.table.knows_efficiency:
            raise InputError(
                f"corrections of the kind {self.kind} need the efficiency of the simulation",
                key="efficiency",
                found="no such column",
            )


@dataclass(frozen=True, kw_only=True)
class CorrectionEffect:
    """What one correction does to a sample of candidates.

    Attributes
    ----------
    name, kind
        Those of the correction.
    mean_weight
        Mean factor of the candidates, weighted with all else.
    shift
        Relative shift of their summed weight when the whole table moves by its error.
    shift_statistical
        Quadratic sum of the shifts when each bin moves by its statistical error.
    outside
        Share of their tracks beyond the edges of the table, which take the nearest bin.
    """

    name: str
    kind: str
    mean_weight: float
    shift: float
    shift_statistical: float
    outside: float

    @property
    def total(self) -> float:
        """Both shifts in quadrature."""
        return float(np.hypot(self.shift, self.shift_statistical))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CorrectionEffect:
        """Inverse of :meth:`to_dict`."""
        return cls(**values)


def correction_weights(events: Events, corrections: Sequence[EfficiencyCorrection]) -> FloatArray:
    """Weights (n,) of simulated events: the product over all corrections."""
    weights = np.ones(len(events))
    if not corrections:
        return weights
    lookups = _lookups(events, corrections)
    seen: set[int] = set()
    for lookup, correction in zip(lookups, corrections, strict=True):
        # the triggers of an event weight it together, once
        if id(lookup.response) not in seen:
            seen.add(id(lookup.response))
            weights *= lookup.weights(correction.table.factor)
    return weights


def correction_effects(
    events: Events,
    corrections: Sequence[EfficiencyCorrection],
    places: IntArray,
    weights: FloatArray,
) -> list[CorrectionEffect]:
    """What each correction, and its error, does to selected candidates.

    Parameters
    ----------
    events
        Simulated events.
    corrections
        The corrections that their weights hold.
    places
        Shape (m,), place of the event of each candidate.
    weights
        Shape (m,), weights of the candidates with all corrections.

    Returns
    -------
    effects
        One per correction. The triggers have one weight together, and each its own shifts.
    """
    used, place = np.unique(places, return_inverse=True)
    # of no candidates NumPy counts in integers
    summed = np.bincount(place, weights=weights, minlength=len(used)).astype(np.float64)
    total = float(summed.sum())
    chosen = events.take(used)
    effects = []
    for lookup, correction in zip(_lookups(chosen, corrections), corrections, strict=True):
        table = correction.table
        nominal = lookup.weights(table.factor)
        # an event that a factor of zero removes has no share in a shift relative to itself
        without = np.divide(summed, nominal, out=np.zeros_like(summed), where=nominal != 0.0)
        up, down = (
            float(without @ lookup.weights(table.moved(sign * table.error))) for sign in (1, -1)
        )
        statistical = lookup.slopes(table.factor, without) * table.statistical_error
        scale = 1.0 / abs(total) if total else 0.0
        effects.append(
            CorrectionEffect(
                name=correction.name,
                kind=correction.kind,
                mean_weight=total / float(without.sum()) if without.any() else 1.0,
                shift=0.5 * abs(up - down) * scale,
                shift_statistical=float(np.linalg.norm(statistical)) * scale,
                outside=lookup.outside,
            )
        )
    return effects


class _Lookup(NamedTuple):
    """One correction for some events: functions of the factors of its bins."""

    response: TrackResponse | TriggerResponse
    weights: Callable[[FloatArray], FloatArray]
    slopes: Callable[[FloatArray, FloatArray], FloatArray]
    outside: float


def _lookups(events: Events, corrections: Sequence[EfficiencyCorrection]) -> list[_Lookup]:
    """Look up the bins of all tracks in all tables."""
    tracks = TrackMatrices.of(events)
    found = []
    for correction in corrections:
        chosen = tracks.of_particle(correction.particle, correction.charge)
        bins = np.full(chosen.shape, -1, dtype=np.int64)
        bins[chosen], beyond = correction.table.bins(tracks.p_gev[chosen], tracks.theta_rad[chosen])
        found.append((correction, bins, float(beyond.mean()) if len(beyond) else 0.0))
    triggers = [entry for entry in found if entry[0].kind.endswith("_trigger")]
    joint = _joint_trigger(events, triggers)
    lookups = []
    for correction, bins, outside in found:
        if correction.kind.endswith("_trigger"):
            place = next(i for i, entry in enumerate(triggers) if entry[0] is correction)
            lookups.append(_trigger_lookup(joint, triggers, place, outside))
        else:
            passed = {
                "tracking": tracks.filled,
                "muon_id": tracks.is_muon,
                "electron_id": tracks.is_electron,
            }[correction.kind]
            response = TrackResponse(
                bins=bins, passed=passed, efficiency=correction.table.efficiency
            )
            lookups.append(_Lookup(response, response.weights, response.slopes, outside))
    return lookups


def _joint_trigger(
    events: Events, triggers: Sequence[tuple[EfficiencyCorrection, IntArray, float]]
) -> TriggerResponse:
    fired = {
        "three_track_trigger": events.trigger_three_track,
        "single_muon_trigger": events.trigger_single_muon,
    }
    nothing = np.zeros(len(events), dtype=np.bool_)
    kinds = tuple(correction.kind for correction, _, _ in triggers)
    return TriggerResponse(
        kinds=kinds,
        bins=tuple(bins for _, bins, _ in triggers),
        efficiencies=tuple(correction.table.efficiency for correction, _, _ in triggers),
        passed=np.any([nothing, *(fired[kind] for kind in kinds)], axis=0),
        spectator=np.any(
            [nothing, *(bit for kind, bit in fired.items() if kind not in kinds)], axis=0
        ),
    )


def _trigger_lookup(
    joint: TriggerResponse,
    triggers: Sequence[tuple[EfficiencyCorrection, IntArray, float]],
    place: int,
    outside: float,
) -> _Lookup:
    """One table of the triggers, with the others at their factors."""
    nominal = [correction.table.factor for correction, _, _ in triggers]

    def with_own(factor: FloatArray) -> list[FloatArray]:
        return [*nominal[:place], factor, *nominal[place + 1 :]]

    return _Lookup(
        joint,
        lambda factor: joint.weights(with_own(factor)),
        lambda factor, weights: joint.slopes(place, with_own(factor), weights),
        outside,
    )
