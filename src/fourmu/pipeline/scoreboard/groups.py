"""A group of rows: what one job measures, and one heading of the pages."""

from __future__ import annotations

from dataclasses import dataclass

from .row import Row

__all__ = ["Group"]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that read the same products.

    Attributes
    ----------
    name
        Prefix of the ids of its rows, and the anchor of its heading.
    title
        The heading.
    rows
        In the order of the paper.
    cost
        Seconds that it takes, roughly; long ones are started first.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    cost: float = 0.0
