"""Limits and significances against mass (Fig. 13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import (
    BAND_ONE,
    BAND_TWO,
    COLOURS,
    Kind,
    break_at_gaps,
    headroom,
    label,
    new_figure,
    style,
    symbol_of,
)

__all__ = ["Scan", "draw_cross_section_limits", "draw_significance", "scan"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Limits of a model against mass with NaN between windows that are not neighbours."""

    model: str
    mass_gev: FloatArray
    """(n,)."""
    observed: FloatArray
    """(n,) observed limits; all NaN when blind."""
    expected: FloatArray
    """(n, 5) expected limits, -2 ... +2 sigma."""
    z_local: FloatArray
    confidence_level: float

    @property
    def symbol(self) -> str:
        """How the particle is written in mathematics."""
        return symbol_of(self.model)


def scan(
    *,
    model: str,
    mass_gev: FloatArray,
    sigma_gev: FloatArray,
    observed: FloatArray,
    expected: FloatArray,
    z_local: FloatArray,
    confidence_level: float = 0.90,
) -> Scan:
    """Order limits by mass and break them at vetoes.

    Parameters
    ----------
    model
        Name of the model.
    mass_gev, sigma_gev
        (n,) masses and resolutions of the windows.
    observed, expected, z_local
        (n,), (n, 5) and (n,); NaN where a window has no limit.
    confidence_level
        Of the limits.
    """
    order = np.argsort(mass_gev)
    columns = (np.asarray(column)[order] for column in (observed, expected, z_local))
    mass, limits, bands, z = break_at_gaps(
        np.asarray(mass_gev)[order], np.asarray(sigma_gev)[order], *columns
    )
    return Scan(
        model=model,
        mass_gev=mass,
        observed=limits,
        expected=bands,
        z_local=z,
        confidence_level=confidence_level,
    )


def draw_cross_section_limits(content: Scan, *, kind: Kind, luminosity_ifb: float) -> Figure:
    """Observed and expected upper limits on sigma x BR (Fig. 13, one model)."""
    symbol = content.symbol
    with style():
        figure = new_figure(size_in=(9.0, 5.6))
        axes = figure.subplots()
        draw_limits(axes, content)
        axes.set_yscale("log")
        axes.set_xlim(0.0, 1.01 * float(np.max(content.mass_gev)))
        axes.set_xlabel(rf"$m_{{{symbol}}}$ [GeV]")
        axes.set_ylabel(
            rf"$\sigma(e^+e^-\to\mu^+\mu^-{symbol})\times"
            rf"\mathcal{{B}}({symbol}\to\mu^+\mu^-)$ [fb]"
        )
        axes.legend(loc="upper left", ncols=2)
        headroom(axes, fraction=0.18)
        label(axes, kind, right=f"{luminosity_ifb:.4g} fb$^{{-1}}$, CL$_s$")
    return figure


def draw_limits(axes: Axes, content: Scan) -> None:
    """Bands, median and observed line, each with its entry in the legend."""
    percent = f"{100 * content.confidence_level:.4g}% CL"
    mass, expected = content.mass_gev, content.expected
    axes.fill_between(
        mass,
        expected[:, 0],
        expected[:, 4],
        color=BAND_TWO,
        linewidth=0.0,
        label=r"Expected $\pm2\sigma$",
    )
    axes.fill_between(
        mass,
        expected[:, 1],
        expected[:, 3],
        color=BAND_ONE,
        linewidth=0.0,
        label=r"Expected $\pm1\sigma$",
    )
    axes.plot(mass, expected[:, 2], "--", color="0.25", linewidth=1.0, label="Expected median")
    if np.any(np.isfinite(content.observed)):
        axes.plot(
            mass, content.observed, color="black", linewidth=0.6, label=f"Observed {percent} UL"
        )


def draw_significance(content: Scan, *, kind: Kind, paper_largest: float | None = 3.4) -> Figure:
    """Local significance against mass; the largest one is marked.

    Parameters
    ----------
    content
        The scan.
    kind
        What was fitted.
    paper_largest
        Largest local significance of the paper, as a line (Z').
    """
    with style():
        figure = new_figure(size_in=(9.0, 4.8))
        axes = figure.subplots()
        axes.plot(content.mass_gev, content.z_local, color=COLOURS[0], linewidth=0.6)
        if np.any(np.isfinite(content.z_local)):
            top = int(np.nanargmax(content.z_local))
            at, z = float(content.mass_gev[top]), float(content.z_local[top])
            axes.plot([at], [z], "o", color=COLOURS[2], markersize=7, markerfacecolor="none")
            axes.annotate(
                rf"{z:.1f}$\sigma$ at {at:.3f} GeV",
                (at, z),
                xytext=(8, 6),
                textcoords="offset points",
                color=COLOURS[2],
                fontsize=13,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
                ha="left" if at < 0.6 * float(np.nanmax(content.mass_gev)) else "right",
            )
        if paper_largest is not None:
            axes.axhline(paper_largest, color="0.5", linestyle=":", linewidth=1.2)
            axes.text(
                0.03,
                paper_largest,
                "largest in the paper",
                transform=axes.get_yaxis_transform(),
                va="bottom",
                color="0.4",
                fontsize=12,
            )
        axes.set_ylim(0.0, max(4.2, 1.2 * float(np.nanmax(content.z_local, initial=0.0))))
        axes.set_xlim(0.0, 1.01 * float(np.max(content.mass_gev)))
        axes.set_xlabel(rf"$m_{{{content.symbol}}}$ [GeV]")
        axes.set_ylabel("Local significance")
        label(axes, kind)
    return figure
