"""Limits as JSON: one row per window, null where there is no number."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import InputError
from fourmu.inference.results import OBSERVED_NUMBERS, STATUSES, Limits
from fourmu.inference.toy_results import ExpectedBands, ToyLimits

from .files import atomic_path, existing_file
from .json_files import finite_or_none

__all__ = ["limit_rows", "read_limits", "read_toys", "write_limits_json"]

Floats = NDArray[np.float64]

_TOY_FIELDS = (
    "limit_observed_toys",
    "limit_observed_toys_error",
    "limit_expected_toys",
    "limit_expected_toys_error",
)
_BAND_FIELDS = ("limit_expected_pseudo", "limit_expected_pseudo_error")
_EXPECTED = 5


def limit_rows(
    limits: Limits,
    toys: ToyLimits | None = None,
    bands: ExpectedBands | None = None,
    patches: Sequence[str | None] | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of ``fourmu limits`` with every field; those not computed are None.

    Parameters
    ----------
    limits
        Of W windows.
    toys, bands
        Limits by toys and bands of pseudo-experiments of the same windows. Where toys tell the
        goodness of fit it takes the place of the asymptotic one.
    patches
        Name of the patch that each window came from, if any.

    Returns
    -------
    list of dict
        W rows, in the order of the windows.
    """
    named = [None] * len(limits) if patches is None else patches
    return [
        {**_row(limits, toys, bands, place), "patch": named[place]} for place in range(len(limits))
    ]


def _row(
    limits: Limits, toys: ToyLimits | None, bands: ExpectedBands | None, place: int
) -> dict[str, Any]:
    number = {name: finite_or_none(getattr(limits, name)[place]) for name in OBSERVED_NUMBERS}
    ok = limits.status[place] == "ok"
    row = {
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
        "limit_expected": _band(limits.limit_expected[place]),
        **_toy_fields(toys, place),
        **_band_fields(bands, place),
        "n_toys": None,
        "goodness_of_fit_p": number["goodness_of_fit_p"],
        "status": limits.status[place],
    }
    texts = [limits.message[place]]
    if toys is not None and ok:
        row["n_toys"] = int(toys.n_toys[place])
        if math.isfinite(toys.goodness_of_fit_p[place]):
            row["goodness_of_fit_p"] = finite_or_none(toys.goodness_of_fit_p[place])
        texts += [toys.message[place], _failures("toys", toys.n_failed[place])]
    if bands is not None and ok:
        texts += [bands.message[place], _failures("pseudo-experiments", bands.n_failed[place])]
    row["message"] = "; ".join(text for text in texts if text) or None
    return row


def _toy_fields(toys: ToyLimits | None, place: int) -> dict[str, Any]:
    if toys is None:
        return dict.fromkeys(_TOY_FIELDS)
    values = (
        finite_or_none(toys.limit_observed[place]),
        finite_or_none(toys.limit_observed_error[place]),
        _band(toys.limit_expected[place]),
        _band(toys.limit_expected_error[place]),
    )
    return dict(zip(_TOY_FIELDS, values, strict=True))


def _band_fields(bands: ExpectedBands | None, place: int) -> dict[str, Any]:
    if bands is None:
        return dict.fromkeys(_BAND_FIELDS)
    values = (_band(bands.limit_expected[place]), _band(bands.limit_expected_error[place]))
    return dict(zip(_BAND_FIELDS, values, strict=True))


def _failures(what: str, number: int) -> str:
    return f"fits of {number} {what} did not converge, they are left out" if number else ""


def _band(values: Floats) -> list[float | None] | None:
    """Five numbers; None if there is none of them."""
    plain = [finite_or_none(value) for value in values]
    return None if all(value is None for value in plain) else plain


def write_limits_json(
    path: str | Path,
    limits: Limits,
    *,
    toys: ToyLimits | None = None,
    bands: ExpectedBands | None = None,
    seed: int | None = None,
    provenance: Mapping[str, Any] | None = None,
    patches: Sequence[str | None] | None = None,
) -> None:
    """Write limits as JSON, a row per line; an earlier file stays until the new one is whole.

    Parameters
    ----------
    path
        File.
    limits, toys, bands, patches
        Of W windows, as :func:`limit_rows` takes them.
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
    rows = ",\n".join(
        json.dumps(row, allow_nan=False) for row in limit_rows(limits, toys, bands, patches)
    )
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
    with _refusing(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        rows, level = content["results"], float(content["confidence_level"])
        if not {row["status"] for row in rows} <= set(STATUSES):
            raise InputError("a row has an unknown status", where=path, expected=STATUSES)
        return Limits(
            workspaces=tuple(row["workspace"] for row in rows),
            poi_names=tuple(row["poi"] or "" for row in rows),
            status=tuple(row["status"] for row in rows),
            message=tuple(row["message"] or "" for row in rows),
            confidence_level=level,
            poi_hat_at_boundary=np.array([bool(row["poi_hat_at_boundary"]) for row in rows]),
            limit_expected=_bands(rows, "limit_expected"),
            parameter_start=np.zeros(len(rows) + 1, dtype=np.int64),
            parameter_names=((),) * len(rows),
            parameters_free=np.empty(0),
            parameters_null=np.empty(0),
            **{name: _column(rows, name) for name in OBSERVED_NUMBERS},
        )


def read_toys(path: str | Path) -> tuple[ToyLimits, ExpectedBands]:
    """Read what pseudo-experiments told; NaN and 0 where none were asked for.

    Their messages are those of the rows, with :func:`read_limits`; the numbers of failed fits are
    in these texts only.

    Raises
    ------
    InputError
        The file is not a table of limits.
    """
    path = existing_file(path)
    with _refusing(path):
        rows = json.loads(path.read_text(encoding="utf-8"))["results"]
        none, silent = np.zeros(len(rows), dtype=np.int64), ("",) * len(rows)
        toys = ToyLimits(
            limit_observed=_column(rows, "limit_observed_toys"),
            limit_observed_error=_column(rows, "limit_observed_toys_error"),
            limit_expected=_bands(rows, "limit_expected_toys"),
            limit_expected_error=_bands(rows, "limit_expected_toys_error"),
            goodness_of_fit_p=_column(rows, "goodness_of_fit_p"),
            n_toys=np.array([row["n_toys"] or 0 for row in rows], dtype=np.int64),
            n_failed=none,
            message=silent,
        )
        bands = ExpectedBands(
            limit_expected=_bands(rows, "limit_expected_pseudo"),
            limit_expected_error=_bands(rows, "limit_expected_pseudo_error"),
            n_experiments=none,
            n_failed=none,
            message=silent,
        )
        return toys, bands


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn what a file that is no table of limits makes of the reader into one error."""
    try:
        yield
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"not a table of limits: {error}", where=path) from error


def _column(rows: list[dict[str, Any]], name: str) -> Floats:
    return np.array([row[name] for row in rows], dtype=np.float64)


def _bands(rows: list[dict[str, Any]], name: str) -> Floats:
    bands = [row[name] or [None] * _EXPECTED for row in rows]
    return np.array(bands, dtype=np.float64).reshape(len(rows), _EXPECTED)
