"""Numbers as people read them: as many digits as their errors leave."""

from __future__ import annotations

import math

from .found import Found

__all__ = ["shown_number", "shown_numbers"]


def shown_number(value: float, error: float | None = None) -> str:
    """A number with two digits of its error, or with three digits without one.

    Examples
    --------
    >>> shown_number(0.91234, 0.00213), shown_number(2315.0), shown_number(0.0004321)
    ('0.9123 ± 0.0021', '2315', '0.000432')
    """
    if error is not None and error > 0.0 and math.isfinite(error):
        places = 1 - math.floor(math.log10(error))
        if places > 6:
            return f"{value:.4g} ± {error:.1g}"
        return f"{value:.{max(places, 0)}f} ± {error:.{max(places, 0)}f}"
    if value == round(value) and abs(value) < 1e6:
        return f"{value:.0f}"
    if abs(value) >= 1e3:
        return f"{value:.0f}" if abs(value) < 1e6 else f"{value:.3g}"
    return f"{value:.3g}"


def shown_numbers(found: Found) -> str:
    """All numbers of a finding with what belongs to them."""
    shown = [
        shown_number(value, error) for value, error in zip(found.values, found.errors, strict=True)
    ]
    text = " - ".join(shown) if all(error is None for error in found.errors) else "; ".join(shown)
    if found.holds is not None:
        return f"{'yes' if found.holds else 'no'}: {found.text}"
    return f"{text} {found.text}".strip()
