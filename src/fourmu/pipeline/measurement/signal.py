"""What the measured differences do to the signal of one mass, and what they truly do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.config import Analysis
from fourmu.detector import Events, beam_frame, simulate
from fourmu.generator import PartonEvents
from fourmu.io.json_files import read_json
from fourmu.io.ntuple import read_ntuple
from fourmu.physics.kinematics import FloatArray, reduced_mass
from fourmu.pipeline.inputs import files_of
from fourmu.pipeline.samples import sample_files
from fourmu.selection import half_smallest_interval, select
from fourmu.selection.cuts import EVENT_CUTS
from fourmu.selection.quantities import event_quantities
from fourmu.systematics import (
    PHOTON_CUTS,
    BinnedEfficiency,
    Measured,
    ScaleEffect,
    TriggerCurves,
    background_shift,
    identification_shift,
    ratio,
    scale_effect,
    scaled_momenta,
    shifted_beam_energy,
    threshold_shift,
    tracks_of,
    trigger_shift,
)

from .jobs import DATA, SIMULATION, MeasureJob, detector_of, is_external, measured

__all__ = ["signal", "signal_sample"]

BoolArray = npt.NDArray[np.bool_]

_STEPS = {"trigger": ("trigger",), "identification": ("three_muons",), "photons": PHOTON_CUTS}
"""Cuts of each step of the efficiency."""
_CORE_SIGMAS = 6.0
_PROBABILITY = 0.683


def signal(job: MeasureJob) -> dict[str, Any]:
    """Shifts of the efficiency at one mass, effects of scales, and the closure.

    Notes
    -----
    An efficiency is that of one cut among events that pass all others. For the closure the same
    generated events go through the detector of the pseudo-data.
    """
    analysis = job.analysis
    settings = analysis.systematics
    if job.mass_gev is None:
        return {}
    file = next(
        known
        for known in files_of(sample_files(analysis), signal_sample(analysis))
        if known.mass_gev == job.mass_gev
    )
    everything, _ = read_ntuple(file.path(job.events, ".root"))
    events = everything.take(np.arange(min(len(everything), settings.signal_events)))
    content: dict[str, Any] = {"mass_gev": job.mass_gev, "shifts": _shifts(job, events)}
    few = events.take(np.arange(min(len(events), settings.momentum_scale_events)))
    scale = measured(read_json(job.earlier / "ee_mumu.json"), "momentum_scale")
    # an unknown scale moves nothing: the error stands for what could not be seen
    size = math.hypot(scale.value, scale.error) if math.isfinite(scale.value) else 0.0
    for name, changed in (
        ("momentum_scale", scaled_momenta(few, 1.0 + size)),
        ("beam_energy", shifted_beam_energy(few, settings.beam_energy_shift_gev)),
    ):
        found = scale_effect(few, changed, job.mass_gev, analysis.selection, analysis.detector)
        content[name] = _effect(found)
    if not is_external(analysis):
        content["closure"] = _closure(job, events)
    return content


def signal_sample(analysis: Analysis) -> str:
    """Sample that measured differences are propagated to: the Z' where there is one."""
    names = {file.sample for file in sample_files(analysis)}
    return "zprime" if "zprime" in names else analysis.models[0]


