"""Photons of a basf2 tree, in slots or in lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import awkward as ak  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from fourmu.errors import InputError

from .basf2_columns import GEV, RAD, AnyArray, Columns, EventRows, FloatArray, IntArray
from .basf2_tracks import require_polar_angle
from .candidate_join import require_same_in_event

__all__ = ["Photons", "read_photons"]

_NAMES: Final = ("energy", "theta", "phi")


@dataclass(frozen=True, kw_only=True)
class Photons:
    """Photons of all events, flat with offsets (events + 1,): GeV and rad."""

    offsets: IntArray
    energy: FloatArray
    theta: FloatArray
    phi: FloatArray


def read_photons(columns: Columns, events: EventRows, energy_min_gev: float) -> Photons:
    """Read the photons of each event above a threshold.

    Raises
    ------
    InputError
        Candidates of an event have other photons, an event has more than slots, or numbers are
        outside their domain.
    """
    form = columns.branches.photons.form
    if form == "none":
        flat, owner = {name: np.zeros(0) for name in _NAMES}, np.zeros(0, dtype=np.int64)
    elif form == "fixed":
        flat, owner = _from_slots(columns, events)
    else:
        flat, owner = _from_lists(columns, events)
    columns.require("photons.energy", flat["energy"], _is_energy, "a positive number")
    for name in ("theta", "phi"):
        columns.require(f"photons.{name}", flat[name], np.isfinite, "a finite number")
    energy = flat["energy"] * GEV[columns.branches.momentum_unit]
    theta, phi = (flat[name] * RAD[columns.branches.angle_unit] for name in ("theta", "phi"))
    require_polar_angle(columns, "photons.theta", theta)
    kept = energy >= energy_min_gev
    counts = np.bincount(owner[kept], minlength=len(events))
    return Photons(
        offsets=np.append(0, np.cumsum(counts)).astype(np.int64),
        energy=energy[kept],
        theta=theta[kept],
        phi=phi[kept],
    )


def _from_slots(columns: Columns, events: EventRows) -> tuple[dict[str, FloatArray], IntArray]:
    """Photons of the filled slots, and the event of each."""
    number = columns.branches.photons.number
    for count in columns.per_event("photons.count", events):
        if (count > number).any():
            raise InputError(
                "an event has more photons than slots",
                where=columns.path,
                key=columns.title("photons.count"),
                found=int(count.max()),
                expected=f"at most {number} (ntuples.branches.photons.number)",
            )
    slots = {}
    for name in _NAMES:
        column = columns.slots(f"photons.{name}", events.rows)
        title = columns.title(f"photons.{name}")
        require_same_in_event(columns.path, title, column, events.starts, events.keys)
        slots[name] = column[events.first].astype(np.float64)
    filled = ~np.isnan(slots["energy"])
    return {name: column[filled] for name, column in slots.items()}, np.nonzero(filled)[0]


def _from_lists(columns: Columns, events: EventRows) -> tuple[dict[str, FloatArray], IntArray]:
    """Photons of the first row of each event, and the event of each."""
    flat: dict[str, FloatArray] = {}
    known: IntArray | None = None
    leaders = np.repeat(events.first, np.diff(events.starts))
    for name in _NAMES:
        key = f"photons.{name}"
        lists = columns.lists(key, events.rows)
        lengths = np.asarray(ak.num(lists), dtype=np.int64)
        title = columns.title(key)
        require_same_in_event(columns.path, title, lengths, events.starts, events.keys)
        if known is not None and not np.array_equal(known, lengths):
            raise InputError(
                "branches of photons have unequal lengths", where=columns.path, key=title
            )
        known = lengths
        content = np.asarray(ak.to_numpy(ak.flatten(lists)), dtype=np.float64)
        offsets = np.append(0, np.cumsum(lengths))
        row = np.repeat(np.arange(len(lengths)), lengths)
        leader = leaders[row]
        twin = content[np.arange(len(content)) - offsets[row] + offsets[leader]]
        differs = (content != twin) & ~(np.isnan(content) & np.isnan(twin))
        if differs.any():
            raise InputError(
                "candidates of an event have other photons",
                where=columns.path,
                key=title,
                found=f"{content[differs][0]} and {twin[differs][0]}",
                expected="the same photons in every row of an event",
            )
        flat[name] = content[leader == row]
    counts = np.zeros(0, dtype=np.int64) if known is None else known[events.first]
    return flat, np.repeat(np.arange(len(counts)), counts)


def _is_energy(values: AnyArray) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isfinite(values) & (values > 0.0))
