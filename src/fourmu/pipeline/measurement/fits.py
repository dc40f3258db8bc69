"""Measurements with candidates: the MLP selection, and the bias of fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fourmu.classifiers import range_of_mass
from fourmu.config import Analysis
from fourmu.config.templates import Templates
from fourmu.errors import DomainError
from fourmu.io.json_files import read_json
from fourmu.physics.kinematics import FloatArray, reduced_mass
from fourmu.pipeline.inputs import (
    ScoredCandidates,
    Training,
    files_of,
    joined,
    read_backgrounds,
    read_scored,
    read_training,
)
from fourmu.pipeline.samples import background_split, data_sample, grid_masses, sample_files
from fourmu.systematics import (
    BackgroundSample,
    JudgedCandidates,
    bootstrapped_counts,
    mlp_ratio,
    overlaid_pulls,
    summarise_pulls,
    typical_pulls,
    width_bias,
)
from fourmu.templates import (
    SignalModel,
    Template,
    Window,
    build_templates,
    build_windows,
    candidate_spectra,
    candidates_by_mass,
)

from .jobs import MeasureJob, numbers

__all__ = ["bias_model", "fit_bias", "mlp", "resolution_bias"]

_WIDTH_BIAS_WINDOWS = 600
_LARGE_TIMES = 5.0


def bias_model(analysis: Analysis) -> str:
    """Model whose windows are used: the Z' where it is searched for (Sec. VI)."""
    return "zprime" if "zprime" in analysis.models else analysis.models[0]


def mlp(job: MeasureJob) -> dict[str, Any]:
    """Efficiency of each network in data and in simulation, M(4mu) close to the c.m. energy."""
    analysis = job.analysis
    training = read_training(job.mlp)
    data = read_scored(
        job.selected, job.mlp, files_of(sample_files(analysis), data_sample(analysis))
    )
    simulation = _background(job)
    windows = _windows(analysis, training)
    ranges = []
    for index in range(len(training.working_points)):
        tested = [w for w in windows if w.mlp_range == index and not w.vetoed]
        found = mlp_ratio(
            _judged(analysis, data, training, index),
            _judged(analysis, simulation, training, index),
            np.array([w.reduced_mass_gev for w in tested]),
            analysis.systematics.exclusion_sigmas * np.array([w.sigma_gev for w in tested]),
        )
        ranges.append(
            {
                "data": found.data.to_dict(),
                "simulation": found.simulation.to_dict(),
                "ratio": found.ratio.to_dict(),
                "largest_change": numbers([found.largest_change])[0],
                "largest_change_reduced_mass_gev": numbers([found.largest_change_mass_gev])[0],
                "tested": found.tested,
            }
        )
    return {"ranges": ranges}


def _judged(
    analysis: Analysis, sample: ScoredCandidates, training: Training, index: int
) -> JudgedCandidates:
    """Candidates of a range whose four muons carry nearly all of the energy."""
    candidates = sample.candidates
    low, high = analysis.systematics.narrow_four_muon_mass_gev
    total = candidates.four_muon_mass_gev
    own = range_of_mass(analysis.classifiers.range_edges_gev, candidates.mass_gev) == index
    rows = np.flatnonzero(own & (total > low) & (total < high))
    return JudgedCandidates(
        event=candidates.event[rows],
        reduced_mass_gev=candidates.reduced_mass_gev[rows],
        weight=candidates.weight[rows],
        passed=sample.passed(training.working_points)[rows, index],
    )


def _background(job: MeasureJob) -> ScoredCandidates:
    """Simulated background that did not train, weighted to the luminosity of the data."""
    _, expectation = background_split(job.analysis)
    luminosity = job.analysis.samples.luminosity_ifb
    return joined(read_backgrounds(job.selected, job.mlp, expectation, luminosity))


def _windows(analysis: Analysis, training: Training) -> tuple[Window, ...]:
    return build_windows(
        training.resolution, analysis.classifiers.range_edges_gev, analysis.templates
    )


def _templates(
    job: MeasureJob, training: Training, background: ScoredCandidates, config: Templates
) -> tuple[Template, ...]:
    """Templates whose signals are as simulated: without the correction for data."""
    analysis = job.analysis
    expected = candidate_spectra(background.candidates, background.passed(training.working_points))
    content = read_json(job.templates / f"signal_{bias_model(analysis)}.json")
    return build_templates(
        _windows(analysis, training),
        SignalModel.from_dict(content["signal_model"]),
        expected,  # nothing of the data is needed
        expected,
        config,
        luminosity_ifb=analysis.samples.luminosity_ifb,
    )


def _as_simulated(config: Templates) -> Templates:
    return config.model_copy(update={"mass_resolution": "normalisation", "bias_correction": 1.0})


