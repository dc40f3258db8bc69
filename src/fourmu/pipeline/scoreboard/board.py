"""All groups of rows, in the order of the paper, and their measurement."""

from __future__ import annotations

from typing import Final

from .couplings import COUPLINGS
from .data import DATA
from .efficiency import EFFICIENCY
from .generation import GENERATION, RADIATION
from .groups import Group
from .impact import IMPACT
from .limits import LIMITS, SIGNIFICANCES, WINDOWS
from .measured import MEASURED
from .networks import NETWORKS
from .resolution import RESOLUTION
from .response import RESPONSE
from .row import Entry, Row, measured
from .run import Run
from .table_one import TABLE_ONE
from .trigger import TRIGGER

__all__ = ["GROUPS", "Group", "all_rows", "measure_group"]

GROUPS: Final[tuple[Group, ...]] = (
    GENERATION,
    RADIATION,
    RESPONSE,
    TRIGGER,
    DATA,
    NETWORKS,
    EFFICIENCY,
    RESOLUTION,
    WINDOWS,
    MEASURED,
    TABLE_ONE,
    LIMITS,
    IMPACT,
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
