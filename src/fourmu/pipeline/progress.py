"""Progress with rates: a live bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

__all__ = ["Progress", "say"]

_SECONDS_BETWEEN_LINES = 10.0


def say(text: str) -> None:
    """Write one line about the work to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Progress:
    """Count finished jobs and the things they handled; written to stderr.

    Parameters
    ----------
    label
        What is being done.
    total
        Number of jobs.
    unit
        What the jobs count (``events``, ``windows``), for the rate.
    """

    def __init__(self, label: str, total: int, unit: str) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done, self.count = 0, 0
        self._start = self._printed = time.monotonic()
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._live:
            self._draw()
        return self

    def advance(self, count: int) -> None:
        """One more job is done; it handled ``count`` units."""
        self.done += 1
        self.count += count
        now = time.monotonic()
        if self._live:
            if now - self._printed > 0.1 or self.done == self.total:
                self._printed = now
                self._draw()
        elif now - self._printed > _SECONDS_BETWEEN_LINES and self.done < self.total:
            self._printed = now
            say(self._text())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._draw()
            sys.stderr.write("\n")
        elif kind is None:
            say(self._text())

    def _text(self) -> str:
        seconds = time.monotonic() - self._start
        rate = self.count / seconds if seconds > 0 else 0.0
        return (
            f"{self.label}: {self.done}/{self.total}, {_short(self.count)} {self.unit}, "
            f"{_short(rate)} {self.unit}/s, {seconds:.1f} s"
        )

    def _draw(self) -> None:
        width = 24
        filled = width if self.total == 0 else width * self.done // self.total
        bar = "#" * filled + "." * (width - filled)
        left = ""
        if 0 < self.done < self.total:
            seconds = time.monotonic() - self._start
            left = f", {seconds * (self.total - self.done) / self.done:.0f} s left"
        sys.stderr.write(f"\r\x1b[2K[{bar}] {self._text()}{left}")
        sys.stderr.flush()


def _short(number: float) -> str:
    """Three digits and a letter: 1234567 -> 1.23M."""
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= scale:
            return f"{number / scale:.3g}{letter}"
    return f"{number:.3g}"
