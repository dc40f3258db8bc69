"""Cut-flows, processes and triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fourmu.pipeline.inputs import ScoredCandidates, Training, read_cutflows
from fourmu.pipeline.samples import SampleFile
from fourmu.selection import Cutflow

from .data import data_title
from .networks import own_range_passed
from .table import Table

__all__ = ["cutflow_table", "process_table", "trigger_table"]


def _total_flow(sample: ScoredCandidates) -> Cutflow:
    flow, *others = read_cutflows(sample)
    for other in others:
        flow += other
    return flow


def cutflow_table(samples: Mapping[str, ScoredCandidates]) -> Table:
    """Share of the generated events left after each cut, by sample."""
    flows = {name: _total_flow(sample) for name, sample in samples.items()}
    names = next(iter(flows.values())).names
    rows = [
        (cut, *(f"{flow.efficiencies()[place]:.4f}" for flow in flows.values()))
        for place, cut in enumerate(names)
    ]
    return Table(
        title="Cut-flow (share of all events)", columns=("after", *flows), rows=tuple(rows)
    )


def process_table(
    backgrounds: Mapping[str, ScoredCandidates],
    data: ScoredCandidates | None,
    training: Training,
    luminosity_ifb: float,
) -> Table:
    """Events and candidates of each process after each cut, at the luminosity of the data."""
    columns = []
    for sample in backgrounds.values():
        flow = _total_flow(sample)
        generated = sum(float(content["generated"]) for content in sample.metadata)
        scale = luminosity_ifb * float(sample.metadata[0]["xsec_fb"]) / generated
        columns.append(_process_column(sample, flow, scale, training))
    titles = [*backgrounds, "sum"]
    columns.append([sum(values) for values in zip(*columns, strict=True)])
    if data is not None:
        titles.append(data_title(data))
        columns.append(_process_column(data, _total_flow(data), 1.0, training))
    flow = _total_flow(next(iter(backgrounds.values())))
    labels = [
        *(f"events: {name}" for name in flow.names),
        "candidates removed by the electron veto",
        "candidates",
        "candidates below 1 GeV",
        "candidates after the networks",
        "candidates after the networks below 1 GeV",
    ]
    return Table(
        title="Processes after each cut",
        columns=("after", *titles),
        rows=tuple(
            (label, *(_events(value) for value in values))
            for label, values in zip(labels, zip(*columns, strict=True), strict=True)
        ),
        note="Expected at the luminosity of the data; the first row counts what is inside the "
        "acceptance of the generation (mu mu gamma: converted photons).",
    )


def _process_column(
    sample: ScoredCandidates, flow: Cutflow, scale: float, training: Training
) -> list[float]:
    """Numbers of one process, in the order of the rows."""
    candidates = sample.candidates
    fitted = np.isfinite(candidates.mass_gev)
    low = candidates.mass_gev < 1.0
    passed = own_range_passed(sample, training)
    counted = [fitted, fitted & low, passed, passed & low]
    return [
        *(scale * float(value) for value in flow.weights),
        scale * flow.n_electron_vetoed,
        *(float(candidates.weight[rows].sum()) for rows in counted),
    ]


def _events(value: float) -> str:
    return f"{value:.0f}" if value >= 100.0 or value == 0.0 else f"{value:.3g}"


def trigger_table(
    samples: Mapping[str, tuple[Sequence[SampleFile], ScoredCandidates]], masses: Sequence[float]
) -> Table:
    """Trigger efficiency of events that pass everything else (Sec. IV A)."""
    found: dict[str, dict[float, str]] = {}
    for model, (files, sample) in samples.items():
        found[model] = {}
        for file, flow in zip(files, read_cutflows(sample), strict=True):
            value, total = flow.trigger_efficiency, float(flow.without_trigger[1])
            if file.mass_gev is not None and total > 0:
                error = np.sqrt(value * (1 - value) / total)
                found[model][file.mass_gev] = f"{value:.3f} ± {error:.3f}"
    rows = []
    for mass in masses:
        near = {
            model: min(values, key=lambda known: abs(known - mass))
            for model, values in found.items()
        }
        rows.append(
            (
                f"{mass:g}",
                *(
                    values[near[model]] if abs(near[model] - mass) < 0.05 else "-"
                    for model, values in found.items()
                ),
            )
        )
    return Table(
        title="Trigger efficiency against mass",
        columns=("mass (GeV)", *found),
        rows=tuple(rows),
        note="Paper: 91 % at threshold (scalar 95 %), 99 % for 2.5-8.5 GeV, 89 % at 10 GeV.",
    )
