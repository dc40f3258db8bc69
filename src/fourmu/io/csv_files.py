"""CSV files of rows: written whole, five-number bands in columns of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from .files import atomic_path

__all__ = ["BANDS", "csv_text", "write_csv"]

BANDS = ("minus2", "minus1", "median", "plus1", "plus2")
"""Suffixes of the columns of an expected band, -2 ... +2 standard deviations."""


def write_csv(
    path: str | Path, rows: Sequence[Mapping[str, Any]], *, bands: Collection[str] = ()
) -> None:
    """Write the text of :func:`csv_text` to a file.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    text = csv_text(rows, bands=bands)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def csv_text(rows: Sequence[Mapping[str, Any]], *, bands: Collection[str] = ()) -> str:
    """Return rows with the same keys as CSV; a list of five values becomes five columns.

    Parameters
    ----------
    rows
        None becomes an empty field.
    bands
        Keys that are five columns even if no row has values.
    """
    text = io.StringIO()
    banded = {name for row in rows for name, value in row.items() if isinstance(value, list)}
    banded.update(bands)
    names = [
        column
        for name in (rows[0] if rows else ())
        for column in ([f"{name}_{band}" for band in BANDS] if name in banded else [name])
    ]
    writer = csv.DictWriter(text, fieldnames=names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        flat: dict[str, Any] = {}
        for name, value in row.items():
            if name in banded:
                values = [None] * len(BANDS) if value is None else value
                flat |= {f"{name}_{b}": entry for b, entry in zip(BANDS, values, strict=True)}
            else:
                flat[name] = value
        writer.writerow(flat)
    return text.getvalue()
