"""Tables of the measured systematic uncertainties."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fourmu.pipeline.tables import Table
from fourmu.statmodel import TABLE_ONE_TITLES

__all__ = ["systematics_tables"]

_TITLES: Mapping[str, str] = {**TABLE_ONE_TITLES, "total": "Total"}


def systematics_tables(document: Mapping[str, Any]) -> list[Table]:
    """Table I beside what was measured, the MLP selection by range, scales, and the closure.

    Parameters
    ----------
    document
        Content of ``systematics.json``.
    """
    tables = [_table_i(document), _details(document), _mlp(document)]
    if document["closure"]:
        tables.append(_closure(document))
        tables.append(_signal_closure(document))
    return tables


def _table_i(document: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            _TITLES[row["source"]],
            _span(row["table_i"]),
            _span(row["measured"]),
            "-" if row["error"] is None else f"{100 * row['error']:.2f}",
            row["method"],
        )
        for row in document["rows"]
    )
    return Table(
        title="Systematic uncertainties (%)",
        columns=("source", "Table I", "measured", "error", "method"),
        rows=rows,
        note="Measured: smallest and largest over all windows. A shift of the efficiency from "
        "simulation to data counts with its error in quadrature; error is that of the largest "
        "shift.",
    )


def _span(pair: list[float]) -> str:
    low, high = (f"{100 * value:.1f}" for value in pair)
    return low if low == high else f"{low} - {high}"


def _details(document: Mapping[str, Any]) -> Table:
    """Single numbers behind the rows."""
    found = document["ee_mumu"]
    pulls = document["fit_bias"]["all"]
    bias = document["resolution_bias"]
    rows = [
        ("pulls of overlaid signals: mean", _number(pulls["mean"])),
        ("pulls of overlaid signals: width at a mass", _number(pulls["width"])),
        ("pulls of overlaid signals: width, all masses pooled", _number(pulls["pooled_width"])),
        (
            "fits without an error, of all",
            f"{pulls['failed']} of {pulls['count'] + pulls['failed']}",
        ),
    ]
    for name, title in (("prefit", "before the fit"), ("fitted", "after the fit")):
        if "width_ratio" in found[name]:
            peak = found[name]
            rows += [
                (f"J/psi: width over simulation, {title}", _number(peak["width_ratio"])),
                (f"J/psi: shift, {title} (MeV)", _number(peak["shift_gev"], 1e3)),
                (f"J/psi: events, {title}", _number(peak["events"], digits=0)),
            ]
    if "measured" in bias:
        for name, title in (
            ("measured", "at the yield that is excluded"),
            ("large", f"at {bias['large_times']:g} times this yield"),
        ):
            values = np.array([v for v in bias[name] if v is not None])
            rows.append(
                (
                    f"fitted over true yield, {title}",
                    f"{values.mean():.3f} ({values.min():.3f} - {values.max():.3f})",
                )
            )
    widths = [width["value"] for width in document["signal_widths"]]
    if widths:
        rows.append(
            (
                "signal: width after the fit, detector of the data over simulation",
                f"{min(widths):.2f} - {max(widths):.2f}",
            )
        )
    left_out = document["interpolation"]
    rows += [
        ("interpolation: spread of masses left out (%)", _number(left_out["spread"], 100)),
        ("interpolation: from sample size alone (%)", _percent(left_out["statistical"])),
    ]
    for name, title in (("momentum_scale", "momentum scale"), ("beam_energy", "beam energy")):
        shifts = [abs(scale[name]["shift_gev"]["value"]) for scale in document["scales"]]
        changes = [abs(scale[name]["efficiency"]["value"]) for scale in document["scales"]]
        rows += [
            (f"{title}: largest shift of M_R (MeV)", f"{1e3 * max(shifts):.3f}"),
            (f"{title}: largest change of the efficiency (%)", f"{100 * max(changes):.2f}"),
        ]
    return Table(title="Behind them", columns=("quantity", "value"), rows=tuple(rows))


def _mlp(document: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            str(index),
            _number(part["data"]),
            _number(part["simulation"]),
            _number(part["ratio"]),
            "-" if part["largest_change"] is None else f"{part['largest_change']:+.4f}",
            str(part["tested"]),
        )
        for index, part in enumerate(document["mlp"]["ranges"])
    )
    return Table(
        title="MLP selection with M(4mu) close to the c.m. energy",
        columns=(
            "range",
            "data",
            "simulation",
            "ratio",
            "largest change without a tested mass",
            "masses",
        ),
        rows=rows,
    )


def _closure(document: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            row["quantity"],
            row["sample"],
            f"{row['put_in']:.4g}",
            f"{_text(row['measured_value'])} ± {_text(row['measured_error'])}",
            "-" if row["pull"] is None else f"{row['pull']:+.1f}",
        )
        for row in document["closure"]
    )
    return Table(
        title="What was put into the pseudo-data, and what was found",
        columns=("quantity", "control sample", "put in", "measured", "pull"),
        rows=rows,
    )


def _signal_closure(document: Mapping[str, Any]) -> Table:
    rows = []
    for row in document["signal_closure"]:
        propagated, true = np.array(row["propagated"]), np.array(row["true"])
        rows.append(
            (
                row["step"],
                f"{100 * propagated.min():+.2f} - {100 * propagated.max():+.2f}",
                f"{100 * true.mean():+.2f} / {100 * propagated.mean():+.2f}",
                f"{row['chi2']:.1f} / {row['masses']}",
            )
        )
    return Table(
        title="Shifts of the signal efficiency (%): propagated, and in the detector of the data",
        columns=("step", "propagated over mass", "mean: true / propagated", "chi2 / masses"),
        rows=tuple(rows),
    )


def _number(content: Mapping[str, Any], scale: float = 1.0, digits: int = 3) -> str:
    value, error = content["value"], content["error"]
    if value is None:
        return "-"
    text = f"{scale * value:.{digits}f}"
    return text if error is None or math.isnan(error) else f"{text} ± {scale * error:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.3f}"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
