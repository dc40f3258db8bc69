"""The page: complete, self-contained, safe with any text; the Markdown has the same rows."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from fourmu.config import Analysis
from fourmu.pipeline.scoreboard import GROUPS, VERDICTS
from fourmu.pipeline.scoreboard.claims import value
from fourmu.pipeline.scoreboard.content import Report
from fourmu.pipeline.scoreboard.found import number
from fourmu.pipeline.scoreboard.gallery import GALLERY, Shown
from fourmu.pipeline.scoreboard.markdown import report_markdown
from fourmu.pipeline.scoreboard.page import report_page
from fourmu.pipeline.scoreboard.processes import ProcessRow, process_table
from fourmu.pipeline.scoreboard.row import Row, measured

NASTY = "a < b & c | d \"e\" <script>alert('x')</script>"


@pytest.fixture
def report(tmp_path):
    entries = []
    for place, group in enumerate(GROUPS):
        row = Row(
            id=f"{group.name}.x",
            quantity=NASTY,
            source="Sec. V",
            claim=value("1"),
            measure=lambda _run: number(1.0),
        )
        verdict = list(VERDICTS)[place % len(VERDICTS)]
        entries.append(replace(measured(row, group.name, None), verdict=verdict, reason=NASTY))
    picture = tmp_path / "figure_03_dimuon_mass.png"
    picture.write_bytes(b"\x89PNG picture")
    return Report(
        entries=entries,
        tables=[
            process_table(
                [ProcessRow(title="μμ", kind="generated", why=NASTY, before=12.3, after=None)]
            )
        ],
        figures=[Shown(figure=GALLERY[0], path=picture)],
        analysis=Analysis(),
        provenance={"fourmu_version": "1", "seed": 2},
    )


class Reader(HTMLParser):
    """Tags with their attributes, text outside scripts, and whether all tags close."""

    void = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


def test_the_page_needs_nothing_beside_it(report):
    page = Reader(report_page(report))
    assert page.open == []
    for tag, attributes in page.tags:
        for name in ("src", "href"):
            target = attributes.get(name)
            assert target is None or target.startswith(("data:", "#")), (tag, target)
    text = report_page(report)
    assert "://" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_every_row_is_on_the_page_and_can_be_linked_to(report):
    page = Reader(report_page(report))
    rows = {a["id"]: a["data-verdict"] for tag, a in page.tags if tag == "tr" and "id" in a}
    assert rows == {entry.id: entry.verdict.replace(" ", "-") for entry in report.entries}
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = {a["href"][1:] for tag, a in page.tags if tag == "a"}
    assert links <= ids


def test_text_is_text(report):
    page = Reader(report_page(report))
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert "".join(page.text).count(NASTY) == 2 * len(report.entries) + len(report.tables)


def test_figures_are_inside(report):
    content = base64.b64encode(b"\x89PNG picture").decode()
    sources = [a["src"] for tag, a in Reader(report_page(report)).tags if tag == "img"]
    assert sources == [f"data:image/png;base64,{content}"]


def test_pseudo_data_and_blindness_are_said(report):
    for render in (report_page, report_markdown):
        assert "No Belle II data are used" in render(report)
        assert "The analysis is blind" not in render(report)
        blind = replace(report, analysis=Analysis(blind=True))
        assert "The analysis is blind" in render(blind)


def test_markdown_has_the_same_rows(report):
    text = report_markdown(report)
    rows = [line for line in text.splitlines() if line.startswith("| a < b")]
    assert len(rows) == len(report.entries)
    for line in rows:
        assert len(re.findall(r"(?<!\\)\|", line)) == 7  # six cells
    assert "![" in text
    assert "(figures/figure_03_dimuon_mass.png)" in text


def test_the_gallery_has_every_figure_of_the_paper():
    assert {figure.number for figure in GALLERY} >= {str(number) for number in range(3, 15)}
    assert len({figure.name for figure in GALLERY}) == len(GALLERY)
