"""Stage ``report``: the scoreboard, the paper's figures, and pages that show both."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.io.files import atomic_path
from fourmu.io.json_files import read_json, write_json

from .context import Context
from .layout import Layout
from .measurement.tables import systematics_tables
from .scoreboard import GROUPS, Entry, Run, explained, measure_group
from .scoreboard.content import Report
from .scoreboard.gallery import GALLERY, Shown
from .scoreboard.markdown import report_markdown, report_tables, summary_table
from .scoreboard.page import report_page
from .scoreboard.processes import ProcessRow, process_rows, process_table
from .scoreboard.words import kind_of_data
from .tables import Table, as_markdown

__all__ = ["MeasureJob", "measure_rows", "run"]

_PROCESSES = "processes"
"""The job that is no group of rows."""


@dataclass(frozen=True, kw_only=True)
class MeasureJob:
    """One group of rows to measure, or the processes."""

    analysis: Analysis
    layout: Layout
    limits: Path
    group: str
    path: Path


def run(context: Context) -> None:
    """Measure every row, copy the figures, write JSON, Markdown and the page."""
    target = context.target("report")
    jobs = [
        MeasureJob(
            analysis=context.analysis,
            layout=context.layout,
            limits=context.limits,
            group=name,
            path=context.work / "rows" / f"{name}.json",
        )
        # the long ones first, so that workers end together
        for name in (*(g.name for g in sorted(GROUPS, key=lambda g: -g.cost)), _PROCESSES)
    ]
    context.run(measure_rows, [(job, job.path) for job in jobs], label="scoreboard", unit="rows")
    found = {job.group: read_json(job.path)["rows"] for job in jobs}
    entries = [Entry.from_dict(row) for group in GROUPS for row in found[group.name]]
    report = Report(
        entries=explained(entries),
        tables=[
            process_table([ProcessRow.from_dict(row) for row in found[_PROCESSES]]),
            *systematics_tables(read_json(context.source("systematics") / "systematics.json")),
        ],
        figures=_copied_figures(context, target / "figures"),
        analysis=context.analysis,
        provenance=context.provenance,
    )
    write_json(
        target / "scoreboard.json",
        {
            "rows": [entry.to_dict() for entry in report.entries],
            "processes": found[_PROCESSES],
            "blind": context.analysis.blind,
            "provenance": context.provenance,
        },
        indent=1,
    )
    tables = [asdict(table) for table in report_tables(report)]
    write_json(target / "tables.json", {"tables": tables, "provenance": context.provenance})
    for name, text in (
        ("summary.md", _summary(report)),
        ("report.md", report_markdown(report)),
        ("index.html", report_page(report)),
    ):
        with atomic_path(target / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def measure_rows(job: MeasureJob) -> int:
    """Measure one group."""
    run = Run(analysis=job.analysis, layout=job.layout, limits_folder=job.limits)
    rows: Sequence[Entry | ProcessRow] = (
        process_rows(run) if job.group == _PROCESSES else measure_group(run, job.group)
    )
    write_json(job.path, {"rows": [row.to_dict() for row in rows]})
    return len(rows)


def _copied_figures(context: Context, target: Path) -> list[Shown]:
    """Copy the figures that this run has, in the order of the paper."""
    target.mkdir(exist_ok=True)
    shown = []
    for figure in GALLERY:
        source = context.source(figure.folder) / f"{figure.name}.png"
        if source.exists():
            with atomic_path(target / source.name) as temporary:
                shutil.copyfile(source, temporary)
            shown.append(Shown(figure=figure, path=target / source.name))
    return shown


def _summary(report: Report) -> str:
    """Rows by agreement, and those that differ: what the command prints."""
    differing = [entry for entry in report.entries if entry.verdict == "differs"]
    table = Table(
        title="Rows that differ",
        columns=("row", "paper", "ours"),
        rows=tuple((entry.id, entry.paper, entry.ours) for entry in differing),
        note="" if differing else "None.",
    )
    text = as_markdown([summary_table(report.entries), table])
    return f"{text}\n{kind_of_data(report.analysis)}\n"
