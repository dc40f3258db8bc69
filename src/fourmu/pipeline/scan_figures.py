"""Figures of one model's scan: limits, couplings, significances, one window (Figs. 12 to 14)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fourmu import plots
from fourmu.config import Analysis
from fourmu.couplings import TRIDENT_RANGE_GEV, g_minus_2_band, trident_coupling
from fourmu.inference import limits
from fourmu.io.json_files import read_json
from fourmu.io.look_elsewhere import read_look_elsewhere
from fourmu.io.overlays import read_overlay
from fourmu.io.results import read_limits
from fourmu.physics.models import MODELS
from fourmu.statmodel import IndexEntry, index_entries, read_workspaces
from fourmu.statmodel.expectation import expected_bins

from .couplings import model_coupling_limits, read_cross_sections
from .look_elsewhere_figures import look_elsewhere_figures
from .method_table import limit_columns
from .products import Products
from .samples import DATA, data_sample

__all__ = ["data_kind", "scan_figures"]


def data_kind(analysis: Analysis) -> plots.Kind:
    """What the chain fits; the expectation of simulation while it is blind."""
    if analysis.blind:
        return "simulation"
    return "data" if data_sample(analysis) == DATA else "pseudo-data"


def scan_figures(inputs: Products, model: str) -> dict[str, Figure]:
    """Limits, couplings, significance and the most significant window (Figs. 12 to 14)."""
    analysis, layout = inputs.analysis, inputs.layout
    luminosity = analysis.samples.luminosity_ifb
    folder = layout.folder(f"workspaces/{model}")
    entries = {entry.name: entry for entry in index_entries(read_json(folder / "index.json"))}
    found = read_limits(inputs.limits / f"{model}.json")
    windows = [entries[Path(name).stem] for name in found.workspaces]
    content = plots.scan(
        model=model,
        mass_gev=np.array([window.mass_gev for window in windows]),
        sigma_gev=np.array([window.sigma_gev for window in windows]),
        observed=found.limit_observed,
        expected=found.limit_expected,
        z_local=found.z_local,
        confidence_level=found.confidence_level,
    )
    table = read_cross_sections(layout.folder("results") / f"cross_sections_{model}.json")
    couplings = model_coupling_limits(analysis, model, table, windows, found)
    grid = np.geomspace(table.mass_gev[0], table.mass_gev[-1], 300)
    base = layout.configuration
    kind = data_kind(analysis)
    figures = {
        f"figure_13_limits_{model}": plots.draw_cross_section_limits(
            content, kind=kind, luminosity_ifb=luminosity
        ),
        f"figure_14_couplings_{model}": plots.draw_coupling_limits(
            plots.coupling_scan(couplings, confidence_level=found.confidence_level),
            kind=kind,
            luminosity_ifb=luminosity,
            band=g_minus_2_band(MODELS[model], grid, measurement=analysis.couplings.g_minus_2),
            trident=_trident(grid) if model == "zprime" and analysis.couplings.trident else None,
            overlays=[
                read_overlay(overlay, base)
                for overlay in analysis.couplings.overlays
                if overlay.model == model
            ],
        ),
    }
    if not analysis.blind:
        figures[f"significance_{model}"] = plots.draw_significance(
            content, kind=kind, paper_largest=3.4 if model == "zprime" else None
        )
    figures |= look_elsewhere_figures(
        model, read_look_elsewhere(layout.folder("look_elsewhere") / f"{model}.json"), kind=kind
    )
    methods = _limit_methods(content.symbol, windows, inputs.limits / f"{model}.json")
    if methods is not None:
        figures[f"limits_by_method_{model}"] = plots.draw_limit_methods(methods, kind=kind)
    if np.any(np.isfinite(found.z_local)):
        best = int(np.nanargmax(found.z_local))
        path = folder / Path(found.workspaces[best]).name
        figures[f"figure_12_window_{model}"] = _window(inputs, model, path, entries[path.stem])
    return figures


def _limit_methods(
    symbol: str, windows: Sequence[IndexEntry], path: Path
) -> plots.LimitMethods | None:
    """Columns of limits by each method; None without pseudo-experiments."""
    observed = ("observed", "observed_toys", "observed_toys_error")
    names = (*observed, "expected", "expected_toys", "expected_pseudo")
    columns = limit_columns(read_json(path)["results"], *(f"limit_{name}" for name in names))
    found = dict(zip(names, columns, strict=True))
    if not np.isfinite(found["observed_toys"]).any() | np.isfinite(found["expected_pseudo"]).any():
        return None
    mass = np.array([window.mass_gev for window in windows])
    order = np.argsort(mass)
    return plots.LimitMethods(
        symbol=symbol,
        mass_gev=mass[order],
        **{name: column[order] for name, column in found.items()},
    )


def _trident(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = TRIDENT_RANGE_GEV
    mass = grid[(grid >= low) & (grid <= high)]
    return mass, trident_coupling(mass)


def _window(inputs: Products, model: str, path: Path, entry: IndexEntry) -> Figure:
    """Fit one window again, for its parameters, and draw it."""
    fit = limits(read_workspaces(path), inputs.analysis.inference, threads=1)
    workspace = read_json(path)
    parameters = fit.parameters(0)
    free = {name: values[0] for name, values in parameters.items()}
    null = {name: values[1] for name, values in parameters.items()}
    by_sample = expected_bins(workspace, free)
    background = np.sum([v for k, v in by_sample.items() if k != "signal"], axis=0)
    only = np.sum([v for k, v in expected_bins(workspace, null).items() if k != "signal"], axis=0)
    content = plots.WindowFit(
        model_title=MODELS[model].title,
        window=entry.name,
        mass_gev=entry.mass_gev,
        bin_low=np.array(entry.bin_low),
        bin_high=np.array(entry.bin_high),
        observed=np.array(workspace["observations"][0]["data"]),
        signal=by_sample["signal"],
        background=background,
        background_only=only,
        z_local=float(fit.z_local[0]),
        xsec_fb=float(fit.poi_hat[0]),
        xsec_error_fb=float(fit.poi_hat_error[0]),
    )
    return plots.draw_window_fit(content, kind=data_kind(inputs.analysis))
