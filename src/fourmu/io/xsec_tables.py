"""Tables of cross sections of a theorist's model: CSV."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from fourmu.errors import DomainError, InputError
from fourmu.reinterpret import XsecTable

from .files import existing_file

__all__ = ["parse_xsec_table", "read_xsec_table"]

_MASS, _PRODUCT, _XSEC, _BR = "mass_gev", "xsec_br_fb", "xsec_fb", "br"
_MOST_ROWS = 100_000
_LARGEST_BYTES = 16 * 2**20


def read_xsec_table(path: str | Path, *, branching_fraction: float | None = None) -> XsecTable:
    """Read a table with the columns ``mass_gev`` and ``xsec_br_fb``, or ``xsec_fb`` and ``br``.

    Parameters
    ----------
    path
        CSV file; lines that start with # are left out, further columns too.
    branching_fraction
        To two muons, where the table has ``xsec_fb`` without ``br``.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or a field is empty, no number or outside its
        domain. The message names file, line and column.
    """
    path = existing_file(path)
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(
            "the table is too large", where=path, expected=f"at most {_LARGEST_BYTES} bytes"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read: {error}", where=path) from error
    return parse_xsec_table(text, str(path), branching_fraction=branching_fraction)


def parse_xsec_table(
    text: str, where: str, *, branching_fraction: float | None = None
) -> XsecTable:
    """Parse the text of a table; see :func:`read_xsec_table`."""
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    try:
        parsed = list(csv.reader((line for _, line in numbered), skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"not a CSV table: {error}", where=where) from error
    if not parsed:
        raise InputError("the table is empty", where=where)
    header = [name.strip() for name in parsed[0]]
    columns = _columns(header, where, branching_fraction)
    rows = parsed[1:]
    if not rows or len(rows) > _MOST_ROWS:
        raise InputError(
            "the table has no rows, or too many",
            where=where,
            found=len(rows),
            expected=f"1 to {_MOST_ROWS}",
        )
    values = {name: np.empty(len(rows)) for name in columns}
    for place, (row, (number, _)) in enumerate(zip(rows, numbered[1:], strict=True)):
        if len(row) != len(header):
            raise InputError(
                "a line has another number of fields than the header",
                where=f"{where}, line {number}",
                found=len(row),
                expected=len(header),
            )
        for name in columns:
            values[name][place] = _number(row[header.index(name)], name, f"{where}, line {number}")
    if branching_fraction is not None:
        values[_BR] = np.full(len(rows), branching_fraction)
    product = values[_PRODUCT] if _PRODUCT in values else values[_XSEC] * values[_BR]
    try:
        return XsecTable(
            source=where,
            mass_gev=values[_MASS],
            xsec_br_fb=product,
            branching_fraction=values.get(_BR, np.full(len(rows), np.nan)),
        )
    except DomainError as error:
        raise InputError(
            error.message, where=error.where, key=error.key, found=error.found
        ) from error


def _columns(header: list[str], where: str, branching_fraction: float | None) -> list[str]:
    """Names of the columns that are taken."""
    doubled = [name for name in header if name and header.count(name) > 1]
    if doubled:
        raise InputError("a column stands twice", where=where, key=doubled[0])
    has_product = _PRODUCT in header
    fraction_known = _BR in header or branching_fraction is not None
    if _MASS not in header or not (has_product or (_XSEC in header and fraction_known)):
        raise InputError(
            "the table lacks a column",
            where=where,
            found=", ".join(header)[:200],
            expected=f"{_MASS} and {_PRODUCT}, or {_MASS}, {_XSEC} and {_BR} (or --br)",
        )
    if has_product and _XSEC in header:
        raise InputError(
            "the table has the cross section twice",
            where=where,
            found=f"{_PRODUCT} and {_XSEC}",
            expected="one of them",
        )
    if branching_fraction is not None and (has_product or _BR in header):
        raise InputError(
            "the table has the branching fraction in it",
            where=where,
            key="--br",
            found=branching_fraction,
            expected="no --br",
        )
    if branching_fraction is not None and not 0.0 < branching_fraction <= 1.0:
        raise InputError(
            "a branching fraction lies above 0 and up to 1", key="--br", found=branching_fraction
        )
    if has_product:
        return [_MASS, _PRODUCT]
    return [_MASS, _XSEC, *([_BR] if _BR in header else [])]


def _number(text: str, name: str, where: str) -> float:
    """Return a field as a number of its domain."""
    expected = {
        _MASS: "a mass in GeV above 0",
        _BR: "a number between 0 and 1",
    }.get(name, "a cross section in fb, 0 or above")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    low_is_fine = value > 0.0 if name == _MASS else value >= 0.0
    if not (math.isfinite(value) and low_is_fine and (name != _BR or value <= 1.0)):
        raise InputError(
            "a field is empty, no number or outside its domain",
            where=where,
            key=name,
            found=text.strip()[:40] or "nothing",
            expected=expected,
        )
    return value
