"""One row of the scoreboard: what is asked, what the paper says, what a run finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fourmu.errors import FourMuError

from .claims import Claim
from .found import Found, NotMeasured
from .run import Run
from .shown import shown_numbers
from .verdict import Verdict, judge

__all__ = ["Entry", "Row", "measured", "row_of"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A quantity of the paper or of the project's notes, and the function that measures it.

    Attributes
    ----------
    id
        Name by which reasons, tests and pages find it: ``group.quantity``.
    quantity
        What it is, with all that is needed to measure it again.
    source
        Where the number is printed: a section of the paper, or ``notes``.
    unit
        Of all its numbers; empty for pure numbers.
    claim
        What is printed there.
    measure
        Pure function of the products of a run; raises :class:`NotMeasured`.
    of_data
        The number is a property of Belle II's data, which pseudo-data cannot have.
    """

    id: str
    quantity: str
    source: str
    claim: Claim
    measure: Callable[[Run], Found]
    unit: str = ""
    of_data: bool = False


def row_of(
    group: str,
    name: str,
    quantity: str,
    source: str,
    claim: Claim,
    measure: Callable[[Run], Found],
    unit: str = "",
) -> Row:
    """Row of a group, its id put together from both names."""
    return Row(
        id=f"{group}.{name}",
        quantity=quantity,
        source=source,
        unit=unit,
        claim=claim,
        measure=measure,
    )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row with its value in one run."""

    id: str
    group: str
    quantity: str
    source: str
    unit: str
    paper: str
    paper_numbers: tuple[float, ...]
    ours: str
    found: Found | None
    verdict: Verdict
    message: str = ""
    """Why there is no value."""
    reason: str = ""
    """Why ours differs."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = self.found
        return {
            "id": self.id,
            "group": self.group,
            "quantity": self.quantity,
            "source": self.source,
            "unit": self.unit,
            "paper": self.paper,
            "paper_numbers": list(self.paper_numbers),
            "ours": self.ours,
            "values": [] if found is None else list(found.values),
            "errors": [] if found is None else list(found.errors),
            "text": "" if found is None else found.text,
            "holds": None if found is None else found.holds,
            "verdict": self.verdict,
            "message": self.message,
            "reason": self.reason,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Entry:
        """Inverse of :meth:`to_dict`."""
        names = ("id", "group", "quantity", "source", "unit", "paper", "ours", "verdict")
        found = None
        if content["verdict"] != "not measured":
            found = Found(
                values=tuple(content["values"]),
                errors=tuple(content["errors"]),
                text=content["text"],
                holds=content["holds"],
            )
        return cls(
            **{name: content[name] for name in names},
            paper_numbers=tuple(content["paper_numbers"]),
            found=found,
            message=content["message"],
            reason=content["reason"],
        )


def measured(row: Row, group: str, run: Run) -> Entry:
    """Measure one row; what cannot be measured is an entry that says why."""
    message, found = "", None
    try:
        found = row.measure(run)
    except NotMeasured as outcome:
        message = str(outcome)
    except FourMuError as error:
        message = error.message  # without the path, which is this machine's
    if found is None:
        verdict: Verdict = "not measured"
        ours = "not measured"
    else:
        verdict = "other data" if row.of_data else judge(row.claim, found)
        ours = shown_numbers(found, row.claim, row.unit)
    return Entry(
        id=row.id,
        group=group,
        quantity=row.quantity,
        source=row.source,
        unit=row.unit,
        paper=f"{row.claim.text} {row.unit}".strip() if row.claim.numbers else row.claim.text,
        paper_numbers=row.claim.numbers,
        ours=ours,
        found=found,
        verdict=verdict,
        message=message,
    )
