"""All measurements together: sizes for the workspaces, Table I beside them, and the closure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourmu.config import Analysis
from fourmu.config.detector import Detector
from fourmu.statmodel import systematics_table
from fourmu.systematics import (
    BinnedEfficiency,
    ClosureRow,
    LeftOut,
    MassShift,
    MeasuredSizes,
    TriggerCurves,
    closure_document,
    mean_bias,
    measured_section,
    overall_ratio,
    ratio,
)

from .jobs import DATA, SIMULATION, detector_of, measured, numbers

__all__ = ["Findings", "document_of", "joined_identification"]

METHODS: Mapping[str, str] = {
    "trigger": "curves with the calorimeter trigger in tau pairs, propagated to the signal",
    "tracking": "configuration",
    "particle_id": "tag and probe in mu mu gamma, e e mu mu and J/psi, propagated",
    "beam_background": "level in random triggers; photon energies off by the resolution",
    "mlp": "efficiency in data over simulation, 10.54 < M(4mu) < 10.62 GeV",
    "interpolation": "simulated masses left out one at a time",
    "fit_bias": "pulls of signals overlaid on bootstrapped background",
    "mass_resolution": "width of the J/psi in e e mu mu; bias of the yield it gives",
    "luminosity": "configuration",
    "total": "",
}
_CONTROL_SAMPLES = ("mumu_gamma", "ee_mumu", "jpsi")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the measurements wrote, by method and label; what failed is not in it.

    Attributes
    ----------
    parts
        ``trigger_data``, ``trigger_simulation``, ``mumu_gamma_data`` ..., ``ee_mumu``, ``mlp``,
        ``fit_bias``, ``resolution_bias``.
    signals
        One per mass, in order.
    interpolation
        Leave-one-out test.
    windows
        Mass in GeV and MLP range of the windows.
    """

    parts: Mapping[str, Mapping[str, Any]]
    signals: Sequence[Mapping[str, Any]]
    interpolation: LeftOut
    windows: Sequence[tuple[float, int]]


