"""ROC curves and the choice of working points of the five MLPs (Sec. IV D)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import COLOURS, headroom, label, new_figure, style

__all__ = ["Roc", "WorkingPointCurve", "draw_roc", "draw_working_points"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Roc:
    """Signal efficiency against background efficiency of one MLP."""

    title: str
    """MLP range."""
    signal_efficiency: FloatArray
    background_efficiency: FloatArray
    area: float


@dataclass(frozen=True, kw_only=True)
class WorkingPointCurve:
    """The threshold of one MLP range against mass, and the Punzi figure of merit there."""

    title: str
    mass_gev: FloatArray
    """(k,) masses of the optimisation."""
    cut_raw: FloatArray
    """(k,) best thresholds."""
    cut: FloatArray
    """(k,) smoothed thresholds, which are used."""
    figure_of_merit: FloatArray
    """(k,) eps / (a/2 + sqrt B) at the smoothed threshold."""


def draw_roc(curves: Sequence[Roc]) -> Figure:
    """Draw signal efficiency against background rejection, the independent test set."""
    with style():
        figure = new_figure()
        axes = figure.subplots()
        for i, curve in enumerate(curves):
            kept = curve.background_efficiency > 0.0
            axes.plot(
                curve.signal_efficiency[kept],
                1.0 / curve.background_efficiency[kept],
                color=COLOURS[i % len(COLOURS)],
                label=f"{curve.title}, area {curve.area:.3f}",
            )
        axes.set_yscale("log")
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(1.0, 1e4)
        axes.set_xlabel("Signal efficiency")
        axes.set_ylabel("Background rejection")
        axes.legend(loc="upper right")
        label(axes, "simulation")
    return figure


def draw_working_points(curves: Sequence[WorkingPointCurve]) -> Figure:
    """Draw the thresholds and, below, the Punzi figure of merit against mass."""
    with style():
        figure = new_figure(size_in=(8.0, 7.0))
        upper, lower = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": (1.6, 1.0), "hspace": 0.03}
        )
        for i, curve in enumerate(curves):
            colour = COLOURS[i % len(COLOURS)]
            upper.plot(curve.mass_gev, curve.cut_raw, ".", color=colour, alpha=0.7)
            upper.plot(curve.mass_gev, curve.cut, color=colour, label=curve.title)
            lower.plot(curve.mass_gev, curve.figure_of_merit, color=colour)
        upper.set_ylabel("MLP threshold")
        upper.set_ylim(0.0, 1.0)
        upper.legend(loc="upper right", ncols=2, title=r"MLP range; points: before smoothing")
        headroom(upper, fraction=0.25)
        lower.set_ylabel(r"$\varepsilon\,/\,(a/2+\sqrt{B})$")
        lower.set_ylim(bottom=0.0)
        lower.set_xlabel(r"$M(\mu\mu)$ [GeV]")
        lower.set_xlim(left=0.0)
        label(upper, "simulation")
    return figure
