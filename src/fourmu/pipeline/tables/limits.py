"""Limits beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.config import Analysis
from fourmu.couplings import excluded_intervals, g_minus_2_band
from fourmu.io.json_files import read_json
from fourmu.physics.models import MODELS

from .table import Table

__all__ = ["limit_table"]

_PAPER_LIMITS = {
    "zprime": ("0.046 - 0.97", "0.0008 - 0.039", "0.8 - 4.9"),
    "scalar": ("0.055 - 1.3", "0.0018 - 0.040", "2.9 - 3.5"),
}


def limit_table(analysis: Analysis, workspaces: Mapping[str, Path], results: Path) -> Table:
    """Windows, ranges of the limits, (g-2) exclusions and largest significances."""
    rows = []
    below = analysis.couplings.quoted_below_gev
    for model, folder in workspaces.items():
        content = read_json(results / f"{model}.json")["results"]
        index = read_json(folder / "index.json")["windows"]
        fitted = [row for row in content if row["xsec_limit_expected_fb"] is not None]
        narrow = [row for row in fitted if row["status"] == "ok" and row["mass_gev"] < below]
        paper = _PAPER_LIMITS.get(model, ("", "", ""))
        bad = sum(row["status"] not in ("ok", "width_not_negligible") for row in content)
        vetoed = sum(window["vetoed"] for window in index)
        rows += [
            (model, "windows (fitted + vetoed)", f"{len(content)} + {vetoed}", "2315"),
            (model, "windows without a limit", str(bad), "0"),
            (model, "sigma x BR limit, expected (fb)", _span(fitted, "xsec_limit_expected_fb"), ""),
            (
                model,
                f"coupling limit below {below:g} GeV, expected",
                _span(narrow, "coupling_limit_expected"),
                "",
            ),
        ]
        if analysis.blind:
            continue
        best = max(fitted, key=lambda row: row["z_local"])
        rows += [
            (model, "sigma x BR limit, observed (fb)", _span(fitted, "xsec_limit_fb"), paper[0]),
            (
                model,
                f"coupling limit below {below:g} GeV",
                _span(narrow, "coupling_limit"),
                paper[1],
            ),
            (model, "(g-2) band excluded (GeV)", _excluded(analysis, model, fitted), paper[2]),
            (
                model,
                "largest local significance",
                f"{best['z_local']:.2f} at {best['mass_gev']:.3f} GeV",
                "3.4 at 5.307 GeV (data)",
            ),
        ]
    kind = "data" if analysis.ntuples.data.files else "pseudo-data"
    return Table(
        title=f"Limits at 90 % CL on {kind}",
        columns=("model", "quantity", "ours", "paper"),
        rows=tuple(rows),
        note=f"The paper's numbers are from Belle II data, ours from {kind}.",
    )


def _span(rows: Sequence[Mapping[str, Any]], key: str) -> str:
    """Smallest and largest value; the median one of expected limits."""
    values = [row[key][2] if isinstance(row[key], list) else row[key] for row in rows]
    values = [value for value in values if value is not None]
    return f"{min(values):.3g} - {max(values):.3g}" if values else "-"


def _excluded(analysis: Analysis, model: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Mass intervals in which the whole (g-2) band is excluded."""
    band = g_minus_2_band(
        MODELS[model],
        np.array([row["mass_gev"] for row in rows]),
        measurement=analysis.couplings.g_minus_2,
    )
    limit = np.array([row["coupling_limit"] for row in rows], dtype=np.float64)
    sigma = np.array([row["sigma_gev"] for row in rows])
    found = excluded_intervals(band, limit, sigma)
    if not found:
        return "none"
    low, high = found[0][0], found[-1][1]
    mass = band.mass_gev
    inside = (mass >= low) & (mass <= high)
    excluded = np.zeros(len(mass), dtype=np.bool_)
    for first, last in found:
        excluded |= (mass >= first) & (mass <= last)
    share = np.count_nonzero(excluded) / np.count_nonzero(inside)
    longest = max(found, key=lambda interval: interval[1] - interval[0])
    return (
        f"{low:.2f} - {high:.2f}, {share:.0%} of its windows; "
        f"longest run {longest[0]:.2f} - {longest[1]:.2f}"
    )
