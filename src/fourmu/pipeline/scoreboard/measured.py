"""Systematic uncertainties as this run measures them (Sec. VI, notes 13)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from fourmu.classifiers import range_of_mass
from fourmu.physics.kinematics import FloatArray
from fourmu.systematics import width_bias
from fourmu.templates import (
    SHAPE_PARAMETERS,
    Template,
    bernstein_integrals,
    build_windows,
    shape_integral,
)

from .claims import no_number, span, statement, value
from .found import Found, NotMeasured, number, numbers, truth
from .groups import Group
from .row import row_of
from .run import Run
from .table_one import TABLE

__all__ = ["MEASURED"]

_ASIMOV_MASS_GEV = 3.0
_WIDER = 1.25
_SMALL_PULL = 0.1
_HALF_STEP = 0.5  # of the scan: a signal that moves by less is found by the nearest hypothesis
_SMALL_CHANGE = 1.0


# Table I


def _source(name: str, printed: tuple[str, ...], run: Run) -> Found:
    """Smallest and largest size over the windows, with the error of the largest, in per cent."""
    row = next(row for row in run.systematics["rows"] if row["source"] == name)
    if name in run.systematics["not_measured"]:
        raise NotMeasured(run.systematics["not_measured"][name])
    if not row["is_measured"] and name != "total":
        raise NotMeasured("from the configuration: the chain has no sample to measure it with")
    low, high = (100.0 * size for size in row["measured"])
    error = None if row["error"] is None else 100.0 * row["error"]
    if len(printed) == 1:
        text = "" if math.isclose(low, high) else f"at most (at least {low:.2g})"
        return number(high, error, text)
    return numbers(low, high, errors=(None, error))


# details


def _measured(content: Mapping[str, Any], scale: float = 1.0) -> tuple[float, float]:
    """Value and error of a measured number; raises if there is none."""
    if content["value"] is None or content["error"] is None:
        raise NotMeasured("the measurement has no result")
    return scale * content["value"], scale * content["error"]


def _jpsi_width(state: str, run: Run) -> Found:
    """By how much the J/psi is wider in data, in per cent."""
    part = run.systematics["ee_mumu"][state]
    if "width_ratio" not in part:
        raise NotMeasured(part.get("message", "the J/psi was not fitted"))
    ratio, error = _measured(part["width_ratio"])
    return number(100.0 * (ratio - 1.0), 100.0 * error)


def _jpsi_events(run: Run) -> Found:
    part = run.systematics["ee_mumu"]["prefit"]
    if "events" not in part:
        raise NotMeasured(part.get("message", "the J/psi was not fitted"))
    return number(*_measured(part["events"]))


def _pulls(name: str, run: Run) -> Found:
    pulls = run.systematics["fit_bias"]["all"]
    mean, error = _measured(pulls[name])
    text = f"({pulls['count']} fits)"
    if name == "mean":
        return truth(
            abs(mean) < _SMALL_PULL + 2.0 * error, f"{mean:+.3f} ± {error:.3f} of the error {text}"
        )
    return number(mean, error, text)


def _mlp_excluded(run: Run) -> Found:
    """Largest change of the ratio of efficiencies when a tested mass is left out, in its errors."""
    changes, tested = [], 0
    for part in run.systematics["mlp"]["ranges"]:
        if part["largest_change"] is not None and part["ratio"]["error"]:
            changes.append(abs(part["largest_change"]) / part["ratio"]["error"])
            tested += part["tested"]
    if not changes:
        raise NotMeasured("no range has candidates")
    text = f"by at most {max(changes):.2f} of its error, {tested} masses"
    return truth(max(changes) < 1.0, text)


def _scale(name: str, run: Run) -> Found:
    """Shift of M_R in units of its resolution and change of the efficiency, largest over mass."""
    scales = run.systematics["scales"]
    masses = np.array([scale["mass_gev"] for scale in scales])
    sigma = run.products.training.resolution(masses)
    shifts, changes = [], []
    for scale, width in zip(scales, sigma, strict=True):
        shift, _ = _measured(scale[name]["shift_gev"])
        change, _ = _measured(scale[name]["efficiency"], 100.0)
        shifts.append(abs(shift) / float(width))
        changes.append(abs(change))
    holds = max(shifts) < _HALF_STEP and max(changes) < _SMALL_CHANGE
    text = (
        f"M_R moves by at most {max(shifts):.3f} sigma, the efficiency by at most "
        f"{max(changes):.2f} %"
    )
    return truth(holds, text)


def _closure(run: Run) -> Found:
    """Whether control samples find what was put into the pseudo-data."""
    rows = [row for row in run.systematics["closure"] if row["pull"] is not None]
    if not rows:
        raise NotMeasured("nothing is known of what is in the data")
    worst = max(rows, key=lambda row: abs(row["pull"]))
    within = sum(abs(row["pull"]) < 2.0 for row in rows)
    text = (
        f"{within} of {len(rows)} numbers within two errors; furthest: {worst['quantity']} "
        f"({worst['sample']}) by {worst['pull']:+.1f} errors"
    )
    return truth(abs(worst["pull"]) < 3.0, text)


def _propagated(run: Run) -> Found:
    """Whether propagated shifts are those of signals in the detector of the pseudo-data."""
    rows = run.systematics["signal_closure"]
    if not rows:
        raise NotMeasured("nothing is known of what is in the data")
    chi2 = sum(row["chi2"] for row in rows)
    masses = sum(row["masses"] for row in rows)
    parts = ", ".join(f"{row['step']} {row['chi2']:.1f}/{row['masses']}" for row in rows)
    # a chi2 has a mean of its degrees of freedom and a variance of twice that
    return truth(chi2 < masses + 3.0 * math.sqrt(2.0 * masses), f"chi2 {parts}")


# Asimov data


@lru_cache(maxsize=4)
def _asimov(run: Run, times: float) -> Mapping[float, float]:
    """Fitted over true yield by background per bin, where the signal is wider than its template."""
    analysis = run.analysis
    model = run.products.signal_models.get("zprime")
    if model is None:
        raise NotMeasured("the analysis does not search for the Z'")
    config = analysis.templates
    windows = [
        window
        for window in build_windows(
            run.products.training.resolution, analysis.classifiers.range_edges_gev, config
        )
        if window.n_bins == config.bins
    ]
    window = min(windows, key=lambda one: abs(one.mass_gev - _ASIMOV_MASS_GEV))
    edges = np.stack([window.bin_low, window.bin_high], axis=-1)

    def shape(factor: float) -> FloatArray:
        mass = np.array([window.mass_gev])
        index = range_of_mass(analysis.classifiers.range_edges_gev, mass)
        parameters = model.shape_parameters(mass, index)[0].copy()
        parameters[SHAPE_PARAMETERS.index("sigma")] *= factor
        below = shape_integral(edges, parameters)
        return np.asarray(below[:, 1] - below[:, 0])

    unit = window.bin_high[-1] - window.bin_low[0]
    basis = bernstein_integrals(
        (window.bin_low - window.bin_low[0]) / unit, (window.bin_high - window.bin_low[0]) / unit, 1
    )
    result = {}
    for per_bin in (0.3, 3.0, 30.0):
        template = Template(
            window=window,
            signal=shape(1.0),
            background=per_bin * window.n_bins * basis,
            observed=np.zeros(window.n_bins),
            efficiency=1.0,
        )
        ratio = width_bias([template], [shape(_WIDER)], analysis.inference, times=times)
        result[per_bin] = float(ratio[0])
    return result


def _yield_ratio(per_bin: float, corrected: bool, run: Run) -> Found:
    """At five times the yield that is excluded; at that yield beside it."""
    factor = run.analysis.templates.bias_correction if corrected else 1.0
    large, small = (_asimov(run, times)[per_bin] for times in (5.0, 1.0))
    return number(factor * large, text=f"({factor * small:.3f} at the yield that is excluded)")


def _correction(run: Run) -> Found:
    return number(100.0 * (run.analysis.templates.bias_correction - 1.0))


_row = partial(row_of, "measured")

_ASIMOV = ((0.3, "0.94", "1.01"), (3.0, "0.91", "0.97"), (30.0, "0.89", "0.95"))

MEASURED = Group(
    name="measured",
    title="Systematic uncertainties as measured (Secs. V, VI)",
    cost=3.0,
    rows=(
        *(
            _row(
                source,
                f"{title}: measured on pseudo-data and simulation",
                "Sec. VI, Table I",
                value(printed[0]) if len(printed) == 1 else span(*printed),
                partial(_source, source, printed),
                "%",
            )
            for source, title, printed in TABLE
        ),
        _row(
            "mlp_excluded",
            "the MLP efficiency ratio does not change without 10 sigma around any tested mass",
            "Sec. VI",
            statement("no change"),
            partial(_mlp_excluded),
        ),
        _row(
            "pull_mean",
            "mean pull of fits to overlaid signals is negligible (a tenth of the error)",
            "Sec. VI",
            statement("negligible"),
            partial(_pulls, "mean"),
        ),
        _row(
            "pull_width",
            "width of these pulls",
            "notes 13",
            value("1.04"),
            partial(_pulls, "width"),
        ),
        _row(
            "jpsi_width",
            "J/psi in e e mu mu, before the kinematic fit: wider than simulated by",
            "Sec. V",
            value("25"),
            partial(_jpsi_width, "prefit"),
            "%",
        ),
        _row(
            "jpsi_width_fitted",
            "the same after the kinematic fit, where the spread of sqrt(s) counts, too",
            "Sec. V",
            no_number(),
            partial(_jpsi_width, "fitted"),
            "%",
        ),
        _row(
            "jpsi_events",
            "J/psi in the control sample",
            "Sec. V",
            no_number(),
            partial(_jpsi_events),
        ),
        _row(
            "momentum_scale",
            "effect of the momentum scale is negligible (half a step of the scan, 1 % in the "
            "efficiency)",
            "Sec. VI",
            statement("negligible"),
            partial(_scale, "momentum_scale"),
        ),
        _row(
            "beam_energy",
            "effect of a shift of the beam energy is negligible (the same)",
            "Sec. VI",
            statement("negligible"),
            partial(_scale, "beam_energy"),
        ),
        _row(
            "closure",
            "control samples find what pseudo-data have and simulation lacks",
            "notes 13",
            statement("within errors"),
            partial(_closure),
        ),
        _row(
            "propagated",
            "shifts propagated to signals are those of signals in the other detector",
            "notes 13",
            statement("within errors"),
            partial(_propagated),
        ),
        *(
            _row(
                f"asimov_{per_bin:g}{'_corrected' if corrected else ''}",
                f"fitted over true yield, signal 1.25 times as wide as its template, {per_bin:g} "
                f"background events per bin, {'with' if corrected else 'without'} the correction "
                "by 1.07",
                "notes 13",
                value(after if corrected else before),
                partial(_yield_ratio, per_bin, corrected),
            )
            for corrected in (False, True)
            for per_bin, before, after in _ASIMOV
        ),
        _row(
            "correction",
            "correction of fitted yields, by which they are high with the resolution as simulated",
            "Sec. V",
            value("7"),
            partial(_correction),
            "%",
        ),
    ),
)
