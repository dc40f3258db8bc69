"""Numbers as people read them: as many digits as errors leave and the paper asks for."""

from __future__ import annotations

import math

from .claims import Claim
from .found import Found

__all__ = ["shown_number", "shown_numbers"]

_LEAST_SIGNIFICANT = 3
_BEYOND_PAPER = 2


def shown_number(value: float, error: float | None = None, precision: float | None = None) -> str:
    """A number with two digits of its error, or as precisely as the paper prints its own.

    Parameters
    ----------
    value, error
        The number and its standard deviation.
    precision
        Half a unit of the last digit that the paper prints: ours has at least as many digits, and
        at most two more.

    Examples
    --------
    >>> shown_number(0.91234, 0.00213), shown_number(2315.0), shown_number(0.0004321)
    ('0.9123 ± 0.0021', '2315', '0.000432')
    >>> shown_number(1.070485, 0.00003, 0.005), shown_number(5.2861, None, 0.0005)
    ('1.0705', '5.286')
    """
    asked = _places(2.0 * precision) if precision else None
    if error is not None and error > 0.0 and math.isfinite(error):
        places = 1 + _places(error)
        if asked is not None:
            places = min(places, max(asked, 0) + _BEYOND_PAPER)
        places = max(places, 0)
        rounded = f"{error:.{places}f}"
        if float(rounded) > 0.0:
            return f"{value:.{places}f} ± {rounded}"
        return f"{value:.{places}f}"
    if value == round(value) and abs(value) < 1e6:
        return f"{value:.0f}"
    significant = _LEAST_SIGNIFICANT - 1 + _places(abs(value))
    least = max(asked or 0, 0)
    places = max(significant, least + (asked is not None))
    if not 1e-5 <= abs(value) < 1e6:
        return f"{value:.3g}"
    text = f"{value:.{places}f}"
    while places > least and text.endswith("0"):
        text, places = text[:-1], places - 1
    return text.rstrip(".")


def shown_numbers(found: Found, claim: Claim | None = None, unit: str = "") -> str:
    """All numbers of a finding with their unit and what belongs to them."""
    if found.holds is not None:
        return f"{'yes' if found.holds else 'no'}: {found.text}"
    precision: tuple[float | None, ...] = (None,) * len(found.values)
    if claim is not None and len(claim.precision) == len(found.values):
        precision = claim.precision
    shown = [
        shown_number(*number) for number in zip(found.values, found.errors, precision, strict=True)
    ]
    return " ".join(part for part in (" to ".join(shown), unit, found.text) if part)


def _places(value: float) -> int:
    """Decimal places of the first significant digit of a positive number."""
    return -math.floor(math.log10(value) + 1e-9)