def joined_identification(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Identification of muons in all control samples together, in data and in simulation."""
    return {
        label: _together(
            [
                found
                for sample in _CONTROL_SAMPLES
                if (found := _identification(parts, sample, label)) is not None
            ]
        ).to_dict()
        for label in (DATA, SIMULATION)
    }


def _together(parts: Sequence[BinnedEfficiency]) -> BinnedEfficiency:
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def _identification(
    parts: Mapping[str, Mapping[str, Any]], sample: str, label: str
) -> BinnedEfficiency | None:
    if sample == "mumu_gamma":
        found = parts.get(f"identification_{label}")
        return None if found is None else BinnedEfficiency.from_dict(found["efficiency"])
    return BinnedEfficiency.from_dict(parts["ee_mumu"]["identification"][f"{sample}_{label}"])


def document_of(analysis: Analysis, found: Findings, *, external: bool) -> dict[str, Any]:
    """Content of ``systematics.json``, without provenance.

    Parameters
    ----------
    analysis
        The configuration.
    found
        What was measured.
    external
        Whether the data come from outside: nothing is known to have been put in.
    """
    shifts = _shifts(found.signals)
    bias = found.parts["resolution_bias"]
    yield_bias = mean_bias(_array(bias["measured"])) if "measured" in bias else None
    pulls = found.parts["fit_bias"]["all"]
    ratios = [measured(part, "ratio") for part in found.parts["mlp"]["ranges"]]
    section = measured_section(
        MeasuredSizes(
            trigger=shifts.get("trigger"),
            particle_id=shifts.get("particle_id"),
            beam_background=[
                shifts[name]
                for name in ("background_photons", "photon_threshold")
                if name in shifts
            ],
            mlp=ratios,
            interpolation=found.interpolation.spread,
            fit_width=measured(pulls, "width"),
            yield_bias=yield_bias,
        ),
        analysis.statmodel.systematics,
    )
    not_measured = {
        name: reason
        for name, reason, missing in (
            ("trigger", "no control sample with a calorimeter trigger", "trigger" not in shifts),
            ("particle_id", "no control sample with muons", "particle_id" not in shifts),
            ("particle_id", "no pairs of muons in both samples", "particle_id" not in shifts),
            (
                "interpolation",
                "too few simulated masses to leave one out",
                not math.isfinite(found.interpolation.spread.value),
            ),
            (
                "fit_bias",
                "no fit of an overlaid signal has an error",
                not math.isfinite(measured(pulls, "width").value),
            ),
            ("mass_resolution", bias.get("message", ""), yield_bias is None),
        )
        if missing
    }
    errors = {
        "trigger": _largest_error(shifts.get("trigger")),
        "particle_id": _largest_error(shifts.get("particle_id")),
        "beam_background": _largest_error(shifts.get("background_photons")),
        "mlp": max((part.error for part in ratios if math.isfinite(part.error)), default=math.nan),
        "interpolation": found.interpolation.spread.error,
        "fit_bias": measured(pulls, "width").error,
        "mass_resolution": _resolution_error(bias),
    }
    rows = [
        {
            "source": row.source,
            "table_i": [row.paper_smallest, row.paper_largest],
            "measured": [row.smallest, row.largest],
            "error": numbers([errors.get(row.source, math.nan)])[0],
            "method": not_measured.get(row.source) or METHODS[row.source],
            "is_measured": row.source in errors and row.source not in not_measured,
        }
        for row in systematics_table(section, found.windows)
    ]
    return {
        "sizes": section.model_dump(mode="json"),
        "not_measured": not_measured,
        "rows": rows,
        "shifts": {name: shift.to_dict() for name, shift in shifts.items()},
        "closure": [] if external else closure_document(_closure_rows(analysis, found)),
        "signal_closure": [] if external else _signal_closure(found, shifts),
        "signal_widths": [] if external else _signal_widths(found),
        "identification": joined_identification(found.parts),
        "interpolation": {
            "spread": found.interpolation.spread.to_dict(),
            "statistical": numbers([found.interpolation.statistical])[0],
            "largest": numbers([found.interpolation.largest])[0],
            "masses": found.interpolation.masses,
        },
        "yield_bias": None if yield_bias is None else yield_bias.to_dict(),
        "scales": [
            {name: signal[name] for name in ("mass_gev", "momentum_scale", "beam_energy")}
            for signal in found.signals
        ],
        **found.parts,
    }


def _shifts(signals: Sequence[Mapping[str, Any]]) -> dict[str, MassShift]:
    """Join the shifts of all masses."""
    names = dict.fromkeys(name for signal in signals for name in signal["shifts"])
    known = {name: [s for s in signals if name in s["shifts"]] for name in names}
    return {
        name: MassShift(
            **{
                field: np.concatenate([_array(s["shifts"][name][field]) for s in known[name]])
                for field in ("mass_gev", "shift", "error")
            }
        )
        for name in names
    }


def _array(values: Any) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def _largest_error(shift: MassShift | None) -> float:
    """Error where the size is largest."""
    return math.nan if shift is None else float(shift.error[int(np.argmax(shift.size))])


def _resolution_error(bias: Mapping[str, Any]) -> float:
    """Change of the bias when the measured width moves by its error."""
    if "measured" not in bias:
        return math.nan
    return float(abs(np.nanmean(_array(bias["wider"])) - np.nanmean(_array(bias["measured"]))))


def _closure_rows(analysis: Analysis, found: Findings) -> list[ClosureRow]:
    """What the pseudo-data were made with, and what the control samples say."""
    data, simulation = (detector_of(analysis, label) for label in (DATA, SIMULATION))
    parts = found.parts
    return [
        *_trigger_closure(parts, data, simulation),
        *_identification_closure(parts, data, simulation),
        _level_closure(parts, data, simulation),
        *_resolution_closure(parts, data, simulation),
    ]


def _trigger_closure(
    parts: Mapping[str, Mapping[str, Any]], data: Detector, simulation: Detector
) -> list[ClosureRow]:
    curves = [
        TriggerCurves.from_dict(parts[f"trigger_{label}"]["curves"]) for label in (DATA, SIMULATION)
    ]
    half, width = (
        curves[0].three_track.parameter(name).minus(curves[1].three_track.parameter(name))
        for name in ("half_gev", "width_gev")
    )
    return [
        ClosureRow(
            quantity="three-track trigger: shift of the turn-on (GeV)",
            put_in=data.three_track_pt_half_gev - simulation.three_track_pt_half_gev,
            measured=half,
            sample="tau pairs, e + 3 hadrons",
        ),
        ClosureRow(
            quantity="three-track trigger: change of the width (GeV)",
            put_in=data.three_track_pt_width_gev - simulation.three_track_pt_width_gev,
            measured=width,
            sample="tau pairs, e + 3 hadrons",
        ),
        ClosureRow(
            quantity="single-muon trigger: efficiency over simulation",
            put_in=_scale(data.single_muon_efficiency, simulation.single_muon_efficiency),
            measured=overall_ratio(curves[0].single_muon, curves[1].single_muon),
            sample="tau pairs, e + mu",
        ),
    ]


def _identification_closure(
    parts: Mapping[str, Mapping[str, Any]], data: Detector, simulation: Detector
) -> list[ClosureRow]:
    rows = []
    for sample in _CONTROL_SAMPLES:
        pair = [_identification(parts, sample, label) for label in (DATA, SIMULATION)]
        in_data, expected = pair
        if in_data is None or expected is None or not expected.total.sum():
            continue
        rows.append(
            ClosureRow(
                quantity="muon identification: efficiency over simulation",
                put_in=_scale(data.muon_id_efficiency, simulation.muon_id_efficiency),
                measured=overall_ratio(in_data, expected),
                sample={"mumu_gamma": "mu mu gamma", "ee_mumu": "e e mu mu", "jpsi": "J/psi"}[
                    sample
                ],
            )
        )
    return rows


def _level_closure(
    parts: Mapping[str, Mapping[str, Any]], data: Detector, simulation: Detector
) -> ClosureRow:
    levels = [measured(parts[f"level_{label}"], "photons") for label in (DATA, SIMULATION)]
    return ClosureRow(
        quantity="photons of beam background over simulation",
        put_in=data.background_photons_mean / max(simulation.background_photons_mean, 1e-12),
        measured=ratio(levels[0], levels[1]),
        sample="random triggers",
    )


def _resolution_closure(
    parts: Mapping[str, Mapping[str, Any]], data: Detector, simulation: Detector
) -> list[ClosureRow]:
    found = parts["ee_mumu"]
    rows = []
    if "width_ratio" in found["prefit"]:
        rows.append(
            ClosureRow(
                quantity="track resolution over simulation",
                put_in=data.resolution_scale / simulation.resolution_scale,
                measured=measured(found["prefit"], "width_ratio"),
                sample="J/psi, before the fit",
            )
        )
    rows.append(
        ClosureRow(
            quantity="momentum scale minus one",
            put_in=0.0,
            measured=measured(found, "momentum_scale"),
            sample="J/psi, before the fit",
        )
    )
    return rows


def _scale(data: Sequence[float], simulation: Sequence[float]) -> float:
    """Factor between two curves that were scaled, taken where it is largest."""
    return sum(data) / sum(simulation) if sum(simulation) > 0.0 else math.nan


def _signal_widths(found: Findings) -> list[dict[str, Any]]:
    """Widths of the signal after the fit in the detector of the data, over simulation."""
    return [
        {"mass_gev": signal["mass_gev"], **signal["closure"]["width_ratio"]}
        for signal in found.signals
    ]


def _signal_closure(found: Findings, shifts: Mapping[str, MassShift]) -> list[dict[str, Any]]:
    """Propagated shifts beside those of the same signal events in the detector of the data."""
    rows = []
    for step, name in (
        ("trigger", "trigger"),
        ("identification", "particle_id"),
        ("photons", "background_photons"),
    ):
        if name not in shifts:
            continue
        true = [measured(signal["closure"], step) for signal in found.signals]
        expected = shifts[name]
        error = np.hypot([m.error for m in true], expected.error)
        pull = (expected.shift - np.array([m.value for m in true])) / error
        rows.append(
            {
                "step": name,
                "mass_gev": numbers(expected.mass_gev),
                "propagated": numbers(expected.shift),
                "propagated_error": numbers(expected.error),
                "true": numbers([m.value for m in true]),
                "true_error": numbers([m.error for m in true]),
                "chi2": float(np.sum(pull**2)),
                "masses": len(pull),
            }
        )
    return rows
