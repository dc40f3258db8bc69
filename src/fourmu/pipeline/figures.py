"""Stage ``figures``: figures like the paper's 3 to 14, and the tables beside its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from fourmu import plots
from fourmu.io.files import atomic_path
from fourmu.io.json_files import read_json, write_json
from fourmu.io.look_elsewhere import read_look_elsewhere
from fourmu.physics.kinematics import FloatArray
from fourmu.statmodel import index_entries
from fourmu.templates import SignalModel

from . import tables
from .context import Context
from .inputs import ScoredCandidates, read_cutflows
from .look_elsewhere_table import look_elsewhere_table
from .method_table import method_table
from .nuisance_sizes import effective_systematics
from .products import Products
from .samples import FOUR_MUON, SampleFile
from .scan_figures import data_kind, scan_figures

__all__ = ["FigureJob", "draw_group", "run"]

FORMATS: tuple[Literal["pdf", "png"], ...] = ("pdf", "png")
_TABLE_MASSES = (0.212, 0.3, 0.5, 0.9, 1.5, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.5, 9.0)
_VARIABLE_MASS = (2.75, 3.25)  # Figs. 4-9 show this range around a Z' of 3 GeV


@dataclass(frozen=True, kw_only=True)
class FigureJob:
    """One group of figures, or the tables."""

    products: Products
    group: str
    target: Path
    done: Path


def run(context: Context) -> None:
    """Draw all figures and write the tables, group by group in the workers."""
    target = context.target("figures")
    products = Products(analysis=context.analysis, layout=context.layout, limits=context.limits)
    scans = [f"scan {model}" for model in context.analysis.models]
    jobs = [
        FigureJob(
            products=products,
            group=group,
            target=target,
            done=context.work / "groups" / group.replace(" ", "_"),
        )
        # the long ones first, so that workers end together
        for group in ("variables", "tables", "spectra", *scans, "curves", "networks")
    ]
    context.run(draw_group, [(job, job.done) for job in jobs], label="figures", unit="files")
    content = read_json(target / "tables.json")
    write_json(target / "tables.json", {**content, "provenance": context.provenance})


def draw_group(job: FigureJob) -> int:
    """Draw the figures of one group; the mark that it is done comes last."""
    products = job.products
    if job.group == "tables":
        _write_tables(products, job.target)
        files = 2
    else:
        figures = _figures(products, job.group)
        for name, figure in figures.items():
            for kind in FORMATS:
                with atomic_path(job.target / f"{name}.{kind}") as temporary:
                    temporary.write_bytes(plots.rendered(figure, kind))
        files = len(figures) * len(FORMATS)
    with atomic_path(job.done) as temporary:
        temporary.write_text("done", encoding="utf-8")
    return files


def _figures(products: Products, group: str) -> dict[str, Figure]:
    kind, _, model = group.partition(" ")
    if kind == "scan":
        return scan_figures(products, model)
    return {
        "spectra": _spectra,
        "variables": _variables,
        "curves": _curves,
        "networks": _networks,
    }[kind](products)


def _write_tables(products: Products, target: Path) -> None:
    found = _tables(products)
    with atomic_path(target / "tables.md") as temporary:
        temporary.write_text(tables.as_markdown(found), encoding="utf-8")
    content = [
        {"title": t.title, "columns": t.columns, "rows": t.rows, "note": t.note} for t in found
    ]
    write_json(target / "tables.json", {"tables": content})


def _spectra(inputs: Products) -> dict[str, Figure]:
    """Dimuon mass before and after the networks (Figs. 3 and 11)."""
    edges = np.linspace(0.0, 10.5, 106)
    figures = {}
    for name, after, paper in (
        ("figure_03_dimuon_mass", False, 0.76),
        ("figure_11_dimuon_mass_after_mlp", True, None),
    ):
        backgrounds = {
            # the largest process on top of the others
            sample: _spectrum_of(scored, inputs, after)
            for sample, scored in reversed(list(inputs.backgrounds.items()))
        }
        observed = None if inputs.data is None else _spectrum_of(inputs.data, inputs, after)[0]
        figures[name] = plots.draw_spectrum(
            plots.spectrum(edges, observed, backgrounds),
            kind=data_kind(inputs.analysis),
            luminosity_ifb=inputs.analysis.samples.luminosity_ifb,
            paper_ratio=paper,
        )
    return figures


def _spectrum_of(
    sample: ScoredCandidates, inputs: Products, after: bool
) -> tuple[FloatArray, FloatArray]:
    """Masses and weights of candidates before or after the networks."""
    candidates = sample.candidates
    rows = (
        tables.own_range_passed(sample, inputs.training)
        if after
        else np.isfinite(candidates.mass_gev)
    )
    return candidates.mass_gev[rows], candidates.weight[rows]


def _variables(inputs: Products) -> dict[str, Figure]:
    """Discriminating variables of a Z' of 3 GeV and of background (Figs. 4 to 9)."""
    files, sample = inputs.signals["zprime"]
    mass = min((file.mass_gev or 0.0 for file in files), key=lambda known: abs(known - 3.0))
    low, high = _VARIABLE_MASS
    chosen = []
    for candidates, extra in (
        (sample.candidates, np.isclose(sample.candidates.x_mass_gev, mass, atol=1e-4)),
        (inputs.background.candidates, np.True_),
    ):
        rows = (candidates.mass_prefit_gev > low) & (candidates.mass_prefit_gev < high) & extra
        chosen.append(candidates.take(rows))
    figures = {}
    titles = {"signal_title": f"$Z'$, {mass:g} GeV", "background_title": "Background"}
    for name, axes in plots.DISTRIBUTIONS.items():
        columns = [
            [plots.variable(a.variable, c.variables, c.mass_prefit_gev) for a in axes]
            for c in chosen
        ]
        weights = [c.weight for c in chosen]
        if len(axes) == 2:
            planes = [(x, y, w) for (x, y), w in zip(columns, weights, strict=True)]
            content = plots.plane((axes[0], axes[1]), planes[0], planes[1])
            figures[name] = plots.draw_plane(content, **titles)
        else:
            lines = [(x, w) for (x,), w in zip(columns, weights, strict=True)]
            figures[name] = plots.draw_histogram(
                plots.histogram(axes[0], lines[0], lines[1]), **titles
            )
    return figures


