"""Parts of a file: which ranges a client asks for, as RFC 9110 has it (14.1 and 14.2)."""

from __future__ import annotations

import re
from typing import Final

from .problems import ProblemError

__all__ = ["satisfiable_ranges"]

_HEADER: Final = re.compile(r"bytes\s*=\s*(.*)", re.IGNORECASE)
_RANGE: Final = re.compile(r"(\d{0,18})-(\d{0,18})")
_MOST: Final = 16
"""Ranges of a request; with more of them the whole file is sent."""


def satisfiable_ranges(given: str, size: int) -> str | None:
    """Header ``Range`` with the ranges that a file has; None where the header is to be ignored.

    Parameters
    ----------
    given
        The header.
    size
        Of the file, in bytes.

    Raises
    ------
    ProblemError
        The file has none of the ranges (416).
    """
    match = _HEADER.fullmatch(given.strip())
    parts = [] if match is None else [part.strip() for part in match[1].split(",")]
    found = [_RANGE.fullmatch(part) for part in parts if part]
    if not 0 < len(found) <= _MOST:
        return None
    kept = []
    for part in found:
        if part is None or part[0] == "-":
            return None
        first, last = part[1], part[2]
        if first and last and int(last) < int(first):
            return None
        if int(first) < size if first else int(last) > 0:
            kept.append(part[0])
    if not kept:
        raise ProblemError(
            416, f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"}
        )
    return f"bytes={','.join(kept)}"
