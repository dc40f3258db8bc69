"""Efficiency and resolution of the signal, and its systematic uncertainties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fourmu.config.statmodel import Systematics
from fourmu.pipeline.inputs import Training
from fourmu.statmodel import systematics_table
from fourmu.templates import SignalModel

from .table import Table

__all__ = ["efficiency_table", "resolution_table", "systematic_table"]


def efficiency_table(models: Mapping[str, SignalModel], masses: Sequence[float]) -> Table:
    """Efficiency after everything, with and without ISR (Fig. 10)."""
    mass = np.array(masses)
    columns, values = ["mass (GeV)"], [[f"{m:g}" for m in masses]]
    for name, model in models.items():
        for label, curve in (("ISR", model.efficiency), ("no ISR", model.efficiency_no_isr)):
            columns.append(f"{name}, {label}")
            values.append([f"{value:.3f}" for value in curve(mass)])
    deviations = np.abs(
        np.concatenate([part.efficiency.left_out for m in models.values() for part in m.ranges])
    )
    # ranges with few masses leave none out; without any the largest deviation is not known
    measured = deviations[np.isfinite(deviations)]
    largest = f"{measured.max():.1%}" if len(measured) else "not measured"
    return Table(
        title="Efficiency against mass",
        columns=tuple(columns),
        rows=tuple(zip(*values, strict=True)),
        note="With ISR: relative to all generated events, including the loss to unsimulated "
        "photons. Paper (Fig. 10): the scalar is more efficient below 1 GeV, less above. "
        f"Leave-one-out: largest deviation {largest} (paper: 3 %).",
    )


def resolution_table(training: Training, masses: Sequence[float]) -> Table:
    """sigma(M_R) (Sec. V)."""
    paper = {0.3: "2 - 2.5", 0.9: "2 - 2.5", 5.0: "5", 9.0: "2.5"}
    values = 1e3 * training.resolution(np.array(masses))
    rows = [
        (f"{mass:g}", f"{value:.2f}", paper.get(mass, ""))
        for mass, value in zip(masses, values, strict=True)
    ]
    return Table(
        title="sigma(M_R) after the kinematic fit (MeV)",
        columns=("mass (GeV)", "ours", "paper"),
        rows=tuple(rows),
    )


def systematic_table(sizes: Systematics, windows: Sequence[tuple[float, int]]) -> Table:
    """Table I over the windows."""
    rows = [
        (
            row.source,
            *(
                f"{100 * value:.1f}"
                for value in (row.smallest, row.largest, row.paper_smallest, row.paper_largest)
            ),
        )
        for row in systematics_table(sizes, windows)
    ]
    return Table(
        title="Systematic uncertainties (%), Table I",
        columns=("source", "smallest", "largest", "paper smallest", "paper largest"),
        rows=tuple(rows),
    )
