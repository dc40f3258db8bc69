"""Rows of candidates -> events: which rows belong together, and which tracks they share.

A tree of basf2 has a row for each candidate, with its daughters in slots. Candidates of one event
are other orders or other pairs of the same tracks; here each track of an event is found once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.errors import InputError

__all__ = ["event_starts", "joined_tracks", "require_same_in_event"]

AnyArray = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]


def event_starts(
    path: Path,
    keys: Mapping[str, AnyArray],
    candidate: AnyArray | None,
    candidates: AnyArray | None,
    names: Mapping[str, str],
) -> IntArray:
    """Return the first row of each event, and the number of rows at the end.

    Parameters
    ----------
    path
        The file, for messages.
    keys
        Columns (n,) that name an event: experiment, run, event.
    candidate, candidates
        Columns (n,): number of the candidate in its event, and number of candidates; None where a
        row is an event.
    names
        Branches of ``candidate`` and ``candidates``, for messages.

    Raises
    ------
    InputError
        The rows of an event are not as many as it says, or are numbered otherwise than from 0.
    """
    rows = len(next(iter(keys.values())))
    if candidate is None or candidates is None:
        return np.arange(rows + 1, dtype=np.int64)
    fresh = np.ones(rows, dtype=np.bool_)
    fresh[1:] = candidate[1:] <= candidate[:-1]
    for column in keys.values():
        fresh[1:] |= column[1:] != column[:-1]
    starts = np.append(np.flatnonzero(fresh), rows).astype(np.int64)
    require_same_in_event(path, names["candidates"], candidates, starts, keys)
    found, promised = np.diff(starts), candidates[starts[:-1]]
    wrong = np.flatnonzero(found != promised)
    if len(wrong):
        raise InputError(
            "an event has other than its number of candidates (rows were sampled or cut away, or "
            "its rows stand apart)",
            where=path,
            key=names["candidates"],
            found=f"{found[wrong[0]]} rows of {_event(keys, starts[wrong[0]])}",
            expected=f"{promised[wrong[0]]}",
        )
    expected = np.arange(rows) - np.repeat(starts[:-1], found)
    wrong = np.flatnonzero(candidate != expected)
    if len(wrong):
        raise InputError(
            "candidates of an event are not numbered from 0",
            where=path,
            key=names["candidate"],
            found=f"{candidate[wrong[0]]} in {_event(keys, wrong[0])}",
            expected=f"{expected[wrong[0]]}",
        )
    return starts


def require_same_in_event(
    path: Path, branch: str, column: AnyArray, starts: IntArray, keys: Mapping[str, AnyArray]
) -> None:
    """Refuse a column, (n,) or (n, slots), that differs between the candidates of an event."""
    if len(starts) - 1 == len(column):
        return
    first = np.repeat(starts[:-1], np.diff(starts))
    differs = ~_equal(column, column[first])
    wrong = np.flatnonzero(differs.any(axis=1) if differs.ndim > 1 else differs)
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            "a quantity of the event differs between its candidates",
            where=path,
            key=branch,
            found=f"{column[row]} and {column[first[row]]} in {_event(keys, row)}",
            expected="the same in every row of an event",
        )


def joined_tracks(
    path: Path,
    identity: Mapping[str, AnyArray],
    attributes: Mapping[str, AnyArray],
    starts: IntArray,
    keys: Mapping[str, AnyArray],
) -> tuple[IntArray, IntArray]:
    """Find each track of an event once.

    Parameters
    ----------
    path
        The file, for messages.
    identity
        Columns (n, slots) that are equal if, and only if, two slots hold the same track.
    attributes
        Columns (n, slots) that have to be equal then, by branch.
    starts
        First row of each event, and n at the end.
    keys
        Columns that name an event, for messages.

    Returns
    -------
    places, offsets
        Places of the tracks in flattened columns, and where those of each event begin.

    Raises
    ------
    InputError
        The same track has other attributes in another candidate.
    """
    first_column = next(iter(identity.values()))
    rows, slots = first_column.shape
    counts = np.diff(starts)
    kept = np.zeros(rows * slots, dtype=np.bool_)
    kept.reshape(rows, slots)[starts[:-1]] = True
    if len(counts) < rows:
        same = _same_rows(identity, attributes, starts)
        others = np.flatnonzero(~same)
        if len(others):
            _join_by_sorting(path, identity, attributes, starts, others, kept, keys)
    places = np.flatnonzero(kept)
    event = np.repeat(np.arange(len(counts)), counts)[places // slots]
    offsets = np.append(0, np.cumsum(np.bincount(event, minlength=len(counts))))
    return places, offsets.astype(np.int64)


def _same_rows(
    identity: Mapping[str, AnyArray], attributes: Mapping[str, AnyArray], starts: IntArray
) -> npt.NDArray[np.bool_]:
    """Events whose rows all hold the tracks of the first one, in whatever order."""
    order = np.argsort(next(iter(identity.values())), axis=1, kind="stable")
    first = np.repeat(starts[:-1], np.diff(starts))
    same = np.ones(len(first), dtype=np.bool_)
    for column in (*identity.values(), *attributes.values()):
        ordered = np.take_along_axis(column, order, axis=1)
        same &= _equal(ordered, ordered[first]).all(axis=1)
    distinct = np.take_along_axis(next(iter(identity.values())), order, axis=1)
    same &= (distinct[:, 1:] != distinct[:, :-1]).all(axis=1)
    return np.logical_and.reduceat(same, starts[:-1])


def _join_by_sorting(
    path: Path,
    identity: Mapping[str, AnyArray],
    attributes: Mapping[str, AnyArray],
    starts: IntArray,
    events: IntArray,
    kept: npt.NDArray[np.bool_],
    keys: Mapping[str, AnyArray],
) -> None:
    """Mark the first place of each track of some events in ``kept``."""
    slots = next(iter(identity.values())).shape[1]
    counts = np.diff(starts)[events]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.repeat(starts[:-1][events], counts) + within
    places = (rows[:, None] * slots + np.arange(slots)).ravel()
    event = np.repeat(np.repeat(events, counts), slots)
    flat = [column.ravel()[places] for column in identity.values()]
    order = np.lexsort((*reversed(flat), event))  # stable: the first place comes first
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = event[order][1:] != event[order][:-1]
    for column in flat:
        fresh[1:] |= column[order][1:] != column[order][:-1]
    leader = order[np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))]
    for branch, column in attributes.items():
        values = column.ravel()[places]
        wrong = np.flatnonzero(~_equal(values[order], values[leader]))
        if len(wrong):
            one, other = order[wrong[0]], leader[wrong[0]]
            raise InputError(
                "candidates of an event differ in the same track",
                where=path,
                key=branch,
                found=f"{values[one]} and {values[other]} in "
                f"{_event(keys, int(places[one]) // slots)}",
                expected="the same, as before any vertex fit",
            )
    kept[places] = False
    kept[places[order[fresh]]] = True


def _equal(a: AnyArray, b: AnyArray) -> npt.NDArray[np.bool_]:
    """Equal numbers, or both NaN."""
    equal: npt.NDArray[np.bool_] = a == b
    if a.dtype.kind == "f":
        equal |= np.isnan(a) & np.isnan(b)
    return equal


def _event(keys: Mapping[str, AnyArray], row: int | np.int64) -> str:
    """Name of the event of a row."""
    return ", ".join(f"{name} {int(column[row])}" for name, column in keys.items())
