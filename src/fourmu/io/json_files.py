"""JSON files: written whole, read with one clear error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fourmu.errors import InputError

from .files import atomic_path, existing_file

__all__ = ["finite_or_none", "read_json", "write_json"]


def finite_or_none(value: float) -> float | None:
    """Return a number as JSON can hold it: None if it is not finite."""
    return float(value) if math.isfinite(value) else None


def write_json(path: str | Path, content: Mapping[str, Any], *, indent: int | None = None) -> None:
    """Write plain content as JSON; NaN is refused, because JSON has none.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    text = json.dumps(content, allow_nan=False, indent=indent)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    InputError
        There is no file, it is not JSON, or it does not hold an object.
    """
    path = existing_file(path)
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON: {error}", where=path) from error
    if not isinstance(content, dict):
        raise InputError(
            "another kind of JSON", where=path, found=type(content).__name__, expected="an object"
        )
    return content
