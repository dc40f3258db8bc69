"""Events -> candidates: all cuts before the networks, and the cut-flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import Events, beam_frame
from fourmu.physics.kinematics import FloatArray

from .candidates import Candidates
from .cutflow import Cutflow
from .cuts import EVENT_CUTS
from .pairing import make_candidates
from .quantities import BoolArray, event_quantities

__all__ = ["Selected", "select"]


@dataclass(frozen=True, kw_only=True)
class Selected:
    """Candidates of a sample and how they came about."""

    candidates: Candidates
    cutflow: Cutflow


def select(
    events: Events,
    settings: Selection,
    detector: Detector,
    *,
    keep: Literal["true", "all"] = "true",
) -> Selected:
    """Apply the selection of Sec. IV A-C and the kinematic fit of Sec. IV E.

    Parameters
    ----------
    events
        Reconstructed events, simulated or not.
    settings
        Cuts and tolerances.
    detector
        Beams and track covariance, as reconstruction believes them to be.
    keep
        ``"true"``: signal events (those with a generated mass of X) give only the pair that X
        decayed to, and their wrong pairings are counted; ``"all"``: every pair is a row.
        Events without X always give all four.
    """
    quantities = event_quantities(events, beam_frame(detector))
    passed = np.ones(len(events), dtype=np.bool_)
    but_trigger = passed.copy()
    names, flow = ["all"], [_sums(events.weight, passed)]
    for name, cut in EVENT_CUTS:
        mask = cut(quantities, settings)
        passed &= mask
        if name != "trigger":
            but_trigger &= mask
        names.append(name)
        flow.append(_sums(events.weight, passed))
    candidates, counts = make_candidates(
        events,
        np.flatnonzero(passed).astype(np.int64),
        settings,
        detector,
        keep_wrong_pairings=keep == "all",
    )
    table = np.array(flow)
    cutflow = Cutflow(
        names=tuple(names),
        events=table[:, 0].astype(np.int64),
        weights=table[:, 1],
        weights_squared=table[:, 2],
        without_trigger=_sums(events.weight, but_trigger),
        **counts._asdict(),
    )
    return Selected(candidates=candidates, cutflow=cutflow)


def _sums(weight: FloatArray, passed: BoolArray) -> FloatArray:
    """Number, weights and squared weights of the events in a mask."""
    chosen = weight[passed]
    return np.array([len(chosen), chosen.sum(), np.square(chosen).sum()])
