"""Tables that stand beside the paper's numbers: computed from the products, in no other way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.classifiers import (
    Rejection,
    candidate_multiplicity,
    range_of_mass,
    rejection_against_mass,
)
from fourmu.classifiers.ranges import BoolArray
from fourmu.config import Analysis
from fourmu.config.statmodel import Systematics
from fourmu.couplings import excluded_intervals, g_minus_2_band
from fourmu.io.json_files import read_json
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import MODELS
from fourmu.selection import Cutflow
from fourmu.statmodel import systematics_table
from fourmu.templates import SignalModel

from .inputs import ScoredCandidates, Training, read_cutflows
from .samples import SampleFile

__all__ = [
    "Table",
    "as_markdown",
    "cutflow_table",
    "data_ratio_table",
    "efficiency_table",
    "limit_table",
    "multiplicity_in",
    "multiplicity_table",
    "network_table",
    "own_range_passed",
    "process_table",
    "ratio_against_mass_table",
    "rejection",
    "rejection_table",
    "resolution_table",
    "systematic_table",
    "trigger_table",
]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of strings with a title and a sentence on what to think of it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def as_markdown(tables: Sequence[Table]) -> str:
    """Render tables for the documentation and the terminal."""
    blocks = []
    for table in tables:
        widths = [
            max(len(column), *(len(row[place]) for row in table.rows), 3)
            for place, column in enumerate(table.columns)
        ]
        lines = [
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
            for row in (table.columns, *table.rows)
        ]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        text = "\n".join([lines[0], rule, *lines[1:]])
        note = f"\n\n{table.note}" if table.note else ""
        blocks.append(f"## {table.title}\n\n{text}{note}\n")
    return "\n".join(blocks)


def own_range_passed(sample: ScoredCandidates, training: Training) -> BoolArray:
    """(n,) candidates that pass the working point of the range of their own mass."""
    passed = sample.passed(training.working_points)
    index = range_of_mass(_range_edges(training), sample.candidates.mass_gev)
    rows = np.arange(len(index))
    return np.asarray((index >= 0) & passed[rows, np.maximum(index, 0)])


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
        titles.append(_data_title(data))
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


def network_table(training: Training) -> Table:
    """Areas under the ROC curves, over-training, most important variables (Sec. IV D)."""
    rows = []
    for content in training.performance:
        ranked = sorted(content["importance"], key=lambda item: -item[1])[:3]
        rows.append(
            (
                str(content["mlp_range"]),
                f"{content['auc_training']:.4f}",
                f"{content['auc_test']:.4f}",
                f"{content['ks_signal_p']:.2f}",
                f"{content['ks_background_p']:.2f}",
                ", ".join(f"{name} {value:.3f}" for name, value in ranked),
            )
        )
    return Table(
        title="Networks",
        columns=("range", "AUC train", "AUC test", "KS p signal", "KS p backgr.", "most important"),
        rows=tuple(rows),
        note="Importance: loss of AUC when a variable (or a pair) is shuffled. Paper: the pair "
        "momentum first, then the two candidate momenta together.",
    )


def rejection(background: ScoredCandidates, training: Training, edges_gev: FloatArray) -> Rejection:
    """Background candidates before and after the networks, in bins of dimuon mass."""
    return rejection_against_mass(
        edges_gev,
        background.candidates.mass_gev,
        background.candidates.weight,
        background.passed(training.working_points),
        range_of_mass(_range_edges(training), background.candidates.mass_gev),
    )


def _range_edges(training: Training) -> tuple[float, ...]:
    ranges = [network.mlp_range for network in training.networks]
    return (*(part.low_gev for part in ranges), ranges[-1].high_gev)


def rejection_table(
    background: ScoredCandidates, training: Training, edges_gev: FloatArray
) -> Table:
    """Background candidates before over after the networks (Sec. IV D)."""
    found = rejection(background, training, edges_gev)
    rows = [
        (f"{low:g} - {high:g}", f"{factor:.2f}")
        for low, high, factor in zip(edges_gev[:-1], edges_gev[1:], found.factor, strict=True)
    ]
    return Table(
        title="Background rejection of the networks",
        columns=("mass (GeV)", "factor"),
        rows=tuple(rows),
        note="Paper: 2.5 to 14, best near 5 GeV.",
    )


def multiplicity_table(
    background: ScoredCandidates,
    signal: Mapping[float, tuple[float, float]],
    training: Training,
) -> Table:
    """Candidates per event that has any, before and after the networks.

    ``signal`` maps a mass to the multiplicities before and after.
    """
    candidates = background.candidates
    everything = np.ones(len(candidates), dtype=np.bool_)
    after = candidate_multiplicity(candidates.event, own_range_passed(background, training))
    before = candidate_multiplicity(candidates.event, everything)
    rows = [("four muons", f"{before:.2f}", f"{after:.2f}", "1.7")]
    rows += [
        (f"Z' {mass:g} GeV", f"{low:.2f}", f"{high:.2f}", "1.4 - 3")
        for mass, (low, high) in signal.items()
    ]
    return Table(
        title="Candidates per event",
        columns=("sample", "before", "after the networks", "paper, after"),
        rows=tuple(rows),
    )


def multiplicity_in(
    sample: ScoredCandidates, training: Training, low_gev: float, high_gev: float
) -> float:
    """Candidates after the networks per event that has one in an interval of dimuon mass."""
    candidates = sample.candidates
    passed = own_range_passed(sample, training)
    inside = (candidates.mass_gev >= low_gev) & (candidates.mass_gev < high_gev)
    chosen = np.isin(candidates.event, candidates.event[passed & inside])
    return candidate_multiplicity(candidates.event, passed & chosen)


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
        title=f"Candidates: {_data_title(data)} over simulation",
        columns=("selection", _data_title(data), "simulation", "ratio", "paper"),
        rows=tuple(rows),
        note="Simulation has no ISR, as AAFH, no FSR and no resonances; pseudo-data have."
        if _data_title(data) == "pseudo-data"
        else "",
    )


def _data_title(data: ScoredCandidates) -> str:
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
