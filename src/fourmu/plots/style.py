"""How figures look: one style on top of mplhep's, our own label, no global state.

Figures are made with :class:`matplotlib.figure.Figure`, never through pyplot. The style is a
context: what it sets is taken back when a figure is done.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import matplotlib as mpl
import mplhep  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fourmu.couplings import gaps

__all__ = [
    "BAND_ONE",
    "BAND_TWO",
    "COLOURS",
    "Kind",
    "break_at_gaps",
    "headroom",
    "label",
    "new_figure",
    "rendered",
    "style",
    "symbol_of",
]

FloatArray = npt.NDArray[np.float64]
Kind = Literal["pseudo-data", "simulation", "data"]
"""What is shown. Results of the shipped analysis are of pseudo-data, never of an experiment."""

COLOURS: Final = ("#3f90da", "#e76300", "#bd1f01", "#832db6", "#92dadd", "#a96b59", "#717581")
"""Distinct for colour-blind readers too (M. Petroff, arXiv:2107.02270)."""
BAND_ONE: Final = "#8bc5a0"
"""One standard deviation around the expectation."""
BAND_TWO: Final = "#f3dd92"
"""Two standard deviations."""

_SYMBOLS: Final = {"zprime": "Z'", "scalar": "S"}
_STYLE: Final[Any] = {
    **mplhep.style.ROOT,
    "figure.figsize": (8.0, 6.0),
    "figure.constrained_layout.use": True,
    "font.size": 15,
    "font.sans-serif": ["TeX Gyre Heros", "Helvetica", "Arial", "DejaVu Sans"],
    "mathtext.fontset": "dejavusans",  # primes where they belong
    "mathtext.default": "it",
    "axes.linewidth": 1.2,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.labelsize": 16,
    "xtick.labelsize": 14,
    "ytick.labelsize": 14,
    "xtick.major.size": 8,
    "xtick.minor.size": 4,
    "ytick.major.size": 8,
    "ytick.minor.size": 4,
    "legend.fontsize": 13,
    "legend.handlelength": 1.8,
    "lines.linewidth": 1.6,
    "hatch.linewidth": 0.6,
    "pdf.fonttype": 42,
    "svg.hashsalt": "fourmu",
    "savefig.dpi": 130,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw or render in the style of the package; settings come back afterwards."""
    with mpl.rc_context(_STYLE):
        yield


def symbol_of(model: str) -> str:
    """How the particle of a model is written in mathematics."""
    return _SYMBOLS.get(model, "X")


def new_figure(*, size_in: tuple[float, float] = (8.0, 6.0)) -> Figure:
    """Make an empty figure with its layout kept tidy; call it inside :func:`style`."""
    return Figure(figsize=size_in, layout="constrained")


def label(axes: Axes, kind: Kind, *, right: str = "") -> None:
    """Write what is shown above the axes: ``fourmu`` and its kind at the left.

    Parameters
    ----------
    axes
        The uppermost axes.
    kind
        ``pseudo-data``, ``simulation``, or ``data`` for a user's own.
    right
        Luminosity and energy, or the sample.
    """
    axes.set_title(r"$\bf{fourmu}$" + f"  {kind}", loc="left", fontsize=15, pad=8)
    if right:
        axes.set_title(right, loc="right", fontsize=13, pad=8)


def headroom(axes: Axes, *, fraction: float) -> None:
    """Raise the upper end of the y axis so that a legend fits above what is drawn."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        axes.set_ylim(low, high * (high / low) ** (fraction / (1.0 - fraction)))
    else:
        axes.set_ylim(low, high + (high - low) * fraction / (1.0 - fraction))


def break_at_gaps(
    mass_gev: FloatArray, sigma_gev: FloatArray, *columns: FloatArray
) -> tuple[FloatArray, ...]:
    """Put NaN between windows that are not neighbours, so that no line bridges a veto.

    Parameters
    ----------
    mass_gev, sigma_gev
        (n,) increasing masses and resolutions of the windows, of any step.
    columns
        (n, ...) what is drawn against mass.

    Returns
    -------
    mass, *columns
        (n + gaps, ...) with the middle of each gap as mass and NaN in the columns.
    """
    mass = np.asarray(mass_gev, dtype=np.float64)
    places = gaps(mass, sigma_gev)
    middles = 0.5 * (mass[places - 1] + mass[places])
    broken = [np.insert(mass, places, middles)]
    broken += [
        np.insert(np.asarray(column, dtype=np.float64), places, np.nan, axis=0)
        for column in columns
    ]
    return tuple(broken)


def rendered(figure: Figure, file_format: Literal["pdf", "png"]) -> bytes:
    """Bytes of a figure, the same for the same content (no dates)."""
    metadata = {"CreationDate": None} if file_format == "pdf" else {"Software": None}
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format=file_format, metadata=metadata)
    return buffer.getvalue()
