"""A small scan: windows over one spectrum or two, with the structure of ours."""

import numpy as np

from fourmu.inference import ScanBins
from fourmu.statmodel import batch_of, example_workspace

SIGMA = 0.01
BINS = 60
"""Of one sigma each: the windows of ``example_workspace`` are 60 sigma wide."""


def small_scan(*, windows, step, rate, ranges=1):
    """Windows every ``step`` sigma with ``rate`` events per bin, in so many MLP ranges."""
    batch = batch_of(small_workspaces(windows, rate))
    centre = 1.0 + step * SIGMA * np.arange(windows)
    # whole numbers of sigma, so that bins of different windows coincide to the last digit
    units = 100 + step * np.arange(windows)[:, None] + np.arange(BINS + 1) - BINS // 2
    edges = SIGMA * units
    bins = ScanBins(
        start=batch.tables.bin_start,
        low=edges[:, :-1].ravel(),
        high=edges[:, 1:].ravel(),
        centre=centre,
        sigma=np.full(windows, SIGMA),
        mass_gev=centre,
        mlp_range=(np.arange(windows) * ranges) // windows,
    )
    return batch, bins


def small_workspaces(windows, rate):
    """Names and contents of the workspaces."""
    rng = np.random.default_rng(11)
    return [
        (f"w{i:04d}", example_workspace(rng, bins=BINS, events_per_bin=rate, shape=False))
        for i in range(windows)
    ]
