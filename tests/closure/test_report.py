"""The scoreboard of a whole run: every row has a value or says why, and the page shows it."""

import json
import re

import pytest

from fourmu.pipeline.scoreboard import VERDICTS, all_rows
from fourmu.pipeline.scoreboard.gallery import GALLERY

pytestmark = pytest.mark.slow  # control samples of the systematic uncertainties take a minute


@pytest.fixture(scope="module")
def report(chain, fourmu):
    done = fourmu(chain.root, "report", "--config", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    return chain.root / "output" / "report", done.stdout


@pytest.fixture(scope="module")
def rows(report):
    content = json.loads((report[0] / "scoreboard.json").read_text())
    assert content["blind"] is False
    assert content["provenance"]["stage"] == "report"
    return {row["id"]: row for row in content["rows"]}


def test_every_row_is_there_with_a_verdict(rows):
    assert list(rows) == [row.id for row in all_rows()]
    assert {row["verdict"] for row in rows.values()} <= set(VERDICTS)


def test_rows_have_values_or_say_why_not(rows):
    for name, row in rows.items():
        if row["verdict"] == "not measured":
            assert row["reason"], name
        else:
            assert row["values"] or row["holds"] is not None, name
        if row["verdict"] == "differs":
            assert row["reason"], name
        assert not re.search(r"\{[a-z_.]+\}", row["reason"]), name


def test_what_needs_no_large_samples_agrees(rows):
    for name in (
        "radiation.structure_above_10",
        "radiation.k_zprime_3",
        "networks.p0_3",
        "table_one.total",
        "coupling.band_edge_zprime_0.8",
        "coupling.branching_3.6",
    ):
        assert rows[name]["verdict"] == "agrees", rows[name]


def test_the_pages_show_rows_and_figures(report, rows):
    folder, printed = report
    page = (folder / "index.html").read_text()
    markdown = (folder / "report.md").read_text()
    for name in rows:
        assert f'id="{name}"' in page
    numbered = {figure.name for figure in GALLERY if figure.number}
    assert numbered <= {path.stem for path in (folder / "figures").iterdir()}
    for name in numbered:
        assert f"(figures/{name}.png)" in markdown
    assert "Rows that differ" in printed
    assert str(folder.parent.parent) not in page + markdown  # no path of this machine


def test_a_second_call_does_nothing(chain, fourmu, report):
    page = report[0] / "index.html"
    before = page.stat().st_mtime_ns
    done = fourmu(chain.root, "report", "--config", "tiny.yaml")
    assert done.stderr == ""
    assert page.stat().st_mtime_ns == before
