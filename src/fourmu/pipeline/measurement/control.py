"""Measurements in control samples: triggers, identification, J/psi, beam background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.config import Analysis
from fourmu.detector import Events, simulate
from fourmu.errors import ConvergenceError
from fourmu.generator import (
    PartonEvents,
    luminosities_needed,
    resonant_events,
    strip_half_width_gev,
)
from fourmu.io.ntuple import read_ntuple
from fourmu.physics.kinematics import FloatArray, invariant_mass, reduced_mass
from fourmu.physics.resonances import resonance_by_name
from fourmu.pipeline.inputs import files_of
from fourmu.pipeline.processes import final_state, process_events
from fourmu.pipeline.samples import EE_MUMU, SampleFile, data_sample, sample_files
from fourmu.systematics import (
    BinnedEfficiency,
    Measured,
    PeakFit,
    Tracks,
    background_level,
    ee_mumu_masses,
    ee_mumu_tracks,
    fit_peak,
    tag_and_probe,
)
from fourmu.systematics.control_measurements import (
    identification_bins,
    identification_in_mumu_gamma,
    trigger_in_tau_pairs,
)
from fourmu.systematics.control_samples import random_triggers
from fourmu.templates import ShapeFit, fit_shape

from .jobs import MeasureJob, detector_of, numbers

__all__ = ["ee_mumu", "identification", "level", "trigger"]

BoolArray = npt.NDArray[np.bool_]

_JPSI = "jpsi"
_HALF_WINDOW_GEV = 0.05
"""Dimuon masses around the J/psi whose probes are called those of the J/psi."""
_CONTINUUM_EVENTS = 100_000


def trigger(job: MeasureJob) -> dict[str, Any]:
    """Trigger curves of one detector in tau pairs."""
    analysis = job.analysis
    found = trigger_in_tau_pairs(
        detector_of(analysis, job.label),
        analysis.systematics,
        analysis.generation.sqrt_s_gev,
        job.rng,
    )
    return {
        "curves": found.curves.to_dict(),
        "three_track": found.three_track.to_dict(),
        "three_track_fit": numbers(found.three_track_fit),
        "four_track_events": found.events[0],
        "two_track_events": found.events[1],
    }


def identification(job: MeasureJob) -> dict[str, Any]:
    """Identification of muons by one detector in mu mu gamma."""
    analysis = job.analysis
    found = identification_in_mumu_gamma(
        detector_of(analysis, job.label),
        analysis.systematics,
        analysis.generation.sqrt_s_gev,
        job.rng,
    )
    return {"efficiency": found.to_dict()}


def level(job: MeasureJob) -> dict[str, Any]:
    """Level of beam background of one detector in random triggers."""
    analysis = job.analysis
    events = random_triggers(
        analysis.systematics.random_triggers,
        detector_of(analysis, job.label),
        analysis.generation.sqrt_s_gev,
        job.rng,
    )
    return {"photons": background_level(events).to_dict()}


def ee_mumu(job: MeasureJob) -> dict[str, Any]:
    """Identification of muons in e e mu mu, and the width of the J/psi in it.

    Data are those of the chain. The simulated J/psi is made here, with the radiation that data
    have: only the detector differs.
    """
    analysis = job.analysis
    files = sample_files(analysis)
    data = _tracks(job, files_of(files, data_sample(analysis)))
    simulated = _tracks(job, files_of(files, EE_MUMU))
    peak = _simulated_jpsi(analysis, job.rng)
    peak_tracks = ee_mumu_tracks(peak)
    prefit, fitted, usable = _masses(analysis, data)
    simulated_prefit, simulated_fitted, simulated_usable = _masses(analysis, peak_tracks)
    near = np.abs(prefit - reduced_mass(resonance_by_name(_JPSI).mass_gev)) < _HALF_WINDOW_GEV
    content: dict[str, Any] = {
        "data_events": len(data.pt),
        "simulation_events": len(simulated.pt),
        "jpsi_events": len(peak_tracks.pt),
        "identification": {
            "ee_mumu_data": _probes(analysis, data.take(~near)).to_dict(),
            "ee_mumu_simulation": _probes(analysis, simulated).to_dict(),
            "jpsi_data": _probes(analysis, data.take(near)).to_dict(),
            "jpsi_simulation": _probes(analysis, peak_tracks).to_dict(),
        },
    }
    low, high = reduced_mass(np.asarray(analysis.systematics.jpsi_mass_range_gev))
    for name, in_data, in_simulation in (
        ("prefit", prefit, simulated_prefit),
        ("fitted", fitted[usable], simulated_fitted[simulated_usable]),
    ):
        inside = in_simulation[(in_simulation > low) & (in_simulation < high)]
        try:
            shape = fit_shape(inside, np.ones(len(inside)))
            found = fit_peak(in_data, shape, (float(low), float(high)))
        except ConvergenceError as error:
            content[name] = {"message": str(error)}
            continue
        content[name] = _peak_document(found, shape)
    # before the fit, that takes most of a wrong scale out
    scale = Measured(value=math.nan, error=math.nan)
    if "shift_gev" in content["prefit"]:
        shift = Measured.from_dict(content["prefit"]["shift_gev"])
        mean = content["prefit"]["simulated_mean_gev"]
        scale = Measured(value=shift.value / mean, error=shift.error / mean)
    content["momentum_scale"] = scale.to_dict()
    return content


def _peak_document(found: PeakFit, simulated: ShapeFit) -> dict[str, Any]:
    return {
        "width_ratio": found.width_ratio.to_dict(),
        "shift_gev": found.shift_gev.to_dict(),
        "events": found.events.to_dict(),
        "chi2_per_dof": found.chi2_per_dof,
        "edges_gev": numbers(found.edges_gev),
        "content": numbers(found.content),
        "expected": numbers(found.expected),
        "simulated_half_width_gev": simulated.shape.half_width(0.683),
        "simulated_mean_gev": simulated.shape.mean,
    }


def _masses(analysis: Analysis, tracks: Tracks) -> tuple[FloatArray, FloatArray, BoolArray]:
    """M_R of the muon pairs before and after the kinematic fit, and which are usable."""
    return ee_mumu_masses(
        tracks, analysis.generation.sqrt_s_gev, analysis.selection, analysis.detector
    )


def _tracks(job: MeasureJob, files: Sequence[SampleFile]) -> Tracks:
    """Control sample e e mu mu in files of the chain."""
    parts = [ee_mumu_tracks(_nothing(job.analysis))]
    for file in files:
        events, _ = read_ntuple(file.path(job.events, ".root"))
        parts.append(ee_mumu_tracks(events))
    return Tracks.concatenate(parts)


def _nothing(analysis: Analysis) -> Events:
    return random_triggers(
        0, analysis.detector, analysis.generation.sqrt_s_gev, np.random.default_rng(0)
    )


def _probes(analysis: Analysis, tracks: Tracks) -> BinnedEfficiency:
    bins = identification_bins(analysis.systematics)
    pairs = tracks.of(np.tile(np.array([2, 3]), (len(tracks.pt), 1)))
    return tag_and_probe(pairs, bins.momentum_gev, bins.theta_rad)


def _simulated_jpsi(analysis: Analysis, rng: np.random.Generator) -> Events:
    """J/psi in e e mu mu with ISR and FSR, measured by the simulated detector."""
    resonance = resonance_by_name(_JPSI)
    continuum = process_events(analysis, EE_MUMU, _CONTINUUM_EVENTS, rng, isr=True)
    mass = invariant_mass(continuum.momenta[:, 2:].sum(axis=1))
    near = continuum[np.abs(mass - resonance.mass_gev) < strip_half_width_gev(resonance)]
    area_gev = (
        2.0 * strip_half_width_gev(resonance) * analysis.systematics.jpsi_events / max(len(near), 1)
    )
    # the width does not mind electrons that come again
    copies = math.ceil(luminosities_needed(resonance, area_gev))
    partons: PartonEvents = resonant_events(
        resonance,
        near[np.tile(np.arange(len(near)), copies)],
        rng,
        area_gev=area_gev,
        continuum_luminosities=copies,
    )
    return simulate(final_state(EE_MUMU, partons, rng, fsr=True), analysis.detector, rng)
