"""Dimuon mass of candidates against stacked simulation (Figs. 3 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import COLOURS, Kind, headroom, label, new_figure, style

__all__ = ["PROCESS_TITLES", "Spectrum", "draw_spectrum", "spectrum"]

FloatArray = npt.NDArray[np.float64]

PROCESS_TITLES: Mapping[str, str] = {
    "four_muon": r"$\mu^+\mu^-\mu^+\mu^-$",
    "ee_mumu": r"$e^+e^-\mu^+\mu^-$",
    "mumu_gamma": r"$\mu^+\mu^-(\gamma)$",
    "mumu_tautau": r"$\mu^+\mu^-\tau^+\tau^-$",
    "tau_pairs": r"$\tau^+\tau^-(\gamma)$",
    "hadrons": r"$q\bar{q}$",
    "ee_tautau": r"$e^+e^-\tau^+\tau^-$",
    "eeee": r"$e^+e^-e^+e^-$",
    "ee_pipi": r"$e^+e^-\pi^+\pi^-$",
    "pipi_gamma": r"$\pi^+\pi^-(\gamma)$",
    "ee_gamma": r"$e^+e^-(\gamma)$",
    "bb": r"$B\bar{B}$",
}
"""Titles of the processes of Sec. III that a stack may hold; other names are shown as they are."""


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """Binned candidates, data beside simulation."""

    edges_gev: FloatArray
    """(n + 1,) edges."""
    observed: FloatArray | None
    """(n,) candidates in (pseudo-)data; None while they are not shown."""
    simulated: Mapping[str, FloatArray]
    """(n,) candidates expected, by process, in stacking order."""
    simulated_error: FloatArray
    """(n,) statistical error of their sum."""

    @property
    def expected(self) -> FloatArray:
        """(n,) sum of the simulated processes."""
        return np.asarray(np.sum([*self.simulated.values()], axis=0), dtype=np.float64)

    @property
    def ratio(self) -> float:
        """Observed over expected candidates, in all bins together; NaN without either."""
        total = float(np.sum(self.expected))
        if self.observed is None or total <= 0.0:
            return float("nan")
        return float(np.sum(self.observed)) / total


def spectrum(
    edges_gev: FloatArray,
    observed_mass_gev: FloatArray | None,
    simulated: Mapping[str, tuple[FloatArray, FloatArray]],
) -> Spectrum:
    """Bin candidates.

    Parameters
    ----------
    edges_gev
        (n + 1,) edges of the bins.
    observed_mass_gev
        Masses of the candidates in data; None where they are not to be shown.
    simulated
        Masses and weights (to the luminosity of the data) of the candidates of each process.
    """
    edges = np.asarray(edges_gev, dtype=np.float64)
    counts = {
        name: np.histogram(mass, edges, weights=weight)[0].astype(np.float64)
        for name, (mass, weight) in simulated.items()
    }
    variance = np.zeros(len(edges) - 1)
    for mass, weight in simulated.values():
        variance += np.histogram(mass, edges, weights=np.square(weight))[0]
    return Spectrum(
        edges_gev=edges,
        observed=None
        if observed_mass_gev is None
        else np.histogram(observed_mass_gev, edges)[0].astype(np.float64),
        simulated=counts,
        simulated_error=np.sqrt(variance),
    )


def draw_spectrum(
    content: Spectrum, *, kind: Kind, luminosity_ifb: float, paper_ratio: float | None = None
) -> Figure:
    """Draw data over stacked simulation with their ratio below.

    Parameters
    ----------
    content
        The binned candidates.
    kind
        What the points are.
    luminosity_ifb
        Of the data.
    paper_ratio
        The paper's average ratio of data and simulation, as a dotted line (0.76 in Fig. 3).
    """
    edges, expected = content.edges_gev, content.expected
    centres = 0.5 * (edges[1:] + edges[:-1])
    shows_data = content.observed is not None
    observed = np.zeros_like(expected) if content.observed is None else content.observed
    error = np.sqrt(observed)
    with style():
        figure = new_figure(size_in=(8.0, 7.0))
        upper, lower = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": (3.2, 1.0), "hspace": 0.03}
        )
        base = np.zeros_like(expected)
        for name, counts in content.simulated.items():
            title, colour = PROCESS_TITLES.get(name, name), _colour(name)
            upper.stairs(
                base + counts, edges, baseline=base, fill=True, color=colour, label=title, alpha=0.8
            )
            base = base + counts
        upper.stairs(
            expected + content.simulated_error,
            edges,
            baseline=expected - content.simulated_error,
            fill=True,
            facecolor="none",
            edgecolor="0.3",
            hatch="////",
            linewidth=0.0,
            label="Simulation stat. error",
        )
        points = {"fmt": "o", "color": "black", "markersize": 3, "elinewidth": 1.0}
        seen = observed > 0.0
        if shows_data:
            upper.errorbar(
                centres[seen], observed[seen], error[seen], label=kind.capitalize(), **points
            )
        upper.set_yscale("log")
        filled = np.concatenate([expected[expected > 0.0], observed[seen], [1.0]])
        upper.set_ylim(max(0.3, 0.5 * float(filled.min())), 1.3 * float(filled.max()))
        width_mev = 1e3 * float(edges[1] - edges[0])
        upper.set_ylabel(f"Candidates / {width_mev:.3g} MeV")
        label(upper, kind, right=_energy_label(luminosity_ifb))

        shown = expected > 0.0
        lower.axhline(1.0, color="0.5", linewidth=1.0)
        ratio = np.divide(observed, expected, out=np.full_like(expected, np.nan), where=shown)
        scale = np.divide(1.0, expected, out=np.full_like(expected, np.nan), where=shown)
        lower.stairs(
            1.0 + content.simulated_error * np.nan_to_num(scale),
            edges,
            baseline=1.0 - content.simulated_error * np.nan_to_num(scale),
            fill=True,
            color="0.8",
        )
        if shows_data:
            lower.errorbar(centres, ratio, error * scale, **points)
        if paper_ratio is not None and shows_data:
            dotted = {"color": COLOURS[2], "linestyle": ":", "linewidth": 1.8}
            lower.axhline(paper_ratio, zorder=3, **dotted)
            title = f"Paper's mean ratio {paper_ratio:.2f} (here {content.ratio:.2f})"
            upper.plot([], [], label=title, **dotted)
        upper.legend(ncols=2, loc="upper right")
        headroom(upper, fraction=0.28)
        lower.set_ylim(*_ratio_limits(ratio if shows_data else np.empty(0)))
        lower.yaxis.set_major_locator(MaxNLocator(nbins=4, prune="upper"))
        lower.set_xlim(edges[0], edges[-1])
        lower.set_xlabel(r"$M(\mu\mu)$ [GeV]")
        lower.set_ylabel("Data / sim.", loc="center")
    return figure


def _colour(name: str) -> str:
    """Colour of a process, the same in every figure: the large ones have their own."""
    known = list(PROCESS_TITLES)
    place = known.index(name) if name in known else len(known)
    return COLOURS[place % len(COLOURS)]


def _energy_label(luminosity_ifb: float) -> str:
    return rf"$\int L\,\mathrm{{d}}t$ = {luminosity_ifb:.4g} fb$^{{-1}}$, $\sqrt{{s}}$ = 10.58 GeV"


def _ratio_limits(ratio: FloatArray) -> tuple[float, float]:
    """Range that holds nearly all ratios and one."""
    known = ratio[np.isfinite(ratio)]
    if len(known) == 0:
        return (0.0, 2.0)
    low, high = np.quantile(known, [0.02, 0.98])
    return (max(0.0, min(0.5, float(low) - 0.1)), min(4.0, max(1.5, float(high) + 0.2)))
