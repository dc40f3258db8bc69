"""Was what the data have and simulation lacks found? Measured numbers beside what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .values import Measured

__all__ = ["ClosureRow", "closure_document"]


@dataclass(frozen=True, kw_only=True)
class ClosureRow:
    """One number that the pseudo-data were made with.

    Attributes
    ----------
    quantity
        What it is.
    put_in
        Its value in the pseudo-data.
    measured
        As the control sample finds it.
    sample
        The control sample.
    """

    quantity: str
    put_in: float
    measured: Measured
    sample: str

    @property
    def pull(self) -> float:
        """Difference in standard deviations."""
        return self.measured.pull(self.put_in)


def closure_document(rows: Sequence[ClosureRow]) -> list[dict[str, Any]]:
    """Plain values for JSON."""
    return [
        {
            "quantity": row.quantity,
            "put_in": row.put_in,
            **{f"measured_{key}": value for key, value in row.measured.to_dict().items()},
            "pull": Measured(value=row.pull, error=0.0).to_dict()["value"],
            "sample": row.sample,
        }
        for row in rows
    ]
