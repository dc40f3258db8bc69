"""What the paper or the project's notes say about a quantity, and how precisely."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Claim", "at_most", "no_number", "span", "statement", "value", "within"]

Kind = Literal["value", "span", "within", "at most", "statement", "none"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number, range or statement, as it is printed.

    Attributes
    ----------
    kind
        ``value``: one number; ``span``: the smallest and the largest value; ``within``: a range
        that must hold all of ours; ``at most``: an upper bound; ``statement``: true or not;
        ``none``: the source has no number.
    text
        As shown, without unit.
    numbers
        Its numbers, in the unit of the row.
    precision
        Half a unit of the last printed digit of each: what rounding alone can hide.
    """

    kind: Kind
    text: str
    numbers: tuple[float, ...] = ()
    precision: tuple[float, ...] = ()


def value(printed: str, *, about: bool = False) -> Claim:
    """One number, as it is printed: ``value("0.76")``; ``about`` says that the text does."""
    text = f"about {printed}" if about else printed
    return _claim("value", text, printed)


def span(smallest: str, largest: str) -> Claim:
    """Smallest and largest value, both to be compared: ``span("0.046", "0.97")``."""
    return _claim("span", f"{smallest} to {largest}", smallest, largest)


def within(low: str, high: str) -> Claim:
    """A range in which all of ours should lie: ``within("2", "2.5")``."""
    return _claim("within", f"{low} to {high}", low, high)


def at_most(bound: str) -> Claim:
    """An upper bound, exact: ``at_most("1")``."""
    return replace(_claim("at most", f"≤ {bound}", bound), precision=(0.0,))


def statement(text: str) -> Claim:
    """Something that holds or does not."""
    return Claim(kind="statement", text=text)


def no_number(text: str = "no number") -> Claim:
    """Nothing to compare with; ours stands alone."""
    return Claim(kind="none", text=text)


def _claim(kind: Kind, text: str, *printed: str) -> Claim:
    return Claim(
        kind=kind,
        text=text,
        numbers=tuple(float(number) for number in printed),
        precision=tuple(_half_digit(number) for number in printed),
    )


def _half_digit(printed: str) -> float:
    """Half a unit of the last digit of a decimal number.

    Examples
    --------
    >>> _half_digit("0.046"), _half_digit("91"), _half_digit("3.4e-3")
    (0.0005, 0.5, 5e-05)
    """
    mantissa, _, exponent = printed.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return 0.5 * float(f"1e{int(exponent or 0) - digits}")
