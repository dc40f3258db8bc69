"""Stage ``train``: resolution, five networks, scores of all candidates, working points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fourmu.classifiers import (
    MlpRange,
    Network,
    ScoredSpectrum,
    WorkingPoint,
    mlp_ranges,
    network_performance,
    optimise_working_point,
    scores,
    train_network,
)
from fourmu.classifiers.ranges import BoolArray
from fourmu.config import Analysis
from fourmu.io.candidates import read_candidates, write_scores
from fourmu.io.json_files import read_json, write_json
from fourmu.selection import VARIABLES
from fourmu.templates import Resolution, candidates_by_mass, fit_resolution

from .context import Context, seed_sequence
from .inputs import (
    ScoredCandidates,
    files_of,
    joined,
    read_background,
    read_backgrounds,
    read_sample,
    read_scored,
)
from .samples import TRAINING, SampleFile, background_split, grid_masses, no_isr, sample_files

__all__ = ["ScoreJob", "TrainJob", "run", "score_file", "train_range"]

# the paper names p_mumu as the strongest variable, then the pair of candidate momenta (Sec. IV D)
_GROUPS = (*((name,) for name in VARIABLES), ("plus_momentum", "minus_momentum"))


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """One network to train."""

    analysis: Analysis
    mlp_range: MlpRange
    selected: Path
    signal: tuple[SampleFile, ...]
    background: tuple[SampleFile, ...]
    path: Path


@dataclass(frozen=True, kw_only=True)
class ScoreJob:
    """One file of candidates to score."""

    networks: tuple[Path, ...]
    source: Path
    path: Path


def run(context: Context) -> None:
    """Train, score and choose the working points."""
    analysis = context.analysis
    selected, target = context.source("selected"), context.target("mlp")
    files = sample_files(analysis)
    training_background, expectation = background_split(analysis)
    signal = files_of(files, "zprime")

    resolution_path = target / "resolution.json"
    if not resolution_path.exists():
        # without ISR: the resolution is the detector's; the radiative tail belongs to the shape
        true_pairs = read_sample(selected, files_of(files, no_isr("zprime")))
        everything = np.ones(len(true_pairs), dtype=np.bool_)
        samples = candidates_by_mass(true_pairs, grid_masses(analysis, "zprime"), everything)
        fitted = fit_resolution(samples, analysis.signal_model)
        write_json(resolution_path, fitted.to_dict())
    resolution = Resolution.from_dict(read_json(resolution_path))

    ranges = mlp_ranges(analysis.classifiers, resolution)
    networks = tuple(target / f"network_{part.index}.json" for part in ranges)
    training_signal = tuple(files_of(files, TRAINING))
    train_jobs = [
        TrainJob(
            analysis=analysis,
            mlp_range=part,
            selected=selected,
            signal=training_signal,
            background=tuple(training_background),
            path=path,
        )
        for part, path in zip(ranges, networks, strict=True)
    ]
    context.run(
        train_range, [(job, job.path) for job in train_jobs], label="train", unit="networks"
    )

    unseen = [file for file in files if file.sample != TRAINING]
    score_jobs = [
        ScoreJob(
            networks=networks,
            source=file.path(selected, ".parquet"),
            path=file.path(target / "scores", ".parquet"),
        )
        for file in unseen
        if file not in training_background
    ]
    context.run(
        score_file, [(job, job.path) for job in score_jobs], label="score", unit="candidates"
    )

    points = _working_points(
        analysis,
        ranges,
        read_scored(selected, target, signal),
        joined(read_backgrounds(selected, target, expectation, analysis.samples.luminosity_ifb)),
        resolution,
    )
    write_json(
        target / "working_points.json",
        {
            "working_points": [point.to_dict() for point in points],
            "provenance": context.provenance,
        },
    )


def train_range(job: TrainJob) -> int:
    """Train the network of one range and measure it."""
    analysis = job.analysis
    index = job.mlp_range.index
    entropy = seed_sequence(analysis.seed, "train", index)
    seed = int(np.random.SeedSequence(entropy).generate_state(1, np.uint32)[0])
    trained = train_network(
        job.mlp_range,
        read_sample(job.selected, job.signal),
        read_background(job.selected, job.background, analysis.samples.luminosity_ifb),
        VARIABLES,
        analysis.classifiers,
        seed,
    )
    rng = np.random.default_rng(seed_sequence(analysis.seed, "importance", index))
    performance = network_performance(trained, rng, _GROUPS)
    write_json(
        job.path, {"network": trained.network.to_dict(), "performance": performance.to_dict()}
    )
    return 1


def score_file(job: ScoreJob) -> int:
    """Evaluate the networks, from their exported numbers, on one file of candidates."""
    networks = [Network.from_dict(read_json(path)["network"]) for path in job.networks]
    candidates, _ = read_candidates(job.source)
    write_scores(job.path, scores(networks, candidates))
    return len(candidates)


def _working_points(
    analysis: Analysis,
    ranges: tuple[MlpRange, ...],
    signal: ScoredCandidates,
    background: ScoredCandidates,
    resolution: Resolution,
) -> list[WorkingPoint]:
    """Best cuts per range: signal on its grid of masses, background of the unseen files."""
    masses = grid_masses(analysis, "zprime")
    by_mass = {
        mass: np.isclose(signal.candidates.x_mass_gev, mass, rtol=0.0, atol=1e-4)
        & signal.candidates.is_true_pair
        for mass in masses
    }
    points = []
    for part in ranges:
        inside = {
            mass: rows for mass, rows in by_mass.items() if part.low_gev <= mass <= part.high_gev
        }
        points.append(
            optimise_working_point(
                part,
                {mass: _spectrum(signal, part.index, rows) for mass, rows in inside.items()},
                _spectrum(background, part.index, part.covers(background.candidates.mass_gev)),
                resolution,
                analysis.classifiers,
            )
        )
    return points


def _spectrum(sample: ScoredCandidates, index: int, rows: BoolArray) -> ScoredSpectrum:
    """Candidates of some rows that the network of a range judges."""
    rows = rows & np.isfinite(sample.scores[:, index])
    return ScoredSpectrum(
        mass_gev=sample.candidates.mass_gev[rows],
        score=sample.scores[rows, index],
        weight=sample.candidates.weight[rows],
    )
