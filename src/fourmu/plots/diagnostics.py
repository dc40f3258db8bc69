"""Pulls and impacts of nuisance parameters, of one window and of many; goodness of fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import BAND_ONE, BAND_TWO, COLOURS, Kind, headroom, label, new_figure, style

if TYPE_CHECKING:  # a name in annotations; importing it would load the engine
    from fourmu.inference.diagnostics import Diagnostics

__all__ = [
    "Overview",
    "Ranking",
    "draw_overview",
    "draw_p_values",
    "draw_ranking",
    "overview",
    "ranking",
    "source_title",
]

FloatArray = npt.NDArray[np.float64]

_TITLES = {
    "particle_id": "particle identification",
    "beam_background": "beam background",
    "mlp": "MLP",
    "fit_bias": "fit bias",
    "mass_resolution": "mass resolution",
}


def source_title(name: str) -> str:
    """How a systematic uncertainty is called in a figure; unknown names stay."""
    return _TITLES.get(name, name)


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Constrained parameters of one window, the one of largest impact first."""

    title: str
    poi: str
    poi_hat: float
    poi_hat_error: float
    """NaN at a boundary."""
    names: tuple[str, ...]
    """(s,)."""
    pull: FloatArray
    """(s,)."""
    pull_error: FloatArray
    """(s,) error of the fit over that of the constraint."""
    prefit: FloatArray
    """(s, 2) moves of the best fit: parameter up, down."""
    postfit: FloatArray
    limit_impact: FloatArray
    """(s,) relative, on the median expected limit."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Constrained parameters over W windows, that of largest mean impact first."""

    title: str
    names: tuple[str, ...]
    """(s,), the last one stands for all together."""
    pull: FloatArray
    """(s, W), NaN in the last row."""
    limit_impact: FloatArray
    """(s, W) relative, on the median expected limit."""


def ranking(found: Diagnostics, place: int, *, at_most: int = 20) -> Ranking:
    """Prepare the ranking of one window: at most so many parameters."""
    fitted, moved, limits = found.best_fit, found.on_best_fit, found.limits
    size = np.nan_to_num(np.abs(moved.postfit[:, place]).max(axis=1))
    own = [name in fitted.parameter_names[place] for name in moved.sources]
    order = np.argsort(-size, kind="stable")
    rows = np.array([row for row in order if own[row]], dtype=np.int64)[:at_most]
    names = tuple(moved.sources[row] for row in rows)
    first = int(fitted.parameter_start[place])
    at = np.array([first + fitted.parameter_names[place].index(name) for name in names], dtype=int)
    return Ranking(
        title=Path(limits.workspaces[place]).stem,
        poi=limits.poi_names[place],
        poi_hat=float(limits.poi_hat[place]),
        poi_hat_error=float(limits.poi_hat_error[place]),
        names=names,
        pull=fitted.pull[at],
        pull_error=fitted.error[at] / fitted.uncertainty[at],
        prefit=moved.prefit[rows, place],
        postfit=moved.postfit[rows, place],
        limit_impact=found.on_limits.expected[rows, place],
    )


def overview(found: Diagnostics, *, title: str = "") -> Overview:
    """Prepare pulls and impacts over all windows."""
    sources = found.on_limits.sources
    impact = np.vstack([found.on_limits.expected, found.on_limits.expected_all])
    pull = np.array([found.best_fit.of(name, "pull") for name in sources])
    pull = np.vstack(
        [pull.reshape(len(sources), impact.shape[1]), np.full(impact.shape[1], np.nan)]
    )
    order = np.append(np.argsort(-_mean(impact[:-1]), kind="stable"), len(sources))
    return Overview(
        title=title or f"{int(found.limits.ok.sum())} windows",
        names=(*(sources[row] for row in order[:-1]), "all together"),
        pull=pull[order],
        limit_impact=impact[order],
    )


def _mean(values: FloatArray) -> FloatArray:
    """Mean of each row over what is finite, 0 if nothing is."""
    finite = np.isfinite(values)
    return np.asarray(np.where(finite, values, 0.0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1))


