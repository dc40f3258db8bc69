"""Limits of other experiments from CSV files."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from fourmu.config.couplings import Overlay
from fourmu.couplings.overlay import OverlayCurve
from fourmu.errors import InputError

__all__ = ["read_overlay"]


def read_overlay(overlay: Overlay, folder: Path) -> OverlayCurve:
    """Read a curve.

    Parameters
    ----------
    overlay
        Entry of ``couplings.overlays``. The file is CSV with a header that names ``mass_gev`` and
        ``coupling`` (other columns are ignored); lines that start with # are comments.
    folder
        Where a relative path starts: the folder of the configuration.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or holds something that is not a number above
        zero; the message names the line.
    """
    path = folder / overlay.path
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the overlay cannot be read", where=path, found=error) from error
    numbered = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbered:
        raise InputError("the overlay is empty", where=path)
    header = [name.strip() for name in next(csv.reader([numbered[0][1]]))]
    columns: dict[str, list[float]] = {"mass_gev": [], "coupling": []}
    for name in columns:
        if name not in header:
            raise InputError(
                "the overlay lacks a column", where=path, key=name, found=", ".join(header)
            )
    for number, line in numbered[1:]:
        row = next(csv.reader([line]))
        for name, values in columns.items():
            values.append(_number(row, header.index(name), f"{path}, line {number}", name))
    if not columns["mass_gev"]:
        raise InputError("the overlay has no points", where=path)
    return OverlayCurve(
        label=overlay.label,
        confidence_level=overlay.confidence_level,
        mass_gev=np.array(columns["mass_gev"]),
        coupling=np.array(columns["coupling"]),
    )


def _number(row: list[str], place: int, where: str, name: str) -> float:
    """Read one field as a number above zero."""
    text = row[place].strip() if place < len(row) else ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise InputError("not a number above zero", where=where, key=name, found=text or "nothing")
    return value
