"""Events from elsewhere through the selection and the trained networks of an analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from fourmu.classifiers import passes, range_of_mass, scores
from fourmu.config import Analysis
from fourmu.detector import Events
from fourmu.errors import InputError
from fourmu.io.basf2 import holds_tree, read_basf2
from fourmu.io.candidates import write_candidates
from fourmu.io.lhe_event import ENERGY_TOLERANCE_GEV
from fourmu.io.ntuple import read_ntuple
from fourmu.selection import Cutflow, select

from .inputs import read_training
from .layout import Layout

__all__ = ["select_ntuple"]


def select_ntuple(
    analysis: Analysis, source: Path, destination: Path, keep: Literal["true", "all"]
) -> tuple[Cutflow, int, int]:
    """Select from one ntuple and write candidates with scores.

    Returns
    -------
    cutflow, candidates, passing
        The cut-flow, the number of rows, and how many pass the working point of their range.

    Raises
    ------
    InputError
        There are no trained networks yet, or the ntuple cannot be used.
    """
    mlp = Layout.of(analysis).folder("mlp")
    if not (mlp / "working_points.json").exists():
        raise InputError("there are no trained networks yet", where=mlp, expected="fourmu train")
    training = read_training(mlp)
    events, metadata = _read(analysis, source)
    energy = analysis.generation.sqrt_s_gev
    if abs(events.sqrt_s_gev - energy) > ENERGY_TOLERANCE_GEV:
        raise InputError(
            "the events have another c.m. energy than the analysis",
            where=source,
            key="sqrt_s_gev",
            found=f"{events.sqrt_s_gev:g} GeV",
            expected=f"{energy:g} GeV within {ENERGY_TOLERANCE_GEV} GeV",
        )
    selected = select(events, analysis.selection, analysis.detector, keep=keep)
    candidates = selected.candidates
    if len(candidates) == 0:
        raise _nothing_left(selected.cutflow, source)
    outputs = scores(training.networks, candidates)
    passed = passes(training.working_points, outputs, candidates.mass_gev)
    own_range = range_of_mass(analysis.classifiers.range_edges_gev, candidates.mass_gev)
    inside = own_range >= 0
    passing = int(np.count_nonzero(passed[np.flatnonzero(inside), own_range[inside]]))
    write_candidates(
        destination,
        candidates,
        scores=outputs,
        metadata={**metadata, "cutflow": selected.cutflow.to_dict(), "passing": passing},
    )
    return selected.cutflow, len(candidates), passing


def _read(analysis: Analysis, source: Path) -> tuple[Events, dict[str, Any]]:
    """Events of one of our ntuples, or of a tree of basf2 by the branch map of the analysis."""
    branches = analysis.ntuples.branches
    if not holds_tree(source, branches.tree):
        return read_ntuple(source)
    events = read_basf2(
        source,
        branches,
        process=source.stem,
        sqrt_s_gev=analysis.generation.sqrt_s_gev,
        photon_energy_min_gev=analysis.detector.photon_energy_min_gev,
    )
    return events, {"sample": source.stem, "external": True, "sources": [source.name]}


def _nothing_left(flow: Cutflow, source: Path) -> InputError:
    """Say which step took the last event."""
    for name, left in zip(flow.names, flow.events, strict=True):
        if left == 0:
            found = f"{flow.events[0]} events, none left after '{name}'"
            return InputError("no candidate passes the selection", where=source, found=found)
    if flow.n_wrong_pairings == 0:
        found = f"{flow.events[-1]} selected events, none left after 'electron veto'"
        return InputError("no candidate passes the selection", where=source, found=found)
    return InputError(
        "no event has its true pair among the candidates",
        where=source,
        found=f"{flow.events[-1]} selected events",
        expected="--keep all for every pair",
    )
