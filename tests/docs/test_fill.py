"""Tables and figures of a run go into the pages, and a second time changes nothing."""

import json

import numpy as np
import pytest
from PIL import Image

from fourmu.errors import ConfigError, InputError

PAGE = "# Page\n\nBefore.\n\n<!-- table: {} -->\nold\n<!-- end -->\n\nAfter.\n"
TABLE = {
    "title": "Limits at 90 % CL",
    "columns": ["model", "ours"],
    "rows": [["zprime", "0.1"]],
    "note": "A note.",
}

BOARD = {"title": "Trigger", "columns": ["paper", "ours"], "rows": [["91", "92"]], "note": ""}


@pytest.fixture
def project(tmp_path, fill):
    """A README, a page, a study's table, and the products of a figures stage."""
    (tmp_path / "docs" / "tables").mkdir(parents=True)
    (tmp_path / "docs" / "figures").mkdir()
    (tmp_path / "README.md").write_text(PAGE.format("limits-at-90-cl"))
    (tmp_path / "docs" / "page.md").write_text(PAGE.format("isr"))
    (tmp_path / "docs" / "tables" / "isr.md").write_text("## Radiation\n\n| a |\n|---|\n| 1 |\n")
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "tables.json").write_text(json.dumps({"tables": [TABLE]}))
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "tables.json").write_text(json.dumps({"tables": [BOARD]}))
    for name in fill.FIGURES.values():
        Image.new("RGB", (20, 10)).save(figures / f"{name}.png")
    return tmp_path


def test_tables_are_replaced_and_the_rest_stays(project, fill):
    fill.fill(project, project / "figures", project / "report")
    text = (project / "README.md").read_text()
    assert text.startswith("# Page\n\nBefore.\n\n<!-- table: limits-at-90-cl -->\n")
    assert text.endswith("A note.\n\n<!-- end -->\n\nAfter.\n")
    assert "**Limits at 90 % CL**" in text
    assert "| zprime | 0.1  |" in text
    assert "old" not in text
    assert "**Radiation**\n\n| a |" in (project / "docs" / "page.md").read_text()


def test_a_second_time_changes_nothing(project, fill):
    assert fill.fill(project, project / "figures", project / "report")
    times = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    assert fill.fill(project, project / "figures", project / "report") == []
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == times


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PAGE.format("limts"), "unknown table.*limts.*isr, limits-at-90-cl, scoreboard, trigger"),
        ("<!-- table: isr -->\nold\n", "a table has no end.*isr"),
        ("<!-- table: isr -->\nold\n" + PAGE.format("isr"), "a table has no end.*isr"),
    ],
)
def test_a_wrong_marker_is_one_error_and_no_page_is_touched(project, fill, text, message):
    (project / "docs" / "page.md").write_text(text)
    with pytest.raises(ConfigError, match=message):
        fill.fill(project, project / "figures", project / "report")
    assert "old" in (project / "README.md").read_text()


def test_without_figures_nothing_is_touched(project, fill):
    (project / "figures" / "resolution.png").unlink()
    with pytest.raises(InputError, match=r"resolution\.png"):
        fill.fill(project, project / "figures", project / "report")
    assert "old" in (project / "README.md").read_text()


def test_the_scoreboard_has_all_tables_of_the_report(project, fill):
    (project / "docs" / "page.md").write_text(PAGE.format("scoreboard"))
    fill.fill(project, project / "figures", project / "report")
    assert "**Trigger**" in (project / "docs" / "page.md").read_text()


def test_large_figures_are_scaled_down_and_small_ones_kept(tmp_path, fill):
    rng = np.random.default_rng(1)
    noise = Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8))
    noise.save(tmp_path / "noise.png")
    whole = (tmp_path / "noise.png").read_bytes()
    assert fill.small_png(tmp_path / "noise.png", len(whole)) == whole
    (tmp_path / "small.png").write_bytes(fill.small_png(tmp_path / "noise.png", 5000))
    assert (tmp_path / "small.png").stat().st_size <= 5000
    with Image.open(tmp_path / "small.png") as image:
        assert image.width / image.height == pytest.approx(80 / 60, rel=0.05)  # whole pixels
