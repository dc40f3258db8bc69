"""Pulls of the nuisance parameters, and what systematic uncertainties do to the limits.

Impacts on observed and expected limits are of all windows of both models; those on the best fit
and the pulls of every 20th. All uncertainties of the shipped model multiply the signal, so that the
best fit leaves them where they were measured: pulls are zero, errors one. With the resolution as
a shape (``mass_resolution: shape``) the data say something about it: signals of five times the
expected limit are injected with the width of the template and with that of the narrow variation.
A minute on one core.
"""

from dataclasses import replace

import numpy as np
from common import finish, options, save_figure
from windows import build_workspaces, fitted, read_inputs, windows_of

from fourmu.inference import limits
from fourmu.inference.diagnostics import diagnostics
from fourmu.inference.impacts import limit_impacts
from fourmu.io.json_files import read_json
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.tables import Table
from fourmu.plots import (
    MassCurve,
    break_at_gaps,
    draw_against_mass,
    draw_overview,
    overview,
    source_title,
)
from fourmu.statmodel import batch_of, read_workspaces

EVERY = 20
TIMES = 5.0  # injected signal in expected limits
PAPER = 0.01  # "less than 1 % on average", Sec. VI


def main():
    chosen = options(__doc__)
    settings = chosen.analysis.inference
    rows, totals, curves = [], [], []
    for model in chosen.analysis.models:
        folder = chosen.layout.folder(f"workspaces/{model}")
        known = [w for w in read_json(folder / "index.json")["windows"] if not w["vetoed"]]
        batch = read_workspaces([folder / f"{window['name']}.json" for window in known])
        found = limits(batch, settings)
        impact = limit_impacts(batch, found, settings)
        few = read_workspaces([folder / f"{window['name']}.json" for window in known[::EVERY]])
        moves = diagnostics(few, settings)
        size = np.abs(moves.on_best_fit.postfit).mean(axis=-1) / moves.limits.poi_hat_error
        for row, source in enumerate(impact.sources):
            pulls, errors = (moves.best_fit.of(source, column) for column in ("pull", "error"))
            rows.append(
                (
                    model,
                    source,
                    f"{100 * np.nanmean(impact.observed[row]):.3f}",
                    f"{100 * np.nanmean(impact.expected[row]):.3f}",
                    f"{100 * np.nanmax(impact.expected[row]):.3f}",
                    f"{np.nanmean(size[row]):.3f}",
                    f"{np.nanmax(np.abs(pulls)):.0e}",
                    f"{np.nanmin(errors):.3f}",
                )
            )
        rows.append(
            (
                model,
                "all together",
                f"{100 * np.nanmean(impact.observed_all):.3f}",
                f"{100 * np.nanmean(impact.expected_all):.3f}",
                f"{100 * np.nanmax(impact.expected_all):.3f}",
                "-",
                "-",
                "-",
            )
        )
        totals.append(np.concatenate([impact.observed_all, impact.expected_all]))
        if model == chosen.analysis.models[0]:
            curves = curves_of(known, impact)
    save_figure(
        "impacts",
        draw_against_mass(
            curves,
            ylabel="Expected limit worse by (%)",
            kind="pseudo-data",
            right=chosen.analysis.models[0],
        ),
    )
    shape_rows = resolution_as_shape(chosen)
    average = np.nanmean(np.concatenate(totals))
    impacts_table = Table(
        title="Impact of systematic uncertainties",
        columns=(
            "model",
            "source",
            "observed limit, mean (%)",
            "expected limit, mean (%)",
            "largest (%)",
            "best fit, mean (its errors)",
            "largest pull",
            "smallest error",
        ),
        rows=tuple(rows),
        note=f"Limit over limit without the uncertainty, minus 1; mean over all windows, models, "
        f"observed and expected: {100 * average:.2f} % (paper: less than {100 * PAPER:g} %).",
    )
    shape_table = Table(
        title="Pulls of the mass resolution as a shape",
        columns=(
            "injected width",
            "windows",
            "error of the fit",
            "pull mean",
            "expected",
            "pull width",
            "expected",
        ),
        rows=tuple(shape_rows),
        note=f"Signals of {TIMES:g} expected limits in every {EVERY}th window, with the width of "
        "the template (1.25 times the simulated one: pull 0) and of the variation one standard "
        "deviation below (1.0: pull -1 if the data knew it perfectly). Expected: of a linear model "
        "with these errors, the auxiliary measurement being 0 in all sets.",
    )
    finish(chosen, "nuisances", [impacts_table, shape_table], [])


def curves_of(known, impact):
    """Impact of each source against mass, the largest first, and of all together."""
    order = np.argsort(-np.nanmean(impact.expected, axis=1))
    mass = np.array([window["mass_gev"] for window in known])
    sigma = np.array([window["sigma_gev"] for window in known])
    named = [("all together", impact.expected_all)]
    named += [(source_title(impact.sources[row]), impact.expected[row]) for row in order[:5]]
    curves = []
    for title, values in named:
        masses, broken = break_at_gaps(mass, sigma, 100.0 * values)
        curves.append(MassCurve(title=title, mass_gev=masses, value=broken))
    return curves


def resolution_as_shape(chosen):
    """Rows for signals injected with two widths; draws pulls and impacts of the first."""
    inputs = read_inputs(chosen)
    templates = windows_of(inputs, inputs.expected, every=EVERY, mass_resolution="shape")
    _, found = fitted(inputs, templates)
    rows = []
    for title in ("1.25 (nominal)", "1.0 (narrow)"):
        rng = np.random.default_rng(seed_sequence(chosen.analysis.seed, "nuisances", title))
        injected = []
        for template, limit in zip(templates, found.limit_expected[:, 2], strict=True):
            shape = template.signal_narrow if rows else template.signal
            mean = template.background.sum(axis=0) + TIMES * limit * shape
            injected.append(replace(template, observed=rng.poisson(mean).astype(float)))
        built = build_workspaces(
            inputs.cabinetry_template, injected, inputs.analysis.statmodel.systematics
        )
        batch = batch_of((t.window.name, w) for t, w in zip(injected, built, strict=True))
        result = diagnostics(batch, inputs.analysis.inference)
        pulls, errors = (result.best_fit.of("mass_resolution", c) for c in ("pull", "error"))
        known, left = pulls[np.isfinite(errors)], errors[np.isfinite(errors)] ** 2
        # a linear model, the auxiliary measurement at 0: the data move it by 1 - error^2
        mean = -np.mean(1.0 - left) if rows else 0.0
        width = np.sqrt(np.mean(left * (1.0 - left)))
        rows.append(
            (
                title,
                str(known.size),
                f"{np.sqrt(left).mean():.2f}",
                f"{known.mean():+.2f} ± {known.std(ddof=1) / np.sqrt(known.size):.2f}",
                f"{mean:+.2f}",
                f"{known.std(ddof=1):.2f} ± {known.std(ddof=1) / np.sqrt(2 * known.size):.2f}",
                f"{width:.2f}",
            )
        )
        if len(rows) == 1:
            content = overview(result, title=f"{TIMES:g} expected limits injected, shape")
            save_figure("nuisances", draw_overview(content, kind="simulation"))
    return rows


if __name__ == "__main__":
    main()
