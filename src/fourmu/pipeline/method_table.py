"""Limits by asymptotic formulas, toys and pseudo-experiments side by side, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.io.json_files import read_json

from .tables import Table

__all__ = ["limit_columns", "method_table"]

FloatArray = npt.NDArray[np.float64]

_EDGES = ("-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma")


def limit_columns(rows: Sequence[Mapping[str, Any]], *names: str) -> tuple[FloatArray, ...]:
    """Columns of the rows of limits, NaN where there is no number; (n,) or (n, 5) for bands."""
    columns = []
    for name in names:
        width = next((len(row[name]) for row in rows if isinstance(row[name], list)), None)
        if width is None and "_expected" in name:
            width = len(_EDGES)
        missing = None if width is None else [None] * width
        values = [missing if row[name] is None else row[name] for row in rows]
        columns.append(np.array(values, dtype=np.float64))
    return tuple(columns)


def method_table(models: Sequence[str], limits: Path) -> Table | None:
    """Ratios of the limits by toys and pseudo-experiments to the asymptotic ones.

    Parameters
    ----------
    models
        Their names.
    limits
        Folder of the stage ``limits`` or ``toys``.

    Returns
    -------
    Table or None
        None without pseudo-experiments.
    """
    rows: list[tuple[str, ...]] = []
    for model in models:
        content = read_json(limits / f"{model}.json")["results"]
        rows += [(model, *row) for row in _rows(content)]
    if all(cell == "-" for row in rows for cell in row[2:]):
        return None
    return Table(
        title="Limits by toys and pseudo-experiments beside asymptotic ones",
        columns=("model", "limit", "toys / asymptotic", "error of a window", "pseudo / Asimov"),
        rows=tuple(rows),
        note=(
            "Median over the windows with the range of the central 68 %. Toys: CLs by toys; "
            "pseudo: quantiles of the asymptotic limits of background-only pseudo-experiments."
        ),
    )


def _rows(content: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    observed, observed_toys, observed_error = limit_columns(
        content, "limit_observed", "limit_observed_toys", "limit_observed_toys_error"
    )
    expected, expected_toys, expected_error, expected_pseudo = limit_columns(
        content,
        "limit_expected",
        "limit_expected_toys",
        "limit_expected_toys_error",
        "limit_expected_pseudo",
    )
    rows: list[tuple[str, ...]] = [
        (
            "observed",
            _spread(observed_toys / observed),
            _percent(observed_error / observed_toys),
            "-",
        )
    ]
    rows += [
        (
            f"expected, {name}",
            _spread(expected_toys[:, edge] / expected[:, edge]),
            _percent(expected_error[:, edge] / expected_toys[:, edge]),
            _spread(expected_pseudo[:, edge] / expected[:, edge]),
        )
        for edge, name in enumerate(_EDGES)
    ]
    return rows


def _spread(ratio: FloatArray) -> str:
    finite = ratio[np.isfinite(ratio)]
    if not finite.size:
        return "-"
    low, middle, high = np.quantile(finite, (0.16, 0.5, 0.84))
    return f"{middle:.3f} ({low:.3f} - {high:.3f})"


def _percent(relative: FloatArray) -> str:
    finite = relative[np.isfinite(relative)]
    return f"{np.median(finite):.1%}" if finite.size else "-"
