"""The ntuple: reconstructed events in a ROOT file, one entry per event.

The tree ``events`` has the attributes of :class:`fourmu.detector.Events` as branches, tracks
and photons jagged; the string ``metadata`` is JSON with process, energy, generated particles
and whatever its maker adds (seed, provenance). Measured numbers are stored in single precision,
far below any resolution.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import awkward as ak  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
import uproot  # type: ignore[import-untyped]

from fourmu.detector import Events
from fourmu.errors import InputError, StorageError
from fourmu.physics.constants import SQRT_S_GEV

from .files import atomic_path, existing_file

__all__ = ["TREE", "read_ntuple", "write_ntuple"]

TREE: Final = "events"
_METADATA: Final = "metadata"
_SCHEMA: Final = 1
_LARGEST_CODE: Final = 2**31
_LARGEST_ENERGY_GEV: Final = 1e6

_PER_TRACK: Final[dict[str, npt.DTypeLike]] = {
    "pt": np.float64,
    "theta": np.float64,
    "phi": np.float64,
    "charge": np.int8,
    "d0_cm": np.float64,
    "z0_cm": np.float64,
    "is_muon": np.bool_,
    "is_electron": np.bool_,
    "truth": np.int8,
}
_PER_PHOTON: Final[dict[str, npt.DTypeLike]] = {
    "energy": np.float64,
    "theta": np.float64,
    "phi": np.float64,
}
_PER_EVENT: Final[dict[str, npt.DTypeLike]] = {
    "event": np.int64,
    "weight": np.float64,
    "trigger_three_track": np.bool_,
    "trigger_single_muon": np.bool_,
    "trigger_calorimeter": np.bool_,
    "x_mass_gev": np.float64,
}
_OPTIONAL: Final = (
    "track_truth",
    "x_mass_gev",
    "truth_momenta",
    "weight",
    "trigger_calorimeter",
)
"""Branches that data do not have, or not always."""


def write_ntuple(
    path: str | Path, events: Events, metadata: Mapping[str, Any] | None = None
) -> None:
    """Write events; the file appears whole or not at all.

    Parameters
    ----------
    path
        The ROOT file.
    events
        At least one event.
    metadata
        Plain values to keep with the events.

    Raises
    ------
    InputError
        There are no events.
    StorageError
        The place cannot be written to.
    """
    if len(events) == 0:
        raise InputError("there are no events to write", where=path)
    described = {
        **(metadata or {}),
        "schema": _SCHEMA,
        "process": events.process,
        "sqrt_s_gev": events.sqrt_s_gev,
        "truth_pdg": events.truth_pdg.tolist(),
    }
    branches: dict[str, Any] = {
        name: getattr(events, name) for name in _PER_EVENT if name != "x_mass_gev"
    }
    branches["x_mass_gev"] = events.x_mass_gev
    if events.truth_momenta.shape[1] > 0:
        branches["truth_momenta"] = events.truth_momenta
    for kind, names in (("track", _PER_TRACK), ("photon", _PER_PHOTON)):
        branches[kind] = _jagged(events, kind, names)
    types = {
        name: array.type if isinstance(array, ak.Array) else (array.dtype, array.shape[1:])
        for name, array in branches.items()
    }
    with atomic_path(path) as temporary:
        try:
            with uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
                file.mktree(TREE, types)
                file[TREE].extend(branches)
                file[_METADATA] = json.dumps(described)
        except OSError:
            raise
        except Exception as error:  # uproot turns a failed write into anything
            raise StorageError(f"the ntuple cannot be written: {error}", where=path) from error


def _jagged(events: Events, kind: str, names: Mapping[str, npt.DTypeLike]) -> ak.Array:
    """Records of tracks or photons, one list per event."""
    offsets = ak.index.Index64(getattr(events, f"{kind}_offsets"))
    columns = {}
    for name, dtype in names.items():
        flat = getattr(events, f"{kind}_{name}")
        stored = np.float32 if dtype is np.float64 else dtype
        content = ak.contents.NumpyArray(np.ascontiguousarray(flat, dtype=stored))
        columns[name] = ak.Array(ak.contents.ListOffsetArray(offsets, content))
    return ak.zip(columns)


def read_ntuple(path: str | Path) -> tuple[Events, dict[str, Any]]:
    """Read events and their metadata, checking every number.

    Truth, weights, the bit of the reference trigger and metadata may be absent, as in data: then
    weights are 1, there is no X, no reference trigger fired, and the energy is the nominal one.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or no ntuple; it has no entries; a branch is
        missing, or holds a number outside its domain (NaN, an energy or a transverse momentum
        that is not positive ...). The message names file and branch.
    """
    path = existing_file(path)
    try:
        with uproot.open(path) as file:
            _refuse_truncated(path, file)
            metadata = _read_metadata(path, file)
            columns = _read_columns(path, file)
    except InputError:
        raise
    except Exception as error:  # damaged bytes make uproot raise anything
        raise InputError(
            f"the file is damaged or no ROOT file ({type(error).__name__})", where=path
        ) from error
    events = _assembled(columns, _described(path, metadata))
    _check(path, events)
    return events, metadata


def _refuse_truncated(path: Path, file: Any) -> None:
    """Compare the size with the end of the file that its header announces."""
    size, announced = path.stat().st_size, int(file.file.fEND)
    if size < announced:
        raise InputError(
            "the file is truncated", where=path, found=f"{size} bytes", expected=announced
        )


def _read_metadata(path: Path, file: Any) -> dict[str, Any]:
    if _METADATA not in file:
        return {}
    try:
        content = json.loads(str(file[_METADATA]))
    except ValueError as error:
        raise InputError("the metadata are not JSON", where=path, key=_METADATA) from error
    if not isinstance(content, dict):
        raise InputError("the metadata are no mapping", where=path, key=_METADATA)
    return content


def _described(path: Path, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields of the record that the metadata hold, with what stands for absent ones."""
    energy = metadata.get("sqrt_s_gev", SQRT_S_GEV)
    is_number = isinstance(energy, int | float) and not isinstance(energy, bool)
    if not (is_number and 0.0 < energy < _LARGEST_ENERGY_GEV):
        raise InputError(
            "the metadata have an energy outside its domain",
            where=path,
            key="sqrt_s_gev",
            found=energy,
            expected="a positive number",
        )
    codes = metadata.get("truth_pdg", [])
    if not isinstance(codes, list) or not all(
        type(code) is int and abs(code) < _LARGEST_CODE for code in codes
    ):
        raise InputError(
            "the metadata have no list of particle codes", where=path, key="truth_pdg", found=codes
        )
    return {
        "sqrt_s_gev": float(energy),
        "truth_pdg": np.array(codes, dtype=np.int64),
        "process": str(metadata.get("process", "unknown")),
    }


