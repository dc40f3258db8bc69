"""Why ours differs, by row: short texts about what was measured.

A text is shown where a row does not agree. ``{row.id}`` in it stands for our value of another
row in the same run, so that no number of ours is typed in. A row that differs without a text
here is shown as "not explained".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from .row import Entry

__all__ = ["NOT_EXPLAINED", "REASONS", "explained", "referenced"]

NOT_EXPLAINED: Final = "not explained"

REASONS: Final[Mapping[str, str]] = MappingProxyType({})
"""Text by id of the row."""

_REFERENCE = re.compile(r"\{([a-z0-9_.]+)\}")


def referenced(text: str) -> list[str]:
    """Ids of the rows whose values a text quotes."""
    return _REFERENCE.findall(text)


def explained(entries: Sequence[Entry], reasons: Mapping[str, str] = REASONS) -> list[Entry]:
    """Entries with their reasons filled in; rows that agree need none.

    Parameters
    ----------
    entries
        All rows of a run.
    reasons
        Text by id.
    """
    values = {entry.id: entry.ours for entry in entries}

    def quoted(match: re.Match[str]) -> str:
        return values.get(match.group(1), "not measured")

    result = []
    for entry in entries:
        reason = ""
        if entry.verdict == "not measured":
            reason = entry.message
        elif entry.verdict in ("close", "differs", "other data"):
            text = reasons.get(entry.id, NOT_EXPLAINED if entry.verdict == "differs" else "")
            reason = _REFERENCE.sub(quoted, text)
        result.append(replace(entry, reason=reason))
    return result
