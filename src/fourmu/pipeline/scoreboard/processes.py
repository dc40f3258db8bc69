"""Every process of Sec. III: what stands for it, and how many candidates it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from fourmu.physics.processes import PROCESSES
from fourmu.pipeline.tables import Table

from .run import Run

__all__ = ["ProcessRow", "plain_title", "process_rows", "process_table"]

_SYMBOLS: Final[Mapping[str, str]] = {
    r"\to": " → ",
    r"\mu": "μ",
    r"\tau": "τ",
    r"\pi": "π",
    r"\psi": "ψ",
    r"\gamma": "\N{GREEK SMALL LETTER GAMMA}",
    r"\Upsilon": "\N{GREEK CAPITAL LETTER UPSILON}",
    r"\bar q": "q̄",
    r"\bar B": "B̄",
    r"\,": " ",
    r"\ ": " ",
    "^+": "⁺",
    "^-": "⁻",
    "$": "",
}


@dataclass(frozen=True, kw_only=True)
class ProcessRow:
    """One process in one run."""

    title: str
    kind: str
    why: str
    before: float | None
    """Candidates expected in the data before the networks; None where it is not simulated."""
    after: float | None
    """After them."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ProcessRow:
        """Inverse of :meth:`to_dict`."""
        return cls(**content)


def plain_title(title: str) -> str:
    r"""A title of a figure as plain text.

    Examples
    --------
    >>> plain_title(r"$e^+e^-\to\pi^+\pi^-$")
    'e⁺e⁻ → π⁺π⁻'
    """
    for symbol, text in _SYMBOLS.items():
        title = title.replace(symbol, text)
    return " ".join(title.split())


def process_rows(run: Run) -> list[ProcessRow]:
    """All processes with the candidates that this run's simulation expects."""
    rows = []
    for process in PROCESSES.values():
        before = after = None
        if process.sample is not None and process.sample in run.simulation:
            sample = run.simulation[process.sample]
            before, _ = sample.count(np.ones(len(sample.weight), dtype=np.bool_))
            after, _ = sample.count(sample.passed)
        rows.append(
            ProcessRow(
                title=plain_title(process.title),
                kind=process.kind,
                why=process.why,
                before=before,
                after=after,
            )
        )
    return rows


def process_table(rows: Sequence[ProcessRow]) -> Table:
    """The processes as a table."""
    return Table(
        title="Processes of Sec. III",
        columns=("process", "here", "candidates", "after the networks", "why"),
        rows=tuple(
            (row.title, row.kind, _count(row.before), _count(row.after), row.why) for row in rows
        ),
        note="Candidates that simulation expects in the data. Optional: with the extra pythia; "
        "ntuples: from somebody's own files; '-': not simulated in this run.",
    )


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.2g}"
