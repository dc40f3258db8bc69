"""The rows: complete, uniquely named, measured by functions, explained by measured facts."""

from dataclasses import replace

import pytest

from fourmu.pipeline.scoreboard import GROUPS, REASONS, Entry, NotMeasured, Row, all_rows, explained
from fourmu.pipeline.scoreboard.claims import Claim, statement, value
from fourmu.pipeline.scoreboard.found import number, truth
from fourmu.pipeline.scoreboard.reasons import NOT_EXPLAINED, referenced
from fourmu.pipeline.scoreboard.row import measured

IDS = [row.id for row in all_rows()]


def test_every_row_has_a_name_of_its_own():
    assert len(set(IDS)) == len(IDS)
    assert len({group.name for group in GROUPS}) == len(GROUPS)


def test_rows_are_named_after_their_group():
    for group in GROUPS:
        assert group.rows
        assert {row.id.partition(".")[0] for row in group.rows} == {group.name}


def test_the_numbers_of_the_paper_are_there():
    # those that the abstract, Secs. IV to VII and Table I print, by their claims
    printed = {row.claim.text for row in all_rows()}
    assert {
        "0.046 to 0.97", "0.055 to 1.3", "0.0008 to 0.039", "0.0018 to 0.040",
        "0.8 to 4.9", "2.9 to 3.5", "2315", "3.4", "1.6", "0.76", "2.8", "80", "20", "10",
        "91", "about 99", "89", "95", "93 to 99", "80 to 97", "2.5 to 14", "1.7", "1.4 to 3",
        "2 to 2.5", "about 5", "2.5", "0.3 to 1.7", "3.6", "0.7 to 3", "1.1 to 8.1", "7",
        "9.5 to 12.9", "≤ 1", "≤ 3",
    } <= printed  # fmt: skip


def test_every_row_says_where_its_number_is_printed():
    for row in all_rows():
        assert row.source.startswith(("Sec", "Fig", "Table I", "notes ")), row.id
        assert row.claim.kind != "value" or row.claim.numbers, row.id


def test_reasons_belong_to_rows_and_quote_rows():
    assert set(REASONS) <= set(IDS)
    for name, text in REASONS.items():
        assert set(referenced(text)) <= set(IDS), name
        assert text.count("{") == len(referenced(text)), name


def row(claim: Claim, measure, **more) -> Row:
    return Row(id="g.x", quantity="q", source="Sec. V", claim=claim, measure=measure, **more)


def entry(name: str, verdict, ours="") -> Entry:
    base = measured(row(value("1"), lambda _run: number(1.0)), "g", None)
    return replace(base, id=name, verdict=verdict, ours=ours, message="no sample")


def test_what_cannot_be_measured_is_a_row_that_says_why():
    def refuse(_run):
        raise NotMeasured("the analysis is blind")

    found = measured(row(value("1"), refuse), "g", None)
    assert (found.verdict, found.ours, found.message) == (
        "not measured",
        "not measured",
        "the analysis is blind",
    )
    assert explained([found])[0].reason == "the analysis is blind"


def test_numbers_of_the_data_themselves_are_not_judged():
    found = measured(row(value("3.4"), lambda _run: number(2.9), of_data=True), "g", None)
    assert found.verdict == "other data"


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [("agrees", ""), ("no number", ""), ("close", "because 4 MeV"), ("differs", "because 4 MeV")],
)
def test_reasons_quote_the_values_of_this_run(verdict, reason):
    reasons = {"g.a": "because {g.b}"}
    shown = explained([entry("g.a", verdict), entry("g.b", "agrees", "4 MeV")], reasons)
    assert shown[0].reason == reason


def test_a_difference_without_a_reason_is_said_to_be_unexplained():
    assert explained([entry("g.a", "differs")], {})[0].reason == NOT_EXPLAINED
    # a small one may stand without
    assert explained([entry("g.a", "close")], {})[0].reason == ""


def test_entries_come_back_from_json():
    for finding in (number(1.2, 0.1, "x"), truth(holds=True, text="in 5 of 5")):
        claim = statement("holds") if finding.holds is not None else value("1")
        found = measured(row(claim, lambda _run, f=finding: f, unit="GeV"), "g", None)
        assert Entry.from_dict(found.to_dict()) == found
