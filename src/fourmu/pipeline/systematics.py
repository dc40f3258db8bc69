"""Stage ``systematics``: every method of Sec. VI on simulation and data, beside Table I."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from fourmu.config import Analysis
from fourmu.io.files import atomic_path
from fourmu.io.json_files import read_json, write_json
from fourmu.plots import rendered
from fourmu.systematics import left_out
from fourmu.templates import EfficiencyCurve, SignalModel, build_windows

from .context import Context
from .inputs import read_training
from .layout import Layout
from .measurement import (
    DATA,
    SIMULATION,
    Findings,
    MeasureJob,
    bias_model,
    document_of,
    ee_mumu,
    fit_bias,
    identification,
    is_external,
    joined_identification,
    level,
    mlp,
    resolution_bias,
    signal,
    signal_sample,
    systematics_figures,
    systematics_tables,
    trigger,
)
from .samples import grid_masses
from .tables import as_markdown

__all__ = ["measure_file", "run", "systematics_summary"]

_METHODS: Final[Mapping[str, Callable[[MeasureJob], dict[str, Any]]]] = {
    "trigger": trigger,
    "identification": identification,
    "level": level,
    "ee_mumu": ee_mumu,
    "mlp": mlp,
    "fit_bias": fit_bias,
    "resolution_bias": resolution_bias,
    "signal": signal,
}
_GENERATED = ("trigger", "identification", "level")
"""Control samples made with each detector: not where the data come from outside."""


def run(context: Context) -> None:
    """Measure, propagate to the signal, and compare."""
    analysis = context.analysis
    external = is_external(analysis)
    parts = context.work / "measurements"
    parts.mkdir(parents=True, exist_ok=True)

    def job(method: str, label: str = "", mass_gev: float | None = None) -> MeasureJob:
        return MeasureJob(
            analysis=analysis,
            method=method,
            label=label,
            mass_gev=mass_gev,
            events=context.source("events"),
            selected=context.source("selected"),
            mlp=context.source("mlp"),
            templates=context.source("templates"),
            earlier=parts,
            path=parts / f"{'_'.join(filter(None, (method, label)))}.json",
        )

    first = [job("ee_mumu"), job("fit_bias")]
    if not external:
        first += [job(method, label) for method in _GENERATED for label in (DATA, SIMULATION)]
    first.append(job("mlp"))
    _measure(context, first, label="control samples")
    found = {item.path.stem: read_json(item.path) for item in first}
    write_json(parts / "identification.json", joined_identification(found))
    masses = _signal_masses(analysis)
    signals = [job("signal", f"{mass:.4f}", mass) for mass in masses]
    bias = job("resolution_bias")
    _measure(context, [bias, *signals], label="propagation to the signal")
    found["resolution_bias"] = read_json(bias.path)
    document = document_of(
        analysis,
        Findings(
            parts=found,
            signals=[read_json(item.path) for item in signals],
            interpolation=left_out(_efficiencies(context)),
            windows=_windows(context),
        ),
        external=external,
    )
    target = context.target("systematics")
    for name, figure in systematics_figures(document).items():
        for kind in ("pdf", "png"):
            with atomic_path(target / f"{name}.{kind}") as temporary:
                temporary.write_bytes(rendered(figure, kind))
    with atomic_path(target / "systematics.md") as temporary:
        temporary.write_text(as_markdown(systematics_tables(document)), encoding="utf-8")
    write_json(target / "systematics.json", {**document, "provenance": context.provenance})


def systematics_summary(analysis: Analysis) -> str:
    """Tables of the finished stage."""
    content = read_json(Layout.of(analysis).folder("systematics") / "systematics.json")
    return as_markdown(systematics_tables(content))


def measure_file(job: MeasureJob) -> int:
    """Carry out one measurement."""
    write_json(job.path, _METHODS[job.method](job))
    return 1


def _measure(context: Context, jobs: Sequence[MeasureJob], *, label: str) -> None:
    context.run(measure_file, [(job, job.path) for job in jobs], label=label, unit="measurements")


def _signal_masses(analysis: Analysis) -> tuple[float, ...]:
    """Simulated Z' masses next to those of the configuration."""
    grid = np.array(grid_masses(analysis, signal_sample(analysis)))
    wanted = analysis.systematics.signal_masses_gev
    return tuple(sorted({float(grid[int(np.argmin(np.abs(grid - mass)))]) for mass in wanted}))


def _efficiencies(context: Context) -> list[EfficiencyCurve]:
    """Efficiencies of the model of the fits, per MLP range."""
    model = bias_model(context.analysis)
    content = read_json(context.source("templates") / f"signal_{model}.json")
    return [part.efficiency for part in SignalModel.from_dict(content["signal_model"]).ranges]


def _windows(context: Context) -> list[tuple[float, int]]:
    """Mass and MLP range of all windows that are fitted."""
    analysis = context.analysis
    windows = build_windows(
        read_training(context.source("mlp")).resolution,
        analysis.classifiers.range_edges_gev,
        analysis.templates,
    )
    return [(window.mass_gev, window.mlp_range) for window in windows if not window.vetoed]
