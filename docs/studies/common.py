"""What the studies share: the configuration, and where tables and figures go."""

import argparse
import sys
from pathlib import Path

from fourmu.config import load_analysis
from fourmu.io.files import atomic_path
from fourmu.pipeline import Layout
from fourmu.pipeline.tables import Table, as_markdown
from fourmu.plots import rendered

TABLES = Path(__file__).resolve().parent.parent / "tables"
FIGURES = TABLES.parent / "figures"


def options(description, **extra):
    """Parse --config, --out and what a study adds."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", type=Path, default=Path("analysis.yaml"))
    parser.add_argument("--out", type=Path, default=TABLES, help="folder for the table")
    for name, (kind, default, text) in extra.items():
        parser.add_argument(f"--{name}", type=kind, default=default, help=text)
    chosen = parser.parse_args()
    chosen.analysis = load_analysis(chosen.config)
    chosen.layout = Layout.of(chosen.analysis)
    return chosen


def save_figure(name, figure):
    """Write a figure for the documentation."""
    with atomic_path(FIGURES / f"{name}.png") as temporary:
        temporary.write_bytes(rendered(figure, "png"))


def finish(chosen, name, tables: list[Table], failures: list[str]):
    """Write and print the tables; exit status 1 if a criterion does not hold."""
    text = as_markdown(tables)
    with atomic_path(chosen.out / f"{name}.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(text)
    for failure in failures:
        print(f"falls short: {failure}")
    if not failures:
        print("holds")
    sys.exit(bool(failures))
