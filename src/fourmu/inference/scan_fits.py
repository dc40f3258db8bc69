"""Local significance of every window in many data sets: what a pseudo-scan is made of."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import kernel
from fourmu.statmodel.batch import Tables

from .minimise import fit
from .model import derivatives, half_deviance, scratch_for, window_of
from .newton import CONVERGED

__all__ = ["ScanFits", "fill_counts", "fit_scans"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class ScanFits(NamedTuple):
    """What the fits of S data sets write; NaN where one did not converge."""

    z_local: NDArray[np.float32]
    """Shape (S, W)."""
    null: Floats
    """All parameters of the background-only fits, shape (S, P), window after window."""
    null_rates: Floats
    """Contents of the bins in the background-only fits, averaged over the data sets whose fit
    converged, shape (B,), window after window."""


@kernel
def fill_counts(
    positions: Floats, start: Integers, spectrum: Integers, low: Floats, high: Floats, out: Floats
) -> None:
    """Count the candidates of one scan in bins.

    Parameters
    ----------
    positions
        Candidates, spectrum after spectrum, sorted in each.
    start
        The candidates of spectrum r are those from ``start[r]`` to ``start[r + 1]``.
    spectrum
        Spectrum in which a bin counts, shape (B,).
    low, high
        Ends of the bins, shape (B,); a candidate at ``high`` is outside.
    out
        Counts, shape (B,).
    """
    place, end, known = 0, 0, -1
    for i in range(low.size):
        begin, end = start[spectrum[i]], start[spectrum[i] + 1]
        if spectrum[i] != known or place == end or low[i] <= positions[max(place - 1, begin)]:
            known, place, last = spectrum[i], begin, end
            while place < last:  # a bisection: the first candidate not below the bin
                middle = (place + last) // 2
                if positions[middle] < low[i]:
                    place = middle + 1
                else:
                    last = middle
        while place < end and positions[place] < low[i]:
            place += 1
        first = place
        while place < end and positions[place] < high[i]:
            place += 1
        out[i] = place - first


@kernel
def fit_scans(
    tables: Tables,
    places: Integers,
    counts: Floats,
    auxiliary: Floats,
    start: Floats,
    tolerance: float,
    max_iterations: int,
    out: ScanFits,
) -> None:
    """Find the local significance of windows in S data sets.

    Parameters
    ----------
    tables
        The batch.
    places
        Windows that are fitted.
    counts
        Contents of the bins of all windows, shape (S, B).
    auxiliary
        Data of the constraints of all windows, shape (S, P).
    start
        Parameters that the background-only fits start from, shape (P,).
    tolerance, max_iterations
        Of a fit.
    out
        Filled at ``places``.

    Notes
    -----
    Where the likelihood falls with a growing signal at the background-only fit, no signal-plus-
    background fit is needed: the best fit is not positive, q0 = 0. That is exact where the
    likelihood is convex, as it is when systematics only scale the signal.
    """
    scans = counts.shape[0]
    for w in places:
        window = window_of(tables, w)
        scratch = scratch_for(window)
        b0, b1 = tables.bin_start[w], tables.bin_start[w + 1]
        p0, p1 = tables.parameter_start[w], tables.parameter_start[w + 1]
        poi = window.poi
        theta = np.empty(p1 - p0)
        fixed = window.fixed.copy()
        lower = window.lower.copy()
        converged = 0
        for i in range(b0, b1):
            out.null_rates[i] = 0.0
        for s in range(scans):
            data, measured = counts[s, b0:b1], auxiliary[s, p0:p1]
            out.z_local[s, w] = np.nan
            for j in range(theta.size):
                theta[j] = start[p0 + j]
            theta[poi] = 0.0
            fixed[poi] = True
            status, null, _ = fit(
                window, data, measured, theta, fixed, lower, tolerance, max_iterations, scratch
            )
            for j in range(theta.size):
                out.null[s, p0 + j] = theta[j] if status == CONVERGED else np.nan
            if status != CONVERGED:
                continue
            half_deviance(window, data, measured, theta, scratch)
            for i in range(b1 - b0):
                out.null_rates[b0 + i] += scratch.rates[i]
            converged += 1
            derivatives(window, data, measured, theta, 0, 0.0, scratch)
            if scratch.gradient[poi] >= 0.0:
                out.z_local[s, w] = 0.0
                continue
            fixed[poi] = window.fixed[poi]
            status, free, _ = fit(
                window, data, measured, theta, fixed, lower, tolerance, max_iterations, scratch
            )
            if status == CONVERGED:
                out.z_local[s, w] = math.sqrt(max(2.0 * (null - free), 0.0))
        for i in range(b0, b1):
            out.null_rates[i] /= converged
