"""Reading back what earlier stages wrote, joined over the files of a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fourmu.classifiers import Network, WorkingPoint, passes
from fourmu.classifiers.network import Float32Array
from fourmu.classifiers.ranges import BoolArray
from fourmu.errors import InputError
from fourmu.io.candidates import read_candidates, read_scores
from fourmu.io.json_files import read_json
from fourmu.selection import Candidates, Cutflow
from fourmu.templates import GeneratedEvents, Resolution

from .samples import SampleFile

__all__ = [
    "ScoredCandidates",
    "Training",
    "files_of",
    "generated_events",
    "joined",
    "luminosity_weight",
    "read_background",
    "read_backgrounds",
    "read_cutflows",
    "read_sample",
    "read_scored",
    "read_training",
]

Parsed = TypeVar("Parsed")

_NUMBERS_OF_A_PROCESS = 2**48
"""Apart from each other, so that events of different processes keep different numbers."""


@dataclass(frozen=True, kw_only=True)
class ScoredCandidates:
    """Candidates with the outputs of the networks, row by row."""

    candidates: Candidates
    scores: Float32Array
    """(n, ranges), NaN outside the training interval."""
    metadata: tuple[Mapping[str, Any], ...]
    """One per file: sample, generated events, cross section, cut-flow."""

    def passed(self, working_points: Sequence[WorkingPoint]) -> BoolArray:
        """(n, ranges) what passes the working point of each range."""
        return passes(working_points, self.scores, self.candidates.mass_gev)


@dataclass(frozen=True, kw_only=True)
class Training:
    """Products of the stage ``train``."""

    resolution: Resolution
    networks: tuple[Network, ...]
    working_points: tuple[WorkingPoint, ...]
    performance: tuple[Mapping[str, Any], ...]


def files_of(files: Sequence[SampleFile], sample: str) -> list[SampleFile]:
    """Files of one sample."""
    return [file for file in files if file.sample == sample]


def read_sample(folder: Path, files: Sequence[SampleFile]) -> Candidates:
    """Candidates of several files."""
    return Candidates.concatenate(
        [read_candidates(file.path(folder, ".parquet"))[0] for file in files]
    )


def read_scored(selected: Path, mlp: Path, files: Sequence[SampleFile]) -> ScoredCandidates:
    """Candidates and scores of several files."""
    parts = [read_candidates(file.path(selected, ".parquet")) for file in files]
    scores = [read_scores(file.path(mlp / "scores", ".parquet")) for file in files]
    return ScoredCandidates(
        candidates=Candidates.concatenate([candidates for candidates, _ in parts]),
        scores=np.concatenate(scores),
        metadata=tuple(metadata for _, metadata in parts),
    )


def read_training(folder: Path) -> Training:
    """Read resolution, networks and working points from the folder ``mlp``.

    Raises
    ------
    InputError
        A file is missing, damaged, or from another version; the message names it.
    """
    working_points = _parsed(
        folder / "working_points.json",
        lambda content: [WorkingPoint.from_dict(item) for item in content["working_points"]],
    )
    networks = [
        _parsed(
            path, lambda content: (Network.from_dict(content["network"]), content["performance"])
        )
        for path in sorted(folder.glob("network_*.json"))
    ]
    if len(networks) != len(working_points):
        raise InputError(
            "networks and working points do not belong together",
            where=folder,
            found=f"{len(networks)} networks",
            expected=len(working_points),
        )
    return Training(
        resolution=_parsed(folder / "resolution.json", Resolution.from_dict),
        networks=tuple(network for network, _ in networks),
        working_points=tuple(working_points),
        performance=tuple(performance for _, performance in networks),
    )


def _parsed(path: Path, parse: Callable[[dict[str, Any]], Parsed]) -> Parsed:
    """Read a JSON file and what it describes; trouble with the content names the file."""
    content = read_json(path)
    try:
        return parse(content)
    except (KeyError, TypeError) as error:
        raise InputError(f"a key is missing or of another type: {error}", where=path) from error
    except InputError as error:
        raise InputError(error.message, where=path, found=error.found) from error


def read_cutflows(sample: ScoredCandidates) -> list[Cutflow]:
    """Cut-flow of each file."""
    return [Cutflow.from_dict(metadata["cutflow"]) for metadata in sample.metadata]


def generated_events(
    sample: ScoredCandidates, files: Sequence[SampleFile]
) -> dict[float, GeneratedEvents]:
    """Denominators of the efficiencies, by generated mass."""
    result = {}
    for file, cutflow in zip(files, read_cutflows(sample), strict=True):
        if file.mass_gev is not None:
            result[file.mass_gev] = GeneratedEvents(
                weight=float(cutflow.weights[0]), weight_squared=float(cutflow.weights_squared[0])
            )
    return result


def luminosity_weight(sample: ScoredCandidates, luminosity_ifb: float) -> float:
    """Events in the data per simulated event of the files of one background."""
    return _luminosity_weight(sample.metadata, luminosity_ifb)


def _luminosity_weight(metadata: Sequence[Mapping[str, Any]], luminosity_ifb: float) -> float:
    generated = sum(float(content["generated"]) for content in metadata)
    return luminosity_ifb * float(metadata[0]["xsec_fb"]) / generated


def read_backgrounds(
    selected: Path, mlp: Path, files: Sequence[SampleFile], luminosity_ifb: float
) -> dict[str, ScoredCandidates]:
    """Candidates of each background, weighted to a luminosity.

    Parameters
    ----------
    selected, mlp
        Folders of candidates and of their scores.
    files
        Files of any backgrounds; those of one process stand together for its cross section.
    luminosity_ifb
        Integrated luminosity to which the weights add up.
    """
    found = {}
    for sample in dict.fromkeys(file.sample for file in files):
        scored = read_scored(selected, mlp, files_of(files, sample))
        weight = luminosity_weight(scored, luminosity_ifb)
        found[sample] = replace(scored, candidates=_weighted(scored.candidates, weight))
    return found


def joined(samples: Mapping[str, ScoredCandidates]) -> ScoredCandidates:
    """One weighted sample of all backgrounds, in which no event number stands for two events."""
    return ScoredCandidates(
        candidates=_joined([sample.candidates for sample in samples.values()]),
        scores=np.concatenate([sample.scores for sample in samples.values()]),
        metadata=tuple(content for sample in samples.values() for content in sample.metadata),
    )


def read_background(
    selected: Path, files: Sequence[SampleFile], luminosity_ifb: float
) -> Candidates:
    """Candidates of all backgrounds as one sample weighted to a luminosity, without scores."""
    parts = []
    for sample in dict.fromkeys(file.sample for file in files):
        found = [
            read_candidates(file.path(selected, ".parquet")) for file in files_of(files, sample)
        ]
        weight = _luminosity_weight([metadata for _, metadata in found], luminosity_ifb)
        parts.append(_weighted(Candidates.concatenate([c for c, _ in found]), weight))
    return _joined(parts)


def _weighted(candidates: Candidates, weight: float) -> Candidates:
    return replace(candidates, weight=weight * candidates.weight)


def _joined(parts: Sequence[Candidates]) -> Candidates:
    return Candidates.concatenate(
        [
            replace(part, event=part.event + place * _NUMBERS_OF_A_PROCESS)
            for place, part in enumerate(parts)
        ]
    )
