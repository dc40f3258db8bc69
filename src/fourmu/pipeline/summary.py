"""What the chain prints when it is done: the tables, and where the files are."""

from __future__ import annotations

from pathlib import Path

from fourmu.config import Analysis
from fourmu.io.files import existing_file

from .layout import Layout

__all__ = ["BLIND", "summary"]

BLIND = "blind: expected limits only; --unblind shows the observed ones"
"""Message of every window, and of what is printed, while the data are not shown."""


def summary(analysis: Analysis) -> str:
    """Tables of the last run and the places of its products, as Markdown."""
    layout = Layout.of(analysis)
    figures = layout.folder("figures")
    text = existing_file(figures / "tables.md").read_text(encoding="utf-8")
    places = {
        "workspaces": layout.workspaces,
        "limits and couplings": layout.folder("results"),
        "figures": figures,
    }
    lines = [f"  {name:22s}{_short(path)}" for name, path in places.items()]
    blind = [f"{BLIND[0].upper()}{BLIND[1:]}."] if analysis.blind else []
    return "\n".join([text, *blind, "Pseudo-data; no Belle II data are used.", *lines])


def _short(path: Path) -> str:
    """Path relative to the working folder where it lies below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
