"""The scoreboard: every number of the paper beside what a run measures."""

from .board import GROUPS, Group, all_rows, measure_group
from .claims import Claim
from .found import Found, NotMeasured
from .reasons import REASONS, explained
from .row import Entry, Row
from .run import Run
from .verdict import VERDICTS, Verdict, judge

__all__ = [
    "GROUPS",
    "REASONS",
    "VERDICTS",
    "Claim",
    "Entry",
    "Found",
    "Group",
    "NotMeasured",
    "Row",
    "Run",
    "Verdict",
    "all_rows",
    "explained",
    "judge",
    "measure_group",
]
