"""Candidates of one event are not independent: does that change the largest excess of a scan?

Pseudo-scans draw candidates independently. Here simulated four-muon events are resampled, once with
all their candidates and once candidate by candidate, with the same expectation, and all windows
are fitted in every scan. Compared are the variance of the number of candidates in a window, the
largest local significance and the number of up-crossings. Written as well, from the last run of the
stage look-elsewhere: the expected spectra beside the fits they are made of, and how the local
significances and up-crossings of the pseudo-scans follow the asymptotic formulas.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import NormalDist

import numba
import numpy as np
from common import finish, options, save_figure
from scipy.stats import ks_2samp

from fourmu.inference import (
    SimulatedCandidates,
    background_fits,
    count_significances,
    count_up_crossings,
    global_significance,
    resampled,
    scan_bins,
    scan_significances,
    variance_ratio,
)
from fourmu.io.files import atomic_path
from fourmu.io.json_files import read_json
from fourmu.io.look_elsewhere import read_look_elsewhere, read_spectra
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.inputs import files_of, luminosity_weight, read_scored, read_training
from fourmu.pipeline.look_elsewhere_figures import look_elsewhere_figures
from fourmu.pipeline.samples import FOUR_MUON, PSEUDO_DATA, background_split, sample_files
from fourmu.pipeline.tables import Table, as_markdown
from fourmu.plots import draw_resampled_scans
from fourmu.statmodel import index_entries, read_workspaces

CHUNK = 10
LEVEL = 1.0


def main():
    chosen = options(
        __doc__,
        scans=(int, 500, "scans of each kind"),
        model=(str, "zprime", "model"),
    )
    layout, model = chosen.layout, chosen.model
    folder = layout.folder(f"workspaces/{model}")
    batch = read_workspaces(folder)
    entries = {entry.name: entry for entry in index_entries(read_json(folder / "index.json"))}
    bins = scan_bins(
        [entries[Path(name).stem] for name in batch.workspaces], batch.tables.bin_start
    )
    background = background_fits(batch, chosen.analysis.inference)
    simulated = population(chosen)
    ratio = variance_ratio(simulated, bins)
    scans = {
        kind: significances(chosen, batch, bins, background, simulated, by_event=kind == "events")
        for kind in ("events", "candidates")
    }
    largest = {kind: np.nanmax(z, axis=1) for kind, z in scans.items()}
    save_figure(
        f"resampled_scans_{model}",
        draw_resampled_scans(
            largest["events"], largest["candidates"], bins.mass_gev, ratio, kind="simulation"
        ),
    )
    table, failures = comparison(scans, ratio, bins)
    record = layout.folder("look_elsewhere") / f"{model}.json"
    if record.exists():
        found = read_look_elsewhere(record)
        spectra = read_spectra(record.with_name(f"{model}_spectra.npz"))
        save_table(chosen, "spectra", expectation(chosen, batch, bins, background, spectra))
        save_table(chosen, "asymptotics", asymptotics(found))
        save_table(chosen, "levels", levels(found))
        for name, figure in look_elsewhere_figures(model, found, kind="pseudo-data").items():
            save_figure(name, figure)
    finish(chosen, f"look_elsewhere_resampled_{model}", [table], failures)


def save_table(chosen, name, table):
    """Write a table that has no criterion."""
    text = as_markdown([table])
    with atomic_path(chosen.out / f"look_elsewhere_{name}_{chosen.model}.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(text)


def population(chosen):
    """Candidates of the four-muon events that did not train and pass a network."""
    selected, mlp = chosen.layout.folder("selected"), chosen.layout.folder("mlp")
    points = read_training(mlp).working_points
    expectation = files_of(background_split(chosen.analysis)[1], FOUR_MUON)
    event, mass, passed, weights = [], [], [], []
    for file in expectation:
        part = read_scored(selected, mlp, [file])
        flags = part.passed(points)
        rows = flags.any(axis=1)
        event.append(part.candidates.event[rows])
        mass.append(part.candidates.reduced_mass_gev[rows])
        passed.append(flags[rows])
        weights.append(luminosity_weight(part, chosen.analysis.samples.luminosity_ifb))
    return SimulatedCandidates(
        event=np.concatenate(event),
        reduced_mass_gev=np.concatenate(mass),
        passed=np.concatenate(passed),
        # each file alone would have to give all of the data
        weight=1.0 / sum(1.0 / weight for weight in weights),
    )


def significances(chosen, batch, bins, background, simulated, *, by_event):
    """Local significances of all windows in resampled scans."""

    def work(first):
        candidates = []
        for scan in range(first, min(first + CHUNK, chosen.scans)):
            name = "events" if by_event else "candidates"
            seed = seed_sequence(chosen.analysis.seed, "resampling", name, scan)
            candidates.append(resampled(simulated, np.random.default_rng(seed), by_event=by_event))
        return scan_significances(
            batch, bins, background, candidates, settings=chosen.analysis.inference
        )

    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        return np.concatenate(list(pool.map(work, range(0, chosen.scans, CHUNK))))


def comparison(scans, ratio, bins):
    """Events with all their candidates beside candidates on their own."""
    rows, failures = [], []
    for name, places in regions(bins):
        parts = {kind: z[:, places] for kind, z in scans.items()}
        tops = {kind: np.nanmax(z, axis=1) for kind, z in parts.items()}
        p_value = ks_2samp(tops["events"], tops["candidates"]).pvalue
        if p_value < 0.01:
            failures.append(f"{name}: largest significances differ, p = {p_value:.2g}")
        cells = [f"{np.nanmean(ratio[places]):.3f}", f"{np.nanmax(ratio[places]):.3f}"]
        for top in tops.values():
            error = np.std(top, ddof=1) / math.sqrt(len(top))
            cells.append(f"{np.mean(top):.3f} ± {error:.3f}")
        for z in parts.values():
            crossings = count_up_crossings(z, LEVEL)
            cells.append(f"{crossings.mean:.1f} ± {crossings.error:.1f}")
        rows.append((name, *cells, f"{p_value:.2f}"))
    table = Table(
        title=f"Scans of resampled simulation: {len(scans['events'])} of each kind",
        columns=(
            "region",
            "variance/Poisson, mean",
            "largest",
            "mean largest z, events",
            "candidates",
            "up-crossings, events",
            "candidates",
            "KS p",
        ),
        rows=tuple(rows),
        note="Events are taken with all their candidates, or every candidate on its own; the "
        "expectation is the same. The variance of the number of candidates in a window is exact, "
        "from the multiplicities in the simulation. KS compares the largest significances.",
    )
    return table, failures


def regions(bins):
    """Names and windows of the full scan and of each range."""
    yield "full", np.arange(len(bins.centre))
    for index in np.unique(bins.mlp_range):
        yield f"range {index}", np.flatnonzero(bins.mlp_range == index)


def expectation(chosen, batch, bins, background, spectra):
    """The expected spectra beside the background-only fits of the windows, and the data."""
    layout = chosen.layout
    files = files_of(sample_files(chosen.analysis), PSEUDO_DATA)
    data = read_scored(layout.folder("selected"), layout.folder("mlp"), files)
    passed = data.passed(read_training(layout.folder("mlp")).working_points)
    content = spectra.content(bins.mlp_range[bins.owner], bins.low, bins.high)
    z = count_significances(batch, background, content[None])[0]
    fitted = np.add.reduceat(background.null_rates, bins.start[:-1])
    pull = (np.add.reduceat(content, bins.start[:-1]) - fitted) / np.sqrt(fitted)
    rows = []
    for name, places in list(regions(bins))[1:]:
        index = int(bins.mlp_range[places[0]])
        low, high = bins.extents_gev[index]
        mass = data.candidates.reduced_mass_gev[passed[:, index]]
        cells = ["-", "-"]
        if index < len(spectra.shared):
            both = passed[:, index] & passed[:, index + 1]
            cells = [f"{spectra.shared[index].sum():.1f}", str(np.count_nonzero(both))]
        rows.append(
            (
                name,
                f"{spectra.expected[index].sum():.0f}",
                str(np.count_nonzero((mass >= low) & (mass < high))),
                f"{pull[places].mean():+.3f}",
                f"{pull[places].std():.2f}",
                f"{z[places].max():.2f}",
                *cells,
            )
        )
    return Table(
        title="Expected spectra of the pseudo-scans",
        columns=(
            "region",
            "candidates",
            "pseudo-data",
            "mean pull of windows",
            "rms",
            "largest z of the expectation",
            "in both with the next",
            "pseudo-data",
        ),
        rows=tuple(rows),
        note="Pull: candidates expected in a window less those of its own background-only fit, "
        "over the square root. The expectation itself, fitted as data, has no excess beyond what "
        "is shown: so much curvature the average of the fits leaves in a window. Vetoed masses "
        "have no expectation.",
    )


def asymptotics(found):
    """Measured tails and up-crossings over what asymptotic formulas say."""
    rows = []
    for region in found.regions:
        for place, crossings in enumerate(region.up_crossings):
            z = crossings.z
            if z not in (1.0, 2.0, 3.0, 4.0):
                continue
            normal = NormalDist().cdf(-z)
            rows.append(
                (
                    region.name,
                    str(region.hypotheses),
                    f"{z:g}",
                    f"{region.tail[place] / normal:.2f} ± {region.tail_error[place] / normal:.2f}",
                    f"{crossings.mean:.3g} ± {crossings.error:.2g}",
                    f"{region.reference.expected_at(z):.3g}",
                )
            )
    return Table(
        title=f"Local significances and up-crossings in {found.pseudo_scans} pseudo-scans",
        columns=(
            "region",
            "hypotheses",
            "z",
            "share above / normal tail",
            "up-crossings",
            f"exponential from z = {found.full.reference.z:g}",
        ),
        rows=tuple(rows),
    )


def levels(found):
    """Global against local significance."""
    rows = []
    scans = found.pseudo_scans
    reach = NormalDist().inv_cdf(1.0 - 1.0 / scans)
    for z in np.arange(2.0, 5.01, 0.2):
        cells = []
        for region in found.regions:
            value = global_significance(region, float(z))
            if value.is_upper_limit:
                cells.append(f"> {value.z_scans:.1f} ({value.z_bound:.1f})")
            else:
                cells.append(f"{shown(value.z_scans)} ({shown(value.z_bound)})")
        rows.append((f"{z:.1f}", *cells))
    return Table(
        title="Global against local significance",
        columns=("local", *(region.name for region in found.regions)),
        rows=tuple(rows),
        note=f"By {scans} pseudo-scans (> is a limit at 95 % where none is as large), in brackets "
        "by the bound of Gross and Vitells; a dash is a p-value of 1. Brackets beyond a p-value of "
        f"1/{scans} ({reach:.1f} sigma) are extrapolations.",
    )


def shown(z):
    """A significance, a dash for that of a p-value of one."""
    return "-" if math.isinf(z) else f"{z:.1f}"


if __name__ == "__main__":
    main()
