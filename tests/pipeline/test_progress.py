"""Progress: lines with counts and rates where stderr is no terminal, a bar where it is."""

import re
import sys
import time

import pytest

from fourmu.pipeline import progress
from fourmu.pipeline.progress import Progress

LINE = re.compile(
    r"make: (\d+)/(\d+), ([\d.]+)([kMG]?) (\w+), ([\d.]+)([kMG]?) (\w+)/s, ([\d.]+) s"
)


def value(number, letter):
    return float(number) * {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}[letter]


def test_the_last_line_has_counts_and_their_rate(capsys):
    with Progress("make", 3, "events") as shown:
        for count in (1_000, 200_000, 33_567):
            time.sleep(0.05)
            shown.advance(count)
    (line,) = capsys.readouterr().err.splitlines()
    done, total, count, letter, unit, rate, rate_letter, rate_unit, seconds = LINE.fullmatch(
        line
    ).groups()
    assert (done, total, unit, rate_unit) == ("3", "3", "events", "events")
    assert value(count, letter) == 235e3  # three digits of 234,567
    # time is written to 0.05 s of at least 0.15 s, counts and rates to three digits
    assert float(seconds) >= 0.1
    elapsed = 234_567 / value(rate, rate_letter)
    assert elapsed >= 0.15 * 0.99
    assert float(seconds) == pytest.approx(elapsed, abs=0.05 + 0.01 * elapsed)


def test_long_work_is_heard_of_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.1)
    with Progress("make", 4, "files") as shown:
        shown.advance(1)
        time.sleep(0.12)
        shown.advance(1)
        shown.advance(1)
        time.sleep(0.12)
        shown.advance(1)
    lines = capsys.readouterr().err.splitlines()
    # after the second job, then only at the end: the last job and the end are one line
    assert [LINE.fullmatch(line).group(1) for line in lines] == ["2", "4"]


def test_a_failure_leaves_the_last_word_to_the_error(capsys):
    def fail():
        with Progress("make", 2, "files") as shown:
            shown.advance(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_that_fills(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("make", 2, "files") as shown:
        time.sleep(0.11)  # a bar is drawn ten times a second at most
        shown.advance(1)
        shown.advance(1)
    written = capsys.readouterr().err
    bars = [part.split("]")[0] for part in written.split("\r\x1b[2K[")[1:]]
    assert bars[:3] == ["." * 24, "#" * 12 + "." * 12, "#" * 24]
    assert " s left" in written
    assert written.endswith("\n")


def test_no_jobs_are_done_at_once(capsys):
    with Progress("make", 0, "files"):
        pass
    assert LINE.fullmatch(capsys.readouterr().err.strip()).group(1, 2, 3) == ("0", "0", "0")