def fit_bias(job: MeasureJob) -> dict[str, Any]:
    """Pulls of fits to simulated signals overlaid on bootstrapped background."""
    analysis = job.analysis
    training = read_training(job.mlp)
    background = _background(job)
    passed = background.passed(training.working_points)
    templates = _templates(job, training, background, _as_simulated(analysis.templates))
    chosen, signals, masses = _overlaid_signals(job, training, templates)
    rows = np.flatnonzero(passed.any(axis=1) & np.isfinite(background.candidates.mass_gev))
    candidates = background.candidates
    rng = job.rng
    counts = bootstrapped_counts(
        BackgroundSample(
            event=candidates.event[rows],
            weight=candidates.weight[rows],
            reduced_mass_gev=candidates.reduced_mass_gev[rows],
            passed=passed[rows],
        ),
        chosen,
        analysis.systematics.bootstraps,
        rng,
    )
    if not chosen:
        raise DomainError(
            "no simulated mass of the signal lies in a window",
            where=bias_model(analysis),
            key="templates.mass_range_gev",
            found=analysis.templates.mass_range_gev,
        )
    pulls, overlaid = overlaid_pulls(chosen, counts, signals, analysis.inference, rng)
    summaries = [summarise_pulls(values) for values in pulls]
    together = typical_pulls(summaries)
    return {
        "mass_gev": masses,
        "overlaid": numbers(overlaid),
        "mean": [summary.mean.to_dict() for summary in summaries],
        "width": [summary.width.to_dict() for summary in summaries],
        "failed": [summary.failed for summary in summaries],
        "all": {
            "mean": together.mean.to_dict(),
            "width": together.width.to_dict(),
            "pooled_width": summarise_pulls(np.concatenate(pulls)).width.to_dict(),
            "count": together.count,
            "failed": together.failed,
        },
    }


def _overlaid_signals(
    job: MeasureJob, training: Training, templates: Sequence[Template]
) -> tuple[list[Template], list[FloatArray], list[float]]:
    """Windows next to simulated masses, and simulated signals moved to their centres."""
    analysis = job.analysis
    model = bias_model(analysis)
    files = files_of(sample_files(analysis), model)
    sample = read_scored(job.selected, job.mlp, files)
    passed = sample.passed(training.working_points)
    centres = np.array([template.window.mass_gev for template in templates])
    chosen, signals, masses = [], [], []
    low, high = analysis.templates.mass_range_gev
    for mass in grid_masses(analysis, model):
        place = int(np.argmin(np.abs(centres - mass)))
        template = templates[place]
        window = template.window
        if not low <= mass <= high or abs(window.mass_gev - mass) > 2.0 * window.sigma_gev * (
            analysis.templates.step_sigmas
        ):
            continue
        values, _ = candidates_by_mass(sample.candidates, [mass], passed[:, window.mlp_range])[mass]
        if len(values) == 0:
            continue
        chosen.append(template)
        signals.append(values + window.reduced_mass_gev - float(reduced_mass(mass)))
        masses.append(float(mass))
    return chosen, signals, masses


def resolution_bias(job: MeasureJob) -> dict[str, Any]:
    """Bias of the yield where the resolution is worse than simulated, in windows of all masses.

    All widths are multiplied by that of the J/psi before the kinematic fit, over simulation
    (Sec. V): what the tracks are worse by. After the fit the peak in e e mu mu is broadened by
    radiation, too, and no factor on all its widths describes it.
    """
    analysis = job.analysis
    ratio = read_json(job.earlier / "ee_mumu.json")["prefit"].get("width_ratio")
    if ratio is None or ratio["value"] is None:
        return {"message": "the width of the J/psi is not measured"}
    training = read_training(job.mlp)
    background = _background(job)
    nominal = _templates(job, training, background, _as_simulated(analysis.templates))
    step = max(len(nominal) // _WIDTH_BIAS_WINDOWS, 1)
    chosen = nominal[::step]
    content: dict[str, Any] = {
        "width_ratio": ratio,
        "mass_gev": [template.window.mass_gev for template in chosen],
        "background_per_bin": numbers(
            [float(t.background.sum()) / t.window.n_bins for t in chosen]
        ),
    }
    sizes = {
        "measured": ratio["value"],
        "wider": ratio["value"] + ratio["error"],
        "large": ratio["value"],
    }
    for name, width in sizes.items():
        config = analysis.templates.model_copy(
            update={"mass_resolution": "shape", "width_factor": width}
        )
        wide = _templates(job, training, background, config)[::step]
        times = _LARGE_TIMES if name == "large" else 1.0
        content[name] = numbers(
            width_bias(chosen, [t.signal for t in wide], analysis.inference, times=times)
        )
    content["large_times"] = _LARGE_TIMES
    return content
