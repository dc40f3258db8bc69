"""Figures of measured systematic uncertainties: efficiencies, shifts, peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import COLOURS, Kind, headroom, label, new_figure, style

__all__ = ["Points", "draw_measured", "draw_peak"]

FloatArray = npt.NDArray[np.float64]
_MARKERS = ("o", "s", "^", "D", "v")


@dataclass(frozen=True, kw_only=True)
class Points:
    """Measured values with errors, and a line through them where there is one.

    Attributes
    ----------
    title
        For the legend.
    x, y, error
        (n,); values without an error that is finite are not drawn.
    x_error
        (n,) half widths of bins, if any.
    line
        (n,) or None: values of a curve at the same places.
    """

    title: str
    x: FloatArray
    y: FloatArray
    error: FloatArray
    x_error: FloatArray | None = None
    line: FloatArray | None = None


def draw_measured(
    points: Sequence[Points],
    *,
    xlabel: str,
    ylabel: str,
    kind: Kind = "pseudo-data",
    reference: float | None = None,
    band: tuple[float, float, str] | None = None,
    log_x: bool = False,
) -> Figure:
    """Draw measured values.

    Parameters
    ----------
    points
        What is drawn.
    xlabel, ylabel, kind
        Words.
    reference
        A horizontal line, for example where nothing differs.
    band
        A horizontal band: low, high, title.
    log_x
        Whether the horizontal axis is logarithmic.
    """
    with style():
        figure = new_figure()
        axes = figure.subplots()
        if band is not None:
            low, high, title = band
            axes.axhspan(low, high, color="0.9", zorder=0, label=title)
        if reference is not None:
            axes.axhline(reference, color="0.5", linewidth=1.0, zorder=1)
        for place, found in enumerate(points):
            colour = COLOURS[place % len(COLOURS)]
            usable = np.isfinite(found.y) & np.isfinite(found.error)
            axes.errorbar(
                found.x[usable],
                found.y[usable],
                found.error[usable],
                None if found.x_error is None else found.x_error[usable],
                fmt=_MARKERS[place % len(_MARKERS)],
                color=colour,
                markersize=5,
                elinewidth=1.0,
                label=found.title,
            )
            if found.line is not None:
                axes.plot(found.x, found.line, color=colour, linewidth=1.4)
        if log_x:
            axes.set_xscale("log")
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.legend(loc="best")
        label(axes, kind)
        headroom(axes, fraction=0.15)
    return figure


def draw_peak(
    edges_gev: FloatArray,
    content: FloatArray,
    expected: FloatArray,
    *,
    title: str,
    xlabel: str,
    kind: Kind = "pseudo-data",
) -> Figure:
    """Draw a peak in bins, and the fit to it.

    Parameters
    ----------
    edges_gev
        (n + 1,) edges of the bins.
    content, expected
        (n,) counts and fit.
    title
        Of the fit, for the legend.
    xlabel, kind
        Words.
    """
    with style():
        figure = new_figure()
        axes = figure.subplots()
        centre = 0.5 * (edges_gev[1:] + edges_gev[:-1])
        axes.errorbar(
            centre,
            content,
            np.sqrt(content),
            fmt="o",
            color="black",
            markersize=3,
            elinewidth=0.8,
            label=str(kind).capitalize(),
        )
        axes.stairs(expected, edges_gev, color=COLOURS[2], linewidth=1.6, label=title)
        axes.set_ylim(bottom=0.0)
        axes.set_xlim(edges_gev[0], edges_gev[-1])
        axes.set_xlabel(xlabel)
        axes.set_ylabel(f"Candidates / {1e3 * (edges_gev[1] - edges_gev[0]):.1f} MeV")
        axes.legend(loc="upper right")
        label(axes, kind)
        headroom(axes, fraction=0.15)
    return figure
