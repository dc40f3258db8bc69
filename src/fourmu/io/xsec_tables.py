"""Tables of cross sections of a theorist's model: CSV."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError, InputError
from fourmu.reinterpret import XsecTable
from fourmu.reinterpret.table import LARGEST, SMALLEST

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
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", where=path) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        read = error.object  # without the mark that UTF-8 may start with
        line = read.count(b"\n", 0, error.start) + 1
        raise InputError(
            "the table is not text in UTF-8",
            where=f"{path}, line {line}",
            found=f"byte 0x{read[error.start]:02x}",
        ) from error
    return parse_xsec_table(text, str(path), branching_fraction=branching_fraction)


def parse_xsec_table(
    text: str, where: str, *, branching_fraction: float | None = None
) -> XsecTable:
    """Parse the text of a table; see :func:`read_xsec_table`."""
    numbered = [
        (f"{where}, line {number}", line)
        for number, line in enumerate(io.StringIO(text, newline=None), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbered:
        raise InputError("the table is empty", where=where, expected=f"{_MASS} and {_PRODUCT}")
    header = [name.strip() for name in _fields(numbered[0][1], numbered[0][0])]
    columns = _columns(header, numbered[0][0], branching_fraction)
    rows = numbered[1:]
    if not rows:
        raise InputError("the table has a header but no rows", where=where)
    if len(rows) > _MOST_ROWS:
        raise InputError(
            "the table has too many rows",
            where=where,
            found=len(rows),
            expected=f"at most {_MOST_ROWS}",
        )
    taken = [(name, header.index(name)) for name in columns]
    values = {name: np.empty(len(rows)) for name in columns}
    for place, (line_where, line) in enumerate(rows):
        row = _fields(line, line_where)
        if len(row) != len(header):
            raise InputError(
                "a line has another number of fields than the header",
                where=line_where,
                found=len(row),
                expected=len(header),
            )
        for name, column in taken:
            values[name][place] = _number(row[column], name, line_where)
    _refuse_doubled(values[_MASS], [line_where for line_where, _ in rows])
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
            error.message,
            where=error.where,
            key=error.key,
            found=error.found,
            expected=error.expected,
        ) from error


def _fields(line: str, where: str) -> list[str]:
    """Fields of one line; a quoted field ends in its line."""
    try:
        return next(csv.reader([line], skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise InputError(
            f"not a line of a CSV table: {error}", where=where, found=line.strip()[:40]
        ) from error


def _refuse_doubled(mass_gev: npt.NDArray[np.float64], wheres: list[str]) -> None:
    order = np.argsort(mass_gev, kind="stable")
    again = np.flatnonzero(np.diff(mass_gev[order]) == 0.0)
    if len(again):
        first, second = order[again[0]], order[again[0] + 1]
        raise InputError(
            "a mass stands twice",
            where=wheres[second],
            key=_MASS,
            found=float(mass_gev[second]),
            expected=f"it once; it is in {wheres[first].rpartition(', ')[2]} too",
        )


def _columns(header: list[str], where: str, branching_fraction: float | None) -> list[str]:
    """Names of the columns that are taken."""
    if len(header) == 1 and any(separator in header[0] for separator in ";\t "):
        raise InputError(
            "the columns are not separated by commas", where=where, found=header[0][:200]
        )
    doubled = [name for name in header if name and header.count(name) > 1]
    if doubled:
        raise InputError("a column stands twice", where=where, key=doubled[0])
    has_product = _PRODUCT in header
    fraction_known = _BR in header or branching_fraction is not None
    if _MASS not in header or not (has_product or (_XSEC in header and fraction_known)):
        lacking = _MASS if _MASS not in header else _BR if _XSEC in header else _PRODUCT
        raise InputError(
            "the table lacks a column",
            where=where,
            key=lacking,
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
    value = math.nan
    # Python also reads 1_000 and digits of other scripts
    if text.isascii() and "_" not in text:
        with contextlib.suppress(ValueError):
            value = float(text)
    if name == _MASS:
        good, expected = 0.0 < value < math.inf, "a mass in GeV above 0"
    elif name == _BR:
        good, expected = 0.0 <= value <= 1.0, "a number between 0 and 1"
    else:
        good = value == 0.0 or SMALLEST <= value <= LARGEST
        expected = f"a cross section in fb, 0 or {SMALLEST:g} to {LARGEST:g}"
    if not good:
        raise InputError(
            "a field is empty, no number or outside its domain",
            where=where,
            key=name,
            found=text.strip()[:40] or "nothing",
            expected=expected,
        )
    return value
