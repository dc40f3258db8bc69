"""Products of a finished analysis, read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fourmu.classifiers import candidate_multiplicity, scores
from fourmu.config import Analysis
from fourmu.io.json_files import read_json
from fourmu.io.ntuple import read_ntuple
from fourmu.selection import select
from fourmu.templates import SignalModel

from . import tables
from .inputs import (
    ScoredCandidates,
    Training,
    files_of,
    joined,
    read_backgrounds,
    read_scored,
    read_training,
)
from .layout import Layout
from .samples import SampleFile, background_split, data_sample, sample_files

__all__ = ["Products"]

_MULTIPLICITY_MASSES = (0.25, 1.0, 2.0, 3.0, 5.0, 7.0, 8.0, 9.0)


@dataclass(frozen=True, kw_only=True)
class Products:
    """What the stages before the figures wrote; each part is read once per process."""

    analysis: Analysis
    layout: Layout
    limits: Path
    """Folder with the limits of each model, with or without toys beside."""

    @property
    def training(self) -> Training:
        """Networks, working points and resolution."""
        return _training(self)

    @property
    def data(self) -> ScoredCandidates | None:
        """Candidates of the data or pseudo-data; none while the analysis is blind."""
        return None if self.analysis.blind else _scored(self, data_sample(self.analysis))

    @property
    def backgrounds(self) -> Mapping[str, ScoredCandidates]:
        """Simulated candidates that did not train, by process, weighted to the data."""
        return _backgrounds(self)

    @property
    def background(self) -> ScoredCandidates:
        """All of them as one weighted sample."""
        return _background(self)

    @property
    def signals(self) -> Mapping[str, tuple[list[SampleFile], ScoredCandidates]]:
        """Signal samples with ISR, by model; the Z' is always among them."""
        return {
            model: (files_of(sample_files(self.analysis), model), _scored(self, model))
            for model in dict.fromkeys(("zprime", *self.analysis.models))
        }

    @property
    def signal_models(self) -> Mapping[str, SignalModel]:
        """Shape and efficiency by model."""
        folder = self.layout.folder("templates")
        return {
            model: SignalModel.from_dict(read_json(folder / f"signal_{model}.json")["signal_model"])
            for model in self.analysis.models
        }

    @property
    def multiplicity(self) -> Mapping[float, tuple[float, float]]:
        """Candidates per Z' event before and after the networks, wrong pairings included."""
        return _multiplicity(self)


@lru_cache(maxsize=1)
def _training(products: Products) -> Training:
    return read_training(products.layout.folder("mlp"))


@lru_cache(maxsize=4)
def _scored(products: Products, sample: str) -> ScoredCandidates:
    layout = products.layout
    files = files_of(sample_files(products.analysis), sample)
    return read_scored(layout.folder("selected"), layout.folder("mlp"), files)


@lru_cache(maxsize=1)
def _backgrounds(products: Products) -> dict[str, ScoredCandidates]:
    layout, analysis = products.layout, products.analysis
    _, expectation = background_split(analysis)
    return read_backgrounds(
        layout.folder("selected"),
        layout.folder("mlp"),
        expectation,
        analysis.samples.luminosity_ifb,
    )


@lru_cache(maxsize=1)
def _background(products: Products) -> ScoredCandidates:
    return joined(_backgrounds(products))


@lru_cache(maxsize=1)
def _multiplicity(products: Products) -> dict[float, tuple[float, float]]:
    analysis, training = products.analysis, products.training
    files = files_of(sample_files(analysis), "zprime")
    result = {}
    for mass in _MULTIPLICITY_MASSES:
        file = min(files, key=lambda known: abs((known.mass_gev or 0.0) - mass))
        events, metadata = read_ntuple(file.path(products.layout.folder("events"), ".root"))
        candidates = select(events, analysis.selection, analysis.detector, keep="all").candidates
        sample = ScoredCandidates(
            candidates=candidates,
            scores=scores(training.networks, candidates),
            metadata=(metadata,),
        )
        everything = np.ones(len(candidates), dtype=np.bool_)
        result[float(file.mass_gev or 0.0)] = (
            candidate_multiplicity(candidates.event, everything),
            candidate_multiplicity(candidates.event, tables.own_range_passed(sample, training)),
        )
    return result
