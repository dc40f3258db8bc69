"""Discriminating variables of signal and background side by side (Figs. 4 to 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from fourmu.physics.constants import SQRT_S_GEV
from fourmu.selection import VARIABLES, pair_momentum_max_gev

from .style import COLOURS, label, new_figure, style

__all__ = [
    "DISTRIBUTIONS",
    "AxisOf",
    "Histogram",
    "Plane",
    "draw_histogram",
    "draw_plane",
    "histogram",
    "plane",
    "variable",
]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AxisOf:
    """One axis: which of the sixteen variables, its title and range (GeV, or a cosine)."""

    variable: str
    title: str
    low: float
    high: float


_SOFT = r"p_T(p_{\mu\mu},\,p^{\mathrm{rec}}_{\mathrm{min}})"
_HARD = r"p_T(p_{\mu\mu},\,p^{\mathrm{rec}}_{\mathrm{max}})"


def _momentum(name: str, symbol: str, low: float, high: float) -> AxisOf:
    return AxisOf(variable=name, title=rf"${symbol}$ [GeV]", low=low, high=high)


DISTRIBUTIONS: Final[Mapping[str, tuple[AxisOf, ...]]] = MappingProxyType(
    {
        "figure_04_candidate_momenta": (
            _momentum("minus_momentum", r"p_{\mu^-}", 0.0, 5.3),
            _momentum("plus_momentum", r"p_{\mu^+}", 0.0, 5.3),
        ),
        "figure_05_recoil_momenta": (
            _momentum("recoil_minus_momentum", r"p^{\mathrm{rec}}_{\mu^-}", 0.0, 5.3),
            _momentum("recoil_plus_momentum", r"p^{\mathrm{rec}}_{\mu^+}", 0.0, 5.3),
        ),
        "figure_06_helicity": (
            AxisOf(
                variable="abs_cos_helicity",
                title=r"$|\cos\,\phi_{\mathrm{hel}}|$",
                low=0.0,
                high=1.0,
            ),
        ),
        "figure_07_pair_pt_recoil": (
            _momentum("pair_pt_to_soft_recoil", _SOFT, -5.0, 5.0),
            _momentum("pair_pt_to_hard_recoil", _HARD, 0.0, 5.0),
        ),
        "figure_08_pair_pt_beam": (
            _momentum("pair_pt", r"p_T(p_{\mu\mu},\,z)", 0.0, 5.0),
            _momentum("pair_pt_to_soft_recoil", _SOFT, -5.0, 5.0),
        ),
        "figure_09_pair_momentum": (_momentum("pair_momentum", r"p_{\mu\mu}", 0.0, 5.3),),
    }
)
"""Axes of the paper's figures, x before y, by the name of the figure."""