def _curves(inputs: Products) -> dict[str, Figure]:
    """Efficiency (Fig. 10), trigger, resolution, rejection, multiplicity against mass."""
    efficiency, trigger = [], []
    for model, (files, sample) in inputs.signals.items():
        title = {"zprime": "$Z'$", "scalar": "$S$"}.get(model, model)
        flows = read_cutflows(sample)
        passing = np.array([flow.trigger_efficiency for flow in flows])
        total = np.array([flow.without_trigger[1] for flow in flows])
        masses = np.array([file.mass_gev for file in files], dtype=np.float64)
        filled = total > 0
        trigger.append(
            plots.Curve(
                title=title,
                mass_gev=masses[filled],
                value=passing[filled],
                error=np.sqrt(passing * (1 - passing) / np.maximum(total, 1))[filled],
            )
        )
        if model in inputs.signal_models:
            efficiency.append(_efficiency_curve(title, inputs.signal_models[model]))
    resolution = inputs.training.resolution
    grid = np.linspace(0.212, 10.0, 400)
    edges = np.array([0.21, 0.4, 0.7, 1.0, *np.arange(1.5, 10.01, 0.5)])
    rejection = tables.rejection(inputs.background, inputs.training, edges)
    four_muons = inputs.backgrounds[FOUR_MUON]
    masses = np.array(list(inputs.multiplicity))
    background = np.array(
        [tables.multiplicity_in(four_muons, inputs.training, m - 0.5, m + 0.5) for m in masses]
    )
    return {
        "figure_10_efficiency": plots.draw_efficiency(efficiency),
        "trigger_efficiency": plots.draw_trigger_efficiency(trigger),
        "resolution": plots.draw_resolution(
            [
                plots.Curve(
                    title="$Z'$",
                    mass_gev=resolution.mass_gev,
                    value=resolution.sigma_gev,
                    error=resolution.error_gev,
                    smooth_mass_gev=grid,
                    smooth_value=resolution(grid),
                )
            ]
        ),
        "rejection": plots.draw_rejection(
            [
                plots.Curve(
                    title="Background",
                    mass_gev=0.5 * (edges[1:] + edges[:-1]),
                    value=rejection.factor,
                )
            ]
        ),
        "multiplicity": plots.draw_multiplicity(
            [
                plots.Curve(
                    title="$Z'$",
                    mass_gev=masses,
                    value=np.array([after for _, after in inputs.multiplicity.values()]),
                )
            ],
            plots.Curve(title="Four muons", mass_gev=masses, value=background),
        ),
    }


