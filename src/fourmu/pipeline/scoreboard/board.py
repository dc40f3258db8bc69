"""All groups of rows, in the order of the paper, and their measurement."""

from __future__ import annotations

from typing import Final

from .couplings import COUPLINGS
from .groups import Group
from .limits import LIMITS, SIGNIFICANCES, WINDOWS
from .resolution import RESOLUTION
from .row import Entry, Row, measured
from .run import Run

__all__ = ["GROUPS", "Group", "all_rows", "measure_group"]

GROUPS: Final[tuple[Group, ...]] = (
    RESOLUTION,
    WINDOWS,
    LIMITS,
    SIGNIFICANCES,
    COUPLINGS,
)


def all_rows() -> tuple[Row, ...]:
    """Every row, in order."""
    return tuple(row for group in GROUPS for row in group.rows)


def measure_group(run: Run, name: str) -> list[Entry]:
    """Measure the rows of one group."""
    group = next(group for group in GROUPS if group.name == name)
    return [measured(row, name, run) for row in group.rows]
