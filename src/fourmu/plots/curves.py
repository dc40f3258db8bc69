"""Quantities against mass: efficiencies, resolution, rejection, multiplicity (Fig. 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import COLOURS, Kind, headroom, label, new_figure, style

__all__ = [
    "Curve",
    "draw_efficiency",
    "draw_multiplicity",
    "draw_rejection",
    "draw_resolution",
    "draw_trigger_efficiency",
]

FloatArray = npt.NDArray[np.float64]

_MASS_TITLE = r"$m_X$ [GeV]"
_PAIR_MASS_TITLE = r"$M(\mu\mu)$ [GeV]"
_MARKERS: Final = ("o", "^", "s", "D", "v", "P")
_AS_IN_FIGURE_10: Final = ("#832db6", "#e76300", *COLOURS[4:])
"""Purple dots for the Z', orange triangles for the scalar."""

# numbers in the text of the paper, Secs. IV A, IV D and V
_PAPER_TRIGGER = (np.array([0.212, 2.5, 8.5, 10.0]), np.array([0.91, 0.99, 0.99, 0.89]))
_PAPER_RESOLUTION = (np.array([0.6, 5.0, 9.0]), np.array([2.25e-3, 5e-3, 2.5e-3]))
_PAPER_REJECTION = (2.5, 14.0)
_PAPER_MULTIPLICITY_BACKGROUND = 1.7
_PAPER_MULTIPLICITY_SIGNAL = (1.4, 3.0)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Points against mass, and a smooth line through them where there is one."""

    title: str
    mass_gev: FloatArray
    """(n,)."""
    value: FloatArray
    error: FloatArray | None = None
    smooth_mass_gev: FloatArray | None = None
    """(m,) masses of the smooth line."""
    smooth_value: FloatArray | None = None
    """(m,) or (m, 2) with error bounds not drawn; NaN breaks the line."""


def draw_efficiency(curves: Sequence[Curve]) -> Figure:
    """Signal efficiency after all selections (Fig. 10), one curve per model."""
    with style():
        figure, axes = _canvas(curves, "Signal efficiency", _MASS_TITLE, colours=_AS_IN_FIGURE_10)
        axes.set_ylim(0.0, _top(curves))
        axes.legend(loc="upper right")
        headroom(axes, fraction=0.12)
    return figure


def draw_trigger_efficiency(curves: Sequence[Curve]) -> Figure:
    """Trigger efficiency of events that pass everything else, with the paper's numbers."""
    with style():
        figure, axes = _canvas(curves, "Trigger efficiency", _MASS_TITLE)
        mass, value = _PAPER_TRIGGER
        axes.plot(mass, value, "x--", color="0.4", linewidth=1.0, label="Paper, $Z'$ (text)")
        low = min([0.85, *(float(np.nanmin(curve.value)) - 0.02 for curve in curves)])
        axes.set_ylim(max(0.0, low), 1.02)
        axes.legend(loc="lower center")
    return figure


def draw_resolution(curves: Sequence[Curve]) -> Figure:
    """Draw sigma(M_R) against mass in MeV, with the paper's numbers."""
    scaled = [
        Curve(
            title=curve.title,
            mass_gev=curve.mass_gev,
            value=1e3 * curve.value,
            error=None if curve.error is None else 1e3 * curve.error,
            smooth_mass_gev=curve.smooth_mass_gev,
            smooth_value=None if curve.smooth_value is None else 1e3 * curve.smooth_value,
        )
        for curve in curves
    ]
    with style():
        figure, axes = _canvas(scaled, r"$\sigma(M_R)$ [MeV]", _MASS_TITLE)
        mass, value = _PAPER_RESOLUTION
        axes.plot(mass, 1e3 * value, "x", color="0.3", markersize=9, label="Paper (text)")
        axes.set_ylim(0.0, max(7.0, _top(scaled)))
        axes.legend(loc="upper left")
    return figure


def draw_rejection(curves: Sequence[Curve]) -> Figure:
    """Background rejection of the MLP selection against dimuon mass, with the paper's range."""
    with style():
        figure, axes = _canvas(curves, "Background rejection factor", _PAIR_MASS_TITLE)
        axes.axhspan(*_PAPER_REJECTION, color="0.88", zorder=0, label="Paper, range (text)")
        axes.set_ylim(0.0, max(16.0, _top(curves)))
        axes.legend(loc="upper right")
        headroom(axes, fraction=0.1)
    return figure


def draw_multiplicity(signal: Sequence[Curve], background: Curve) -> Figure:
    """Candidates per event that has any, after the MLP selection."""
    with style():
        figure, axes = _canvas([*signal, background], "Candidates per event", _MASS_TITLE)
        axes.axhspan(
            *_PAPER_MULTIPLICITY_SIGNAL, color="0.9", zorder=0, label="Paper, signal range (text)"
        )
        axes.axhline(
            _PAPER_MULTIPLICITY_BACKGROUND,
            color="0.4",
            linestyle="--",
            linewidth=1.0,
            label="Paper, background (text)",
        )
        axes.set_ylim(0.8, max(3.4, _top([*signal, background])))
        axes.legend(loc="upper right", ncols=2)
        headroom(axes, fraction=0.22)
    return figure


def _canvas(
    curves: Sequence[Curve],
    title: str,
    mass_title: str,
    *,
    kind: Kind = "simulation",
    colours: Sequence[str] = COLOURS,
) -> tuple[Figure, Axes]:
    """Axes with points and smooth lines."""
    figure = new_figure()
    axes = figure.subplots()
    for i, curve in enumerate(curves):
        colour = colours[i % len(colours)]
        axes.errorbar(
            curve.mass_gev,
            curve.value,
            curve.error,
            fmt=_MARKERS[i % len(_MARKERS)],
            color=colour,
            markersize=5,
            elinewidth=1.0,
            label=curve.title,
        )
        if curve.smooth_mass_gev is not None and curve.smooth_value is not None:
            axes.plot(curve.smooth_mass_gev, curve.smooth_value, color=colour, linewidth=1.4)
    axes.set_xlabel(mass_title)
    axes.set_ylabel(title)
    axes.set_xlim(left=0.0)
    label(axes, kind)
    return figure, axes


def _top(curves: Sequence[Curve]) -> float:
    """Upper end of an axis that starts at zero."""
    return 1.15 * max((float(np.nanmax(curve.value)) for curve in curves), default=1.0)
