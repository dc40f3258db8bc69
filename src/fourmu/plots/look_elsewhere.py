"""Global significances: the largest excess of pseudo-scans, and global levels over a scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import (
    BAND_ONE,
    COLOURS,
    Kind,
    break_at_gaps,
    headroom,
    label,
    new_figure,
    style,
    symbol_of,
)

__all__ = [
    "GlobalLevel",
    "GlobalLevels",
    "LargestSignificance",
    "draw_global_levels",
    "draw_largest_significance",
    "draw_resampled_scans",
    "global_levels",
]

FloatArray = npt.NDArray[np.float64]

_BIN: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class LargestSignificance:
    """Largest local significance of pseudo-scans and of the data in one region."""

    region: str
    """What the legend calls it."""
    pseudo_scans: FloatArray
    """(S,)."""
    expected_above: FloatArray
    """(k, 2) local significances and the expected number of excesses above them by Gross and
    Vitells."""
    observed: float
    p_global: str
    """The global p-value of the observed one, with its error."""


@dataclass(frozen=True, kw_only=True)
class GlobalLevel:
    """A global significance, and the local one that it needs."""

    z_global: float
    z_local: float
    by_bound: bool
    """Told by Gross and Vitells, for want of pseudo-scans."""


@dataclass(frozen=True, kw_only=True)
class GlobalLevels:
    """Local significance against mass, with NaN at gaps, and the levels drawn over it."""

    model: str
    mass_gev: FloatArray
    z_local: FloatArray
    levels: tuple[GlobalLevel, ...]


def global_levels(
    *,
    model: str,
    mass_gev: FloatArray,
    sigma_gev: FloatArray,
    z_local: FloatArray,
    levels: Sequence[GlobalLevel],
) -> GlobalLevels:
    """Break a scan at its vetoes.

    Parameters
    ----------
    model
        Name of the model.
    mass_gev, sigma_gev, z_local
        (n,) in order of mass.
    levels
        What is drawn at the second axis.
    """
    mass, z = break_at_gaps(mass_gev, sigma_gev, z_local)
    return GlobalLevels(model=model, mass_gev=mass, z_local=z, levels=tuple(levels))


def draw_largest_significance(contents: Sequence[LargestSignificance], *, kind: Kind) -> Figure:
    """Distribution of the largest excess, region by region, with the observed one.

    Parameters
    ----------
    contents
        One panel each.
    kind
        What was observed.
    """
    with style():
        figure = new_figure(size_in=(5.2 * len(contents), 4.8))
        panels = figure.subplots(1, len(contents), squeeze=False)[0]
        for axes, content in zip(panels, contents, strict=True):
            scans = content.pseudo_scans
            first = _BIN * np.floor(min(float(scans.min()), content.observed) / _BIN - 1.0)
            last = _BIN * np.ceil(max(float(scans.max()), content.observed) / _BIN + 1.0)
            edges = np.arange(first, last + 0.5 * _BIN, _BIN)
            axes.hist(
                scans,
                edges,
                color=BAND_ONE,
                label=f"{scans.size} pseudo-scans, {content.region}",
            )
            z, above = content.expected_above.T
            # the number of up-crossings is a Poisson variable where they are rare
            share = 1.0 - np.exp(-above)
            axes.plot(
                0.5 * (z[1:] + z[:-1]),
                -scans.size * _BIN * np.diff(share) / np.diff(z),
                color=COLOURS[0],
                linestyle="--",
                label="Gross-Vitells",
            )
            axes.axvline(
                content.observed,
                color=COLOURS[2],
                label=f"observed {content.observed:.2f}: p = {content.p_global}",
            )
            axes.set_xlim(first, last)
            axes.set_xlabel("Largest local significance")
            axes.set_ylabel(f"Pseudo-scans / {_BIN:g}")
            axes.legend(loc="upper right", fontsize=11)
            headroom(axes, fraction=0.28)
        label(panels[0], kind)
    return figure


def draw_global_levels(content: GlobalLevels, *, kind: Kind) -> Figure:
    """Local significance against mass, global significances at the right.

    A level that too few pseudo-scans reach is dashed: it is extrapolated from up-crossings.
    """
    symbol = symbol_of(content.model)
    with style():
        figure = new_figure(size_in=(9.0, 4.8))
        axes = figure.subplots()
        axes.plot(content.mass_gev, content.z_local, color=COLOURS[0], linewidth=0.6)
        for level in content.levels:
            axes.axhline(
                level.z_local,
                color="0.4",
                linewidth=1.0,
                linestyle="--" if level.by_bound else "-",
            )
        top = max(
            [float(np.nanmax(content.z_local, initial=0.0)), *(v.z_local for v in content.levels)]
        )
        axes.set_ylim(0.0, 1.08 * top)
        axes.set_xlim(0.0, 1.01 * float(np.max(content.mass_gev)))
        axes.set_xlabel(rf"$m_{{{symbol}}}$ [GeV]")
        axes.set_ylabel("Local significance")
        second = axes.twinx()
        second.set_ylim(axes.get_ylim())
        second.set_yticks(
            [level.z_local for level in content.levels],
            [f"{level.z_global:g}$\\sigma$" for level in content.levels],
        )
        second.minorticks_off()
        second.set_ylabel("Global significance")
        label(axes, kind, right="dashed: by Gross and Vitells")
    return figure


def draw_resampled_scans(
    by_event: FloatArray,
    by_candidate: FloatArray,
    mass_gev: FloatArray,
    variance_ratio: FloatArray,
    *,
    kind: Kind,
) -> Figure:
    """Scans of resampled events beside scans of resampled candidates.

    Parameters
    ----------
    by_event, by_candidate
        (S,) largest local significances.
    mass_gev, variance_ratio
        (W,) of each window, the variance of its number of candidates over that of a Poisson
        variable when events keep their candidates.
    kind
        What was resampled.
    """
    with style():
        figure = new_figure(size_in=(10.4, 4.8))
        left, right = figure.subplots(1, 2)
        both = np.concatenate([by_event, by_candidate])
        edges = np.arange(_BIN * np.floor(float(both.min()) / _BIN), float(both.max()) + _BIN, _BIN)
        left.hist(by_candidate, edges, color=BAND_ONE, label="candidates on their own")
        left.hist(
            by_event,
            edges,
            histtype="step",
            color=COLOURS[2],
            linewidth=1.6,
            label="events with all candidates",
        )
        left.set_xlabel("Largest local significance")
        left.set_ylabel(f"Scans / {_BIN:g}")
        left.legend(loc="upper right", fontsize=11)
        headroom(left, fraction=0.2)
        right.plot(mass_gev, variance_ratio, color=COLOURS[0], linewidth=0.8)
        right.axhline(1.0, color="0.5", linestyle=":")
        right.set_xlabel("Mass [GeV]")
        right.set_ylabel("Variance / mean, candidates in window")
        label(left, kind)
    return figure
