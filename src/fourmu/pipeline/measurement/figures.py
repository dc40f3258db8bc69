"""Figures of the measured systematic uncertainties."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from fourmu.physics.kinematics import FloatArray
from fourmu.plots import Points, draw_measured, draw_peak
from fourmu.systematics import BinnedEfficiency

from .jobs import DATA, SIMULATION

__all__ = ["systematics_figures"]

_TITLES = {DATA: "Pseudo-data", SIMULATION: "Simulation"}
_MASS = r"$m_X$ [GeV]"
_STEPS = {
    "trigger": "trigger",
    "particle_id": "identification",
    "background_photons": "photon cuts",
}


def systematics_figures(document: Mapping[str, Any]) -> dict[str, Figure]:
    """Draw what is in ``systematics.json``, by name."""
    figures = {"mlp_ratio": _mlp(document), "fit_bias": _fit_bias(document)}
    figures["identification"] = _identification(document)
    if f"trigger_{DATA}" in document:
        figures["three_track_trigger"] = _three_track(document)
        figures["single_muon_trigger"] = _single_muon(document)
    for name, title in (("prefit", "before the fit"), ("fitted", "after the fit")):
        peak = document["ee_mumu"][name]
        if "content" in peak:
            ratio = peak["width_ratio"]
            figures[f"jpsi_{name}"] = draw_peak(
                _array(peak["edges_gev"]),
                _array(peak["content"]),
                _array(peak["expected"]),
                title=f"Fit: {ratio['value']:.2f} ± {ratio['error']:.2f} of the simulated width",
                xlabel=rf"$M_R$ in $ee\mu\mu$, {title} [GeV]",
            )
    if "measured" in document["resolution_bias"]:
        figures["yield_bias"] = _yield_bias(document)
    for row in document["signal_closure"]:
        figures[f"shift_{row['step']}"] = _shift(row)
    return figures


def _array(values: Sequence[float | None]) -> FloatArray:
    return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def _three_track(document: Mapping[str, Any]) -> Figure:
    points = []
    for label, title in _TITLES.items():
        content = document[f"trigger_{label}"]
        found = BinnedEfficiency.from_dict(content["three_track"])
        points.append(_binned(found, title, line=_array(content["three_track_fit"])))
    return draw_measured(
        points,
        xlabel=r"$p_T$ of the third hardest track in acceptance [GeV]",
        ylabel="Three-track trigger efficiency",
    )


def _single_muon(document: Mapping[str, Any]) -> Figure:
    points = [
        _binned(
            BinnedEfficiency.from_dict(document[f"trigger_{label}"]["curves"]["single_muon"]),
            title,
            scale=180.0 / math.pi,
        )
        for label, title in _TITLES.items()
    ]
    return draw_measured(
        points, xlabel=r"$\theta$ of the muon [deg]", ylabel="Single-muon trigger efficiency"
    )


def _identification(document: Mapping[str, Any]) -> Figure:
    """Efficiencies against momentum, all polar angles together."""
    points = []
    for label, title in _TITLES.items():
        found = BinnedEfficiency.from_dict(document["identification"][label])
        shape = tuple(len(edge) - 1 for edge in found.edges)
        together = BinnedEfficiency(
            edges=found.edges[:1],
            passed=found.passed.reshape(shape).sum(axis=1),
            total=found.total.reshape(shape).sum(axis=1),
        )
        points.append(_binned(together, title))
    return draw_measured(points, xlabel=r"$p$ [GeV]", ylabel="Muon identification efficiency")


def _binned(
    found: BinnedEfficiency, title: str, *, scale: float = 1.0, line: FloatArray | None = None
) -> Points:
    edges = scale * found.edges[0]
    return Points(
        title=title,
        x=0.5 * (edges[1:] + edges[:-1]),
        x_error=0.5 * np.diff(edges),
        y=found.value,
        error=np.where(found.total > 0, found.error, np.nan),
        line=line,
    )


def _mlp(document: Mapping[str, Any]) -> Figure:
    ranges = document["mlp"]["ranges"]
    return draw_measured(
        [
            Points(
                title=r"$10.54 < M(4\mu) < 10.62$ GeV",
                x=np.arange(len(ranges), dtype=np.float64),
                y=_array([part["ratio"]["value"] for part in ranges]),
                error=_array([part["ratio"]["error"] for part in ranges]),
            )
        ],
        xlabel="MLP range",
        ylabel="MLP efficiency, pseudo-data / simulation",
        reference=1.0,
        band=(1.0 - 0.081, 1.0 + 0.081, "Paper, largest difference"),
    )


def _fit_bias(document: Mapping[str, Any]) -> Figure:
    found = document["fit_bias"]
    mass = _array(found["mass_gev"])
    return draw_measured(
        [
            Points(
                title=title,
                x=mass,
                y=_array([part["value"] for part in found[name]]),
                error=_array([part["error"] for part in found[name]]),
            )
            for name, title in (("width", "Width of pulls"), ("mean", "Mean of pulls"))
        ],
        xlabel=_MASS,
        ylabel="Pulls of overlaid signals",
        kind="simulation",
        reference=1.0,
    )


def _yield_bias(document: Mapping[str, Any]) -> Figure:
    found = document["resolution_bias"]
    mass = _array(found["mass_gev"])
    return draw_measured(
        [
            Points(title=title, x=mass, y=_array(found[name]), error=np.zeros(len(mass)))
            for name, title in (
                ("measured", "At the excluded yield"),
                ("large", f"At {found['large_times']:g} times this yield"),
            )
        ],
        xlabel=_MASS,
        ylabel="Fitted over true yield",
        kind="simulation",
        reference=1.0,
        band=(1.0 / 1.07 - 0.001, 1.0 / 1.07 + 0.001, "Paper, average"),
    )


def _shift(row: Mapping[str, Any]) -> Figure:
    mass = _array(row["mass_gev"])
    return draw_measured(
        [
            Points(
                title=title,
                x=mass,
                y=100.0 * _array(row[name]),
                error=100.0 * _array(row[f"{name}_error"]),
            )
            for name, title in (
                ("propagated", "Control samples, propagated"),
                ("true", "Signal in the detector of the pseudo-data"),
            )
        ],
        xlabel=_MASS,
        ylabel=f"Shift of the efficiency of the {_STEPS[row['step']]} [%]",
        reference=0.0,
    )
