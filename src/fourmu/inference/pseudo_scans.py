"""Background-only pseudo-scans: every window fitted to spectra drawn once per scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.errors import ConsistencyError
from fourmu.statmodel.batch import GAUSSIAN, Batch

from .scan_fits import ScanFits, fill_counts, fit_scans
from .scan_spectra import ScanBins, ScanSpectra, draw_candidates

__all__ = [
    "SCANS_PER_TASK",
    "BackgroundFits",
    "background_fits",
    "count_significances",
    "pseudo_scans",
    "scan_significances",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SCANS_PER_TASK = 10
"""Scans that a thread takes at a time: their counts are in memory together."""


@dataclass(frozen=True, kw_only=True)
class BackgroundFits:
    """The scan of the observed data, made as the pseudo-scans are.

    Attributes
    ----------
    z_local
        Local significance, shape (W,); NaN where a fit failed.
    null
        Parameters of the background-only fits, shape (P,), window after window.
    null_rates
        Contents of the bins in these fits, shape (B,).
    """

    z_local: Floats
    null: Floats
    null_rates: Floats


def background_fits(batch: Batch, settings: Inference | None = None) -> BackgroundFits:
    """Fit the observed data of every window without and with signal.

    Parameters
    ----------
    batch
        The windows.
    settings
        Tolerances of the fits.

    Raises
    ------
    ConsistencyError
        A constraint is not Gaussian: pseudo-scans share auxiliary data by name, which is not
        defined for counts.
    """
    tables = batch.tables
    if np.any((tables.constraint != 0) & (tables.constraint != GAUSSIAN) & ~tables.fixed):
        raise ConsistencyError("pseudo-scans need Gaussian constraints")
    found = _fit(
        batch,
        tables.observed[None],
        tables.auxiliary[None],
        tables.init,
        Inference() if settings is None else settings,
    )
    failed = np.repeat(np.isnan(found.z_local[0]), np.diff(tables.bin_start))
    return BackgroundFits(
        z_local=found.z_local[0].astype(np.float64),
        null=found.null[0],
        null_rates=np.where(failed, np.nan, found.null_rates),
    )


def pseudo_scans(
    batch: Batch,
    bins: ScanBins,
    spectra: ScanSpectra,
    background: BackgroundFits,
    *,
    seed: Sequence[int],
    scans: Iterable[int],
    settings: Inference | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Local significance of every window in background-only pseudo-scans.

    Parameters
    ----------
    batch, bins
        The windows, and where their bins are.
    spectra
        What is expected of a scan.
    background
        Fits to the observed data: the values that auxiliary data are drawn around.
    seed
        Entropy; a scan draws from ``default_rng((*seed, scan))``.
    scans
        Numbers of the scans, which may be any part of all.
    settings
        Tolerances of the fits.
    threads
        Number of threads, numba's if None. Results do not depend on it.
    progress
        Called with the number of scans finished since the last call.

    Returns
    -------
    numpy.ndarray
        Shape (S, W), in the order of ``scans``; NaN where a fit did not converge. q0 is its
        square; 0 where the best fit is not positive.
    """
    numbers = list(scans)
    tables = batch.tables
    names = _shared_names(batch)
    drawn = names >= 0
    spread = 1.0 / np.sqrt(tables.precision[drawn])

    def work(part: Sequence[int]) -> NDArray[np.float32]:
        candidates = []
        auxiliary = np.repeat(tables.auxiliary[None], len(part), axis=0)
        for number, measured in zip(part, auxiliary, strict=True):
            rng = np.random.default_rng((*seed, number))
            candidates.append(draw_candidates(spectra, rng))
            pulls = rng.standard_normal(int(names.max(initial=-1)) + 1)
            measured[drawn] = background.null[drawn] + pulls[names[drawn]] * spread
        return scan_significances(
            batch, bins, background, candidates, auxiliary=auxiliary, settings=settings
        )

    parts = [numbers[i : i + SCANS_PER_TASK] for i in range(0, len(numbers), SCANS_PER_TASK)]
    threads = numba.get_num_threads() if threads is None else threads
    found = []
    with ThreadPoolExecutor(threads) as pool:
        for part, z in zip(parts, pool.map(work, parts), strict=True):
            found.append(z)
            if progress is not None:
                progress(len(part))
    return np.concatenate(found) if found else np.empty((0, len(batch)), dtype=np.float32)


def scan_significances(
    batch: Batch,
    bins: ScanBins,
    background: BackgroundFits,
    candidates: Sequence[Sequence[Floats]],
    *,
    auxiliary: Floats | None = None,
    settings: Inference | None = None,
) -> NDArray[np.float32]:
    """Local significance of every window in given spectra of candidates.

    Parameters
    ----------
    batch, bins, background
        As for :func:`pseudo_scans`.
    candidates
        Per scan and MLP range the sorted M_R of the candidates.
    auxiliary
        Data of the constraints of all windows, shape (S, P); as observed if None.
    settings
        Tolerances of the fits.

    Returns
    -------
    numpy.ndarray
        Shape (S, W).
    """
    counts = np.empty((len(candidates), batch.tables.observed.size))
    spectrum = bins.mlp_range[bins.owner]
    for spectra, out in zip(candidates, counts, strict=True):
        start = np.concatenate([[0], np.cumsum([part.size for part in spectra])])
        fill_counts(np.concatenate(spectra), start, spectrum, bins.low, bins.high, out)
    return count_significances(batch, background, counts, auxiliary=auxiliary, settings=settings)


def count_significances(
    batch: Batch,
    background: BackgroundFits,
    counts: Floats,
    *,
    auxiliary: Floats | None = None,
    settings: Inference | None = None,
) -> NDArray[np.float32]:
    """Local significance of every window in given contents of its bins.

    Parameters
    ----------
    batch, background, auxiliary, settings
        As for :func:`scan_significances`.
    counts
        Contents of the bins, shape (S, B), window after window; need not be whole numbers.

    Returns
    -------
    numpy.ndarray
        Shape (S, W).
    """
    tables = batch.tables
    if auxiliary is None:
        auxiliary = np.repeat(tables.auxiliary[None], len(counts), axis=0)
    start_values = np.where(np.isfinite(background.null), background.null, tables.init)
    settings = Inference() if settings is None else settings
    return _fit(batch, counts, auxiliary, start_values, settings).z_local


def _fit(
    batch: Batch, counts: Floats, auxiliary: Floats, start: Floats, settings: Inference
) -> ScanFits:
    found = ScanFits(
        z_local=np.full((len(counts), len(batch)), np.nan, dtype=np.float32),
        null=np.full(auxiliary.shape, np.nan),
        null_rates=np.full(counts.shape[1], np.nan),
    )
    fit_scans(
        batch.tables,
        batch.usable,
        counts,
        auxiliary,
        start,
        settings.nll_tolerance,
        settings.max_iterations,
        found,
    )
    return found


def _shared_names(batch: Batch) -> Integers:
    """Place of each parameter's systematic in the alphabet of all, -1 for what is not drawn.

    One draw per name and scan: a systematic of the same name is the same measurement in every
    window.
    """
    drawn = (batch.tables.constraint == GAUSSIAN) & ~batch.tables.fixed
    names = np.array([name for window in batch.parameter_names for name in window], dtype=object)
    places = {name: place for place, name in enumerate(sorted(set(names[drawn])))}
    return np.array(
        [places[name] if own else -1 for name, own in zip(names, drawn, strict=True)],
        dtype=np.int64,
    )
