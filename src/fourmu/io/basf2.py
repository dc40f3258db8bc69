"""Ntuples of basf2 (``variablesToNtuple``): candidates in rows, joined to events.

Which branch holds what is said by :class:`fourmu.config.ntuples.Branches`, with names of basf2
variables or of branches. Every number is checked, units too as far as numbers tell them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from fourmu.config.ntuples import Branches
from fourmu.detector import Events
from fourmu.errors import InputError
from fourmu.physics.constants import SQRT_S_GEV

from .basf2_columns import (
    GEV,
    Columns,
    EventRows,
    FloatArray,
    IntArray,
    known_trees,
    opened_tree,
)
from .basf2_photons import read_photons
from .basf2_tracks import TRUTH_PDG, GeneratedX, read_tracks, truth_places
from .files import existing_file

__all__ = ["TRUTH_PDG", "GeneratedX", "Survey", "holds_tree", "read_basf2", "survey_basf2"]

_BITS: Final = (("experiment", 12), ("run", 18), ("event", 32))
"""Room for the numbers of an event of data in one of 64 bits."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a file holds, from the branches that name its events alone.

    Attributes
    ----------
    rows, events
        Numbers of candidates and of events.
    experiments
        Experiments, increasing.
    event_numbers
        Shape (events,), the numbers that :func:`read_basf2` gives to events of data.
    """

    rows: int
    events: int
    experiments: tuple[int, ...]
    event_numbers: IntArray


def holds_tree(path: str | Path, name: str) -> bool:
    """Whether a ROOT file has a tree of a name.

    Raises
    ------
    InputError
        The file is missing, damaged or no ROOT file.
    """
    return name in known_trees(existing_file(path))


def survey_basf2(path: str | Path, branches: Branches) -> Survey:
    """Count the events of a file and see what they are called.

    Raises
    ------
    InputError
        As :func:`read_basf2`, as far as these branches go.
    """
    path = existing_file(path)
    with opened_tree(path, branches.tree) as tree:
        events = Columns(path, tree, branches, simulated=False).event_rows()
    return Survey(
        rows=events.rows.stop,
        events=len(events),
        experiments=tuple(np.unique(events.keys["experiment"]).tolist()),
        event_numbers=_packed(path, events),
    )


def read_basf2(
    path: str | Path,
    branches: Branches,
    *,
    process: str = "data",
    sqrt_s_gev: float = SQRT_S_GEV,
    simulated: bool = False,
    generated_x: GeneratedX | None = None,
    part: tuple[int, int] = (0, 1),
    first_event: int | None = None,
    photon_energy_min_gev: float = 0.0,
) -> Events:
    """Read events from a tree of candidates.

    Parameters
    ----------
    path
        ROOT file.
    branches
        Which branch holds what.
    process
        Name of the sample.
    sqrt_s_gev
        Nominal c.m. energy, which the files do not say.
    simulated
        Whether generated particles are read, where the tree has them.
    generated_x
        For signal files: where the muons of X come from.
    part
        (k, n): the k-th of n equal parts of the events, counted from 0.
    first_event
        Number of the first event of the file, counting on from there; None packs experiment, run
        and event into one number, which data keep.
    photon_energy_min_gev
        Photons below this are left out.

    Returns
    -------
    Events
        One entry per event, in the order of the file. Where ``branches.events.tracks_in_event``
        is given, events with other tracks than those of their candidates are left out.

    Raises
    ------
    InputError
        The file is missing, damaged or empty; a branch is missing, or stands for two things; rows
        and candidates of an event do not fit; candidates of an event contradict each other; a
        weight or another number is not finite or outside its domain; units are others. The
        message names the file, the branch, what was found and what was expected.
    """
    path = existing_file(path)
    with opened_tree(path, branches.tree) as tree:
        known = simulated or generated_x is not None
        columns = Columns(path, tree, branches, simulated=known)
        whole = columns.event_rows()
        events = whole.part(*part)
        if len(events) == 0:
            raise InputError(
                "a part of the file has no events",
                where=path,
                found=f"{len(whole)} events",
                expected=f"at least {part[1]}, one for each of ntuples.backgrounds: parts",
            )
        tracks = read_tracks(columns, events, sqrt_s_gev)
        photons = read_photons(columns, events, photon_energy_min_gev)
        flat = tracks.columns
        has_truth = "pdg" in flat or "mother_pdg" in flat
        weight = np.ones(len(events))
        for factor in columns.per_event("events.weight", events):
            weight *= factor
        if first_event is None:
            numbers = _packed(path, events)
        else:
            begin = first_event + len(whole) * part[0] // part[1]
            numbers = np.arange(begin, begin + len(events), dtype=np.int64)
        found = Events(
            event=numbers,
            weight=weight,
            track_offsets=tracks.offsets,
            track_pt=flat["pt"],
            track_theta=flat["theta"],
            track_phi=flat["phi"],
            track_charge=flat["charge"].astype(np.int8),
            track_d0_cm=flat["dr"],
            track_z0_cm=flat["dz"],
            track_is_muon=flat["muon_id"] > branches.tracks.muon_id_min,
            track_is_electron=flat["electron_id"] > branches.tracks.electron_id_min,
            track_truth=truth_places(columns, tracks, generated_x),
            photon_offsets=photons.offsets,
            photon_energy=photons.energy,
            photon_theta=photons.theta,
            photon_phi=photons.phi,
            **_trigger_bits(columns, events),
            truth_momenta=np.zeros((len(events), 0, 4), dtype=np.float32),
            truth_pdg=np.array(TRUTH_PDG if has_truth else (), dtype=np.int64),
            x_mass_gev=_x_mass(columns, events, generated_x),
            sqrt_s_gev=sqrt_s_gev,
            process=process,
        )
        return _with_their_tracks_alone(columns, events, found)


def _trigger_bits(columns: Columns, events: EventRows) -> dict[str, np.ndarray]:
    """Bits per event: whether any branch of a trigger is not zero."""
    bits = {}
    for name in ("three_track", "single_muon", "calorimeter"):
        fired = np.zeros(len(events), dtype=np.bool_)
        for column in columns.per_event(f"triggers.{name}", events):
            fired |= column != 0
        bits[f"trigger_{name}"] = fired
    return bits


def _x_mass(columns: Columns, events: EventRows, generated_x: GeneratedX | None) -> FloatArray:
    """Generated mass of X, NaN without one."""
    if generated_x is None:
        return np.full(len(events), np.nan)
    if generated_x.mass_gev is not None:
        return np.full(len(events), generated_x.mass_gev)
    for mass in columns.per_event("events.x_mass", events):
        columns.require("events.x_mass", mass, lambda values: values > 0.0, "a positive number")
        return mass * GEV[columns.branches.momentum_unit]
    raise InputError(
        "the mass of X is not known", where=columns.path, key="ntuples.branches.events.x_mass"
    )


def _with_their_tracks_alone(columns: Columns, rows: EventRows, events: Events) -> Events:
    """Leave out events that have further tracks, where the tree counts them."""
    for count in columns.per_event("events.tracks_in_event", rows):
        complete = count == np.diff(events.track_offsets)
        if not complete.any():
            raise InputError(
                "no event has the tracks of its candidates and no other",
                where=columns.path,
                key=columns.title("events.tracks_in_event"),
                found=f"{count.min():g} to {count.max():g} tracks",
                expected=f"{columns.branches.tracks.number}",
            )
        return events if complete.all() else events.take(complete)
    return events


def _packed(path: Path, events: EventRows) -> IntArray:
    """One number per event, in the order of the events, from experiment, run and event."""
    keys: Mapping[str, IntArray] = events.keys
    packed = np.zeros(len(events), dtype=np.int64)
    for name, bits in _BITS:
        numbers = keys[name][events.first]
        if numbers.max() >= 2**bits:
            raise InputError(
                f"a number of the {name} is too large",
                where=path,
                key=name,
                found=int(numbers.max()),
                expected=f"below {2**bits}",
            )
        packed = (packed << bits) | numbers
    return packed
