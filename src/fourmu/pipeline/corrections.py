"""Tables of corrections in the chain: weights of simulated events, and sizes of systematics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.config import Analysis
from fourmu.config.statmodel import MassCurve, Systematics
from fourmu.detector import Events
from fourmu.io.candidates import read_candidate_metadata
from fourmu.io.correction_tables import read_correction
from fourmu.selection import (
    CORRECTED_SOURCES,
    Candidates,
    CorrectionEffect,
    EfficiencyCorrection,
    correction_effects,
    correction_weights,
)

from .layout import Layout
from .samples import sample_files

__all__ = [
    "corrected",
    "corrected_systematics",
    "correction_curves",
    "effects_on_candidates",
    "read_corrections",
]

_LARGEST_SIZE = 0.99
"""A relative size of a systematic uncertainty stays below 1."""


def read_corrections(analysis: Analysis) -> tuple[EfficiencyCorrection, ...]:
    """Read all tables; a bad one is refused before the work starts."""
    base = Layout.of(analysis).configuration
    return tuple(read_correction(correction, base) for correction in analysis.corrections)


def corrected(events: Events, corrections: Sequence[EfficiencyCorrection]) -> Events:
    """Simulated events with the weights of all corrections."""
    return replace(events, weight=events.weight * correction_weights(events, corrections))


def effects_on_candidates(
    events: Events, corrections: Sequence[EfficiencyCorrection], candidates: Candidates
) -> list[dict[str, Any]]:
    """What each correction does to the candidates of corrected events, as plain values."""
    order = np.argsort(events.event)
    places = order[np.searchsorted(events.event, candidates.event, sorter=order)]
    effects = correction_effects(events, corrections, places, candidates.weight)
    return [effect.to_dict() for effect in effects]


def correction_curves(analysis: Analysis, selected: Path, model: str) -> dict[str, MassCurve]:
    """Relative error of the signal yield by the errors of the tables, by source of Table I.

    Parameters
    ----------
    analysis
        The configuration.
    selected
        Folder of the selected candidates, whose metadata say what each table does.
    model
        Model of the signal.

    Returns
    -------
    curves
        The sources that have tables, at the simulated masses; tables of one source add in
        quadrature.
    """
    squares: dict[str, dict[float, float]] = {}
    for file in sample_files(analysis):
        if file.sample != model or file.mass_gev is None:
            continue
        metadata = read_candidate_metadata(file.path(selected, ".parquet"))
        for content in metadata.get("corrections", ()):
            effect = CorrectionEffect.from_dict(content)
            by_mass = squares.setdefault(CORRECTED_SOURCES[effect.kind], {})
            by_mass[file.mass_gev] = by_mass.get(file.mass_gev, 0.0) + effect.total**2
    return {
        source: MassCurve(
            mass_gev=tuple(sorted(by_mass)),
            size=tuple(min(by_mass[mass] ** 0.5, _LARGEST_SIZE) for mass in sorted(by_mass)),
        )
        for source, by_mass in squares.items()
    }


def corrected_systematics(
    systematics: Systematics, analysis: Analysis, selected: Path, model: str
) -> Systematics:
    """Return the sizes in which the errors of tables replace those of their sources."""
    if not analysis.corrections:
        return systematics
    return systematics.model_copy(update=correction_curves(analysis, selected, model))
