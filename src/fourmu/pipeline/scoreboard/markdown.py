"""The scoreboard as Markdown: tables for the documentation, and a page of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fourmu.pipeline.tables import Table, as_markdown

from .board import GROUPS
from .content import Report
from .row import Entry
from .verdict import VERDICTS
from .words import BLIND, INTRODUCTION, TITLE, kind_of_data

__all__ = ["board_tables", "report_markdown", "report_tables", "summary_table"]

_COLUMNS = ("quantity", "source", "paper", "ours", "agreement", "why it differs")


def summary_table(entries: Sequence[Entry]) -> Table:
    """How many rows have each verdict, by group."""
    names = {group.name: group.title for group in GROUPS}
    counts = {name: Counter(e.verdict for e in entries if e.group == name) for name in names}
    rows = [
        (title, *(_count(counts[name][verdict]) for verdict in VERDICTS))
        for name, title in names.items()
        if counts[name]
    ]
    total = Counter(entry.verdict for entry in entries)
    rows.append(("all", *(_count(total[verdict]) for verdict in VERDICTS)))
    return Table(
        title="Scoreboard, rows by agreement",
        columns=("group", *VERDICTS),
        rows=tuple(rows),
        note=" ".join(f"{verdict.capitalize()}: {rule}." for verdict, rule in VERDICTS.items()),
    )


def board_tables(entries: Sequence[Entry]) -> list[Table]:
    """One table per group."""
    tables = []
    for group in GROUPS:
        rows = [entry for entry in entries if entry.group == group.name]
        if rows:
            tables.append(
                Table(
                    title=group.title,
                    columns=_COLUMNS,
                    rows=tuple(_cells(entry) for entry in rows),
                )
            )
    return tables


def _cells(entry: Entry) -> tuple[str, ...]:
    """Cells of a row; a bar would end one."""
    cells = (
        entry.quantity,
        entry.source,
        entry.paper,
        entry.ours,
        entry.verdict,
        entry.reason,
    )
    return tuple(cell.replace("|", "\\|").replace("\n", " ") for cell in cells)


def _count(value: int) -> str:
    return str(value) if value else "-"


def report_tables(report: Report) -> list[Table]:
    """Every table of a report: the summary, the groups, and those behind them."""
    return [summary_table(report.entries), *board_tables(report.entries), *report.tables]


def report_markdown(report: Report) -> str:
    """The report as one Markdown page; figures lie beside it."""
    blind = [BLIND] if report.analysis.blind else []
    shown = [
        f"**{item.figure.title}.** {item.figure.caption}\n\n"
        f"![{item.figure.caption}](figures/{item.path.name})"
        for item in report.figures
    ]
    parts = [f"# {TITLE}", INTRODUCTION, kind_of_data(report.analysis), *blind]
    tables = as_markdown(report_tables(report))
    return "\n\n".join([*parts, tables, "## Figures", *shown]) + "\n"