def _read_columns(path: Path, file: Any) -> dict[str, Any]:
    """Flat arrays of all branches, with offsets; absent optional ones are left out."""
    if TREE not in file:
        raise InputError(
            "the file has no such tree",
            where=path,
            key=TREE,
            found=[key.split(";")[0] for key in file],
        )
    tree = file[TREE]
    wanted = [
        *_PER_EVENT,
        *(f"track_{name}" for name in _PER_TRACK),
        *(f"photon_{name}" for name in _PER_PHOTON),
        "truth_momenta",
    ]
    present = set(tree.keys())
    missing = [name for name in wanted if name not in present and name not in _OPTIONAL]
    if missing:
        raise InputError("the ntuple lacks a branch", where=path, key=", ".join(missing))
    n = int(tree.num_entries)
    if n == 0:
        raise InputError("the ntuple has no entries", where=path, key=TREE)
    columns: dict[str, Any] = {"n": n}
    for name in wanted:
        if name not in present:
            continue
        array = tree[name].array(library="ak")
        if len(array) != n:
            raise InputError(
                "a branch has another number of entries",
                where=path,
                key=name,
                found=len(array),
                expected=n,
            )
        kind = name.split("_")[0]
        if kind in ("track", "photon"):
            if array.ndim != 2:
                raise InputError("a branch is not one list per event", where=path, key=name)
            counts = np.asarray(ak.num(array))
            offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            known = columns.setdefault(f"{kind}_offsets", offsets)
            if not np.array_equal(known, offsets):
                raise InputError(
                    f"branches of {kind}s have unequal lengths in an event", where=path, key=name
                )
            array = ak.flatten(array)
        columns[name] = ak.to_numpy(array)
    return columns


def _assembled(columns: Mapping[str, Any], described: Mapping[str, Any]) -> Events:
    n = columns["n"]
    n_tracks = int(columns["track_offsets"][-1])
    defaults = {
        "weight": np.ones(n),
        "trigger_calorimeter": np.zeros(n),
        "x_mass_gev": np.full(n, np.nan),
        "track_truth": np.full(n_tracks, -1),
        "truth_momenta": np.zeros((n, 0, 4)),
    }
    filled: dict[str, Any] = {**defaults, **columns}
    types = {
        **_PER_EVENT,
        **{f"track_{name}": dtype for name, dtype in _PER_TRACK.items()},
        **{f"photon_{name}": dtype for name, dtype in _PER_PHOTON.items()},
        "track_offsets": np.int64,
        "photon_offsets": np.int64,
        "truth_momenta": np.float32,
    }
    arrays: dict[str, Any] = {
        name: np.ascontiguousarray(filled[name], dtype=dtype) for name, dtype in types.items()
    }
    return Events(**arrays, **described)


def _check(path: Path, events: Events) -> None:
    """Refuse numbers outside their domain, naming the branch."""
    for name in ("track_d0_cm", "track_z0_cm", "track_phi", "photon_phi", "weight"):
        _require(path, name, getattr(events, name), np.isfinite, "a finite number")
    for name in ("track_pt", "photon_energy"):
        _require(path, name, getattr(events, name), _positive, "a positive number")
    _require(path, "track_theta", events.track_theta, _polar_angle, "between 0 and pi")
    _require(path, "photon_theta", events.photon_theta, _polar_angle, "between 0 and pi")
    _require(path, "track_charge", events.track_charge, _unit_charge, "1 or -1")
    _require(path, "x_mass_gev", events.x_mass_gev, _mass_or_nan, "a positive number or NaN")
    _require(path, "truth_momenta", events.truth_momenta, np.isfinite, "a finite number")
    ordered = np.sort(events.event)
    doubled = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(doubled):
        raise InputError(
            "an event number stands twice", where=path, key="event", found=int(doubled[0])
        )


def _require(path: Path, name: str, values: Any, test: Any, expected: str) -> None:
    bad = ~test(values)
    if bad.any():
        raise InputError(
            f"a branch holds {int(bad.sum())} numbers outside their domain",
            where=path,
            key=name,
            found=values[bad][0],
            expected=expected,
        )


def _positive(values: Any) -> Any:
    return np.isfinite(values) & (values > 0.0)


def _polar_angle(values: Any) -> Any:
    return (values > 0.0) & (values < np.pi)


def _unit_charge(values: Any) -> Any:
    return np.abs(values) == 1


def _mass_or_nan(values: Any) -> Any:
    return np.isnan(values) | _positive(values)
