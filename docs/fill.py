"""Put the tables and figures of the last run into README.md and docs/.

``python docs/fill.py [--config analysis.yaml]``

The text between ``<!-- table: NAME -->`` and ``<!-- end -->`` is replaced. NAME is a file of
docs/tables (what the studies wrote), the title of a table of the stages figures and report in lower
case with hyphens, or ``scoreboard`` for all tables of the report. A page that is already right is
not touched, and none is when a name is unknown.
"""

import argparse
import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from fourmu.config import load_analysis
from fourmu.errors import ConfigError, FourMuError
from fourmu.io.files import atomic_path, existing_file
from fourmu.io.json_files import read_json
from fourmu.pipeline import Layout
from fourmu.pipeline.tables import Table, as_markdown

ROOT = Path(__file__).resolve().parent.parent
MAX_BYTES = 200_000
FIGURES = {
    "limits_zprime": "figure_13_limits_zprime",
    "limits_scalar": "figure_13_limits_scalar",
    "couplings_zprime": "figure_14_couplings_zprime",
    "couplings_scalar": "figure_14_couplings_scalar",
    "dimuon_mass": "figure_03_dimuon_mass",
    "dimuon_mass_after_mlp": "figure_11_dimuon_mass_after_mlp",
    "limits_by_method_zprime": "limits_by_method_zprime",
    "window_zprime": "figure_12_window_zprime",
    "efficiency": "figure_10_efficiency",
    "pair_momentum": "figure_09_pair_momentum",
    "resolution": "resolution",
    "trigger_efficiency": "trigger_efficiency",
    "working_points": "working_points",
    "rejection": "rejection",
    "multiplicity": "multiplicity",
}
"""Figures that pages show: name in docs/figures, name of the figures stage."""

_OPENING = "<!-- table: "
_BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def slug(title: str) -> str:
    """Name of a table: its title in lower case, with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def known_tables(studies: Path, figures: Path, report: Path) -> dict[str, str]:
    """Markdown of every table by name; headings become bold lines, for they stand in pages."""
    drawn, board = (
        [Table(**table) for table in read_json(existing_file(folder / "tables.json"))["tables"]]
        for folder in (figures, report)
    )
    tables = {slug(table.title): as_markdown([table]) for table in (*drawn, *board)}
    tables["scoreboard"] = as_markdown(board)
    tables |= {path.stem: path.read_text(encoding="utf-8") for path in studies.glob("*.md")}
    return {
        name: re.sub(r"^#+ (.*)$", r"**\1**", text, flags=re.MULTILINE).strip()
        for name, text in tables.items()
    }


def filled(text: str, tables: Mapping[str, str], where: Path) -> str:
    """Return a page with its tables; raises ConfigError for an unknown name or a missing end."""

    def block(match: re.Match[str]) -> str:
        opening, name, end = match.groups()
        if name not in tables:
            raise ConfigError(
                "unknown table", where=where, found=name, expected=", ".join(sorted(tables))
            )
        return f"{opening}\n{tables[name]}\n\n{end}"

    for part in text.split(_OPENING)[1:]:
        if "<!-- end -->" not in part:
            raise ConfigError("a table has no end", where=where, found=part.split(" -->")[0])
    return _BLOCK.sub(block, text)


def small_png(source: Path, max_bytes: int) -> bytes:
    """Return a figure as it is, or scaled down until it is small enough."""
    content = source.read_bytes()
    with Image.open(source) as original:
        image, scale = original.convert("RGB"), 1.0
    while len(content) > max_bytes:
        scale *= 0.9
        size = (round(scale * image.width), round(scale * image.height))
        buffer = io.BytesIO()
        image.resize(size, Image.Resampling.LANCZOS).save(buffer, "PNG", optimize=True)
        content = buffer.getvalue()
    return content


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file that differs; say whether it did."""
    if path.exists() and path.read_bytes() == content:
        return False
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return True


def fill(root: Path, figures: Path, report: Path) -> list[Path]:
    """Fill all pages below ``root`` from the folders of two stages; return what changed."""
    docs = root / "docs"
    tables = known_tables(docs / "tables", figures, report)
    products = {
        page: filled(page.read_text(encoding="utf-8"), tables, page).encode()
        for page in (root / "README.md", *sorted(docs.glob("*.md")))
    }
    for name, source in FIGURES.items():
        png = existing_file(figures / f"{source}.png")
        products[docs / "figures" / f"{name}.png"] = small_png(png, MAX_BYTES)
    return [path for path, content in products.items() if write_if_changed(path, content)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("analysis.yaml"))
    layout = Layout.of(load_analysis(parser.parse_args().config))
    for path in fill(ROOT, layout.folder("figures"), layout.folder("report")):
        print(f"updated {path.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except FourMuError as error:
        sys.exit(f"docs/fill.py: {error}")
