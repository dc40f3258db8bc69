"""Limits by asymptotic formulas and by pseudo-experiments, side by side against mass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import COLOURS, Kind, headroom, label, new_figure, style

__all__ = ["LimitMethods", "draw_limit_methods", "running_median"]

FloatArray = npt.NDArray[np.float64]

_EDGES: Final = (r"$-2\sigma$", r"$-1\sigma$", "median", r"$+1\sigma$", r"$+2\sigma$")
_EDGE_COLOURS: Final = (COLOURS[1], COLOURS[5], "black", COLOURS[0], COLOURS[3])
_NEIGHBOURS = 61  # windows in a running median: those that one window overlaps


@dataclass(frozen=True, kw_only=True)
class LimitMethods:
    """Limits of one model in n windows; NaN where a method was not used.

    Attributes
    ----------
    symbol
        How the particle is written in mathematics.
    mass_gev
        Shape (n,), increasing.
    observed, observed_toys, observed_toys_error
        Shape (n,): asymptotic, by toys, and the statistical error of that.
    expected, expected_toys, expected_pseudo
        Shape (n, 5): Asimov, by quantiles of toys, and quantiles of the limits of
        background-only pseudo-experiments.
    """

    symbol: str
    mass_gev: FloatArray
    observed: FloatArray
    observed_toys: FloatArray
    observed_toys_error: FloatArray
    expected: FloatArray
    expected_toys: FloatArray
    expected_pseudo: FloatArray


def running_median(values: FloatArray, neighbours: int = _NEIGHBOURS) -> FloatArray:
    """Median over each window and its neighbours, ignoring NaN; shape (n,)."""
    half = neighbours // 2
    return np.array(
        [_median(values[max(place - half, 0) : place + half + 1]) for place in range(len(values))]
    )


def _median(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else np.nan


def draw_limit_methods(content: LimitMethods, *, kind: Kind) -> Figure:
    """Ratios to the asymptotic limits: observed above, expected below."""
    with style():
        figure = new_figure(size_in=(9.0, 7.0))
        top, bottom = figure.subplots(2, 1, sharex=True)
        _draw_observed(top, content)
        _draw_expected(bottom, content)
        bottom.set_xlabel(rf"$m_{{{content.symbol}}}$ [GeV]")
        bottom.set_xlim(0.0, 1.01 * float(np.max(content.mass_gev)))
        label(top, kind)
    return figure


def _draw_observed(axes: Axes, content: LimitMethods) -> None:
    ratio = content.observed_toys / content.observed
    if np.any(np.isfinite(ratio)):
        axes.plot(
            content.mass_gev,
            ratio,
            ".",
            color="0.65",
            markersize=2.5,
            rasterized=True,
            label="Toys, each window",
        )
        error = running_median(content.observed_toys_error / content.observed)
        middle = running_median(ratio)
        axes.fill_between(
            content.mass_gev,
            middle - error,
            middle + error,
            color=COLOURS[0],
            alpha=0.35,
            linewidth=0.0,
            label="Error of one window",
        )
        axes.plot(content.mass_gev, middle, color=COLOURS[0], label="Toys, running median")
        low, high = np.nanquantile(ratio, (0.002, 0.998))
        axes.set_ylim(min(0.9, low), max(1.1, high))
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
    axes.set_ylabel("Observed limit\n/ asymptotic")
    axes.legend(loc="upper right", ncols=3, markerscale=4)
    headroom(axes, fraction=0.15)


def _draw_expected(axes: Axes, content: LimitMethods) -> None:
    for columns, line, title in (
        (content.expected_toys, "-", "toys"),
        (content.expected_pseudo, "--", "pseudo-experiments"),
    ):
        for edge, (name, colour) in enumerate(zip(_EDGES, _EDGE_COLOURS, strict=True)):
            ratio = running_median(columns[:, edge] / content.expected[:, edge])
            if np.any(np.isfinite(ratio)):
                axes.plot(
                    content.mass_gev,
                    ratio,
                    line,
                    color=colour,
                    linewidth=1.2,
                    label=name if line == "-" else None,
                )
        axes.plot([], [], line, color="0.4", label=title)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
    axes.set_ylabel("Expected limit\n/ Asimov")
    axes.legend(loc="upper right", ncols=4, fontsize=11)
    headroom(axes, fraction=0.3)