def draw_ranking(content: Ranking) -> Figure:
    """Draw pulls with errors, and impacts on best fit and limit, of one window."""
    rows = np.arange(len(content.names))
    with style():
        figure = new_figure(size_in=(10.0, 2.2 + 0.38 * max(len(rows), 3)))
        left, middle, right = figure.subplots(
            1, 3, sharey=True, gridspec_kw={"width_ratios": (1.0, 1.5, 0.8)}
        )
        _band(left)
        left.errorbar(content.pull, rows, xerr=content.pull_error, fmt="o", color="black")
        reach = 1.1 * float(np.nanmax(np.abs(content.pull) + content.pull_error, initial=1.9))
        left.set_xlim(-reach, reach)
        left.set_xlabel("Pull", loc="center")
        left.set_yticks(rows, [source_title(name) for name in content.names])
        left.tick_params(axis="y", which="both", right=False)
        left.minorticks_off()
        for side, (name, colour) in enumerate((("up", COLOURS[0]), ("down", COLOURS[1]))):
            middle.barh(
                rows, content.prefit[:, side], 0.7, fill=False, edgecolor=colour, linewidth=1.2
            )
            middle.barh(
                rows,
                content.postfit[:, side],
                0.7,
                color=colour,
                alpha=0.6,
                label=f"1$\\sigma$ {name}",
            )
        middle.axvline(0.0, color="0.5", linewidth=0.8)
        middle.set_xlabel(f"Move of the best fit of {content.poi}", loc="center")
        middle.legend(loc="lower right", fontsize=11, title="filled: post-fit", title_fontsize=11)
        right.barh(rows, 100.0 * content.limit_impact, 0.7, color=COLOURS[6])
        right.set_xlabel("Limit worse by (%)", loc="center")
        for axes in (middle, right):
            axes.tick_params(axis="y", which="both", left=False, right=False)
        left.set_ylim(len(rows) - 0.4, -0.6)
        best = f"{content.poi_hat:.3g}"
        if np.isfinite(content.poi_hat_error):
            best += rf" $\pm$ {content.poi_hat_error:.2g}"
        left.set_title(rf"$\bf{{fourmu}}$  {content.title}", loc="left", fontsize=15, pad=8)
        right.set_title(f"{content.poi} = {best}", loc="right", fontsize=13, pad=8)
    return figure


def draw_overview(content: Overview, *, kind: Kind | None = None) -> Figure:
    """Draw how pulls and impacts on the expected limit spread over the windows."""
    rows = np.arange(len(content.names))
    with style():
        figure = new_figure(size_in=(10.0, 1.8 + 0.4 * len(rows)))
        left, right = figure.subplots(1, 2, sharey=True)
        _band(left)
        _spread(left, content.pull)
        reach = max(2.2, 1.1 * float(np.nanmax(np.abs(content.pull), initial=0.0)))
        left.set_xlim(-reach, reach)
        left.set_xlabel("Pull", loc="center")
        _spread(right, 100.0 * content.limit_impact)
        right.set_xlim(left=0.0)
        right.set_xlabel("Expected limit worse by (%)", loc="center")
        left.set_yticks(rows, [source_title(name) for name in content.names])
        left.set_ylim(len(rows) - 0.4, -0.6)
        left.tick_params(axis="y", which="both", left=False, right=False)
        right.tick_params(axis="y", which="both", left=False, right=False)
        if np.isfinite(content.limit_impact).any():
            right.legend(loc="upper right", fontsize=11, bbox_to_anchor=(1.0, 0.9))
        if kind is None:
            left.set_title(r"$\bf{fourmu}$", loc="left", fontsize=15, pad=8)
        else:
            label(left, kind)
        right.set_title(content.title, loc="right", fontsize=13, pad=8)
    return figure


def _band(axes: Axes) -> None:
    axes.axvspan(-2, 2, color=BAND_TWO, alpha=0.6, linewidth=0.0, zorder=0)
    axes.axvspan(-1, 1, color=BAND_ONE, alpha=0.6, linewidth=0.0, zorder=0)
    axes.axvline(0.0, color="0.5", linewidth=0.8, zorder=1)


def _spread(axes: Axes, values: FloatArray) -> None:
    """Range, middle 68 % and mean of each row over the windows."""
    titles: tuple[str | None, ...] = ("all windows", "68 % of them", "mean")
    for row, entries in enumerate(values):
        known = entries[np.isfinite(entries)]
        if known.size == 0:
            continue
        low, high = np.quantile(known, (0.16, 0.84))
        first, middle, last = titles
        titles = (None, None, None)  # one entry in the legend
        ends = [known.min(), known.max()]
        axes.plot(ends, [row, row], color="0.55", linewidth=1.2, label=first)
        axes.barh(row, high - low, 0.55, left=low, color=COLOURS[0], alpha=0.6, label=middle)
        axes.plot([known.mean()], [row], "|", color="black", markersize=12, label=last)


def draw_p_values(
    samples: Mapping[str, FloatArray], *, kind: Kind, title: str, bins: int = 10
) -> Figure:
    """Draw how p-values of goodness of fit are distributed, relative to a uniform distribution.

    Parameters
    ----------
    samples
        By title, the p-values (n,) of windows that share no data; NaN where there is none.
    kind, title
        Words above the figure.
    bins
        Between 0 and 1.
    """
    with style():
        figure = new_figure(size_in=(8.0, 4.6))
        axes = figure.subplots()
        for i, (name, p_values) in enumerate(samples.items()):
            known = p_values[np.isfinite(p_values)]
            counts, edges = np.histogram(known, bins=bins, range=(0.0, 1.0))
            expected = max(known.size / bins, 1.0)
            centres = 0.5 * (edges[1:] + edges[:-1]) + 0.012 * (i - 0.5 * (len(samples) - 1))
            axes.errorbar(
                centres,
                counts / expected,
                np.sqrt(expected) / expected,
                fmt=("o", "s", "^")[i % 3],
                color=COLOURS[i],
                markersize=6,
                label=f"{name}, {known.size} windows",
            )
        axes.axhline(1.0, color="0.5", linewidth=0.8)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("p-value of the goodness of fit")
        axes.set_ylabel("Windows / uniform")
        axes.legend(loc="upper left")
        headroom(axes, fraction=0.25)
        label(axes, kind, right=title)
    return figure
