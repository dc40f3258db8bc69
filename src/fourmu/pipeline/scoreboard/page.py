"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from fourmu.pipeline.tables import Table

from .board import GROUPS
from .content import Report
from .gallery import Shown
from .page_style import SCRIPT, STYLE
from .row import Entry
from .verdict import VERDICTS
from .words import BLIND, INTRODUCTION, TITLE, kind_of_data

__all__ = ["report_page"]


def report_page(report: Report) -> str:
    """HTML of the scoreboard and the figures; images are inside it."""
    entries, analysis = report.entries, report.analysis
    groups = [
        (group, [entry for entry in entries if entry.group == group.name]) for group in GROUPS
    ]
    groups = [(group, rows) for group, rows in groups if rows]
    contents = "".join(
        f'<li><a href="#{group.name}">{escape(group.title)}</a></li>' for group, _ in groups
    )
    contents += "".join(
        f'<li><a href="#{_anchor(table)}">{escape(table.title)}</a></li>' for table in report.tables
    )
    contents += '<li><a href="#figures">Figures</a></li>'
    blind = f'<p class="notice">{escape(BLIND)}</p>' if analysis.blind else ""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(TITLE)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            '<body id="top">',
            f"<h1>{escape(TITLE)}</h1>",
            f"<p>{escape(INTRODUCTION)}</p>",
            f'<p class="notice">{escape(kind_of_data(analysis))}</p>',
            blind,
            _navigation(entries),
            f'<ul class="contents">{contents}</ul>',
            _rules(),
            *(_group(group.name, group.title, rows) for group, rows in groups),
            *(_table(table) for table in report.tables),
            _gallery(report.figures),
            _provenance(report.provenance),
            f"<script>{SCRIPT}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _css(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _navigation(entries: Sequence[Entry]) -> str:
    """One button per verdict, which shows its rows alone."""
    counts = Counter(entry.verdict for entry in entries)
    buttons = "".join(
        f'<button type="button" class="{_css(verdict)}" data-verdict="{_css(verdict)}" '
        f'aria-pressed="false" title="{escape(rule)}">{counts[verdict]} {escape(verdict)}</button>'
        for verdict, rule in VERDICTS.items()
        if counts[verdict]
    )
    return (
        f'<nav aria-label="Rows by agreement"><span>{len(entries)} rows:</span>{buttons}'
        '<a href="#top">top</a></nav>'
    )


def _rules() -> str:
    """What the verdicts mean."""
    lines = "".join(
        f'<dt class="{_css(verdict)}">{escape(verdict)}</dt><dd>{escape(rule)}</dd>'
        for verdict, rule in VERDICTS.items()
    )
    return f"<dl>{lines}</dl>"


def _group(name: str, title: str, entries: Sequence[Entry]) -> str:
    heads = "".join(
        f'<th scope="col">{head}</th>'
        for head in ("Quantity", "Source", "Paper", "Ours", "Agreement", "Why it differs")
    )
    rows = "\n".join(_row(entry) for entry in entries)
    return (
        f'<section class="group" id="{name}"><h2>{escape(title)}</h2>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></section>"
    )


def _row(entry: Entry) -> str:
    css = _css(entry.verdict)
    return (
        f'<tr id="{entry.id}" data-verdict="{css}">'
        f'<td class="quantity">{escape(entry.quantity)}<code>{entry.id}</code></td>'
        f'<td data-head="Source" class="source">{escape(entry.source)}</td>'
        f'<td data-head="Paper">{escape(entry.paper)}</td>'
        f'<td data-head="Ours">{escape(entry.ours)}</td>'
        f'<td data-head="Agreement" class="verdict {css}">{escape(entry.verdict)}</td>'
        f'<td data-head="Why it differs">{escape(entry.reason)}</td></tr>'
    )


def _table(table: Table) -> str:
    """A table behind the rows, as it is."""
    names = [escape(column.capitalize()) for column in table.columns]
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td data-head="{name}">{escape(cell)}</td>'
            for name, cell in zip(names, row, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<section id="{_anchor(table)}"><h2>{escape(table.title)}</h2>'
        f'<p class="soft">{escape(table.note)}</p>'
        f'<table class="even"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        "</section>"
    )


def _anchor(table: Table) -> str:
    """Name of a table in links."""
    return "table-" + re.sub(r"[^a-z0-9]+", "-", table.title.lower()).strip("-")


def _gallery(figures: Sequence[Shown]) -> str:
    """Every figure with its caption; a click makes it as wide as the page."""
    parts = []
    for shown in figures:
        figure = shown.figure
        data = base64.b64encode(shown.path.read_bytes()).decode("ascii")
        parts.append(
            f'<figure id="{figure.name}"><img alt="{escape(figure.caption)}" '
            f'src="data:image/png;base64,{data}"><figcaption><b>{escape(figure.title)}.</b> '
            f"{escape(figure.caption)}</figcaption></figure>"
        )
    inside = "".join(parts)
    return f'<section id="figures"><h2>Figures</h2><div class="gallery">{inside}</div></section>'


def _provenance(provenance: Mapping[str, Any]) -> str:
    """What the page was made from."""
    known = {
        "fourmu": provenance.get("fourmu_version"),
        "seed": provenance.get("seed"),
        "configuration (SHA-256)": provenance.get("config_sha256"),
        "code (SHA-256)": provenance.get("code_sha256"),
    }
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(content))}</dd>"
        for name, content in known.items()
        if content is not None
    )
    return f"<section><h2>Provenance</h2><dl>{lines}</dl></section>"
