"""Figures of the coverage study: coverage against signal strength, toys beside formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import COLOURS, label, new_figure, style

__all__ = ["CoverageCurve", "ToyRatios", "draw_coverage", "draw_toy_ratios"]

FloatArray = npt.NDArray[np.float64]
_MARKERS = ("o", "^", "s", "D")


@dataclass(frozen=True, kw_only=True)
class CoverageCurve:
    """Measured coverages at one background rate, against the true signal."""

    title: str
    deviations: FloatArray
    """(k,) true signal in standard deviations of the best fit."""
    cls: FloatArray
    """(k,) coverage of limits by toys."""
    p_sb: FloatArray
    """(k,) fraction with CLs+b at the truth not below 1 - confidence level."""
    asymptotic: FloatArray
    """(k,) coverage of asymptotic limits."""
    experiments: int
    """Pseudo-experiments of each point."""


@dataclass(frozen=True, kw_only=True)
class ToyRatios:
    """Limits by toys over asymptotic ones in many data sets at one background rate."""

    title: str
    outcome: FloatArray
    """(n,) asymptotic limit over the median expected one."""
    ratio: FloatArray
    """(n,)."""
    error: FloatArray
    """(n,) statistical."""


def draw_coverage(
    curves: Sequence[CoverageCurve], *, expected: tuple[FloatArray, FloatArray], level: float
) -> Figure:
    """Draw coverages of CLs and CLs+b by toys and of asymptotic limits.

    Parameters
    ----------
    curves
        What was measured.
    expected
        Signal and coverage of CLs for a Gaussian best fit, both (m,).
    level
        Confidence level.
    """
    with style():
        figure = new_figure(size_in=(8.0, 9.0))
        panels = figure.subplots(3, 1, sharex=True, sharey=True, gridspec_kw={"hspace": 0.03})
        titles = ("CLs by toys", "CLs, asymptotic", r"$p_{s+b}$ by toys")
        columns = ("cls", "asymptotic", "p_sb")
        for axes, title, column in zip(panels, titles, columns, strict=True):
            axes.axhline(level, color="0.5", linewidth=0.8)
            if column != "p_sb":
                axes.plot(*expected, color="0.3", linestyle="--", label="Gaussian best fit")
            for i, curve in enumerate(curves):
                values: FloatArray = getattr(curve, column)
                axes.errorbar(
                    curve.deviations + 0.03 * (i - 0.5 * (len(curves) - 1)),
                    values,
                    np.sqrt(values * (1.0 - values) / curve.experiments),
                    marker=_MARKERS[i],
                    color=COLOURS[i],
                    linestyle="none",
                    markersize=6,
                    label=curve.title,
                )
            axes.set_ylabel("Coverage", loc="center")
            axes.text(0.03, 0.08, title, transform=axes.transAxes)
        panels[0].set_ylim(0.83, 1.015)
        panels[0].legend(loc="upper right", fontsize=12)
        panels[-1].set_xlabel(r"True signal / $\sigma$")
        label(panels[0], "simulation")
    return figure


def draw_toy_ratios(samples: Sequence[ToyRatios]) -> Figure:
    """Draw limits by toys over asymptotic ones against the outcome."""
    with style():
        figure = new_figure(size_in=(8.0, 5.0))
        axes = figure.subplots()
        axes.axhline(1.0, color="0.5", linewidth=0.8)
        for i, sample in enumerate(samples):
            axes.errorbar(
                sample.outcome,
                sample.ratio,
                sample.error,
                marker=_MARKERS[i],
                color=COLOURS[i],
                linestyle="none",
                linewidth=0.8,
                markersize=5,
                label=sample.title,
            )
        axes.set_xlabel("Asymptotic limit / median expected limit")
        axes.set_ylabel("Limit by toys / asymptotic limit")
        axes.legend(loc="upper right")
        label(axes, "simulation")
    return figure
