"""Columns of a basf2 tree by the keys of the branch map, every number checked where it is read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import uproot  # type: ignore[import-untyped]

from fourmu.config.ntuples import Branches
from fourmu.errors import InputError

from .branch_names import branch_name
from .candidate_join import event_starts, require_same_in_event

__all__ = ["CM", "GEV", "RAD", "Columns", "EventRows", "known_trees", "opened_tree"]

AnyArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GEV: Final = MappingProxyType({"GeV": 1.0, "MeV": 1e-3})
RAD: Final = MappingProxyType({"rad": 1.0, "deg": np.pi / 180.0})
CM: Final = MappingProxyType({"cm": 1.0, "mm": 0.1})


def known_trees(path: Path) -> list[str]:
    """Names of what a ROOT file holds at its top.

    Raises
    ------
    InputError
        The file is damaged or no ROOT file.
    """
    try:
        with uproot.open(path) as file:
            return sorted({key.split(";")[0] for key in file.keys(recursive=False)})
    except Exception as error:  # damaged bytes make uproot raise anything
        raise _damaged(path, error) from error


@contextmanager
def opened_tree(path: Path, name: str) -> Iterator[Any]:
    """Give the tree of a file.

    Raises
    ------
    InputError
        The file is damaged or no ROOT file, or has no such tree, or one without entries.
    """
    try:
        file = uproot.open(path)
        known = sorted({key.split(";")[0] for key in file.keys(recursive=False)})
        tree = file[name] if name in known else None
        entries = 0 if tree is None else int(tree.num_entries)
    except Exception as error:  # damaged bytes make uproot raise anything
        raise _damaged(path, error) from error
    with file:
        if tree is None:
            raise InputError(
                "the file has no such tree", where=path, key=name, found=", ".join(known)
            )
        if entries == 0:
            raise InputError("the tree has no entries", where=path, key=name)
        yield tree


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"the file is damaged or no ROOT file ({type(error).__name__})", where=path)


@dataclass(frozen=True, kw_only=True)
class EventRows:
    """Which rows of a tree belong to which event.

    Attributes
    ----------
    rows
        The rows that are read.
    starts
        Shape (events + 1,), first of these rows of each event, and their number at the end.
    keys
        Columns of these rows that name an event: experiment, run, event.
    """

    rows: slice
    starts: IntArray
    keys: Mapping[str, IntArray]

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.starts) - 1

    @property
    def first(self) -> IntArray:
        """First row of each event."""
        return self.starts[:-1]

    def part(self, index: int, count: int) -> EventRows:
        """Return the rows of one of ``count`` equal parts of the events."""
        begin, end = len(self) * index // count, len(self) * (index + 1) // count
        rows = slice(int(self.starts[begin]), int(self.starts[end]))
        return EventRows(
            rows=rows,
            starts=self.starts[begin : end + 1] - self.starts[begin],
            keys={name: column[rows] for name, column in self.keys.items()},
        )


class Columns:
    """Columns of one tree, by the keys of the branch map."""

    def __init__(self, path: Path, tree: Any, branches: Branches, *, simulated: bool) -> None:
        self.path, self.tree, self.branches = path, tree, branches
        self.names = _resolved(path, tree, branches, simulated=simulated)

    def __contains__(self, key: str) -> bool:
        """Whether the tree has the branches of a key."""
        return key in self.names

    def event_rows(self) -> EventRows:
        """Find the events of the whole tree."""
        keys = {
            name: self._whole_numbers(f"events.{name}") for name in ("experiment", "run", "event")
        }
        counters = {
            name: self._whole_numbers(f"events.{name}")
            for name in ("candidate", "candidates")
            if f"events.{name}" in self
        }
        starts = event_starts(
            self.path,
            keys,
            counters.get("candidate"),
            counters.get("candidates"),
            {name: self.names[f"events.{name}"][0] for name in counters},
        )
        return EventRows(rows=slice(0, int(starts[-1])), starts=starts, keys=keys)

    def per_event(self, key: str, events: EventRows) -> Iterator[FloatArray]:
        """Finite numbers per event of each branch of a key; none where it has no branch."""
        for place, branch in enumerate(self.names.get(key, ())):
            column = self._column(branch, events.rows)
            self.require(key, column, np.isfinite, "a finite number", place)
            require_same_in_event(self.path, branch, column, events.starts, events.keys)
            yield column[events.first].astype(np.float64)

    def slots(self, key: str, rows: slice) -> AnyArray:
        """Numbers of all slots, shape (rows, slots)."""
        return np.stack([self._column(branch, rows) for branch in self.names[key]], axis=1)

    def lists(self, key: str, rows: slice) -> Any:
        """One list per row, an awkward array."""
        (branch,) = self.names[key]
        found = self._read(branch, rows, "ak")
        if found.ndim != 2:
            raise InputError(
                "a branch is not one list per row",
                where=self.path,
                key=branch,
                found=self.tree[branch].typename,
                expected="lists, or another ntuples.branches.photons.form",
            )
        return found

    def require(
        self,
        key: str,
        values: AnyArray,
        test: Callable[[AnyArray], npt.NDArray[np.bool_]],
        expected: str,
        place: int = 0,
    ) -> None:
        """Refuse numbers outside their domain, naming branch and key."""
        bad = ~test(values)
        if not bad.any():
            return
        if values.ndim == 2:  # a column per slot
            place = int(np.flatnonzero(bad.any(axis=0))[0])
        joined = values.ndim == 1 and key.startswith(("tracks", "photons"))
        raise InputError(
            f"{int(bad.sum())} numbers of ntuples.branches.{key} are outside their domain",
            where=self.path,
            key=self.title(key) if joined else self.names[key][place],
            found=values[bad][0],
            expected=expected,
        )

    def title(self, key: str) -> str:
        """Branches of a key for messages; a key that was computed is named after its source."""
        names = self.names.get(key) or self.names.get("tracks.px", (key,))
        return names[0] if len(names) == 1 else f"{names[0]} ... {names[-1]}"

    def _whole_numbers(self, key: str) -> IntArray:
        """Read a column of integers, whatever their type."""
        (branch,) = self.names[key]
        column = self._column(branch, slice(0, int(self.tree.num_entries)))
        self.require(key, column, _is_whole, "a whole number")
        return column.astype(np.int64)

    def _column(self, branch: str, rows: slice) -> AnyArray:
        """Read one number per row."""
        column = self._read(branch, rows, "np")
        expected = rows.stop - rows.start
        if len(column) != expected:
            raise InputError(
                "a branch has another number of entries",
                where=self.path,
                key=branch,
                found=len(column),
                expected=expected,
            )
        if column.ndim != 1 or column.dtype.kind not in "biuf":
            raise InputError(
                "a branch is not one number per row",
                where=self.path,
                key=branch,
                found=self.tree[branch].typename,
            )
        return np.asarray(column)

    def _read(self, branch: str, rows: slice, library: str) -> Any:
        try:
            return self.tree[branch].array(
                library=library, entry_start=rows.start, entry_stop=rows.stop
            )
        except MemoryError:
            raise
        except Exception as error:  # damaged bytes make uproot raise anything
            raise _damaged(self.path, error) from error


def _is_whole(column: AnyArray) -> npt.NDArray[np.bool_]:
    if column.dtype.kind in "iu":
        return np.asarray(column >= 0)
    return np.asarray(np.isfinite(column) & (column == np.floor(column)) & (column >= 0))


def _resolved(
    path: Path, tree: Any, branches: Branches, *, simulated: bool
) -> dict[str, tuple[str, ...]]:
    """Branches of the tree by key of the map, those of the slots in their order."""
    present = set(tree.keys())
    found: dict[str, tuple[str, ...]] = {}
    used: dict[str, str] = {}
    for key, pattern, numbers in branches.patterns():
        of_truth = key in ("tracks.pdg", "tracks.mother_pdg")
        if of_truth and not simulated:
            continue
        names = []
        for number in numbers or (0,):
            variable = pattern.format(i=number)
            name = variable if variable in present else branch_name(variable)
            if name not in present:
                if of_truth:
                    break
                mapped = {
                    branch_name(p.format(i=i)) for _, p, s in branches.patterns() for i in s or (0,)
                }
                raise _missing(path, key, variable, present, mapped)
            if name in used:
                raise InputError(
                    f"one branch stands for ntuples.branches.{used[name]} and {key}",
                    where=path,
                    key=name,
                )
            used[name] = key
            names.append(name)
        else:
            found[key] = (*found.get(key, ()), *names)
    return found


def _missing(
    path: Path, key: str, variable: str, present: set[str], mapped: set[str]
) -> InputError:
    """Say which branch is not there, and which one that nothing else uses may have been meant."""
    name = branch_name(variable)
    lowered = {branch.lower(): branch for branch in sorted(present - mapped)}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.8)
    return InputError(
        f"the tree lacks the branch of ntuples.branches.{key}",
        where=path,
        key=variable if variable == name else f"{variable} = {name}",
        found=f"nearest {lowered[close[0]]}" if close else f"{len(present)} branches",
    )
