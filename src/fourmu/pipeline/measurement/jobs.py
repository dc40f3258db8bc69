"""One measurement: a pure function of configuration and products that writes a JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.config import Analysis
from fourmu.config.detector import Detector
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.pseudo_data import data_detector
from fourmu.systematics import Measured

__all__ = ["DATA", "SIMULATION", "MeasureJob", "detector_of", "is_external", "measured", "numbers"]

SIMULATION = "simulation"
DATA = "data"


@dataclass(frozen=True, kw_only=True)
class MeasureJob:
    """One measurement.

    Attributes
    ----------
    method
        What is measured.
    label
        Which detector, or which mass: part of the name of the random stream.
    mass_gev
        Generated mass, for measurements on signals.
    events, selected, mlp, templates
        Folders of the stages before.
    earlier
        Folder with what earlier measurements found.
    path
        What is written.
    """

    analysis: Analysis
    method: str
    label: str
    mass_gev: float | None
    events: Path
    selected: Path
    mlp: Path
    templates: Path
    earlier: Path
    path: Path

    @property
    def rng(self) -> np.random.Generator:
        """Random stream of this measurement."""
        entropy = seed_sequence(self.analysis.seed, "systematics", self.method, self.label)
        return np.random.default_rng(entropy)


def is_external(analysis: Analysis) -> bool:
    """Whether the data come from outside, so that there is no detector that made them."""
    return bool(analysis.ntuples.data.files)


def detector_of(analysis: Analysis, label: str) -> Detector:
    """Detector of the simulation, or of the pseudo-data."""
    if label == SIMULATION:
        return analysis.detector
    return data_detector(analysis.detector, analysis.samples.pseudo_data.detector)


def measured(content: Mapping[str, Any], key: str) -> Measured:
    """Read a measured number of another measurement."""
    return Measured.from_dict(content[key])


def numbers(values: Any) -> list[float | None]:
    """Plain values for JSON; NaN becomes null."""
    return [float(v) if np.isfinite(v) else None for v in np.asarray(values, dtype=np.float64)]
