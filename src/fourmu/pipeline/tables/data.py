"""Candidates in data over simulation."""

from __future__ import annotations

import numpy as np

from fourmu.classifiers.ranges import BoolArray
from fourmu.physics.kinematics import FloatArray
from fourmu.pipeline.inputs import ScoredCandidates, Training

from .networks import own_range_passed
from .table import Table

__all__ = ["data_ratio_table", "data_title", "ratio_against_mass_table"]


def data_ratio_table(
    data: ScoredCandidates, background: ScoredCandidates, training: Training
) -> Table:
    """Candidates in pseudo-data over simulation, before and after the networks (Figs. 3, 11)."""
    rows = []
    for label, paper, rows_data, rows_background in (
        ("before the networks", "0.76", _fitted(data), _fitted(background)),
        (
            "after",
            "mostly above 1 above a few GeV",
            own_range_passed(data, training),
            own_range_passed(background, training),
        ),
    ):
        observed = float(np.count_nonzero(rows_data))
        expected = float(background.candidates.weight[rows_background].sum())
        rows.append(
            (label, f"{observed:.0f}", f"{expected:.0f}", f"{observed / expected:.3f}", paper)
        )
    return Table(
        title=f"Candidates: {data_title(data)} over simulation",
        columns=("selection", data_title(data), "simulation", "ratio", "paper"),
        rows=tuple(rows),
        note="Simulation has no ISR, as AAFH, no FSR and no resonances; pseudo-data have."
        if data_title(data) == "pseudo-data"
        else "",
    )


def data_title(data: ScoredCandidates) -> str:
    """Name of what is compared with simulation: pseudo-data, or data from outside."""
    return str(data.metadata[0]["sample"]).replace("_", "-")


def ratio_against_mass_table(
    data: ScoredCandidates,
    background: ScoredCandidates,
    training: Training,
    edges_gev: FloatArray,
) -> Table:
    """The same ratio against dimuon mass, with its statistical error."""
    selections = (
        (_fitted(data), _fitted(background)),
        (own_range_passed(data, training), own_range_passed(background, training)),
    )
    columns = []
    for rows_data, rows_background in selections:
        weight = background.candidates.weight[rows_background]
        mass = background.candidates.mass_gev[rows_background]
        observed = np.histogram(data.candidates.mass_gev[rows_data], edges_gev)[0]
        expected = np.histogram(mass, edges_gev, weights=weight)[0]
        squared = np.histogram(mass, edges_gev, weights=weight**2)[0]
        known = (observed > 0) & (expected > 0)
        ratio = np.divide(observed, expected, out=np.zeros_like(expected), where=known)
        relative = np.sqrt(
            np.divide(1.0, observed, out=np.zeros_like(expected), where=known)
            + np.divide(squared, expected**2, out=np.zeros_like(expected), where=known)
        )
        columns.append(
            [
                f"{r:.3f} ± {r * e:.3f}" if k else "-"
                for r, e, k in zip(ratio, relative, known, strict=True)
            ]
        )
    return Table(
        title="Pseudo-data over simulation against mass",
        columns=("mass (GeV)", "before the networks", "after"),
        rows=tuple(
            (f"{low:g} - {high:g}", before, after)
            for low, high, before, after in zip(
                edges_gev[:-1], edges_gev[1:], *columns, strict=True
            )
        ),
        note="Paper: 0.76 on average before the networks; mostly above 1 after them, with an "
        "excess of simulation below 2 GeV.",
    )


def _fitted(sample: ScoredCandidates) -> BoolArray:
    """Rows whose kinematic fit converged."""
    return np.isfinite(sample.candidates.mass_gev)
