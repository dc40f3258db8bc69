"""Limits in all windows of a batch at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.statmodel.batch import Batch

from . import window_fit
from .asymptotics import BANDS, root_qa_of_bands
from .results import Limits
from .window_fit import Outcome, Targets, fit_window

__all__ = ["WINDOWS_PER_TASK", "limits"]

WINDOWS_PER_TASK = 16
"""Windows that a thread takes at a time."""

_REASONS = {
    window_fit.NULL_FIT: "the background-only fit did not converge",
    window_fit.FREE_FIT: "the signal-plus-background fit did not converge",
    window_fit.AT_UPPER_BOUND: "the best fit of {name} is at its upper bound {upper:g}",
    window_fit.NO_SENSITIVITY: "the likelihood does not depend on {poi} at zero",
    window_fit.EXPECTED_LIMIT: "no expected limit was found",
    window_fit.OBSERVED_LIMIT: "no observed limit was found",
    window_fit.NOTHING_EXPECTED: "counts stand in a bin in which {poi} = 0 expects none, or a "
    "rate is negative wherever the fits start",
}


def limits(
    batch: Batch,
    settings: Inference | None = None,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Limits:
    """Best fits, significances and CLs upper limits of every window.

    Parameters
    ----------
    batch
        The windows; those that were refused keep their status.
    settings
        Confidence level and tolerances; 90 % if None.
    threads
        Number of threads; numba's (``NUMBA_NUM_THREADS``) if None. Results do not depend on
        it.
    progress
        Called with the number of windows finished since the last call.

    Returns
    -------
    Limits
        One entry per window, in the order of the batch.

    Notes
    -----
    Asymptotic CLs with q~_mu (Cowan et al., EPJC 71 (2011) 1554), as pyhf computes them: the
    test statistics use the best fit with mu >= 0, the Asimov data are those of the
    background-only fit to the observed data, global observables included.

    Examples
    --------
    >>> from fourmu.statmodel import batch_of
    >>> workspace = {
    ...     "version": "1.0.0",
    ...     "channels": [{"name": "window", "samples": [
    ...         {"name": "signal", "data": [0.0, 4.0],
    ...          "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
    ...         {"name": "background", "data": [9.0, 9.0],
    ...          "modifiers": [{"name": "b", "type": "normfactor", "data": None}]}]}],
    ...     "observations": [{"name": "window", "data": [9, 10]}],
    ...     "measurements": [{"name": "scan", "config": {"poi": "mu", "parameters": []}}],
    ... }
    >>> result = limits(batch_of([("two bins", workspace)]))
    >>> result.status, round(float(result.poi_hat[0]), 3)
    (('ok',), 0.25)
    """
    settings = Inference() if settings is None else settings
    threads = numba.get_num_threads() if threads is None else threads
    goal = Targets(
        alpha=1.0 - settings.confidence_level,
        root_qa=root_qa_of_bands(settings.confidence_level),
        tolerance=settings.nll_tolerance,
        limit_tolerance=settings.limit_rel_tolerance,
        max_iterations=settings.max_iterations,
    )
    out = empty_outcome(len(batch), batch.tables.init.size)
    tasks = [
        batch.usable[first : first + WINDOWS_PER_TASK]
        for first in range(0, batch.usable.size, WINDOWS_PER_TASK)
    ]

    def work(places: NDArray[np.int64]) -> int:
        for place in places:
            out.code[place] = fit_window(batch.tables, place, goal, out)  # without the lock
        return places.size

    if threads > 1 and len(tasks) > 1:
        work(tasks[0])  # compiles once, before threads would do so side by side
        with ThreadPoolExecutor(threads) as pool:
            finished = pool.map(work, tasks[1:])
            _report(tasks[0].size, progress)
            for count in finished:
                _report(count, progress)
    else:
        for places in tasks:
            _report(work(places), progress)
    return _limits_of(batch, settings, out)


def _report(count: int, progress: Callable[[int], None] | None) -> None:
    if progress is not None:
        progress(count)


def empty_outcome(windows: int, parameters: int) -> Outcome:
    def nan(*shape: int) -> NDArray[np.float64]:
        return np.full(shape, np.nan)

    return Outcome(
        code=np.full(windows, -1, dtype=np.int64),
        detail=np.full(windows, -1, dtype=np.int64),
        poi_hat=nan(windows),
        poi_hat_error=nan(windows),
        at_boundary=np.zeros(windows, dtype=np.bool_),
        twice_nll_free=nan(windows),
        twice_nll_null=nan(windows),
        q0=nan(windows),
        z_local=nan(windows),
        p0=nan(windows),
        limit_observed=nan(windows),
        limit_expected=nan(windows, len(BANDS)),
        deviance=nan(windows),
        degrees=np.zeros(windows, dtype=np.int64),
        smallest_rate=nan(windows),
        parameters_free=nan(parameters),
        parameters_null=nan(parameters),
    )


def _limits_of(batch: Batch, settings: Inference, out: Outcome) -> Limits:
    """Turn what the kernels wrote into the record: only ``ok`` carries numbers."""
    status, message = list(batch.status), list(batch.message)
    for place in batch.usable:
        code = int(out.code[place])
        status[place] = "ok" if code == window_fit.OK else "not_converged"
        if code != window_fit.OK:
            message[place] = _reason(batch, int(place), code, int(out.detail[place]))
    ok = np.array([entry == "ok" for entry in status], dtype=np.bool_)
    per_parameter = np.repeat(ok, np.diff(batch.tables.parameter_start))

    def kept(values: NDArray[np.float64]) -> NDArray[np.float64]:
        mask = ok if values.ndim == 1 else ok[:, None]
        return np.where(mask, values, np.nan)

    return Limits(
        workspaces=batch.workspaces,
        poi_names=batch.poi_names,
        status=tuple(status),
        message=tuple(message),
        confidence_level=settings.confidence_level,
        poi_hat=kept(out.poi_hat),
        poi_hat_error=kept(out.poi_hat_error),
        poi_hat_at_boundary=out.at_boundary & ok,
        twice_nll_free=kept(out.twice_nll_free),
        twice_nll_null=kept(out.twice_nll_null),
        q0=kept(out.q0),
        z_local=kept(out.z_local),
        p0=kept(out.p0),
        limit_observed=kept(out.limit_observed),
        limit_expected=kept(out.limit_expected),
        goodness_of_fit_p=kept(_goodness_of_fit(out, settings.goodness_of_fit_min_rate)),
        parameter_start=batch.tables.parameter_start,
        parameter_names=batch.parameter_names,
        parameters_free=np.where(per_parameter, out.parameters_free, np.nan),
        parameters_null=np.where(per_parameter, out.parameters_null, np.nan),
    )


def _reason(batch: Batch, place: int, code: int, detail: int) -> str:
    start = int(batch.tables.parameter_start[place])
    return _REASONS[code].format(
        name=batch.parameter_names[place][detail] if detail >= 0 else "",
        upper=batch.tables.upper[start + detail] if detail >= 0 else np.nan,
        poi=batch.poi_names[place],
    )


def _goodness_of_fit(out: Outcome, min_rate: float) -> NDArray[np.float64]:
    """p-value of the deviance from a chi-squared, where all bins are well filled."""
    p_value = np.full(out.deviance.shape, np.nan)
    usable = (out.smallest_rate >= min_rate) & (out.degrees > 0) & ~out.at_boundary
    if usable.any():
        from scipy.special import gammaincc  # noqa: PLC0415  imported where it is needed

        p_value[usable] = gammaincc(0.5 * out.degrees[usable], 0.5 * out.deviance[usable])
    return p_value
