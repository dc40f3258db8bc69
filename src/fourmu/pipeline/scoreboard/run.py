"""The products of one finished run, as the rows of the scoreboard ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.classifiers import range_of_mass
from fourmu.classifiers.ranges import BoolArray
from fourmu.config import Analysis
from fourmu.couplings import CrossSectionTable
from fourmu.inference import LookElsewhere
from fourmu.io.json_files import read_json
from fourmu.io.look_elsewhere import read_look_elsewhere
from fourmu.physics.kinematics import FloatArray
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.couplings import read_cross_sections
from fourmu.pipeline.inputs import ScoredCandidates, read_cutflows
from fourmu.pipeline.layout import Layout
from fourmu.pipeline.products import Products
from fourmu.pipeline.tables import own_range_passed
from fourmu.selection import Candidates, Cutflow

from .found import NotMeasured

__all__ = ["Run", "Weighted", "columns"]


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """Candidates of one sample with weights to the luminosity of the data."""

    candidates: Candidates
    weight: FloatArray
    """(n,) candidates in the data per row."""
    passed: BoolArray
    """(n,) whether it passes the working point of the MLP range of its own mass."""

    def count(self, rows: BoolArray) -> tuple[float, float]:
        """Weighted number of candidates in a mask, and its standard deviation."""
        chosen = self.weight[rows]
        return float(chosen.sum()), float(np.sqrt(np.square(chosen).sum()))

    def between(self, low_gev: float, high_gev: float) -> BoolArray:
        """(n,) candidates in an interval of post-fit dimuon mass."""
        mass = self.candidates.mass_gev
        return np.asarray((mass >= low_gev) & (mass < high_gev))


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the stages of one configuration wrote; each part is read once."""

    analysis: Analysis
    layout: Layout
    limits_folder: Path
    """Folder with the limits of each model."""

    @cached_property
    def products(self) -> Products:
        """Products as the figures read them."""
        return Products(analysis=self.analysis, layout=self.layout, limits=self.limits_folder)

    def rng(self, *names: str | int) -> np.random.Generator:
        """Random stream of one row."""
        return np.random.default_rng(seed_sequence(self.analysis.seed, "report", *names))

    @property
    def observed(self) -> bool:
        """Whether results may be those of the observed data."""
        return not self.analysis.blind

    def refuse_if_blind(self) -> None:
        """Rows about the data themselves have no value while the analysis is blind."""
        if self.analysis.blind:
            raise NotMeasured("the analysis is blind")

    # candidates

    @cached_property
    def data(self) -> Weighted:
        """Candidates of the pseudo-data."""
        data = self.products.data
        if data is None:
            raise NotMeasured("the analysis is blind")
        return self._weighted(data)

    @cached_property
    def simulation(self) -> Mapping[str, Weighted]:
        """Candidates of each background process that did not train, by sample."""
        return {name: self._weighted(part) for name, part in self.products.backgrounds.items()}

    def _weighted(self, sample: ScoredCandidates) -> Weighted:
        return Weighted(
            candidates=sample.candidates,
            weight=sample.candidates.weight,
            passed=own_range_passed(sample, self.products.training),
        )

    def signal(self, model: str) -> Mapping[float, tuple[Cutflow, BoolArray]]:
        """By generated mass: the cut-flow, and (n,) rows of ``signal_candidates``."""
        files, sample = self._signal(model)
        flows = read_cutflows(sample)
        mass = sample.candidates.x_mass_gev
        return {
            file.mass_gev: (flow, np.isclose(mass, file.mass_gev, rtol=0.0, atol=1e-4))
            for file, flow in zip(files, flows, strict=True)
            if file.mass_gev is not None
        }

    def _signal(self, model: str) -> Any:
        if model not in self.products.signals:
            raise NotMeasured(f"the analysis does not search for '{model}'")
        return self.products.signals[model]

    def signal_candidates(self, model: str) -> Candidates:
        """Candidates of the signal samples of a model, with ISR."""
        found: Candidates = self._signal(model)[1].candidates
        return found

    def mlp_range_of(self, mass_gev: FloatArray) -> np.ndarray:
        """Index of the MLP range of each mass, -1 outside."""
        return range_of_mass(self.analysis.classifiers.range_edges_gev, mass_gev)

    # results

    def results(self, model: str) -> list[dict[str, Any]]:
        """Rows of ``results/<model>.json``."""
        self._searched(model)
        return list(read_json(self.layout.folder("results") / f"{model}.json")["results"])

    def windows(self, model: str) -> list[dict[str, Any]]:
        """Entries of the index of the workspaces, vetoed ones included."""
        self._searched(model)
        folder = self.layout.folder(f"workspaces/{model}")
        return list(read_json(folder / "index.json")["windows"])

    def cross_sections(self, model: str) -> CrossSectionTable:
        """Cross sections against mass."""
        self._searched(model)
        return read_cross_sections(self.layout.folder("results") / f"cross_sections_{model}.json")

    def look_elsewhere(self, model: str) -> LookElsewhere:
        """Global significances."""
        self._searched(model)
        return read_look_elsewhere(self.layout.folder("look_elsewhere") / f"{model}.json")

    @cached_property
    def systematics(self) -> dict[str, Any]:
        """What the stage ``systematics`` measured."""
        return read_json(self.layout.folder("systematics") / "systematics.json")

    def _searched(self, model: str) -> None:
        if model not in self.analysis.models:
            raise NotMeasured(f"the analysis does not search for '{model}'")


def columns(rows: list[dict[str, Any]], *names: str) -> tuple[FloatArray, ...]:
    """Columns of rows as arrays, NaN where there is no number."""
    return tuple(np.array([row[name] for row in rows], dtype=np.float64) for name in names)
