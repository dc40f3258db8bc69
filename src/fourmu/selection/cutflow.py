"""How many events are left after each cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError, InputError
from fourmu.physics.kinematics import FloatArray

__all__ = ["Cutflow"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_COUNTS = ("n_candidates", "n_electron_vetoed", "n_wrong_pairings", "n_not_converged")


@dataclass(frozen=True, kw_only=True)
class Cutflow:
    """Events after each cut in the paper's order; chunks of a sample add up with ``+``.

    Attributes
    ----------
    names
        Length c; the first, ``all``, stands before any cut: for a simulated sample the
        generated events.
    events
        Shape (c,), number of events left.
    weights, weights_squared
        Shape (c,), their summed weights and squared weights.
    without_trigger
        Shape (3,): number, weights and squared weights of events that pass everything but the
        trigger; over it the last entry of the flow is the trigger efficiency.
    n_candidates
        Pairs of selected events, before the electron veto: four per event.
    n_electron_vetoed
        Pairs removed by the electron veto.
    n_wrong_pairings
        Pairs of signal events, left after the veto, that are not the decay of X.
    n_not_converged
        Selected events whose kinematic fit did not converge.
    """

    names: tuple[str, ...]
    events: IntArray
    weights: FloatArray
    weights_squared: FloatArray
    without_trigger: FloatArray
    n_candidates: int
    n_electron_vetoed: int
    n_wrong_pairings: int
    n_not_converged: int

    def __add__(self, other: Cutflow) -> Cutflow:
        """Cut-flow of two disjoint samples."""
        if self.names != other.names:
            raise ConsistencyError(
                "cut-flows with different cuts do not add", found=other.names, expected=self.names
            )
        return Cutflow(
            names=self.names,
            events=self.events + other.events,
            weights=self.weights + other.weights,
            weights_squared=self.weights_squared + other.weights_squared,
            without_trigger=self.without_trigger + other.without_trigger,
            n_candidates=self.n_candidates + other.n_candidates,
            n_electron_vetoed=self.n_electron_vetoed + other.n_electron_vetoed,
            n_wrong_pairings=self.n_wrong_pairings + other.n_wrong_pairings,
            n_not_converged=self.n_not_converged + other.n_not_converged,
        )

    def of_generated(self, generated: float) -> Cutflow:
        """Return the cut-flow that starts from unweighted generated events.

        Their number is known where the events before any cut are not: in files from outside that
        hold a part of them, and where weights correct efficiencies.
        """
        events, weights = self.events.copy(), self.weights.copy()
        weights_squared = self.weights_squared.copy()
        events[0], weights[0], weights_squared[0] = round(generated), generated, generated
        return replace(self, events=events, weights=weights, weights_squared=weights_squared)

    @property
    def trigger_efficiency(self) -> float:
        """Share of the events passing everything else that fired a trigger; NaN without any."""
        denominator = float(self.without_trigger[1])
        return float(self.weights[-1]) / denominator if denominator else float("nan")

    def efficiencies(self) -> FloatArray:
        """Summed weights left after each cut over those before any, shape (c,)."""
        share: FloatArray = self.weights / self.weights[0]
        return share

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "names": list(self.names),
            "events": self.events.tolist(),
            "weights": self.weights.tolist(),
            "weights_squared": self.weights_squared.tolist(),
            "without_trigger": self.without_trigger.tolist(),
            **{name: getattr(self, name) for name in _COUNTS},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Cutflow:
        """Inverse of :meth:`to_dict`.

        Raises
        ------
        InputError
            A key is missing.
        """
        try:
            return cls(
                names=tuple(values["names"]),
                events=np.asarray(values["events"], dtype=np.int64),
                weights=np.asarray(values["weights"], dtype=np.float64),
                weights_squared=np.asarray(values["weights_squared"], dtype=np.float64),
                without_trigger=np.asarray(values["without_trigger"], dtype=np.float64),
                **{name: int(values[name]) for name in _COUNTS},
            )
        except KeyError as error:
            raise InputError("a cut-flow lacks a key", key=str(error.args[0])) from error
