"""Values out of a JSON document, checked where they are taken.

The structure of a workspace is checked here instead of with pyhf's JSON schema: that takes
several milliseconds a file, which for thousands of windows is longer than all fits together, and
it does not look at what the fits need (finite numbers, equal lengths, data that are not negative).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import InputError

__all__ = ["RefusedError", "filled_list", "named_entries", "number", "numbers"]


class RefusedError(InputError):
    """A workspace that is not fitted.

    ``status`` is that of its row of results; ``unread`` tells a file that holds no JSON document.
    """

    def __init__(self, message: str, *, status: str = "invalid", unread: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.unread = unread


def filled_list(holder: dict[str, Any], key: str) -> list[Any]:
    """Return the list under a key, which may not be empty."""
    found = holder[key]
    if not isinstance(found, list) or not found:
        raise RefusedError(f"'{key}' must be a list that is not empty")
    return found


def named_entries(entries: list[Any], what: str) -> dict[str, Any]:
    """Return the entries of a list by their names, which must differ."""
    by_name: dict[str, Any] = {}
    for entry in entries:
        name = entry["name"]
        if not isinstance(name, str):
            raise RefusedError(f"the name of a {what} is text, found {name!r}")
        if name in by_name:
            raise RefusedError(f"two {what}s are named '{name}'")
        by_name[name] = entry
    return by_name


def number(value: Any, what: str) -> float:
    """Return a finite number."""
    if not _is_number(type(value)) or not math.isfinite(value):
        raise RefusedError(f"{what}: expected a finite number, found {value!r}")
    return float(value)


def numbers(values: Any, what: str, length: int | None = None) -> NDArray[np.float64]:
    """Return a list of finite numbers, of the given length if there is one, as an array."""
    if not isinstance(values, list):
        raise RefusedError(f"{what}: expected a list of numbers, found {type(values).__name__}")
    if not all(_is_number(kind) for kind in set(map(type, values))):
        raise RefusedError(f"{what}: an entry is not a number")
    if length is not None and len(values) != length:
        raise RefusedError(f"{what}: {len(values)} numbers, expected {length}")
    array = np.array(values, dtype=np.float64)
    if not math.isfinite(array.sum()) and not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise RefusedError(f"{what}: entry {bad} is not finite")
    return array


def _is_number(kind: type) -> bool:
    return issubclass(kind, (int, float)) and kind is not bool
