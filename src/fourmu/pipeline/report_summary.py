"""What ``fourmu report`` prints: rows by agreement, those that differ, and where the pages are."""

from __future__ import annotations

from pathlib import Path

from fourmu.config import Analysis
from fourmu.io.files import existing_file

from .layout import Layout

__all__ = ["report_summary"]


def report_summary(analysis: Analysis) -> str:
    """Summary of the last report and the places of its pages; nothing heavy is imported for it."""
    folder = Layout.of(analysis).folder("report")
    text = existing_file(folder / "summary.md").read_text(encoding="utf-8")
    places = {"page": folder / "index.html", "Markdown": folder / "report.md"}
    lines = [f"  {name:22s}{_short(path)}" for name, path in places.items()]
    return "\n".join([text, *lines])


def _short(path: Path) -> str:
    """Path relative to the working folder where it lies below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
