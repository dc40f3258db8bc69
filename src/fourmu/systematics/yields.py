"""Fits of signal yields in windows, straight from templates: no systematics, no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourmu.config.inference import Inference
from fourmu.inference.asymptotics import root_qa_of_bands
from fourmu.inference.limits import empty_outcome
from fourmu.inference.window_fit import OK, Targets, fit_window
from fourmu.physics.kinematics import FloatArray
from fourmu.statmodel import Batch, batch_of
from fourmu.templates import Template

__all__ = ["FittedYields", "fit_yields", "yield_batch"]

_UNIT = 10.0  # events: the parameter of interest is then of order one


@dataclass(frozen=True, kw_only=True)
class FittedYields:
    """Fits of T data sets of one window; NaN where a fit did not converge.

    Attributes
    ----------
    events, error
        (T,) fitted signal events and their errors; the error is NaN where an empty bin stops the
        fit.
    limit
        (T,) upper limits on the events.
    expected_limit
        (T,) median of background-only outcomes.
    """

    events: FloatArray
    error: FloatArray
    limit: FloatArray
    expected_limit: FloatArray


def yield_batch(templates: Sequence[Template]) -> Batch:
    """Windows whose parameter of interest is the signal yield in units of ten events.

    Parameters
    ----------
    templates
        Signals are normalised to one over the bins, so that yields are those inside the window;
        backgrounds start from their expectation.
    """
    return batch_of([(t.window.name, _specification(t)) for t in templates])


def _specification(template: Template) -> dict[str, Any]:
    """Content of a pyhf workspace without systematics."""
    signal = _UNIT * template.signal / template.signal.sum()
    samples = [_sample("signal", signal, "yield")]
    samples += [
        _sample(f"background_{k}", values, f"background_{k}")
        for k, values in enumerate(template.background)
    ]
    parameters = [{"name": "yield", "inits": [0.1], "bounds": [[0.0, 1e6]]}]
    parameters += [
        {"name": f"background_{k}", "inits": [1.0], "bounds": [[0.0, 50.0]]}
        for k in range(len(template.background))
    ]
    return {
        "version": "1.0.0",
        "channels": [{"name": "window", "samples": samples}],
        "observations": [{"name": "window", "data": template.observed.tolist()}],
        "measurements": [{"name": "yield", "config": {"poi": "yield", "parameters": parameters}}],
    }


def _sample(name: str, data: FloatArray, factor: str) -> dict[str, Any]:
    return {
        "name": name,
        "data": np.asarray(data).tolist(),
        "modifiers": [{"name": factor, "type": "normfactor", "data": None}],
    }


def fit_yields(batch: Batch, place: int, counts: FloatArray, settings: Inference) -> FittedYields:
    """Fit data sets of one window.

    Parameters
    ----------
    batch, place
        From :func:`yield_batch`, and the window that is meant.
    counts
        (T, B) contents of its bins; they need not be integers.
    settings
        Confidence level and tolerances.
    """
    goal = Targets(
        alpha=1.0 - settings.confidence_level,
        root_qa=root_qa_of_bands(settings.confidence_level),
        tolerance=settings.toys_nll_tolerance,
        limit_tolerance=1e-4,
        max_iterations=settings.max_iterations,
    )
    tables = batch.tables
    bins = slice(*tables.bin_start[place : place + 2])
    tables = tables._replace(observed=tables.observed.copy())
    out = empty_outcome(len(batch), tables.init.size)
    found = np.full((4, len(counts)), np.nan)
    for number, content in enumerate(counts):
        tables.observed[bins] = content
        if fit_window(tables, place, goal, out) == OK:
            found[:, number] = (
                out.poi_hat[place],
                out.poi_hat_error[place],
                out.limit_observed[place],
                out.limit_expected[place, 2],
            )
    events, error, limit, expected = _UNIT * found
    return FittedYields(events=events, error=error, limit=limit, expected_limit=expected)
