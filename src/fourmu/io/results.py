"""Limits as JSON: one row per window, null where there is no number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.errors import InputError
from fourmu.inference.results import STATUSES, Limits

from .files import atomic_path, existing_file

__all__ = ["limit_rows", "read_limits", "write_limits_json"]

_NUMBERS = (
    "poi_hat",
    "poi_hat_error",
    "twice_nll_free",
    "twice_nll_null",
    "q0",
    "z_local",
    "p0",
    "limit_observed",
    "goodness_of_fit_p",
)
_EXPECTED = 5


def limit_rows(limits: Limits) -> list[dict[str, Any]]:
    """Return the rows of ``fourmu limits`` with every field; those not computed are None.

    Parameters
    ----------
    limits
        Of W windows.

    Returns
    -------
    list of dict
        W rows, in the order of the windows.
    """
    return [_row(limits, place) for place in range(len(limits))]


def _row(limits: Limits, place: int) -> dict[str, Any]:
    number = {name: _plain(getattr(limits, name)[place]) for name in _NUMBERS}
    ok = limits.status[place] == "ok"
    expected = [_plain(value) for value in limits.limit_expected[place]] if ok else None
    return {
        "workspace": limits.workspaces[place],
        "patch": None,
        "poi": limits.poi_names[place] or None,
        "poi_hat": number["poi_hat"],
        "poi_hat_error": number["poi_hat_error"],
        "poi_hat_at_boundary": bool(limits.poi_hat_at_boundary[place]) if ok else None,
        "twice_nll_free": number["twice_nll_free"],
        "twice_nll_null": number["twice_nll_null"],
        "q0": number["q0"],
        "z_local": number["z_local"],
        "p0": number["p0"],
        "limit_observed": number["limit_observed"],
        "limit_expected": expected,
        "limit_observed_toys": None,
        "limit_observed_toys_error": None,
        "limit_expected_toys": None,
        "limit_expected_toys_error": None,
        "limit_expected_pseudo": None,
        "limit_expected_pseudo_error": None,
        "n_toys": None,
        "goodness_of_fit_p": number["goodness_of_fit_p"],
        "status": limits.status[place],
        "message": limits.message[place] or None,
    }


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def write_limits_json(
    path: str | Path,
    limits: Limits,
    *,
    seed: int | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write limits as JSON, a row per line; an earlier file stays until the new one is whole.

    Parameters
    ----------
    path
        File.
    limits
        Of W windows.
    seed
        Of what was drawn at random, recorded beside the results.
    provenance
        What the results were made from, recorded too.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    head: dict[str, Any] = {"confidence_level": limits.confidence_level, "seed": seed}
    if provenance is not None:
        head["provenance"] = dict(provenance)
    rows = ",\n".join(json.dumps(row, allow_nan=False) for row in limit_rows(limits))
    text = f'{json.dumps(head, allow_nan=False)[:-1]}, "results": [\n{rows}\n]}}\n'
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_limits(path: str | Path) -> Limits:
    """Read what :func:`write_limits_json` wrote; fitted parameters are not in the file.

    Raises
    ------
    InputError
        The file is not a table of limits.
    """
    path = existing_file(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows, level = content["results"], float(content["confidence_level"])
        columns = {name: _column(rows, name) for name in _NUMBERS}
        expected = [row["limit_expected"] or [None] * _EXPECTED for row in rows]
        if not {row["status"] for row in rows} <= set(STATUSES):
            raise InputError("a row has an unknown status", where=path, expected=STATUSES)
        return Limits(
            workspaces=tuple(row["workspace"] for row in rows),
            poi_names=tuple(row["poi"] or "" for row in rows),
            status=tuple(row["status"] for row in rows),
            message=tuple(row["message"] or "" for row in rows),
            confidence_level=level,
            poi_hat_at_boundary=np.array([bool(row["poi_hat_at_boundary"]) for row in rows]),
            limit_expected=np.array(expected, dtype=np.float64).reshape(len(rows), _EXPECTED),
            parameter_start=np.zeros(len(rows) + 1, dtype=np.int64),
            parameter_names=((),) * len(rows),
            parameters_free=np.empty(0),
            parameters_null=np.empty(0),
            **columns,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"not a table of limits: {error}", where=path) from error


def _column(rows: list[dict[str, Any]], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([row[name] for row in rows], dtype=np.float64)
