"""The expected spectra of a pseudo-scan, from the background-only fits of the windows.

Windows of one MLP range look at one spectrum of candidates, and overlap; neighbouring ranges
look at spectra that share candidates. A pseudo-scan therefore draws spectra, not windows. Each
is the average of the background-only fits of all windows that cover a mass, and near the border
of two ranges candidates are of three kinds: in the lower spectrum only, in the upper one only,
and in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import ConsistencyError
from fourmu.statmodel import IndexEntry
from fourmu.templates import BorderSharing

__all__ = ["ScanBins", "ScanSpectra", "draw_candidates", "scan_bins", "scan_spectra"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ScanBins:
    """The bins of W windows, one after another, in the order of a batch.

    Attributes
    ----------
    start
        Window w has the bins from ``start[w]`` to ``start[w + 1]``, shape (W + 1,).
    low, high
        Ends of the bins in M_R, GeV, shape (B,).
    centre, sigma
        M_R and sigma(M_R) of the hypotheses, GeV, shape (W,).
    mass_gev
        Their dimuon masses, shape (W,).
    mlp_range
        Range whose spectrum fills a window, shape (W,).
    """

    start: Integers
    low: Floats
    high: Floats
    centre: Floats
    sigma: Floats
    mass_gev: Floats
    mlp_range: Integers

    @property
    def owner(self) -> Integers:
        """Window of each bin, shape (B,)."""
        return np.repeat(np.arange(len(self.centre)), np.diff(self.start))

    @property
    def extents_gev(self) -> dict[int, tuple[float, float]]:
        """First and last M_R of the bins of each range, GeV."""
        spectrum = self.mlp_range[self.owner]
        return {
            int(index): (
                float(self.low[spectrum == index].min()),
                float(self.high[spectrum == index].max()),
            )
            for index in np.unique(spectrum)
        }


def scan_bins(entries: Sequence[IndexEntry], bin_start: Integers) -> ScanBins:
    """Lay the bins of an index beside those of a batch.

    Parameters
    ----------
    entries
        The windows of the batch, in its order and in order of mass.
    bin_start
        Of the batch; a window that could not be read has no bins.

    Raises
    ------
    ConsistencyError
        The numbers of bins differ, or masses do not increase.
    """
    counts = np.diff(bin_start)
    for entry, count in zip(entries, counts, strict=True):
        if count not in (0, len(entry.bin_low)):
            raise ConsistencyError(
                "workspace and index do not have the same bins",
                where=entry.name,
                found=int(count),
                expected=len(entry.bin_low),
            )
    used = [entry for entry, count in zip(entries, counts, strict=True) if count]
    centre = np.array([entry.reduced_mass_gev for entry in entries])
    if np.any(np.diff(centre) <= 0.0):
        raise ConsistencyError("the windows of a scan must be in order of mass")
    return ScanBins(
        start=bin_start,
        low=np.concatenate([entry.bin_low for entry in used]),
        high=np.concatenate([entry.bin_high for entry in used]),
        centre=centre,
        sigma=np.array([entry.sigma_gev for entry in entries]),
        mass_gev=np.array([entry.mass_gev for entry in entries]),
        mlp_range=np.array([entry.mlp_range for entry in entries], dtype=np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class ScanSpectra:
    """Candidates expected in fine bins, by kind.

    Attributes
    ----------
    edges
        Of the fine bins in M_R, GeV, shape (F + 1,).
    alone
        Candidates in the spectrum of one range only, shape (R, F).
    shared
        Candidates in the spectra of range r and r + 1, shape (R - 1, F).
    """

    edges: Floats
    alone: Floats
    shared: Floats

    @property
    def expected(self) -> Floats:
        """Candidates in each spectrum, shape (R, F)."""
        total = self.alone.copy()
        total[:-1] += self.shared
        total[1:] += self.shared
        return total

    def content(self, spectrum: Integers, low: Floats, high: Floats) -> Floats:
        """Candidates expected between ``low`` and ``high``, each in its spectrum; shape (n,)."""
        below = np.concatenate(
            [np.zeros((len(self.alone), 1)), np.cumsum(self.expected, axis=1)], axis=1
        )
        result = np.empty(len(low))
        for index in range(len(below)):
            rows = spectrum == index
            result[rows] = np.interp(high[rows], self.edges, below[index])
            result[rows] -= np.interp(low[rows], self.edges, below[index])
        return result


def scan_spectra(
    bins: ScanBins,
    null_rates: Floats,
    sharing: Sequence[BorderSharing],
    *,
    fine_bins_per_sigma: int,
) -> ScanSpectra:
    """Average the background-only fits of all windows into one spectrum per MLP range.

    Parameters
    ----------
    bins
        Bins of the windows.
    null_rates
        Their contents in the background-only fits to the data, shape (B,); NaN where a fit did
        not converge.
    sharing
        Overlaps of ranges.
    fine_bins_per_sigma
        Fine bins in one sigma(M_R).

    Notes
    -----
    At a mass x the density is the average over the windows that have a bin there, weighted with
    1 - |x - centre| / (half the width of the window): a fitted polynomial is worst at the ends of
    its window. Where no window has a bin (a veto) nothing is expected. Candidates in both spectra
    are the correlation of :class:`BorderSharing` times the geometric mean of the two, at most the
    smaller one.
    """
    edges = _fine_edges(bins, fine_bins_per_sigma)
    middle = 0.5 * (edges[1:] + edges[:-1])
    ranges = int(bins.mlp_range.max()) + 1
    total, weight = np.zeros((ranges, middle.size)), np.zeros((ranges, middle.size))
    for window, index in enumerate(bins.mlp_range):
        part = slice(bins.start[window], bins.start[window + 1])
        low, high, rates = bins.low[part], bins.high[part], null_rates[part]
        if low.size == 0 or not np.isfinite(rates).all():
            continue
        first, last = np.searchsorted(middle, (low[0], high[-1]))
        x = middle[first:last]
        place = np.searchsorted(low, x, side="right") - 1
        inside = x < high[place]
        reach = max(high[-1] - bins.centre[window], bins.centre[window] - low[0])
        near = np.maximum(1.0 - np.abs(x - bins.centre[window]) / reach, 1e-9) * inside
        total[index, first:last] += near * (rates / (high - low))[place]
        weight[index, first:last] += near
    density = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0.0)
    expected = density * np.diff(edges)
    shared = np.zeros((ranges - 1, middle.size))
    for border in sharing:
        lower, upper = expected[border.lower_range], expected[border.lower_range + 1]
        both = border(middle) * np.sqrt(lower * upper)
        shared[border.lower_range] = np.minimum(both, np.minimum(lower, upper))
    alone = expected.copy()
    alone[:-1] -= shared
    alone[1:] -= shared
    if alone.min(initial=0.0) < -1e-12 * expected.max(initial=1.0):
        raise ConsistencyError("more than two MLP ranges overlap at one mass")
    return ScanSpectra(edges=edges, alone=np.maximum(alone, 0.0), shared=shared)


def _fine_edges(bins: ScanBins, per_sigma: int) -> Floats:
    """Edges that follow the resolution from the first bin of the scan to the last."""
    edges = [float(bins.low.min())]
    end = float(bins.high.max())
    while edges[-1] < end:
        width = float(np.interp(edges[-1], bins.centre, bins.sigma))
        edges.append(edges[-1] + width / per_sigma)
    return np.array(edges)


def draw_candidates(spectra: ScanSpectra, rng: np.random.Generator) -> tuple[Floats, ...]:
    """Candidates of one background-only pseudo-scan.

    Parameters
    ----------
    spectra
        What is expected.
    rng
        Source of randomness.

    Returns
    -------
    tuple
        M_R of the candidates in the spectrum of each range, sorted; those of both kinds appear
        in two spectra at the same place.
    """

    def draw(expected: Floats) -> Floats:
        bins = np.repeat(np.arange(expected.size), rng.poisson(expected))
        width = spectra.edges[bins + 1] - spectra.edges[bins]
        return spectra.edges[bins] + width * rng.random(bins.size)

    alone = [draw(row) for row in spectra.alone]
    shared = [np.empty(0), *(draw(row) for row in spectra.shared), np.empty(0)]
    return tuple(
        np.sort(np.concatenate([own, shared[index], shared[index + 1]]))
        for index, own in enumerate(alone)
    )