def variable(
    name: str,
    variables: npt.NDArray[np.float32],
    mass_gev: FloatArray,
    *,
    sqrt_s_gev: float = SQRT_S_GEV,
) -> FloatArray:
    """One of the sixteen variables, momenta in GeV again.

    Parameters
    ----------
    name
        Name of a column.
    variables
        (n, 16) columns; momenta divided by the largest pair momentum.
    mass_gev
        (n,) pre-fit masses that this momentum belongs to.
    """
    values = variables[:, VARIABLES.index(name)].astype(np.float64)
    if name == "abs_cos_helicity":
        return np.asarray(values)
    scale = pair_momentum_max_gev(np.asarray(mass_gev, dtype=np.float64), sqrt_s_gev)
    return np.asarray(values * (scale**2 if name == "pair_pt_product" else scale))


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Two variables of signal and background, each normalised to one."""

    x: AxisOf
    y: AxisOf
    x_edges: FloatArray
    y_edges: FloatArray
    signal: FloatArray
    """(nx, ny) shares."""
    background: FloatArray


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """One variable of signal and background, each normalised to one."""

    x: AxisOf
    edges: FloatArray
    signal: FloatArray
    """(n,) shares."""
    signal_error: FloatArray
    background: FloatArray
    background_error: FloatArray


def plane(
    axes: tuple[AxisOf, AxisOf],
    signal: tuple[FloatArray, FloatArray, FloatArray],
    background: tuple[FloatArray, FloatArray, FloatArray],
    *,
    bins: int = 60,
) -> Plane:
    """Bin two variables.

    Parameters
    ----------
    axes
        x and y.
    signal, background
        Values of x, of y, and weights.
    bins
        Bins of each axis.
    """
    x, y = axes
    edges = [np.linspace(axis.low, axis.high, bins + 1) for axis in axes]
    shares = []
    for values_x, values_y, weight in (signal, background):
        counts, _, _ = np.histogram2d(values_x, values_y, bins=edges, weights=weight)
        shares.append(counts / max(float(np.sum(weight)), np.finfo(np.float64).tiny))
    return Plane(
        x=x, y=y, x_edges=edges[0], y_edges=edges[1], signal=shares[0], background=shares[1]
    )


def histogram(
    x: AxisOf,
    signal: tuple[FloatArray, FloatArray],
    background: tuple[FloatArray, FloatArray],
    *,
    bins: int = 50,
) -> Histogram:
    """Bin one variable; ``signal`` and ``background`` are its values and weights."""
    edges = np.linspace(x.low, x.high, bins + 1)
    shares, errors = [], []
    for values, weight in (signal, background):
        total = max(float(np.sum(weight)), np.finfo(np.float64).tiny)
        shares.append(np.histogram(values, edges, weights=weight)[0] / total)
        errors.append(np.sqrt(np.histogram(values, edges, weights=np.square(weight))[0]) / total)
    return Histogram(
        x=x,
        edges=edges,
        signal=shares[0],
        signal_error=errors[0],
        background=shares[1],
        background_error=errors[1],
    )


def draw_plane(content: Plane, *, signal_title: str, background_title: str) -> Figure:
    """Draw signal (left) and background (right) with one colour scale."""
    densities = [1e3 * content.signal.T, 1e3 * content.background.T]
    filled = np.concatenate([density[density > 0.0] for density in densities] + [[1e-3, 1.0]])
    high = float(filled.max())
    norm = LogNorm(vmin=max(float(np.quantile(filled, 0.02)), 1e-4 * high), vmax=high)
    with style():
        figure = new_figure(size_in=(11.5, 5.2))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, density, title in zip(
            panels, densities, (signal_title, background_title), strict=True
        ):
            shown = np.ma.masked_less_equal(density, 0.0)
            mesh = axes.pcolormesh(
                content.x_edges, content.y_edges, shown, norm=norm, cmap="viridis", rasterized=True
            )
            axes.set_xlabel(content.x.title)
            label(axes, "simulation", right=title)
        panels[0].set_ylabel(content.y.title)
        bar = figure.colorbar(mesh, ax=panels, pad=0.01, aspect=28)
        bar.set_label(r"Share of candidates [$10^{-3}$ per bin]")
    return figure


def draw_histogram(content: Histogram, *, signal_title: str, background_title: str) -> Figure:
    """Draw signal (left) and background (right) on one scale."""
    centres = 0.5 * (content.edges[1:] + content.edges[:-1])
    with style():
        figure = new_figure(size_in=(11.5, 4.8))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, share, error, title, colour in (
            (panels[0], content.signal, content.signal_error, signal_title, COLOURS[0]),
            (panels[1], content.background, content.background_error, background_title, COLOURS[1]),
        ):
            axes.stairs(share, content.edges, fill=True, color=colour, alpha=0.35)
            axes.stairs(share, content.edges, color=colour, linewidth=1.6)
            axes.errorbar(centres, share, error, fmt="none", ecolor=colour, elinewidth=1.0)
            axes.set_xlabel(content.x.title)
            axes.set_xlim(content.edges[0], content.edges[-1])
            label(axes, "simulation", right=title)
        panels[0].set_ylim(bottom=0.0)
        width = content.edges[1] - content.edges[0]
        unit = " GeV" if "GeV" in content.x.title else ""
        panels[0].set_ylabel(f"Share of candidates / {width:.3g}{unit}")
    return figure
