"""What a run measures: numbers with errors, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Found", "NotMeasured", "number", "numbers", "share", "truth"]


class NotMeasured(Exception):  # noqa: N818  an outcome of a row, not an error of the program
    """A row has no value in this run; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Our value or values of one row, in its unit.

    Attributes
    ----------
    values
        The numbers, as many as the claim has.
    errors
        One standard deviation of each, None where none is known.
    text
        What belongs to the numbers: where they are, of how many; or the finding itself where
        the claim is a statement.
    holds
        Whether a statement holds.
    """

    values: tuple[float, ...] = ()
    errors: tuple[float | None, ...] = ()
    text: str = ""
    holds: bool | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that are not finite: they are not measured."""
        known = [*self.values, *(error for error in self.errors if error is not None)]
        if not all(math.isfinite(number) for number in known):
            raise NotMeasured("there is no finite value")
        if len(self.errors) != len(self.values):
            raise ValueError("one error for each value")


def number(value: float, error: float | None = None, text: str = "") -> Found:
    """One number."""
    return Found(
        values=(float(value),), errors=(None if error is None else float(error),), text=text
    )


def numbers(
    *values: float, errors: tuple[float | None, ...] | None = None, text: str = ""
) -> Found:
    """Several numbers, smallest first for a span."""
    return Found(
        values=tuple(float(one) for one in values),
        errors=(None,) * len(values) if errors is None else errors,
        text=text,
    )


def truth(holds: bool, text: str) -> Found:
    """Whether a statement holds, and the numbers that say so."""
    return Found(holds=bool(holds), text=text)


def share(part: float, whole: float, *, scale: float = 1.0, text: str = "") -> Found:
    """Share of counted events with its binomial error, times ``scale`` (100 for per cent)."""
    if not whole > 0.0:
        raise NotMeasured("no event to measure with")
    ratio = part / whole
    error = math.sqrt(max(ratio * (1.0 - ratio), 1.0 / whole) / whole)
    return number(scale * ratio, scale * error, text)
