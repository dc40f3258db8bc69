"""Claims know how precisely they are printed, and one rule says whether ours agrees."""

import math

import pytest

from fourmu.pipeline.scoreboard.claims import (
    at_most,
    no_number,
    span,
    statement,
    value,
    within,
)
from fourmu.pipeline.scoreboard.found import Found, NotMeasured, number, numbers, share, truth
from fourmu.pipeline.scoreboard.shown import shown_number, shown_numbers
from fourmu.pipeline.scoreboard.verdict import judge


@pytest.mark.parametrize(
    ("printed", "half"),
    [("0.046", 0.0005), ("91", 0.5), ("2315", 0.5), ("3.4e-3", 0.00005), ("2.0e-2", 0.0005)],
)
def test_precision_is_half_a_unit_of_the_last_printed_digit(printed, half):
    assert value(printed).precision == pytest.approx((half,))
    assert value(printed).numbers == (float(printed),)


@pytest.mark.parametrize(
    ("claim", "found", "verdict"),
    [
        (value("0.76"), number(0.7649), "agrees"),  # rounds to it
        (value("0.76"), number(0.7651), "close"),
        (value("0.76"), number(0.79, 0.013), "agrees"),  # 0.005 + 2 x 0.013
        (value("0.76"), number(0.83), "close"),  # within 10 %
        (value("0.76"), number(0.84), "differs"),
        (value("0.76"), number(0.84, 0.003), "close"),  # 0.076 + 2 x 0.003
        (span("2.5", "14"), numbers(2.54, 13.6), "agrees"),
        (span("2.5", "14"), numbers(1.8, 13.6), "differs"),  # the worse end decides
        (within("2", "2.5"), numbers(2.1, 2.4), "agrees"),
        (within("2", "2.5"), numbers(2.1, 2.56), "close"),
        (at_most("1"), number(0.2), "agrees"),
        (at_most("1"), number(1.02), "close"),  # a bound has no rounding
        (at_most("1"), number(1.4), "differs"),
        (statement("first"), truth(holds=True, text="in 5 of 5"), "agrees"),
        (statement("first"), truth(holds=False, text="in 2 of 5"), "differs"),
        (span("2.9", "3.5"), truth(holds=False, text="none"), "differs"),
        (no_number(), number(1.0), "no number"),
    ],
)
def test_one_rule_for_every_row(claim, found, verdict):
    assert judge(claim, found) == verdict


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (span("1", "2"), number(1.0)),
        (statement("holds"), number(1.0)),
        (within("1", "2"), Found()),
    ],
)
def test_a_finding_of_another_kind_is_a_mistake(claim, found):
    with pytest.raises(ValueError, match=r"expected|needs"):
        judge(claim, found)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_is_not_finite_is_not_measured(broken):
    with pytest.raises(NotMeasured):
        number(broken)
    with pytest.raises(NotMeasured):
        number(1.0, broken)
    with pytest.raises(NotMeasured):
        share(0.0, 0.0)


def test_a_share_has_its_binomial_error():
    found = share(90.0, 100.0, scale=100.0)
    assert found.values == (pytest.approx(90.0),)
    assert found.errors == (pytest.approx(3.0),)
    # none of 100: one event is the error, not zero
    assert share(0.0, 100.0).errors == (pytest.approx(0.01),)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0.91234, 0.00213), "0.9123 ± 0.0021"),
        ((83.2431, 0.148, 0.5), "83.24 ± 0.15"),
        ((1.070485, 0.00003, 0.005), "1.0705"),  # at most two digits more than printed
        ((2315.0, None, 0.5), "2315"),
        ((5.28600, None, 0.0005), "5.286"),
        ((1.7, None, 0.05), "1.7"),  # no zeros that say nothing
        ((0.0004321, None), "0.000432"),
        ((250.4, 21.0, 0.5), "250 ± 21"),
        ((10.36868, None, 0.0005), "10.3687"),
    ],
)
def test_digits_follow_errors_and_print(arguments, text):
    assert shown_number(*arguments) == text


def test_units_stand_with_the_numbers():
    found = numbers(0.05, 0.9, text="(at 1 and 8 GeV)")
    assert shown_numbers(found, span("0.046", "0.97"), "fb") == "0.050 to 0.90 fb (at 1 and 8 GeV)"
    assert shown_numbers(truth(holds=False, text="none"), statement("x"), "fb") == "no: none"
