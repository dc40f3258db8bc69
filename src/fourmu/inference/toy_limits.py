"""Upper limits by pseudo-experiments in many windows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.errors import DomainError
from fourmu.statmodel.batch import Batch

from .chunks import Store, chunks_of, run_chunks
from .goodness_of_fit import goodness_of_fit_by_toys
from .pseudo_data import window_data
from .results import Limits
from .toy_results import ToyLimits, joined
from .toy_search import search

__all__ = ["toy_limits", "toy_limits_of"]


def toy_limits(
    batch: Batch,
    asymptotic: Limits,
    settings: Inference,
    *,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    store: Store[ToyLimits] | None = None,
) -> ToyLimits:
    """CLs upper limits by pseudo-experiments, and the goodness of fit, in every window.

    Parameters
    ----------
    batch
        The windows.
    asymptotic
        What :func:`~fourmu.inference.limits` found for them; only ``ok`` windows are done.
    settings
        ``toys`` must not be 0.
    seed
        Results depend on it and on the content of a window, on nothing else.
    threads
        Number of threads; numba's (``NUMBA_NUM_THREADS``) if None.
    progress
        Called with the number of windows finished since the last call.
    store
        Where finished chunks of windows are found and kept, so that an interrupted calculation
        goes on.

    Returns
    -------
    ToyLimits
        One entry per window, in the order of the batch.

    Raises
    ------
    DomainError
        ``settings.toys`` is 0.

    Notes
    -----
    CLs+b and CLb are probabilities of a test statistic q~_mu not below the observed one, at the
    conditional fits to the observed data at mu and at zero, auxiliary data drawn around those
    (Read, J. Phys. G 28 (2002) 2693). All toys of a window serve all tested values, with weights
    (:mod:`~fourmu.inference.toy_sample`).
    """
    if settings.toys == 0:
        raise DomainError("no toys are asked for", key="toys", found=0)
    chunks = chunks_of(np.flatnonzero(asymptotic.ok))
    parts = run_chunks(
        lambda places: toy_limits_of(batch, places, asymptotic, settings, seed),
        chunks,
        threads=threads,
        progress=progress,
        store=store,
    )
    return joined(ToyLimits, chunks, parts, len(batch))


def toy_limits_of(
    batch: Batch,
    places: NDArray[np.int64],
    asymptotic: Limits,
    settings: Inference,
    seed: int,
) -> ToyLimits:
    """Limits by toys of some windows: a pure function, whatever else is in the batch.

    Parameters
    ----------
    batch, asymptotic, settings, seed
        As :func:`toy_limits` takes them.
    places
        Windows, which must be ``ok``.

    Returns
    -------
    ToyLimits
        One entry per place.
    """
    found, fitness = [], []
    for place in places:
        data = window_data(batch, int(place))
        found.append(search(batch, data, asymptotic, settings, seed))
        fitness.append(goodness_of_fit_by_toys(batch, data, asymptotic, settings, seed))
    limits = np.array([window.limits for window in found]).reshape(-1, 6)
    errors = np.array([window.errors for window in found]).reshape(-1, 6)
    return ToyLimits(
        limit_observed=limits[:, 0],
        limit_observed_error=errors[:, 0],
        limit_expected=limits[:, 1:],
        limit_expected_error=errors[:, 1:],
        goodness_of_fit_p=np.array(fitness, dtype=np.float64),
        n_toys=np.array([window.n_toys for window in found], dtype=np.int64),
        n_failed=np.array([window.n_failed for window in found], dtype=np.int64),
        message=tuple(window.message for window in found),
    )
