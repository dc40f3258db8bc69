"""The fit of one window (Fig. 12)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import COLOURS, Kind, headroom, label, new_figure, style

__all__ = ["WindowFit", "draw_window_fit"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WindowFit:
    """Data and fitted contents of the bins of one window."""

    model_title: str
    window: str
    mass_gev: float
    bin_low: FloatArray
    """(n,) lower edges in M_R, GeV; a veto leaves a gap."""
    bin_high: FloatArray
    observed: FloatArray
    """(n,) counts."""
    signal: FloatArray
    """(n,) fitted signal, which may be negative."""
    background: FloatArray
    """(n,) fitted background of the fit with signal."""
    background_only: FloatArray
    """(n,) background of the fit without signal."""
    z_local: float
    xsec_fb: float
    """Best fit."""
    xsec_error_fb: float
    """NaN at a boundary."""

    @property
    def pulls(self) -> FloatArray:
        """(n,) (data - fit) / sqrt(fit); NaN in an empty bin of the fit."""
        fit = self.signal + self.background
        good = fit > 0.0
        root = np.sqrt(np.where(good, fit, 1.0))
        return np.where(good, (self.observed - fit) / root, np.nan)


def draw_window_fit(content: WindowFit, *, kind: Kind) -> Figure:
    """Draw data, fit with signal, background and signal, and pulls below."""
    pieces = _contiguous(content.bin_low, content.bin_high)
    centres = 0.5 * (content.bin_low + content.bin_high)
    with style():
        figure = new_figure(size_in=(8.0, 7.0))
        upper, lower = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": (3.2, 1.0), "hspace": 0.03}
        )
        # of a count n as an estimate of its mean; an empty bin gets the 68 % limit of zero events
        error = np.array(
            [
                np.where(content.observed > 0.0, np.sqrt(content.observed), 0.0),
                np.where(content.observed > 0.0, np.sqrt(content.observed), 1.14),
            ]
        )
        upper.errorbar(
            centres,
            content.observed,
            error,
            fmt="o",
            color="black",
            markersize=3,
            elinewidth=0.9,
            label=kind.capitalize(),
        )
        for i, piece in enumerate(pieces):
            edges = np.append(content.bin_low[piece], content.bin_high[piece][-1])
            background = content.background[piece]
            total = background + content.signal[piece]
            for values, options in (
                (total, {"color": COLOURS[2], "label": "Signal + background fit"}),
                (background, {"color": COLOURS[0], "linestyle": "--", "label": "Its background"}),
                (
                    content.background_only[piece],
                    {"color": COLOURS[6], "linestyle": ":", "label": "Fit without signal"},
                ),
            ):
                shown = {**options, "label": options["label"] if i == 0 else None}
                upper.stairs(values, edges, baseline=None, linewidth=1.6, **shown)
            upper.stairs(
                content.signal[piece],
                edges,
                fill=True,
                color=COLOURS[2],
                alpha=0.3,
                label="Signal" if i == 0 else None,
            )
        upper.axhline(0.0, color="0.6", linewidth=0.6)
        upper.set_ylim(
            min(0.0, 1.1 * float(np.min(content.signal))),
            1.1 * float(np.max(content.observed + np.sqrt(content.observed), initial=2.0)),
        )
        upper.legend(loc="upper left", fontsize=12)
        upper.text(0.98, 0.96, _summary(content), transform=upper.transAxes, ha="right", va="top")
        headroom(upper, fraction=0.30)
        width_mev = 1e3 * float(np.median(content.bin_high - content.bin_low))
        upper.set_ylabel(f"Candidates / {width_mev:.2g} MeV")
        label(upper, kind, right=f"window {content.window}")

        lower.axhspan(-2, 2, color="0.93")
        lower.axhspan(-1, 1, color="0.85")
        lower.axhline(0.0, color="0.5", linewidth=0.8)
        pulls = content.pulls
        lower.errorbar(centres, pulls, fmt="o", color="black", markersize=3)
        reach = max(3.5, 1.15 * float(np.nanmax(np.abs(pulls), initial=0.0)))
        lower.set_ylim(-reach, reach)
        lower.set_xlim(content.bin_low[0], content.bin_high[-1])
        lower.set_ylabel("Pull", loc="center")
        lower.set_xlabel(r"$M_R$ [GeV]")
    return figure


def _summary(content: WindowFit) -> str:
    best = (
        rf"$\sigma\mathcal{{B}}$ = {content.xsec_fb:.3f} fb (at a boundary)"
        if np.isnan(content.xsec_error_fb)
        else rf"$\sigma\mathcal{{B}}$ = {content.xsec_fb:.3f} $\pm$ {content.xsec_error_fb:.3f} fb"
    )
    return (
        f"{content.model_title}\n$m$ = {content.mass_gev:.4g} GeV\n{best}\n"
        rf"local significance {content.z_local:.1f} $\sigma$"
    )


def _contiguous(low: FloatArray, high: FloatArray) -> list[slice]:
    """Slices of bins without gaps between them."""
    jumps = np.flatnonzero(low[1:] - high[:-1] > 1e-6 * (high[:-1] - low[:-1])) + 1
    ends = [0, *(int(jump) for jump in jumps), len(low)]
    return [slice(a, b) for a, b in itertools.pairwise(ends)]
