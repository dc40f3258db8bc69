"""Diagnostics of fits as JSON: one row per window, null where there is no number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fourmu.inference.diagnostics import Diagnostics

from .files import atomic_path
from .json_files import finite_or_none

__all__ = ["diagnostic_rows", "write_diagnostics_json"]

_MEDIAN = 2


def diagnostic_rows(found: Diagnostics) -> list[dict[str, Any]]:
    """Return a row per window with an entry per parameter; what is not known is None.

    Impacts on limits are relative: limit over limit with the parameter held at its measured
    value, minus 1. Impacts on the best fit are in units of the parameter of interest: up, down.
    """
    return [_row(found, place) for place in range(len(found.limits))]


def _row(found: Diagnostics, place: int) -> dict[str, Any]:
    limits = found.limits
    ok = limits.status[place] == "ok"
    return {
        "workspace": limits.workspaces[place],
        "poi": limits.poi_names[place] or None,
        "poi_hat": finite_or_none(limits.poi_hat[place]),
        "poi_hat_error": finite_or_none(limits.poi_hat_error[place]),
        "limit_observed": finite_or_none(limits.limit_observed[place]),
        "limit_expected": finite_or_none(limits.limit_expected[place, _MEDIAN]),
        "impact_on_limit_observed": finite_or_none(found.on_limits.observed_all[place]),
        "impact_on_limit_expected": finite_or_none(found.on_limits.expected_all[place]),
        "goodness_of_fit_p": finite_or_none(limits.goodness_of_fit_p[place]),
        "parameters": _parameters(found, place) if ok else None,
        "status": limits.status[place],
        "message": limits.message[place] or None,
    }


def _parameters(found: Diagnostics, place: int) -> list[dict[str, Any]]:
    fitted, null = found.best_fit, found.without_signal
    first = int(fitted.parameter_start[place])
    names = fitted.parameter_names[place]
    with_poi = fitted.correlation(place)[names.index(found.limits.poi_names[place])]
    entries = []
    for j, name in enumerate(names):
        entry: dict[str, Any] = {
            "name": name,
            "value": finite_or_none(fitted.value[first + j]),
            "error": finite_or_none(fitted.error[first + j]),
            "measured": finite_or_none(fitted.measured[first + j]),
            "uncertainty": finite_or_none(fitted.uncertainty[first + j]),
            "pull": finite_or_none(fitted.pull[first + j]),
            "correlation_with_poi": finite_or_none(with_poi[j]),
            "value_without_signal": finite_or_none(null.value[first + j]),
            "error_without_signal": finite_or_none(null.error[first + j]),
            "pull_without_signal": finite_or_none(null.pull[first + j]),
        }
        if name in found.on_limits.sources:
            row = found.on_limits.sources.index(name)
            shifts = found.on_best_fit
            entry |= {
                "impact_on_limit_observed": finite_or_none(found.on_limits.observed[row, place]),
                "impact_on_limit_expected": finite_or_none(found.on_limits.expected[row, place]),
                "impact_on_poi_prefit": [finite_or_none(x) for x in shifts.prefit[row, place]],
                "impact_on_poi_postfit": [finite_or_none(x) for x in shifts.postfit[row, place]],
            }
        entries.append(entry)
    return entries


def write_diagnostics_json(
    path: str | Path, found: Diagnostics, *, provenance: Mapping[str, Any] | None = None
) -> None:
    """Write diagnostics as JSON, a row per line; an earlier file stays until the new one is whole.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    head: dict[str, Any] = {"confidence_level": found.limits.confidence_level}
    if provenance is not None:
        head["provenance"] = dict(provenance)
    rows = ",\n".join(json.dumps(row, allow_nan=False) for row in diagnostic_rows(found))
    text = f'{json.dumps(head, allow_nan=False)[:-1]}, "results": [\n{rows}\n]}}\n'
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
