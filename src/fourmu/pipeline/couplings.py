"""Stage ``couplings``: cross sections of the models, and limits on their couplings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fourmu.config import Analysis
from fourmu.couplings import CouplingLimits, CrossSectionTable, coupling_limits, coupling_rows
from fourmu.generator import cross_section
from fourmu.inference import Limits
from fourmu.io.csv_files import write_csv
from fourmu.io.json_files import read_json, write_json
from fourmu.io.results import read_limits
from fourmu.physics.models import MODELS
from fourmu.statmodel import IndexEntry, index_entries

from .context import Context, seed_sequence

__all__ = [
    "CrossSectionJob",
    "cross_section_file",
    "model_coupling_limits",
    "read_cross_sections",
    "run",
]

_FITTED = ("poi_hat", "poi_hat_error", "q0", "z_local", "p0", "goodness_of_fit_p")
_BY_TOYS = {
    "limit_observed_toys": "xsec_limit_toys_fb",
    "limit_observed_toys_error": "xsec_limit_toys_error_fb",
    "limit_expected_toys": "xsec_limit_expected_toys_fb",
    "limit_expected_toys_error": "xsec_limit_expected_toys_error_fb",
    "limit_expected_pseudo": "xsec_limit_expected_pseudo_fb",
    "limit_expected_pseudo_error": "xsec_limit_expected_pseudo_error_fb",
    "n_toys": "n_toys",
}
"""Fields of the rows of limits, and their names in the results; null without toys."""


@dataclass(frozen=True, kw_only=True)
class CrossSectionJob:
    """Born and radiative cross section of one model at one mass."""

    analysis: Analysis
    model: str
    index: int
    path: Path


def run(context: Context) -> None:
    """Tabulate cross sections and turn limits on them into limits on couplings."""
    analysis = context.analysis
    target = context.target("results")
    # single points are kept in the work folder only: they make an interrupted run resume
    points = {
        model: [
            context.work / "cross_sections" / model / f"{index:03d}.json"
            for index in range(len(analysis.couplings.table_masses_gev))
        ]
        for model in analysis.models
    }
    jobs = [
        CrossSectionJob(analysis=analysis, model=model, index=index, path=path)
        for model, paths in points.items()
        for index, path in enumerate(paths)
    ]
    context.run(
        cross_section_file, [(job, job.path) for job in jobs], label="cross sections", unit="masses"
    )
    for model, paths in points.items():
        table = _table(analysis, model, paths)
        write_json(
            target / f"cross_sections_{model}.json",
            {**table.to_dict(), "provenance": context.provenance},
        )
        _write_results(context, model, table, target)


def cross_section_file(job: CrossSectionJob) -> int:
    """Integrate one mass with and without ISR."""
    analysis = job.analysis
    settings = analysis.couplings
    rng = np.random.default_rng(seed_sequence(analysis.seed, "cross_section", job.model, job.index))
    content = {}
    for name, isr in (("born", False), ("isr", True)):
        found = cross_section(
            job.model,
            mass_gev=settings.table_masses_gev[job.index],
            coupling=settings.reference_coupling,
            isr=isr,
            rel_error=settings.table_rel_error,
            rng=rng,
            sqrt_s_gev=analysis.generation.sqrt_s_gev,
        )
        content[f"xsec_{name}_fb"] = found.xsec_fb
        content[f"xsec_{name}_error_fb"] = found.error_fb
    write_json(job.path, content)
    return 1


def _table(analysis: Analysis, model: str, paths: list[Path]) -> CrossSectionTable:
    points = [read_json(path) for path in paths]
    return CrossSectionTable(
        model=model,
        coupling=analysis.couplings.reference_coupling,
        mass_gev=np.array(analysis.couplings.table_masses_gev),
        **{name: np.array([point[name] for point in points]) for name in points[0]},
    )


def read_cross_sections(path: Path) -> CrossSectionTable:
    """Read a table that this stage wrote."""
    return CrossSectionTable.from_dict(read_json(path))


def _write_results(context: Context, model: str, table: CrossSectionTable, target: Path) -> None:
    """One row per window: what the fit gave, and the coupling."""
    analysis = context.analysis
    path = context.limits / f"{model}.json"
    limits = read_limits(path)
    entries = {
        entry.name: entry
        for entry in index_entries(read_json(context.source(f"workspaces/{model}") / "index.json"))
    }
    windows = [entries[Path(name).stem] for name in limits.workspaces]
    couplings = coupling_rows(model_coupling_limits(analysis, model, table, windows, limits))
    results = [
        {
            **coupling,
            "reduced_mass_gev": window.reduced_mass_gev,
            "mlp_range": window.mlp_range,
            "efficiency": window.efficiency,
            **{key: row[key] for key in _FITTED},
            **{name: row[key] for key, name in _BY_TOYS.items()},
        }
        for window, row, coupling in zip(
            windows, read_json(path)["results"], couplings, strict=True
        )
    ]
    write_json(
        target / f"{model}.json",
        {
            "model": model,
            "confidence_level": analysis.inference.confidence_level,
            "seed": analysis.seed,
            "look_elsewhere": {
                key: read_json(context.source("look_elsewhere") / f"{model}.json")[key]
                for key in ("pseudo_scans", "failed_fits", "excesses")
            },
            "results": results,
            "provenance": context.provenance,
        },
    )
    bands = [name for name in _BY_TOYS.values() if "expected" in name]
    write_csv(target / f"{model}.csv", results, bands=bands)


def model_coupling_limits(
    analysis: Analysis,
    model: str,
    table: CrossSectionTable,
    windows: Sequence[IndexEntry],
    limits: Limits,
) -> CouplingLimits:
    """Coupling limits of the windows of a scan."""
    return coupling_limits(
        model=MODELS[model],
        table=table,
        section=analysis.couplings,
        window=[window.name for window in windows],
        mass_gev=np.array([window.mass_gev for window in windows]),
        sigma_gev=np.array([window.sigma_gev for window in windows]),
        xsec_limit_fb=limits.limit_observed,
        xsec_limit_expected_fb=limits.limit_expected,
        status=limits.status,
        message=limits.message,
        sqrt_s_gev=analysis.generation.sqrt_s_gev,
    )
