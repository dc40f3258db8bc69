"""Fitted against injected signals in pseudo-data drawn from the statistical model itself.

Example windows of 0.3 to 300 background events per bin and windows of the scan: counts are Poisson
around signal plus background, auxiliary measurements around their true values, signals are 0 to 5
times the error of a fit without signal. Best fits are with rates >= 0 in every bin (as everywhere
in the package) and without that bound: a constant is added to the bins without counts, which
leaves the likelihood as it is and lifts the bound.

Where errors are Gaussian, pulls must have mean 0 and width 1. To first order in the fluctuations
the mean is -d sigma / d mu, because a fit that comes out low also has a small error; sigma is that
of Asimov data. A minute on one core.
"""

from pathlib import Path

import numpy as np
from common import finish, options, save_figure

from fourmu.inference import likelihood, limits
from fourmu.io.json_files import read_json
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.tables import Table
from fourmu.plots import Linearity, draw_linearity
from fourmu.statmodel import batch_of, example_workspace

STRENGTHS = (0.0, 1.0, 3.0, 5.0)  # in errors of a fit without signal
RATES = (0.3, 3.0, 30.0, 300.0)
MASSES = (0.5, 2.0, 6.0)
LIFT = 100.0  # events, more than any rate is below zero
GAUSSIAN_FROM = 300.0  # events per bin


def main():
    chosen = options(__doc__, toys=(int, 1000, "pseudo-data sets per point"))
    rows, failures, drawn = [], [], []
    for title, workspace, gaussian in examples(chosen):
        scans = []
        for bounded in (True, False):
            rng = np.random.default_rng(seed_sequence(chosen.analysis.seed, "linearity", title))
            scans.append(scan_of(title, workspace, bounded, chosen.toys, rng))
        rows += lines_of(*scans)
        drawn.append(scans[0][0])
        if gaussian:
            failures += judged(scans[0][0])
    save_figure("linearity", draw_linearity(drawn[: len(RATES)]))
    table = Table(
        title=f"Fitted and injected signals, {chosen.toys} sets each",
        columns=(
            "window",
            "injected",
            "fitted - injected",
            "pull mean",
            "first order",
            "pull width",
            "at the bound",
            "fitted - injected, unbounded",
            "pull mean",
            "pull width",
        ),
        rows=tuple(rows),
        note="Signals in units of the error of a fit without signal. Best fits at the bound have "
        "no error: they enter the mean of the fits, not the pulls. Without the bound a window "
        "gives the same fits where no fit reaches it.",
    )
    finish(chosen, "linearity", [table], failures)


def examples(chosen):
    """Title, workspace, and whether fits are Gaussian, of each window."""
    for rate in RATES:
        rng = np.random.default_rng(0)  # of data that are not used
        workspace = example_workspace(rng, events_per_bin=rate, shape=False)
        yield f"{rate:g} events per bin", workspace, rate >= GAUSSIAN_FROM
    folder = chosen.layout.folder("workspaces/zprime")
    index = read_json(folder / "index.json")["windows"]
    known = [window for window in index if not window["vetoed"]]
    for mass in MASSES:
        window = min(known, key=lambda entry: abs(entry["mass_gev"] - mass))
        workspace = read_json(Path(folder) / f"{window['name']}.json")
        yield f"Z' {window['mass_gev']:.3f} GeV", workspace, False


