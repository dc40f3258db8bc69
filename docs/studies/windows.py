"""Windows of any width and background, filled from the candidates of a finished run."""

from dataclasses import dataclass, replace
from math import comb

import numpy as np

from fourmu.config.templates import Templates
from fourmu.inference import limits
from fourmu.inference.nuisances import pulls
from fourmu.io.json_files import read_json
from fourmu.pipeline.inputs import (
    ScoredCandidates,
    Training,
    files_of,
    luminosity_weight,
    read_scored,
    read_training,
)
from fourmu.pipeline.samples import FOUR_MUON, PSEUDO_DATA, background_split, sample_files
from fourmu.pipeline.workspaces import read_cabinetry_template
from fourmu.statmodel import batch_of, build_workspaces
from fourmu.templates import (
    SignalModel,
    bernstein_integrals,
    build_templates,
    build_windows,
    candidate_spectra,
)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What windows are made from."""

    analysis: object
    layout: object
    training: Training
    model: SignalModel
    cabinetry_template: dict
    simulation: ScoredCandidates
    """Four muons that no network has seen."""
    luminosity_ratio: float
    """Luminosity of the simulation over that of the data."""
    expected: tuple
    """Spectrum of the simulation per MLP range, scaled to the luminosity of the data."""
    observed: tuple
    """That of the pseudo-data."""


def read_inputs(chosen, model="zprime"):
    """Read candidates, networks and signal model of a finished run."""
    analysis, layout = chosen.analysis, chosen.layout
    selected, mlp = layout.folder("selected"), layout.folder("mlp")
    training = read_training(mlp)
    points = training.working_points
    simulation = read_scored(selected, mlp, files_of(background_split(analysis)[1], FOUR_MUON))
    data = read_scored(selected, mlp, files_of(sample_files(analysis), PSEUDO_DATA))
    weight = luminosity_weight(simulation, analysis.samples.luminosity_ifb)
    content = read_json(layout.folder("templates") / f"signal_{model}.json")
    return Inputs(
        analysis=analysis,
        layout=layout,
        training=training,
        model=SignalModel.from_dict(content["signal_model"]),
        cabinetry_template=read_cabinetry_template(layout.cabinetry_configs / f"{model}.yaml"),
        simulation=simulation,
        luminosity_ratio=1.0 / weight,
        expected=candidate_spectra(simulation.candidates, simulation.passed(points), scale=weight),
        observed=candidate_spectra(data.candidates, data.passed(points)),
    )


def windows_of(inputs, observed, *, every=1, keep=None, **changes):
    """Templates of the scan with changed settings of the section ``templates``.

    ``observed`` are the spectra to fit; every n-th hypothesis is taken, and of those the windows
    for which ``keep(window)`` holds.
    """
    config = Templates(**{**inputs.analysis.templates.model_dump(), **changes})
    windows = build_windows(
        inputs.training.resolution, inputs.analysis.classifiers.range_edges_gev, config
    )
    templates = build_templates(
        windows,
        inputs.model,
        observed,
        inputs.expected,
        config,
        luminosity_ifb=inputs.analysis.samples.luminosity_ifb,
    )
    return [
        template
        for template in templates
        if template.window.index % every == 0 and (keep is None or keep(template.window))
    ]


def disjoint(templates):
    """Windows that share no bins, from the lowest mass up; vetoes shorten none of them."""
    chosen, end = [], -np.inf
    for template in templates:
        window = template.window
        if window.bin_low[0] >= end - 1e-9:
            chosen.append(template)
            end = window.bin_high[-1]
    return chosen


def with_degree(template, degree, window_sigmas=60.0):
    """Return the window with a Bernstein polynomial of another degree."""
    window = template.window
    half = 0.5 * window_sigmas * window.sigma_gev
    low, high = max(window.reduced_mass_gev - half, 0.0), window.reduced_mass_gev + half
    x_low, x_high = ((edge - low) / (high - low) for edge in (window.bin_low, window.bin_high))
    # the templates of any degree sum to the same constant density
    total = template.background.sum() / np.sum(x_high - x_low)
    basis = bernstein_integrals(x_low, x_high, degree)
    return replace(template, background=total * basis)


def fitted(inputs, templates):
    """Build the workspaces of windows and fit them; return the batch and its limits."""
    built = build_workspaces(
        inputs.cabinetry_template, templates, inputs.analysis.statmodel.systematics
    )
    names = [template.window.name for template in templates]
    batch = batch_of(zip(names, built, strict=True))
    found = limits(batch, inputs.analysis.inference)
    return batch, found


def leading_coefficient(batch, found, degree):
    """Highest-order coefficient of the background of each window, and its error.

    The part of a Bernstein polynomial that one of lower degree cannot follow is the alternating
    sum of its coefficients with binomial weights. From the fit without signal; NaN where a
    coefficient is at its bound.
    """
    null = pulls(batch, found, fit="null")
    weights = np.array([(-1.0) ** (degree - k) * comb(degree, k) for k in range(degree + 1)])
    value, error = np.full(len(batch), np.nan), np.full(len(batch), np.nan)
    for place, names in enumerate(null.parameter_names):
        if f"background_{degree}" not in names:
            continue
        rows = [names.index(f"background_{k}") for k in range(degree + 1)]
        value[place] = weights @ null.value[null.parameter_start[place] + np.array(rows)]
        covariance = null.covariance(place)[np.ix_(rows, rows)]
        error[place] = np.sqrt(weights @ covariance @ weights)
    return value, error
