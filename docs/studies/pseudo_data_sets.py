"""Many sets of pseudo-data through the whole chain: what injected signals give, and what none do.

Every set has all that simulation lacks, and goes through detector, selection, networks and fits.
Without injection all windows are fitted, and the largest local significance is compared with that
of the pseudo-scans of the stage look-elsewhere. Four muons and resonances are new in every set;
processes with electrons, of which few candidates pass, are a random third of three times the
luminosity of the data. Then signals at five masses are added, at the
expected limit, twice and five times it, and their windows are fitted: fitted over injected, pulls.

A second table takes the effects one by one: signals of many events, scaled to five times the
expected limit, on the expected background without fluctuations.
"""

import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from common import finish, options, save_figure
from scipy.stats import ks_2samp
from windows import read_inputs, windows_of

from fourmu.classifiers import scores
from fourmu.config import Analysis, DetectorDifferences, Injection, load_analysis
from fourmu.inference import background_fits, limits, scan_bins, scan_significances
from fourmu.io.json_files import read_json
from fourmu.io.look_elsewhere import read_look_elsewhere
from fourmu.io.results import read_limits
from fourmu.io.templates import read_templates
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.resonances import RESONANCES
from fourmu.pipeline import Layout
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.generate import pseudo_data_xsec_fb
from fourmu.pipeline.inputs import ScoredCandidates, Training, read_training
from fourmu.pipeline.pseudo_data import pseudo_data_events
from fourmu.pipeline.samples import FOUR_MUON
from fourmu.pipeline.tables import Table
from fourmu.pipeline.templates import photon_loss
from fourmu.pipeline.workspaces import read_cabinetry_template
from fourmu.plots import Injections, draw_injections
from fourmu.selection import select
from fourmu.statmodel import batch_of, build_workspaces, index_entries, read_workspaces

