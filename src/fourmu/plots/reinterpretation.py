"""Limits on somebody's model: cross section above, coupling below."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fourmu.reinterpret import Reinterpretation

from .scan import Scan, draw_limits
from .style import BAND_ONE, BAND_TWO, COLOURS, Kind, headroom, label, new_figure, style

__all__ = ["draw_reinterpretation"]

FloatArray = npt.NDArray[np.float64]

_FEWEST_FOR_LINES = 20


def draw_reinterpretation(found: Reinterpretation, *, kind: Kind) -> Figure:
    """Limits on sigma x BR with the prediction, and on the coupling with the (g-2) band.

    Masses of neighbouring windows are joined to lines; a few masses are drawn as points with bars.

    Parameters
    ----------
    found
        The limits.
    kind
        What was fitted.
    """
    with style():
        figure = new_figure(size_in=(9.0, 9.0))
        upper, lower = figure.subplots(2, 1, sharex=True)
        _draw(upper, found, found.xsec_limit_fb, found.xsec_limit_expected_fb)
        order = np.argsort(found.mass_gev)
        line = "-" if len(found) >= _FEWEST_FOR_LINES else "o"
        upper.plot(
            found.mass_gev[order],
            found.xsec_br_fb[order],
            line,
            color=COLOURS[1],
            label=f"Prediction, coupling {found.coupling:g}",
        )
        _draw(lower, found, found.coupling_limit, found.coupling_limit_expected)
        low, high = found.g_minus_2_coupling_low, found.g_minus_2_coupling_high
        if np.any(np.isfinite(high)):
            lower.fill_between(
                found.mass_gev[order],
                low[order],
                high[order],
                color=COLOURS[2],
                alpha=0.3,
                linewidth=0.0,
                label=rf"$(g-2)_\mu\pm2\sigma$ ({found.g_minus_2_measurement})",
            )
        upper.set_ylabel(r"$\sigma_{ISR}\times\mathcal{B}(X\to\mu^+\mu^-)$ [fb]")
        lower.set_ylabel("Coupling")
        lower.set_xlabel(r"$m_X$ [GeV]")
        for axes in (upper, lower):
            axes.set_yscale("log")
            if axes.get_legend_handles_labels()[1]:  # no mass may have a limit on the coupling
                axes.legend(loc="upper left", ncols=2, fontsize=12)
            headroom(axes, fraction=0.2)
        label(upper, kind, right=_input(found))
    return figure


def _input(found: Reinterpretation) -> str:
    """What the limits were made from."""
    text = {
        "xsec": "table of cross sections",
        "couplings": "from couplings",
        "lhe": "LHE events",
    }[found.method]
    return f"{text}, {found.efficiency_from} efficiency" if found.method == "xsec" else text


def _draw(axes: Axes, found: Reinterpretation, observed: FloatArray, expected: FloatArray) -> None:
    """Observed limits and expected bands, as lines or as points."""
    known = np.isfinite(observed)
    if not known.any():
        return
    if len(found) >= _FEWEST_FOR_LINES:
        order = np.argsort(found.mass_gev)
        content = Scan(
            model="X",
            mass_gev=found.mass_gev[order],
            # masses without a limit, vetoed ones say, break the lines
            observed=observed[order],
            expected=expected[order],
            z_local=np.full(len(found), np.nan),
            confidence_level=found.confidence_level,
        )
        draw_limits(axes, content)
        return
    mass = found.mass_gev[known]
    band, limit = expected[known], observed[known]
    for (first, last), colour, width, text in (
        ((0, 4), BAND_TWO, 12.0, r"Expected $\pm2\sigma$"),
        ((1, 3), BAND_ONE, 12.0, r"Expected $\pm1\sigma$"),
    ):
        axes.vlines(mass, band[:, first], band[:, last], color=colour, linewidth=width, label=text)
    axes.plot(mass, band[:, 2], "_", color="black", markersize=12, label="Expected median")
    axes.plot(
        mass,
        limit,
        "v",
        color="black",
        label=f"Observed {100 * found.confidence_level:.4g}% CL",
    )
