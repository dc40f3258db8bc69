"""Figures of the studies: quantities against mass, fits of one window, widths, linearity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import BAND_ONE, BAND_TWO, COLOURS, Kind, headroom, label, new_figure, style

__all__ = [
    "BackgroundFit",
    "Linearity",
    "MassCurve",
    "WidthScan",
    "draw_against_mass",
    "draw_background_fits",
    "draw_linearity",
    "draw_widths",
]

FloatArray = npt.NDArray[np.float64]
_MARKERS = ("o", "^", "s", "D")


@dataclass(frozen=True, kw_only=True)
class MassCurve:
    """Something of every window, as a line or as points."""

    title: str
    mass_gev: FloatArray
    """(n,)."""
    value: FloatArray
    """(n,), NaN where there is none."""
    points: bool = False


@dataclass(frozen=True, kw_only=True)
class BackgroundFit:
    """A fit of the bins of a window."""

    title: str
    expected: FloatArray
    """(n,) contents."""


@dataclass(frozen=True, kw_only=True)
class WidthScan:
    """Sensitivity and bias against the width of the windows."""

    title: str
    width_sigmas: FloatArray
    """(k,)."""
    limit: FloatArray
    """(k,) expected limit relative to that of the width in use."""
    bias: FloatArray
    """(k,) rms spurious signal in units of the error of the fit."""


@dataclass(frozen=True, kw_only=True)
class Linearity:
    """Fits of many pseudo-data sets against the injected signal."""

    title: str
    injected: FloatArray
    """(k,) in units of the error of a fit without signal."""
    fitted: FloatArray
    """(k,) mean best fit in the same units."""
    fitted_error: FloatArray
    pull_mean: FloatArray
    """(k,) of (fitted - injected) / error."""
    pull_width: FloatArray
    count: FloatArray
    """(k,) pulls."""


def draw_against_mass(
    curves: Sequence[MassCurve],
    *,
    ylabel: str,
    kind: Kind,
    band: bool = False,
    spans: Sequence[tuple[float, float, str]] = (),
    borders_gev: Sequence[float] = (),
    right: str = "",
) -> Figure:
    """Draw curves or points against mass.

    Parameters
    ----------
    curves
        What is drawn.
    ylabel, kind, right
        Words.
    band
        Whether to show one and two standard deviations around zero.
    spans
        Horizontal bands: low, high, title.
    borders_gev
        Masses to mark: borders of the MLP ranges.
    """
    with style():
        figure = new_figure(size_in=(9.0, 4.8))
        axes = figure.subplots()
        if band:
            axes.axhspan(-2, 2, color=BAND_TWO, linewidth=0.0, zorder=0, alpha=0.6)
            axes.axhspan(-1, 1, color=BAND_ONE, linewidth=0.0, zorder=0, alpha=0.6)
        for low, high, title in spans:
            axes.axhspan(low, high, color="0.85", linewidth=0.0, zorder=0, label=title)
        for i, border in enumerate(borders_gev):
            axes.axvline(
                border,
                color=COLOURS[2],
                linestyle=":",
                linewidth=1.4,
                label="Borders of the MLP ranges" if i == 0 else None,
            )
        for i, curve in enumerate(curves):
            colour = COLOURS[i % len(COLOURS)]
            if curve.points:
                marker = _MARKERS[i % len(_MARKERS)]
                axes.plot(
                    curve.mass_gev, curve.value, marker, color=colour, label=curve.title, alpha=0.9
                )
            else:
                axes.plot(
                    curve.mass_gev,
                    curve.value,
                    color=colour,
                    linewidth=0.8 if len(curves) == 1 else 1.4,
                    label=curve.title,
                )
        if all(np.nanmin(curve.value, initial=0.0) >= 0.0 for curve in curves):
            axes.set_ylim(bottom=0.0)
        else:
            reach = 1.1 * max(
                float(np.nanmax(np.abs(curve.value), initial=0.0)) for curve in curves
            )
            axes.set_ylim(-reach, reach)
            axes.axhline(0.0, color="0.5", linewidth=0.8)
        axes.set_xlim(0.0, 1.01 * max(float(np.max(curve.mass_gev)) for curve in curves))
        axes.set_xlabel(r"$m_X$ [GeV]")
        axes.set_ylabel(ylabel)
        axes.legend(loc="upper right", ncols=2, fontsize=12)
        headroom(axes, fraction=0.2)
        label(axes, kind, right=right)
    return figure


def draw_background_fits(
    bin_low: FloatArray,
    bin_high: FloatArray,
    observed: FloatArray,
    fits: Sequence[BackgroundFit],
    *,
    kind: Kind,
    merged: int = 4,
    right: str = "",
) -> Figure:
    """Draw the contents of a window with several fits, and their pulls below.

    Parameters
    ----------
    bin_low, bin_high
        (n,) edges in M_R, GeV, without gaps.
    observed
        (n,) contents.
    fits
        What was fitted.
    kind, right
        Words.
    merged
        Bins that are drawn as one.
    """
    groups = np.arange(0, len(bin_low) - len(bin_low) % merged, merged)
    edges = np.append(bin_low[groups], bin_high[groups[-1] + merged - 1])
    centre = 0.5 * (edges[:-1] + edges[1:])

    def merge(values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values[: len(groups) * merged], groups))

    with style():
        figure = new_figure(size_in=(8.0, 6.6))
        upper, lower = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": (2.4, 1.0), "hspace": 0.03}
        )
        data = merge(observed)
        upper.errorbar(
            centre,
            data,
            np.sqrt(data),
            fmt="o",
            color="black",
            markersize=4,
            label=kind.capitalize(),
        )
        lower.axhspan(-1, 1, color="0.9")
        for i, fit in enumerate(fits):
            expected = merge(fit.expected)
            upper.stairs(
                expected,
                edges,
                baseline=None,
                color=COLOURS[i],
                linestyle="--" if i else "-",
                linewidth=1.8,
                label=fit.title,
            )
            pulls = (data - expected) / np.sqrt(expected)
            lower.plot(
                centre, pulls, _MARKERS[i], color=COLOURS[i], markersize=5, markerfacecolor="none"
            )
        upper.set_ylim(bottom=0.0)
        upper.legend(loc="lower left")
        upper.set_ylabel(f"Candidates / {1e3 * (edges[1] - edges[0]):.3g} MeV")
        label(upper, kind, right=right)
        reach = 1.1 * float(np.max(np.abs(lower.get_ylim())))
        lower.set_ylim(-reach, reach)
        lower.set_xlim(edges[0], edges[-1])
        lower.set_ylabel("Pull", loc="center")
        lower.set_xlabel(r"$M_R$ [GeV]")
    return figure


def draw_widths(scans: Sequence[WidthScan], *, used_sigmas: float) -> Figure:
    """Draw expected limit and bias against the width of the windows."""
    with style():
        figure = new_figure(size_in=(8.0, 6.6))
        upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.03})
        for i, content in enumerate(scans):
            options = {
                "color": COLOURS[i],
                "marker": _MARKERS[i],
                "markersize": 7,
            }
            upper.plot(content.width_sigmas, content.limit, label=content.title, **options)
            both = content.limit * np.hypot(1.0, content.bias)
            upper.plot(
                content.width_sigmas,
                both,
                "--",
                **{**options, "markerfacecolor": "none"},
                label="with bias added" if i == 0 else None,
            )
            lower.plot(content.width_sigmas, content.bias, **options)
        for axes in (upper, lower):
            axes.axvline(used_sigmas, color="0.5", linestyle=":")
        upper.set_ylabel(f"Expected limit / that of {used_sigmas:g}")
        upper.legend(loc="upper right")
        lower.set_ylabel("Spurious signal / error")
        lower.set_ylim(bottom=0.0)
        lower.set_xlabel(r"Width of the window [$\sigma(M_R)$]")
        label(upper, "simulation")
    return figure


def draw_linearity(scans: Sequence[Linearity], *, kind: Kind = "simulation") -> Figure:
    """Draw fitted minus injected signal, and mean and width of the pulls, against the injected."""
    with style():
        figure = new_figure(size_in=(8.0, 8.6))
        panels = figure.subplots(3, 1, sharex=True, gridspec_kw={"hspace": 0.03})
        for i, scan in enumerate(scans):
            root = np.sqrt(scan.count)
            shift = 0.04 * (i - 0.5 * (len(scans) - 1))
            columns = (
                (scan.fitted - scan.injected, scan.fitted_error),
                (scan.pull_mean, scan.pull_width / root),
                (scan.pull_width, scan.pull_width / (np.sqrt(2.0) * root)),
            )
            for axes, (value, error) in zip(panels, columns, strict=True):
                axes.errorbar(
                    scan.injected + shift,
                    value,
                    error,
                    marker=_MARKERS[i % len(_MARKERS)],
                    color=COLOURS[i],
                    linewidth=1.0,
                    markersize=6,
                    label=scan.title,
                )
        for axes, (wanted, title) in zip(
            panels,
            (
                (0.0, r"(Fitted $-$ injected) / $\sigma_0$"),
                (0.0, "Mean of the pulls"),
                (1.0, "Width of the pulls"),
            ),
            strict=True,
        ):
            axes.axhline(wanted, color="0.5", linewidth=0.8)
            axes.set_ylabel(title, loc="center")
        panels[0].legend(loc="upper left", fontsize=12, ncols=2)
        headroom(panels[0], fraction=0.25)
        panels[-1].set_xlabel(r"Injected signal / $\sigma_0$")
        label(panels[0], kind)
    return figure