def _efficiency_curve(title: str, model: SignalModel) -> plots.Curve:
    """Measured efficiencies and the smooth curve, broken at the borders of the ranges."""
    smooth_mass, smooth_value = [], []
    gap = np.array([np.nan])
    for part in model.ranges:
        mass = np.linspace(part.low_gev, part.high_gev, 80)
        smooth_mass += [mass, gap]
        smooth_value += [part.efficiency(mass), gap]
    return plots.Curve(
        title=title,
        mass_gev=np.concatenate([part.efficiency.mass_gev for part in model.ranges]),
        value=np.concatenate([part.efficiency.efficiency for part in model.ranges]),
        error=np.concatenate([part.efficiency.error for part in model.ranges]),
        smooth_mass_gev=np.concatenate(smooth_mass),
        smooth_value=np.concatenate(smooth_value),
    )


def _networks(inputs: Products) -> dict[str, Figure]:
    """ROC curves and working points."""
    training = inputs.training
    rocs, points = [], []
    for network, performance, point in zip(
        training.networks, training.performance, training.working_points, strict=True
    ):
        title = f"{network.mlp_range.low_gev:g}-{network.mlp_range.high_gev:g} GeV"
        curve = performance["roc"]
        rocs.append(
            plots.Roc(
                title=title,
                signal_efficiency=np.array(curve["signal_efficiency"]),
                background_efficiency=np.array(curve["background_efficiency"]),
                area=curve["area"],
            )
        )
        points.append(
            plots.WorkingPointCurve(
                title=title,
                mass_gev=point.mass_gev,
                cut_raw=point.cut_raw,
                cut=point.cut,
                figure_of_merit=point.figure_of_merit,
            )
        )
    return {"roc": plots.draw_roc(rocs), "working_points": plots.draw_working_points(points)}


def _tables(inputs: Products) -> list[tables.Table]:
    analysis, layout = inputs.analysis, inputs.layout
    workspaces = {model: layout.folder(f"workspaces/{model}") for model in analysis.models}
    first = index_entries(read_json(workspaces[analysis.models[0]] / "index.json"))
    edges = np.array([0.21, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    near_three = {
        model: _one_mass(sample, files, 3.0) for model, (files, sample) in inputs.signals.items()
    }
    methods = method_table(analysis.models, inputs.limits)
    return [
        tables.cutflow_table(
            {
                "four muons": inputs.backgrounds[FOUR_MUON],
                **{f"{m} 3 GeV": s for m, s in near_three.items()},
            }
        ),
        tables.process_table(
            inputs.backgrounds, inputs.data, inputs.training, analysis.samples.luminosity_ifb
        ),
        tables.trigger_table(inputs.signals, (0.212, 0.5, 1.0, 2.5, 5.0, 8.5, 9.0, 10.0)),
        tables.resolution_table(inputs.training, _TABLE_MASSES),
        tables.network_table(inputs.training),
        tables.rejection_table(inputs.background, inputs.training, edges),
        tables.multiplicity_table(
            inputs.backgrounds[FOUR_MUON], inputs.multiplicity, inputs.training
        ),
        *_data_tables(inputs, edges),
        tables.efficiency_table(inputs.signal_models, _TABLE_MASSES),
        tables.systematic_table(
            effective_systematics(analysis, layout, analysis.models[0]),
            [(entry.mass_gev, entry.mlp_range) for entry in first if not entry.vetoed],
        ),
        tables.limit_table(analysis, workspaces, layout.folder("results")),
        *([methods] if methods is not None else []),
        *_global_tables(inputs),
    ]


def _global_tables(inputs: Products) -> list[tables.Table]:
    """Global significances; none while the excesses are not shown."""
    if inputs.analysis.blind:
        return []
    folder = inputs.layout.folder("look_elsewhere")
    found = {
        model: read_look_elsewhere(folder / f"{model}.json") for model in inputs.analysis.models
    }
    return [look_elsewhere_table(found)]


def _data_tables(inputs: Products, edges: FloatArray) -> list[tables.Table]:
    """Comparisons of pseudo-data with simulation; none while they are blind."""
    if inputs.data is None:
        return []
    chosen = (inputs.data, inputs.background, inputs.training)
    return [tables.data_ratio_table(*chosen), tables.ratio_against_mass_table(*chosen, edges)]


def _one_mass(
    sample: ScoredCandidates, files: list[SampleFile], mass_gev: float
) -> ScoredCandidates:
    """The file nearest to a mass."""
    place = min(range(len(files)), key=lambda index: abs((files[index].mass_gev or 0.0) - mass_gev))
    nearest = files[place].mass_gev or 0.0
    rows = np.isclose(sample.candidates.x_mass_gev, nearest, atol=1e-4)
    return ScoredCandidates(
        candidates=sample.candidates.take(rows),
        scores=sample.scores[rows],
        metadata=(sample.metadata[place],),
    )
