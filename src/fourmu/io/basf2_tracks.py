"""Tracks of a basf2 tree: joined, in our units, with what generated them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fourmu.config.ntuples import Branches
from fourmu.errors import InputError

from .basf2_columns import CM, GEV, RAD, AnyArray, Columns, EventRows, FloatArray, IntArray
from .candidate_join import joined_tracks

__all__ = [
    "TRUTH_PDG",
    "GeneratedX",
    "Tracks",
    "read_tracks",
    "require_polar_angle",
    "truth_places",
]

TRUTH_PDG: Final = (-13, 13, -13, 13, 11, -11, 211, -211, 321, -321, 2212, -2212)
"""Codes that ``track_truth`` points to: the order of our own signal events, then others."""

_X_MUONS: Final = (2, 3)
_MOMENTUM_MIN_GEV: Final = 0.02
"""Half of the tracks of no sample are below: a helix of this momentum stays in the beam pipe."""


@dataclass(frozen=True, kw_only=True)
class GeneratedX:
    """What simulated signal files do not say themselves.

    Attributes
    ----------
    pdg
        Code of X: the mother of its muons.
    mass_gev
        Its mass; None where ``branches.events.x_mass`` has it.
    """

    pdg: int
    mass_gev: float | None


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """Tracks of all events, flat with offsets.

    Attributes
    ----------
    offsets
        Shape (events + 1,).
    columns
        By key of the branch map, each of shape (tracks,): pt, theta, phi (GeV, rad), charge, dr,
        dz (cm), muon_id, electron_id; of simulation pdg and mother_pdg, where the tree has them.
    """

    offsets: IntArray
    columns: dict[str, FloatArray]


def read_tracks(columns: Columns, events: EventRows, sqrt_s_gev: float) -> Tracks:
    """Read each track of each event once.

    Parameters
    ----------
    columns
        The tree.
    events
        Its events.
    sqrt_s_gev
        Nominal c.m. energy, for momenta in other units.

    Raises
    ------
    InputError
        Candidates of an event contradict each other, or numbers are outside their domain.
    """
    momentum = ("px", "py", "pz") if "tracks.px" in columns else ("pt", "theta", "phi")
    others = ("dr", "dz", "muon_id", "electron_id", "pdg", "mother_pdg", "identifier")
    slots = {
        name: columns.slots(f"tracks.{name}", events.rows)
        for name in (*momentum, "charge", *others)
        if f"tracks.{name}" in columns
    }
    identifying = ("identifier",) if "identifier" in slots else (*momentum, "charge")
    for name in (*identifying, *momentum, "charge", "dr", "dz"):
        columns.require(f"tracks.{name}", slots[name], np.isfinite, "a finite number")
    columns.require("tracks.charge", slots["charge"], _is_unit_charge, "1 or -1")
    places, offsets = joined_tracks(
        columns.path,
        {name: slots[name] for name in identifying},
        {
            columns.title(f"tracks.{name}"): column
            for name, column in slots.items()
            if name not in identifying
        },
        events.starts,
        events.keys,
    )
    flat = {
        name: column.ravel()[places].astype(np.float64)
        for name, column in slots.items()
        if name != "identifier"
    }
    _to_units(flat, columns.branches)
    if "px" in flat:
        px, py, pz = (flat.pop(name) for name in ("px", "py", "pz"))
        pt = np.hypot(px, py)
        flat |= {"pt": pt, "theta": np.arctan2(pt, pz), "phi": np.arctan2(py, px)}
    columns.require("tracks.pt", flat["pt"], _is_positive, "a positive number")
    require_polar_angle(columns, "tracks.theta", flat["theta"])
    _require_momenta(columns, flat["pt"] / np.sin(flat["theta"]), sqrt_s_gev)
    return Tracks(offsets=offsets, columns=flat)


def truth_places(
    columns: Columns, tracks: Tracks, generated_x: GeneratedX | None
) -> npt.NDArray[np.int8]:
    """Place of the generated particle of each track in ``TRUTH_PDG``, -1 where unknown.

    Raises
    ------
    InputError
        The files are signal, and do not say which muons come from X.
    """
    flat = tracks.columns
    truth = np.full(len(flat["pt"]), -1, dtype=np.int8)
    code = flat.get("pdg")
    if code is not None:
        for place in (*range(4, len(TRUTH_PDG)), 0, 1):
            truth[code == TRUTH_PDG[place]] = place
    if generated_x is None:
        return truth
    if "mother_pdg" not in flat:
        raise InputError(
            "signal files need the mother of each generated muon",
            where=columns.path,
            key="ntuples.branches.tracks.mother_pdg",
            found=columns.branches.tracks.mother_pdg or "null",
            expected="a branch of the tree",
        )
    mother = flat["mother_pdg"]
    from_x = np.abs(mother) == abs(generated_x.pdg)
    positive = flat["charge"] > 0
    if code is not None:
        from_x &= np.abs(code) == TRUTH_PDG[1]
        positive = code < 0
    if not from_x.any():
        codes, counts = np.unique(mother[np.isfinite(mother)], return_counts=True)
        common = ", ".join(f"{codes[place]:.0f}" for place in np.argsort(-counts)[:3])
        raise InputError(
            "no muon comes from X",
            where=columns.path,
            key=columns.title("tracks.mother_pdg"),
            found=f"mothers {common}" if common else "no generated mother",
            expected=f"{generated_x.pdg} (x_pdg of the files)",
        )
    truth[from_x] = np.where(positive[from_x], *_X_MUONS)
    return truth


def require_polar_angle(columns: Columns, key: str, theta: FloatArray) -> None:
    """Refuse polar angles (n,), in rad, outside their domain, or in another unit than promised."""
    unit = columns.branches.angle_unit
    stored = theta / RAD[unit]
    outside = (theta <= 0.0) | (theta >= np.pi)
    if outside.any():
        raise InputError(
            f"a polar angle is outside its domain for ntuples.branches.angle_unit: {unit}",
            where=columns.path,
            key=columns.title(key),
            found=f"{stored[outside][0]:g}",
            expected=f"between 0 and {180 if unit == 'deg' else 'pi'}",
        )
    if unit == "deg" and len(theta) and stored.max() < np.pi:
        raise InputError(
            "no polar angle is above 3.14 degrees: these are radians",
            where=columns.path,
            key=columns.title(key),
            found=f"at most {stored.max():g}",
            expected="ntuples.branches.angle_unit: rad",
        )


def _require_momenta(columns: Columns, momentum: FloatArray, sqrt_s_gev: float) -> None:
    """Refuse another unit: half of the tracks have momenta that collisions do not give."""
    median = float(np.median(momentum))
    if not _MOMENTUM_MIN_GEV < median < sqrt_s_gev:
        unit = columns.branches.momentum_unit
        raise InputError(
            f"momenta are in another unit than ntuples.branches.momentum_unit: {unit}",
            where=columns.path,
            key=columns.title("tracks.pt"),
            found=f"median momentum {median / GEV[unit]:g} {unit}",
            expected=f"between {_MOMENTUM_MIN_GEV:g} and {sqrt_s_gev:g} GeV",
        )


def _to_units(flat: dict[str, Any], branches: Branches) -> None:
    for names, factor in (
        (("pt", "px", "py", "pz"), GEV[branches.momentum_unit]),
        (("theta", "phi"), RAD[branches.angle_unit]),
        (("dr", "dz"), CM[branches.length_unit]),
    ):
        for name in names:
            if name in flat and factor != 1.0:
                flat[name] = flat[name] * factor


def _is_positive(values: AnyArray) -> npt.NDArray[np.bool_]:
    return np.asarray(values > 0.0)


def _is_unit_charge(values: AnyArray) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(values) == 1)