def scan_of(title, workspace, bounded, toys, rng):
    """Fit pseudo-data at every strength; return the scan, expected pulls, shares at the bound."""
    batch = batch_of([("data", workspace)])
    without = limits(batch, threads=1).parameters_null
    names, (poi_name,) = batch.parameter_names[0], batch.poi_names
    poi = names.index(poi_name)
    constrained = [name for name, kind in zip(names, batch.tables.constraint, strict=True) if kind]
    error = asimov_error(workspace, batch, without)
    columns = []
    for strength in STRENGTHS:
        truth = without.copy()
        truth[poi] = strength * error
        rates = likelihood(batch, 0, truth).rates
        drawn = []
        for number in range(toys):
            auxiliary = dict(zip(constrained, rng.standard_normal(len(constrained)), strict=True))
            toy = with_data(workspace, rng.poisson(rates), auxiliary)
            drawn.append((str(number), toy if bounded else without_bound(toy)))
        found = limits(batch_of(drawn))
        if bounded:  # without the bound a few fits run away: there is no minimum
            found.raise_for_status()
        fitted = found.poi_hat[found.ok] / error
        pulls = (found.poi_hat - truth[poi]) / found.poi_hat_error
        pulls = pulls[np.isfinite(pulls)]
        step = 0.5 * error
        sides = []
        for side in (step, -step):
            truth[poi] = max(strength * error + side, 0.0)
            sides.append((truth[poi], asimov_error(workspace, batch, truth)))
        (up, high), (down, low) = sides
        columns.append(
            (
                strength,
                fitted.mean(),
                fitted.std(ddof=1) / np.sqrt(fitted.size),
                pulls.mean(),
                pulls.std(ddof=1),
                pulls.size,
                -(high - low) / (up - down),
                found.poi_hat_at_boundary.mean(),
            )
        )
    injected, fitted, fitted_error, mean, width, count, first_order, at_bound = np.array(columns).T
    scan = Linearity(
        title=title,
        injected=injected,
        fitted=fitted,
        fitted_error=fitted_error,
        pull_mean=mean,
        pull_width=width,
        count=count,
    )
    return scan, first_order, at_bound


def asimov_error(workspace, batch, truth):
    """Error of the best fit on data that are exactly as expected."""
    asimov = with_data(workspace, likelihood(batch, 0, truth).rates, {})
    return float(limits(batch_of([("asimov", asimov)]), threads=1).poi_hat_error[0])


def lines_of(bounded, free):
    """Rows of the table: one per strength, with and without the bound."""
    (scan, first_order, at_bound), (unbounded, _, _) = bounded, free
    for k, strength in enumerate(scan.injected):
        yield (
            scan.title,
            f"{strength:g}",
            *cells(scan, k)[:2],
            f"{first_order[k]:+.3f}",
            cells(scan, k)[2],
            f"{at_bound[k]:.1%}",
            *(cells(unbounded, k) if at_bound[k] > 0 else ("same", "same", "same")),
        )


def cells(scan, k):
    """Difference of fitted and injected, mean and width of the pulls."""
    root = np.sqrt(scan.count[k])
    return (
        f"{scan.fitted[k] - scan.injected[k]:+.3f} ± {scan.fitted_error[k]:.3f}",
        f"{scan.pull_mean[k]:+.3f} ± {scan.pull_width[k] / root:.3f}",
        f"{scan.pull_width[k]:.3f} ± {scan.pull_width[k] / (np.sqrt(2.0) * root):.3f}",
    )


def with_data(workspace, counts, auxiliary):
    """Return a workspace with other counts and other measured values of its constraints."""
    (observation,) = workspace["observations"]
    (measurement,) = workspace["measurements"]
    settings = {entry["name"]: entry for entry in measurement["config"]["parameters"]}
    for name, value in auxiliary.items():
        settings[name] = {**settings.get(name, {"name": name}), "auxdata": [float(value)]}
    config = {**measurement["config"], "parameters": list(settings.values())}
    return {
        **workspace,
        "observations": [{**observation, "data": np.asarray(counts, dtype=float).tolist()}],
        "measurements": [{**measurement, "config": config}],
    }


def without_bound(workspace):
    """Add a constant to the bins without counts: -ln L moves by a constant, rates may fall."""
    (observation,) = workspace["observations"]
    (channel,) = workspace["channels"]
    lift = np.where(np.array(observation["data"]) == 0.0, LIFT, 0.0)
    sample = {"name": "lift", "data": lift.tolist(), "modifiers": []}
    return {**workspace, "channels": [{**channel, "samples": [*channel["samples"], sample]}]}


def judged(scan):
    """What falls short of mean 0 and width 1 by more than three standard deviations."""
    found = []
    for strength, mean, width, count in zip(
        scan.injected, scan.pull_mean, scan.pull_width, scan.count, strict=True
    ):
        words = f"{scan.title}, {strength:g} errors"
        if abs(mean) > 3.0 / np.sqrt(count):
            found.append(f"{words}: pull mean {mean:+.3f}")
        if abs(width - 1.0) > 3.0 / np.sqrt(2.0 * count):
            found.append(f"{words}: pull width {width:.3f}")
    return found


if __name__ == "__main__":
    main()