MASSES = (0.3, 1.0, 3.0, 5.3, 8.0)
STRENGTHS = (1.0, 2.0, 5.0)  # in units of the expected limit
ASSIGNED = 0.07  # Table I, mass resolution
POOL = 3  # luminosities of the processes beside four muons
POOL_PARTS = 12
MANY = 20_000  # events of a signal without fluctuations
HALF_WINDOW = 30.0  # sigma(M_R)
DISTANCES = (-30.0, -15.0, -9.0, -3.0, 3.0, 9.0, 15.0, 30.0)  # sigma(M_R), from a resonance
NEUTRAL = DetectorDifferences(
    resolution_scale=1.0,
    three_track_pt_half_shift_gev=0.0,
    single_muon_scale=1.0,
    muon_id_scale=1.0,
    background_photons_scale=1.0,
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run: networks, windows, workspaces and expected limits of one model."""

    analysis: Analysis
    layout: Layout
    model: str
    training: Training
    templates: list
    places: list[int]
    expected: np.ndarray
    xsec_fb: dict[str, float]
    batch: object
    bins: object
    background: object
    cabinetry_template: dict

    @property
    def masses(self):
        """Masses of the hypotheses nearest to those of the study, GeV."""
        return np.array([self.templates[place].window.mass_gev for place in self.places])

    @property
    def limits_fb(self):
        """Median expected limits there."""
        return self.expected[self.places]


@lru_cache(maxsize=1)
def read_run(config, model):
    """Read a finished run, once per process."""
    analysis = load_analysis(config)
    layout = Layout.of(analysis)
    _, templates = read_templates(layout.folder("templates") / f"{model}.npz")
    masses = np.array([template.window.mass_gev for template in templates])
    folder = layout.folder(f"workspaces/{model}")
    batch = read_workspaces(folder)
    entries = {entry.name: entry for entry in index_entries(read_json(folder / "index.json"))}
    names = [Path(name).stem for name in batch.workspaces]
    return Run(
        analysis=analysis,
        layout=layout,
        model=model,
        training=read_training(layout.folder("mlp")),
        templates=templates,
        places=[int(np.argmin(np.abs(masses - mass))) for mass in MASSES],
        expected=read_limits(layout.folder("limits") / f"{model}.json").limit_expected[:, 2],
        xsec_fb=pseudo_data_xsec_fb(analysis),
        batch=batch,
        bins=scan_bins([entries[name] for name in names], batch.tables.bin_start),
        background=background_fits(batch, analysis.inference),
        cabinetry_template=read_cabinetry_template(layout.cabinetry_configs / f"{model}.yaml"),
    )


def main():
    chosen = options(
        __doc__,
        sets=(int, 100, "sets of pseudo-data"),
        model=(str, "zprime", "model"),
        workers=(int, 2, "processes"),
    )
    run = read_run(chosen.config, chosen.model)
    with ProcessPoolExecutor(chosen.workers) as workers:
        parts = [(chosen.config, chosen.model, part) for part in range(POOL_PARTS)]
        pool = [entry for part in workers.map(pool_part, parts) for entry in part]
        jobs = [(chosen.config, chosen.model, number, pool) for number in range(chosen.sets)]
        found = list(workers.map(one_set, jobs))
    fitted, errors, z_local = (np.array(part) for part in zip(*found, strict=True))
    tables, failures = [], []
    for table, failed in (
        injected_signals(run, fitted, errors),
        no_signal(run, z_local),
        resonances(run, z_local),
        effects(run, chosen),
    ):
        tables.append(table)
        failures += failed
    finish(chosen, f"pseudo_data_sets_{chosen.model}", tables, failures)


def pool_part(job):
    """Events beside four muons that pass: (range, M_R) of their candidates, event by event."""
    config, model, part = job
    run = read_run(config, model)
    others = {name: xsec for name, xsec in run.xsec_fb.items() if name != FOUR_MUON}
    if not others:
        return []
    rng = np.random.default_rng(seed_sequence(run.analysis.seed, "sets", "pool", part))
    luminosity = run.analysis.samples.luminosity_ifb * POOL / POOL_PARTS
    events = pseudo_data_events(
        with_injections(run.analysis, ()), others, rng, luminosity_ifb=luminosity
    )
    candidates, passed = judged(run, events)
    rows, ranges = np.nonzero(passed)
    order = np.argsort(candidates.event[rows], kind="stable")
    rows, ranges = rows[order], ranges[order]
    borders = np.flatnonzero(np.diff(candidates.event[rows])) + 1
    return [
        list(zip(ranges[place].tolist(), candidates.reduced_mass_gev[rows[place]], strict=True))
        for place in np.split(np.arange(len(rows)), borders)
    ]


def one_set(job):
    """Fitted signals and errors (strengths, masses), fb, and local significances (windows,)."""
    config, model, number, pool = job
    run = read_run(config, model)

    def stream(*names):
        return np.random.default_rng(seed_sequence(run.analysis.seed, "sets", number, *names))

    four_muon = {FOUR_MUON: run.xsec_fb[FOUR_MUON]}
    background = passing(
        run, pseudo_data_events(with_injections(run.analysis, ()), four_muon, stream())
    )
    drawn = stream("pool").random(len(pool)) < 1.0 / POOL
    others = [entry for event, taken in zip(pool, drawn, strict=True) if taken for entry in event]
    background = [
        np.sort(np.append(masses, [mass for found, mass in others if found == index]))
        for index, masses in enumerate(background)
    ]
    z_local = scan_significances(
        run.batch, run.bins, run.background, [background], settings=run.analysis.inference
    )[0]
    fitted, errors = [], []
    for strength in STRENGTHS:
        analysis = with_injections(run.analysis, signals(run, strength * run.limits_fb))
        extra = passing(run, pseudo_data_events(analysis, {}, stream("signal", int(strength))))
        together = [np.sort(np.concatenate(pair)) for pair in zip(background, extra, strict=True)]
        windows = []
        for place in run.places:
            counts = contents(together, run.templates[place].window)
            windows.append(replace(run.templates[place], observed=counts))
        found = fits_of(run, windows)
        fitted.append(found.poi_hat)
        errors.append(found.poi_hat_error)
    return fitted, errors, z_local


def signals(run, xsec_fb):
    """Injections at the masses of the study."""
    return tuple(
        Injection(model=run.model, mass_gev=float(mass), xsec_fb=float(xsec))
        for mass, xsec in zip(run.masses, xsec_fb, strict=True)
    )


def with_injections(analysis, injections, **changes):
    """Return the configuration with these signals in the pseudo-data and none that is sealed."""
    samples = analysis.samples
    changes = {"injections": injections, "sealed_injections": 0, **changes}
    pseudo_data = samples.pseudo_data.model_copy(update=changes)
    return analysis.model_copy(
        update={"samples": samples.model_copy(update={"pseudo_data": pseudo_data})}
    )


def judged(run, events):
    """Candidates of events, and which pass the network of each range."""
    candidates = select(events, run.analysis.selection, run.analysis.detector).candidates
    sample = ScoredCandidates(
        candidates=candidates, scores=scores(run.training.networks, candidates), metadata=()
    )
    return candidates, sample.passed(run.training.working_points)


def passing(run, events):
    """Sorted M_R of the candidates of each MLP range that pass its network."""
    candidates, passed = judged(run, events)
    return [np.sort(candidates.reduced_mass_gev[column]) for column in passed.T]


def contents(spectra, window):
    """Candidates in each bin of a window; vetoed masses have no bins."""
    spectrum = spectra[window.mlp_range]
    inside = np.searchsorted(spectrum, window.bin_high) - np.searchsorted(spectrum, window.bin_low)
    return inside.astype(float)


def fits_of(run, windows):
    """Fit windows; errors are statistical, since the sets do not vary the efficiencies."""
    systematics = run.analysis.statmodel.systematics
    built = list(build_workspaces(run.cabinetry_template, windows, systematics))
    for workspace in built:
        for sample in workspace["channels"][0]["samples"]:
            sample["modifiers"] = [m for m in sample["modifiers"] if m["type"] != "normsys"]
    found = limits(batch_of([(str(i), workspace) for i, workspace in enumerate(built)]))
    found.raise_for_status()
    return found


def injected_signals(run, fitted, errors):
    """Fitted over injected against mass and strength, and pulls about what was found on average."""
    sets = len(fitted)
    injected = np.array(STRENGTHS)[:, None] * run.limits_fb
    ratio = fitted / injected
    mean = ratio.mean(axis=0)
    mean_error = ratio.std(axis=0, ddof=1) / math.sqrt(sets)
    # the error at the true value: a fit that comes out low has a small one
    pull = (fitted - injected) / errors
    width, width_error = np.nanstd(pull, axis=0, ddof=1), 1.0 / math.sqrt(2.0 * sets)
    rows, failures = [], []
    for j in range(len(MASSES)):
        for i, strength in enumerate(STRENGTHS):
            rows.append(
                (
                    f"{run.masses[j]:.4f}",
                    f"{strength:g}",
                    f"{injected[i, j]:.3f}",
                    f"{mean[i, j]:.3f} ± {mean_error[i, j]:.3f}",
                    f"{np.nanmean(pull[:, i, j]):+.2f} ± {width[i, j] / math.sqrt(sets):.2f}",
                    f"{width[i, j]:.2f} ± {width_error:.2f}",
                )
            )
            if abs(mean[i, j] - 1.0) > ASSIGNED + 2.0 * mean_error[i, j]:
                failures.append(f"{MASSES[j]} GeV, {strength:g}: fitted/injected {mean[i, j]:.3f}")
            if abs(width[i, j] - 1.0) > 0.1 + 2.0 * width_error:
                failures.append(f"{MASSES[j]} GeV, {strength:g}: pull width {width[i, j]:.2f}")
    save_figure(
        f"injections_{run.model}",
        draw_injections(
            [
                Injections(
                    title=f"{strength:g} x expected limit",
                    mass_gev=run.masses,
                    ratio=mean[i],
                    ratio_error=mean_error[i],
                    pull_width=width[i],
                    pull_width_error=np.full(len(MASSES), width_error),
                )
                for i, strength in enumerate(STRENGTHS)
            ],
            assigned=ASSIGNED,
        ),
    )
    table = Table(
        title=f"Injected {run.model} in {sets} sets of pseudo-data",
        columns=(
            "mass (GeV)",
            "expected limits",
            "injected (fb)",
            "fitted/injected",
            "mean pull",
            "pull width",
        ),
        rows=tuple(rows),
        note=f"Yields are multiplied by {run.analysis.templates.bias_correction:g} for the "
        "resolution, as in the paper, and the resolution of the pseudo-data is that much worse. "
        "Errors of the pulls are statistical: the sets do not vary the efficiencies.",
    )
    return table, failures


def no_signal(run, z_local):
    """Largest local significance of the sets beside that of the pseudo-scans."""
    record = read_look_elsewhere(run.layout.folder("look_elsewhere") / f"{run.model}.json")
    away = ~near_resonances(run)
    rows, failures = [], []
    for region in record.regions:
        inside = np.ones(len(away), dtype=bool)
        if region.mlp_range is not None:
            inside = run.bins.mlp_range == region.mlp_range
        largest = np.nanmax(z_local[:, inside], axis=1)
        without = np.nanmax(z_local[:, inside & away], axis=1)
        p_value = ks_2samp(without, region.largest).pvalue
        rows.append(
            (
                region.name,
                f"{np.mean(region.largest):.2f}",
                f"{np.mean(largest):.2f} ± {np.std(largest, ddof=1) / math.sqrt(len(largest)):.2f}",
                f"{np.mean(without):.2f}",
                f"{largest.max():.2f}",
                f"{p_value:.2g}",
            )
        )
        if p_value < 0.01:
            failures.append(f"{region.name}: largest significances differ, p = {p_value:.2g}")
    table = Table(
        title=f"Largest local significance without signal: {len(z_local)} sets",
        columns=(
            "region",
            "mean, pseudo-scans",
            "mean, pseudo-data",
            "away from resonances",
            "largest of all",
            "KS p",
        ),
        rows=tuple(rows),
        note="KS compares pseudo-scans with the sets of pseudo-data, hypotheses within half a "
        "window of J/psi and psi(2S) left out.",
    )
    return table, failures


def near_resonances(run):
    """Hypotheses whose window holds a narrow resonance that is not wholly vetoed."""
    near = np.zeros(len(run.bins.centre), dtype=bool)
    for name in ("jpsi", "psi2s"):
        resonance = reduced(RESONANCES[name].mass_gev)
        near |= np.abs(run.bins.centre - resonance) < HALF_WINDOW * run.bins.sigma
    return near


def reduced(mass_gev):
    """M_R of a dimuon mass."""
    return math.sqrt(mass_gev**2 - 4.0 * MUON_MASS_GEV**2)


def resonances(run, z_local):
    """Local significances at and beside J/psi and psi(2S)."""
    rows = []
    for name in ("jpsi", "psi2s"):
        resonance = RESONANCES[name]
        distance = (run.bins.centre - reduced(resonance.mass_gev)) / run.bins.sigma
        for low, high in pairwise(DISTANCES):
            inside = (distance >= low) & (distance < high)
            title = f"{low:+g} to {high:+g}"
            if not inside.any():
                rows.append((resonance.name, title, "0", "vetoed", "-", "-"))
                continue
            z = z_local[:, inside]
            rows.append(
                (
                    resonance.name,
                    title,
                    str(int(inside.sum())),
                    f"{np.nanmean(z):.2f}",
                    f"{np.nanmean(np.nanmax(z, axis=1)):.2f}",
                    f"{np.nanmax(z):.2f}",
                )
            )
    table = Table(
        title="Local significances beside resonances",
        columns=(
            "resonance",
            "distance (sigma)",
            "hypotheses",
            "mean z",
            "mean largest z",
            "largest of all",
        ),
        rows=tuple(rows),
    )
    return table, []


def effects(run, chosen):
    """Response of the fit to a large signal, one effect of pseudo-data after the other."""
    inputs = read_inputs(chosen, run.model)
    wanted = {run.templates[place].window.name for place in run.places}
    base = windows_of(inputs, inputs.expected, keep=lambda window: window.name in wanted)
    radiation_off = {"fsr": False, "detector": NEUTRAL}
    differences = run.analysis.samples.pseudo_data.detector
    steps = (
        ("collinear ISR photons, loss of the configuration", radiation_off, "collinear"),
        ("ISR photons in the detector", radiation_off, "angular"),
        ("and FSR", {"fsr": True, "detector": NEUTRAL}, "angular"),
        (
            "and the resolution",
            {
                "fsr": True,
                "detector": NEUTRAL.model_copy(
                    update={"resolution_scale": differences.resolution_scale}
                ),
            },
            "angular",
        ),
        ("and trigger, identification, photons", {"fsr": True, "detector": differences}, "angular"),
    )
    rows = []
    correction = run.analysis.templates.bias_correction
    luminosity = run.analysis.samples.luminosity_ifb
    target = STRENGTHS[-1] * run.limits_fb
    for title, changes, photons in steps:
        analysis = with_injections(
            run.analysis, signals(run, np.full(len(MASSES), MANY / luminosity)), **changes
        )
        rng = np.random.default_rng(seed_sequence(analysis.seed, "effects", title))
        windows = []
        for j, template in enumerate(base):
            single = with_injections(
                analysis, (analysis.samples.pseudo_data.injections[j],), **changes
            )
            events = pseudo_data_events(single, {}, rng, signal_photons=photons)
            counts = contents(passing(run, events), template.window)
            counts *= target[j] * luminosity / MANY
            kept = 1.0 - photon_loss(analysis) if photons == "collinear" else 1.0
            windows.append(replace(template, observed=template.observed + kept * counts))
        ratio = (fits_of(run, windows).poi_hat - fits_of(run, base).poi_hat) / target
        rows.append((title, *(f"{value / correction:.3f}" for value in ratio)))
    rows.append(("all, times the correction", *(f"{value:.3f}" for value in ratio)))
    table = Table(
        title="Fitted over injected, effect by effect",
        columns=("pseudo-data have", *(f"{mass:.2f} GeV" for mass in run.masses)),
        rows=tuple(rows),
        note=f"{MANY} events each, on the expected background, without the correction of "
        f"{correction:g} but in the last row; the statistical error is 0.5 to 1 %.",
    )
    return table, []


if __name__ == "__main__":
    main()