def _shifts(job: MeasureJob, events: Events) -> dict[str, Any]:
    """Shifts by measured curves, maps and levels."""
    analysis, mass = job.analysis, float(job.mass_gev or 0.0)
    result = {}
    if (job.earlier / f"trigger_{DATA}.json").exists():
        data, simulation = (
            TriggerCurves.from_dict(read_json(job.earlier / f"trigger_{label}.json")["curves"])
            for label in (DATA, SIMULATION)
        )
        tracks = tracks_of(events, 4, _passing(job, events, but=_STEPS["trigger"]))
        result["trigger"] = trigger_shift({mass: tracks}, data, simulation)
    maps = read_json(job.earlier / "identification.json")
    in_data, expected = (BinnedEfficiency.from_dict(maps[label]) for label in (DATA, SIMULATION))
    if np.any((in_data.total > 0) & (expected.total > 0)):
        tracks = tracks_of(events, 4, _passing(job, events, but=_STEPS["identification"]))
        result["particle_id"] = identification_shift({mass: tracks}, in_data, expected)
    chosen = events.take(_passing(job, events, but=_STEPS["photons"]))
    frame = beam_frame(analysis.detector)
    if (job.earlier / f"level_{DATA}.json").exists():
        level, simulated = (
            measured(read_json(job.earlier / f"level_{label}.json"), "photons")
            for label in (DATA, SIMULATION)
        )
        result["background_photons"] = background_shift(
            {mass: chosen},
            level,
            simulated,
            analysis.selection,
            analysis.detector,
            frame,
            job.rng,
        )
    result["photon_threshold"] = threshold_shift(
        {mass: chosen}, analysis.selection, analysis.detector, frame
    )
    # without a control sample there is no shift, and no number
    return {
        name: shift.to_dict() for name, shift in result.items() if np.isfinite(shift.shift).all()
    }


def _passing(job: MeasureJob, events: Events, *, but: tuple[str, ...]) -> BoolArray:
    """(n,) what passes all event cuts but some."""
    quantities = event_quantities(events, beam_frame(job.analysis.detector))
    passed = np.ones(len(events), dtype=np.bool_)
    for name, cut in EVENT_CUTS:
        if name not in but:
            passed &= cut(quantities, job.analysis.selection)
    return passed


def _effect(found: ScaleEffect) -> dict[str, Any]:
    return {
        "shift_gev": found.shift_gev.to_dict(),
        "prefit_shift_gev": found.prefit_shift_gev.to_dict(),
        "efficiency": found.efficiency.to_dict(),
    }


def _closure(job: MeasureJob, events: Events) -> dict[str, Any]:
    """True ratios of efficiencies and widths of the two detectors."""
    analysis = job.analysis
    partons = PartonEvents(
        momenta=events.truth_momenta.astype(np.float64),
        pdg=events.truth_pdg,
        photons=np.zeros((len(events), 2, 4)),
        weight=np.ones(len(events)),
        x_mass_gev=events.x_mass_gev,
        sqrt_s_gev=events.sqrt_s_gev,
        process=events.process,
    )
    in_data = simulate(partons, detector_of(analysis, DATA), job.rng)
    content: dict[str, Any] = {}
    for name, cuts in _STEPS.items():
        pair = []
        for sample in (in_data, events):
            without = _passing(job, sample, but=cuts)
            passed = _passing(job, sample, but=())
            n, k = int(np.count_nonzero(without)), int(np.count_nonzero(passed))
            share = k / max(n, 1)
            pair.append(
                Measured(value=share, error=math.sqrt(max(share * (1.0 - share), 0.5 / n) / n))
            )
        found = ratio(*pair)
        shift = Measured(value=found.value - 1.0, error=found.error)
        content[name] = shift.to_dict()
    widths = [_width(job, sample) for sample in (in_data, events)]
    content["width_ratio"] = ratio(*widths).to_dict()
    return content


def _width(job: MeasureJob, events: Events) -> Measured:
    """Half the smallest interval of M_R with 68.3 % of the candidates near the mass."""
    found = select(events, job.analysis.selection, job.analysis.detector).candidates
    centre = float(reduced_mass(float(job.mass_gev or 0.0)))
    values = found.reduced_mass_gev[np.isfinite(found.reduced_mass_gev)]
    core = _core(values, centre)
    width = float(half_smallest_interval(core, _PROBABILITY))
    return Measured(value=width, error=1.3 * width / math.sqrt(2.0 * max(len(core), 1)))


def _core(values: FloatArray, centre: float) -> FloatArray:
    """Values within six robust widths of the centre: radiative tails are the same in both."""
    width = 1.48 * float(np.median(np.abs(values - np.median(values))))
    return values[np.abs(values - centre) < _CORE_SIGMAS * width]
