"""Limits on couplings with the (g-2) band and other bounds (Fig. 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from fourmu.couplings import CouplingLimits, GMinus2Band, OverlayCurve, gaps

from .scan import Scan, draw_limits, scan
from .style import COLOURS, Kind, label, new_figure, style

__all__ = ["CouplingScan", "coupling_scan", "draw_coupling_limits"]

FloatArray = npt.NDArray[np.float64]

_COUPLINGS: Final = {"zprime": "g'", "scalar": "g_S"}


@dataclass(frozen=True, kw_only=True)
class CouplingScan:
    """Coupling limits against mass, ready to draw."""

    limits: Scan
    """In the coupling, NaN at gaps."""
    wide: tuple[tuple[float, float], ...]
    """Mass intervals in which the width at the limit is not negligible."""


def coupling_scan(limits: CouplingLimits, *, confidence_level: float = 0.90) -> CouplingScan:
    """Order coupling limits by mass, break them at vetoes, and find where X is not narrow."""
    content = scan(
        model=limits.model,
        mass_gev=limits.mass_gev,
        sigma_gev=limits.sigma_gev,
        observed=limits.coupling_limit,
        expected=limits.coupling_limit_expected,
        z_local=np.full(len(limits.mass_gev), np.nan),
        confidence_level=confidence_level,
    )
    order = np.argsort(limits.mass_gev)
    flags = np.array([entry == "width_not_negligible" for entry in limits.status])[order]
    mass, sigma = limits.mass_gev[order], limits.sigma_gev[order]
    # a window speaks for the masses halfway to its neighbours; at a gap, for half a resolution
    after_gap = set(gaps(mass, sigma).tolist())
    intervals: list[tuple[float, float]] = []
    for at in np.flatnonzero(flags).tolist():
        low, high = float(mass[at] - 0.5 * sigma[at]), float(mass[at] + 0.5 * sigma[at])
        if at > 0 and at not in after_gap:
            low = 0.5 * float(mass[at - 1] + mass[at])
        if at + 1 < len(mass) and at + 1 not in after_gap:
            high = 0.5 * float(mass[at] + mass[at + 1])
        if intervals and flags[at - 1] and at not in after_gap:
            intervals[-1] = (intervals[-1][0], high)
        else:
            intervals.append((low, high))
    return CouplingScan(limits=content, wide=tuple(intervals))


def draw_coupling_limits(
    content: CouplingScan,
    *,
    kind: Kind,
    luminosity_ifb: float,
    band: GMinus2Band | None = None,
    trident: tuple[FloatArray, FloatArray] | None = None,
    overlays: Sequence[OverlayCurve] = (),
) -> Figure:
    """Observed and expected limits on the coupling of one model.

    Parameters
    ----------
    content
        The limits.
    kind
        What was fitted.
    luminosity_ifb
        Of the data.
    band
        Couplings that explain (g-2); with an upper edge only, or none, as it says.
    trident
        Masses and couplings of the bound from neutrino tridents (Z' alone).
    overlays
        Limits of others, from the user.
    """
    symbol = content.limits.symbol
    with style():
        figure = new_figure(size_in=(9.0, 6.4))
        axes = figure.subplots()
        if band is not None:
            _draw_band(axes, band)
        draw_limits(axes, content.limits)
        if trident is not None:
            axes.plot(*trident, color=COLOURS[3], linestyle="-.", label="Tridents, CCFR 95% CL")
        for i, curve in enumerate(overlays):
            axes.plot(
                curve.mass_gev,
                curve.coupling,
                color=COLOURS[(i + 4) % len(COLOURS)],
                label=f"{curve.label} {100 * curve.confidence_level:.4g}% CL",
            )
        for i, (low, high) in enumerate(content.wide):
            axes.axvspan(
                low,
                high,
                facecolor="none",
                edgecolor="0.6",
                hatch="////",
                linewidth=0.0,
                zorder=3,
                label=r"Width > $\sigma(M_R)/2$" if i == 0 else None,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(0.2, 1.02 * float(np.max(content.limits.mass_gev)))
        axes.set_ylim(*_limits_of(content, band))
        axes.set_xticks([0.2, 0.3, 0.5, 1, 2, 3, 5, 9], minor=False)
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter("")
        axes.set_xlabel(rf"$m_{{{symbol}}}$ [GeV]")
        axes.set_ylabel(rf"${_COUPLINGS.get(content.limits.model, 'g')}$")
        axes.legend(loc="upper left", ncols=2, fontsize=12)
        label(axes, kind, right=f"{luminosity_ifb:.4g} fb$^{{-1}}$")
    return figure


def _draw_band(axes: Axes, band: GMinus2Band) -> None:
    """Red band, or its upper edge alone where it contains zero; nothing where there is none."""
    if not np.any(np.isfinite(band.coupling_high)):
        return
    title = rf"$(g-2)_\mu\pm{band.n_sigma:g}\sigma$ ({band.measurement})"
    if np.any(band.coupling_low > 0.0):
        axes.fill_between(
            band.mass_gev,
            band.coupling_low,
            band.coupling_high,
            color=COLOURS[2],
            alpha=0.30,
            linewidth=0.0,
            label=title,
        )
    else:
        axes.plot(band.mass_gev, band.coupling_high, color=COLOURS[2], label=f"{title}, upper edge")


def _limits_of(content: CouplingScan, band: GMinus2Band | None) -> tuple[float, float]:
    """Range of the coupling that holds limits and band, with room for the legend above."""
    values = [content.limits.observed, content.limits.expected.ravel()]
    if band is not None:
        values += [band.coupling_low[band.coupling_low > 0.0], band.coupling_high]
    every = np.concatenate(values)
    every = every[np.isfinite(every) & (every > 0.0)]
    if len(every) == 0:
        return (1e-4, 1.0)
    low, high = 0.6 * float(every.min()), 1.3 * float(every.max())
    return (low, high * (high / low) ** 0.35)
