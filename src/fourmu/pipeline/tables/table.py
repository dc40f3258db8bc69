"""A table of strings, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table", "as_markdown"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of strings with a title and a sentence on what to think of it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def as_markdown(tables: Sequence[Table]) -> str:
    """Render tables for the documentation and the terminal."""
    blocks = []
    for table in tables:
        widths = [
            max(len(column), *(len(row[place]) for row in table.rows), 3)
            for place, column in enumerate(table.columns)
        ]
        lines = [
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
            for row in (table.columns, *table.rows)
        ]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        text = "\n".join([lines[0], rule, *lines[1:]])
        note = f"\n\n{table.note}" if table.note else ""
        blocks.append(f"## {table.title}\n\n{text}{note}\n")
    return "\n".join(blocks)
