"""Whether a measured value agrees with what the paper says: one rule for every row."""

from __future__ import annotations

from typing import Final, Literal

from .claims import Claim
from .found import Found

__all__ = ["CLOSE", "SIGMAS", "VERDICTS", "Verdict", "judge"]

Verdict = Literal["agrees", "close", "differs", "other data", "no number", "not measured"]

VERDICTS: Final[dict[Verdict, str]] = {
    "agrees": "within the digits printed and two of our standard deviations",
    "close": "within 10 % besides",
    "differs": "further away",
    "other data": "a property of the data themselves, which are not those of the paper",
    "no number": "the source prints none",
    "not measured": "this run cannot tell; the reason says why",
}
"""Every verdict and its rule, in the order in which they are counted."""

SIGMAS: Final = 2.0
CLOSE: Final = 0.10


def judge(claim: Claim, found: Found) -> Verdict:
    """Compare; of several numbers the worst decides.

    Raises
    ------
    ValueError
        Claim and finding do not belong together.
    """
    if claim.kind == "none":
        return "no number"
    if claim.kind == "statement":
        if found.holds is None:
            raise ValueError("a statement needs a finding that holds or not")
        return "agrees" if found.holds else "differs"
    if found.holds is False:  # the question has an answer, but no numbers
        return "differs"
    if claim.kind in ("value", "span") and len(found.values) != len(claim.numbers):
        raise ValueError(f"{len(claim.numbers)} numbers expected, {len(found.values)} found")
    if not found.values:
        raise ValueError("a number is expected")
    return max((_distance(claim, found, place) for place in range(len(found.values))), key=_rank)


def _rank(verdict: Verdict) -> int:
    return list(VERDICTS).index(verdict)


def _distance(claim: Claim, found: Found, place: int) -> Verdict:
    """Verdict on one number."""
    ours, error = found.values[place], found.errors[place] or 0.0
    if claim.kind == "within":
        low, high = claim.numbers
        nearest = min(max(ours, low), high)
        reference = low if ours < low else high
        precision = claim.precision[0 if ours < low else 1]
    elif claim.kind == "at most":
        reference, precision = claim.numbers[0], claim.precision[0]
        nearest = min(ours, reference)
    else:
        reference, precision = claim.numbers[place], claim.precision[place]
        nearest = reference
    away = abs(ours - nearest)
    # a little room for binary fractions: 0.765 - 0.76 is not exactly half a digit
    if away <= (precision + SIGMAS * error) * (1.0 + 1e-9):
        return "agrees"
    if away <= CLOSE * abs(reference) + SIGMAS * error:
        return "close"
    return "differs"
