"""What the pages of a report show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fourmu.config import Analysis
from fourmu.pipeline.tables import Table

from .gallery import Shown
from .row import Entry

__all__ = ["Report"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report.

    Attributes
    ----------
    entries
        All rows, explained, in order.
    tables
        What stands for every process of Sec. III, and how systematic uncertainties were measured.
    figures
        Figures of the run, in order.
    analysis
        The configuration.
    provenance
        Of the stage.
    """

    entries: Sequence[Entry]
    tables: Sequence[Table]
    figures: Sequence[Shown]
    analysis: Analysis
    provenance: Mapping[str, Any]
