"""Injected signals and what the fits find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from fourmu.physics.kinematics import FloatArray

from .style import COLOURS, headroom, label, new_figure, style

__all__ = ["Injections", "draw_injections"]

_MARKERS = ("o", "s", "^", "D")


@dataclass(frozen=True, kw_only=True)
class Injections:
    """Signals of one strength against mass.

    Attributes
    ----------
    title
        Strength.
    mass_gev
        Masses, shape (m,).
    ratio, ratio_error
        Mean of fitted over injected cross section, shape (m,).
    pull_width, pull_width_error
        Standard deviation of the pulls, shape (m,).
    """

    title: str
    mass_gev: FloatArray
    ratio: FloatArray
    ratio_error: FloatArray
    pull_width: FloatArray
    pull_width_error: FloatArray


def draw_injections(strengths: Sequence[Injections], *, assigned: float) -> Figure:
    """Draw fitted over injected with its assigned uncertainty, and pull widths, against mass.

    Parameters
    ----------
    strengths
        One record per strength of the signals.
    assigned
        Relative uncertainty drawn as a band about one.
    """
    with style():
        figure = new_figure(size_in=(8.0, 7.0))
        upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.03})
        for axes, size, name in ((upper, assigned, "assigned"), (lower, 0.1, r"1 $\pm$ 0.1")):
            axes.axhspan(1.0 - size, 1.0 + size, color="0.88", label=name)
            axes.axhline(1.0, color="0.5", linewidth=0.8)
        for i, content in enumerate(strengths):
            shift = 0.06 * (i - 0.5 * (len(strengths) - 1))
            for axes, value, error in (
                (upper, content.ratio, content.ratio_error),
                (lower, content.pull_width, content.pull_width_error),
            ):
                axes.errorbar(
                    content.mass_gev + shift,
                    value,
                    error,
                    marker=_MARKERS[i % len(_MARKERS)],
                    color=COLOURS[i],
                    linestyle="none",
                    markersize=6,
                    label=content.title,
                )
        upper.set_ylabel("Fitted / injected", loc="center")
        upper.legend(loc="upper left", fontsize=12, ncols=2)
        headroom(upper, fraction=0.3)
        lower.set_ylabel("Width of the pulls", loc="center")
        lower.set_ylim(*(np.array([-0.25, 0.25]) + 1.0))
        lower.set_xlabel("Mass [GeV]")
        label(upper, "pseudo-data")
    return figure
