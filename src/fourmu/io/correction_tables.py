"""Tables of corrections from CSV files."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from fourmu.config.corrections import Correction
from fourmu.errors import InputError
from fourmu.selection import CorrectionTable, EfficiencyCorrection
from fourmu.selection.correction_table import COLUMNS, OPTIONAL_COLUMNS

from .files import existing_file

__all__ = ["read_correction"]


def read_correction(correction: Correction, folder: Path) -> EfficiencyCorrection:
    """Read the table of a correction.

    Parameters
    ----------
    correction
        Entry of ``corrections``. The file is CSV with a header that names p_min_gev,
        p_max_gev, theta_min_deg, theta_max_deg, factor and error; statistical_error and efficiency
        may follow. Lines that start with # are comments.
    folder
        Where a relative path starts: the folder of the configuration.

    Raises
    ------
    InputError
        The file cannot be read; a column is missing, unknown or doubled; a field is no finite
        number or outside its domain; the bins leave a hole or overlap. The message names file and
        line, or bin.
    """
    path = existing_file(folder / correction.path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the table cannot be read", where=path, found=error) from error
    numbered = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if len(numbered) < 2:
        raise InputError("the table is empty", where=path, expected="a header and a line per bin")
    names = [name.strip() for name in next(csv.reader([numbered[0][1]]))]
    _check_header(path, names)
    rows = []
    for number, line in numbered[1:]:
        fields = next(csv.reader([line]))
        if len(fields) != len(names):
            raise InputError(
                "a line has another number of fields",
                where=f"{path}, line {number}",
                found=len(fields),
                expected=len(names),
            )
        rows.append(
            [_number(f"{path}, line {number}", *pair) for pair in zip(names, fields, strict=True)]
        )
    values = np.array(rows)
    try:
        return EfficiencyCorrection(
            name=correction.name,
            kind=correction.kind,
            table=CorrectionTable.of_columns(
                {name: values[:, place].copy() for place, name in enumerate(names)}
            ),
            particle=correction.particle,
            charge=correction.charge,
        )
    except InputError as error:
        raise InputError(
            error.message, where=path, key=error.key, found=error.found, expected=error.expected
        ) from error


def _check_header(path: Path, names: list[str]) -> None:
    known = (*COLUMNS, *OPTIONAL_COLUMNS)
    for name in names:
        if name not in known:
            raise InputError(
                "the table has an unknown column",
                where=path,
                key=name or "nothing",
                expected=f"one of {', '.join(known)}",
            )
        if names.count(name) > 1:
            raise InputError("the table has a column twice", where=path, key=name)
    for name in COLUMNS:
        if name not in names:
            raise InputError(
                "the table lacks a column", where=path, key=name, found=", ".join(names)
            )


def _number(where: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            "not a finite number", where=where, key=name, found=text.strip() or "nothing"
        )
    return value
