"""Stage ``templates``: signal model of each model, windows, and templates in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.errors import ConfigError
from fourmu.io.json_files import read_json, write_json
from fourmu.io.templates import write_templates
from fourmu.templates import (
    SignalModel,
    SignalSample,
    build_signal_model,
    build_templates,
    build_windows,
    candidate_spectra,
)

from .blinding import expected_in_place_of_observed
from .context import Context
from .inputs import (
    Training,
    files_of,
    generated_events,
    joined,
    read_backgrounds,
    read_scored,
    read_training,
)
from .samples import background_split, data_sample, no_isr, sample_files

__all__ = ["SignalModelJob", "photon_loss", "run", "signal_model_file"]


@dataclass(frozen=True, kw_only=True)
class SignalModelJob:
    """The signal model of one model."""

    analysis: Analysis
    model: str
    selected: Path
    mlp: Path
    path: Path


def run(context: Context) -> None:
    """Fit the signal models, lay out the windows and fill the templates."""
    analysis = context.analysis
    selected, mlp = context.source("selected"), context.source("mlp")
    target = context.target("templates")
    jobs = [
        SignalModelJob(
            analysis=analysis,
            model=model,
            selected=selected,
            mlp=mlp,
            path=target / f"signal_{model}.json",
        )
        for model in analysis.models
    ]
    context.run(
        signal_model_file, [(job, job.path) for job in jobs], label="signal models", unit="masses"
    )

    training = read_training(mlp)
    windows = build_windows(
        training.resolution, analysis.classifiers.range_edges_gev, analysis.templates
    )
    _, expectation = background_split(analysis)
    luminosity = analysis.samples.luminosity_ifb
    background = joined(read_backgrounds(selected, mlp, expectation, luminosity))
    data = read_scored(selected, mlp, files_of(sample_files(analysis), data_sample(analysis)))
    points = training.working_points
    expected = candidate_spectra(background.candidates, background.passed(points))
    observed = candidate_spectra(data.candidates, data.passed(points))
    for job in jobs:
        templates = build_templates(
            windows,
            SignalModel.from_dict(read_json(job.path)["signal_model"]),
            observed,
            expected,
            analysis.templates,
            luminosity_ifb=luminosity,
        )
        if analysis.blind:
            templates = expected_in_place_of_observed(templates)
        if not templates:
            raise ConfigError(
                "no window is left to fit", where=analysis.source, key="templates.veto_gev"
            )
        write_templates(target / f"{job.model}.npz", windows, templates)


def photon_loss(analysis: Analysis) -> float:
    """Efficiency that collinear signal samples lack; zero where photons are in the detector."""
    if analysis.samples.signal_photons == "collinear":
        return analysis.signal_model.collinear_photon_loss
    return 0.0


def signal_model_file(job: SignalModelJob) -> int:
    """Fit shape and efficiency of one model."""
    analysis = job.analysis
    training = read_training(job.mlp)
    with_isr = _signal_sample(job, job.model, training)
    without_isr = _signal_sample(job, no_isr(job.model), training)
    model = build_signal_model(
        job.model,
        [network.mlp_range for network in training.networks],
        with_isr,
        without_isr,
        analysis.signal_model,
        photon_loss=photon_loss(analysis),
        mass_max_gev=analysis.templates.mass_range_gev[1],
    )
    write_json(job.path, {"signal_model": model.to_dict()})
    return len(with_isr.generated)


def _signal_sample(job: SignalModelJob, sample: str, training: Training) -> SignalSample:
    files = files_of(sample_files(job.analysis), sample)
    scored = read_scored(job.selected, job.mlp, files)
    return SignalSample(
        candidates=scored.candidates,
        passed=scored.passed(training.working_points),
        generated=generated_events(scored, files),
    )
