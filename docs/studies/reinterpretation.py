"""Reinterpretation closes on what is known, and what the efficiency of the wrong model costs.

Built-in models are given as couplings, as events of MadGraph (LHE), and as our own events written
as LHE, with and without ISR: efficiencies must agree within 3 combined errors, limits within 3
errors of the signal (at most 5 % with couplings). Then efficiencies of models of other spins are
compared with that of the Z', and with what kinematic densities make of it.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from common import finish, options, save_figure

from fourmu import plots
from fourmu.archive import x_kinematics
from fourmu.generator import cross_section, generate_x
from fourmu.io.archives import open_archive
from fourmu.io.lhe_samples import read_lhe_samples
from fourmu.io.lhe_writing import write_lhe
from fourmu.physics.models import MODELS, Couplings
from fourmu.pipeline.tables import Table
from fourmu.reinterpret import reinterpret_couplings, reinterpret_samples

FILES = (
    ("zprime", "zprime_m1_to_mumu_10k.lhe.gz"),
    ("zprime", "zprime_m3_to_mumu_10k.lhe.gz"),
    ("scalar", "scalar_m3_undecayed_10k.lhe.gz"),
)
OWN_MASSES = (1.0, 6.0)
OWN_EVENTS = 10_000
REWEIGHTING_MASSES = (0.5, 1.0, 2.0, 3.0, 4.5, 6.0, 7.5, 8.5)
REWEIGHTING_EVENTS = 200_000
SEED = 20241126
LIMIT_TOLERANCE = 0.05
"""Largest difference of limits from couplings: errors of both efficiencies and shapes, which the
smallest expected counts feel most."""


def from_couplings(archive, failures):
    """Built-in models as couplings."""
    rows, found = [], {}
    for name, model in MODELS.items():
        start = time.perf_counter()
        result = reinterpret_couplings(archive, model.couplings, branching_fraction=name, seed=SEED)
        seconds = time.perf_counter() - start
        found[name] = result
        table = archive.index.table(name)
        known = np.isfinite(result.xsec_limit_fb)
        ratio = result.efficiency / table.efficiency
        pull = (result.efficiency - table.efficiency) / np.hypot(
            result.efficiency_error, table.efficiency_error
        )
        limit = result.xsec_limit_fb / table.xsec_limit_fb
        coupling = result.coupling_limit / table.coupling_limit
        rows.append(
            (
                name,
                f"{np.nanmedian(ratio):.4f}",
                f"{100 * np.nanmax(np.abs(ratio - 1)):.1f} %",
                f"{np.sqrt(np.nanmean(pull**2)):.2f}",
                f"{100 * np.nanmax(result.efficiency_error / result.efficiency):.1f} %",
                f"{np.median(limit[known]):.4f}",
                f"{100 * np.max(np.abs(limit[known] - 1)):.1f} %",
                f"{100 * np.max(np.abs(coupling[known] - 1)):.1f} %",
                f"{seconds:.0f} s",
            )
        )
        if np.nanmax(np.abs(ratio - 1)) > 0.03:
            failures.append(f"{name} from couplings: efficiency off by more than 3 %")
        if np.max(np.abs(limit[known] - 1)) > LIMIT_TOLERANCE:
            failures.append(f"{name} from couplings: a limit off by more than 5 %")
    return found, Table(
        title="Built-in models from their couplings",
        columns=(
            "model",
            "efficiency / built-in, median",
            "largest difference",
            "rms pull",
            "largest error",
            "limit / built-in, median",
            "largest difference of limits",
            "of coupling limits",
            "time",
        ),
        rows=rows,
        note=f"All {int((~archive.index.vetoed).sum())} windows. Pulls of neighbouring windows are "
        "correlated: both curves are smooth.",
    )


def own_file(folder, name, mass, archive, *, isr):
    """Events of our own generator as LHE."""
    couplings = MODELS[name].couplings
    settings = archive.analysis.generation
    events = generate_x(
        couplings,
        mass,
        OWN_EVENTS,
        np.random.default_rng((SEED, round(1000 * mass), int(isr))),
        isr=isr,
        sqrt_s_gev=settings.sqrt_s_gev,
    )
    sigma = cross_section(couplings, mass, isr=isr, sqrt_s_gev=settings.sqrt_s_gev)
    path = folder / f"{name}_{mass:g}_{'isr' if isr else 'born'}.lhe.gz"
    # X is decayed in them: the cross section has the branching fraction in it
    fraction = float(MODELS[name].branching_fraction_mumu(mass))
    write_lhe(
        path, events, xsec_fb=sigma.xsec_fb * fraction, xsec_error_fb=sigma.error_fb * fraction
    )
    return path


def from_events(archive, reference, failures):
    """MadGraph's events and our own, as LHE."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        jobs = [(name, f"MadGraph, {file}", reference / "lhe" / file) for name, file in FILES]
        for name in MODELS:
            for mass in OWN_MASSES:
                jobs += [
                    (
                        name,
                        f"ours, {'with' if isr else 'without'} ISR",
                        own_file(Path(folder), name, mass, archive, isr=isr),
                    )
                    for isr in (False, True)
                ]
        for name, text, path in jobs:
            if not path.exists():
                failures.append(f"{path} is missing: give --reference")
                continue
            rows += [
                closure_row(archive, name, text, path, efficiency_from, failures)
                for efficiency_from in MODELS
            ]
    return Table(
        title="Built-in models from their events",
        columns=(
            "model",
            "GeV",
            "events",
            "corrected with",
            "efficiency",
            "built-in",
            "pull",
            "limit (fb)",
            "built-in (fb)",
            "pull of limit",
            "coupling limit / built-in",
            "time",
        ),
        rows=rows,
        note=f"{OWN_EVENTS} events each. The error of a limit is that of efficiency and shape of "
        "the signal. Samples without ISR take the M_R shape of the model that corrects them.",
    )


def closure_row(archive, name, text, path, efficiency_from, failures):
    start = time.perf_counter()
    samples = read_lhe_samples(path, np.random.default_rng(SEED))
    mass = samples[0].mass_gev
    fraction = float(MODELS[name].branching_fraction_mumu(mass))
    result = reinterpret_samples(
        archive,
        samples,
        efficiency_from=efficiency_from,
        branching_fraction=None if samples[0].x_decayed else fraction,
        # MadGraph's files of decayed X were made at 0.02, cutting the tails of the resonance
        coupling=0.02 if "MadGraph" in text and samples[0].x_decayed else 1.0,
        seed=SEED,
    )
    seconds = time.perf_counter() - start
    table = archive.index.table(name)
    place = int(result.place[0])
    known, error = table.efficiency[place], table.efficiency_error[place]
    pull = (result.efficiency[0] - known) / np.hypot(result.efficiency_error[0], error)
    limit = table.xsec_limit_fb[place]
    limit_error = np.hypot(result.xsec_limit_error_fb[0], limit * error / known)
    limit_pull = (result.xsec_limit_fb[0] - limit) / limit_error
    where = f"{name} {mass:.3g} GeV, {text}, corrected with {efficiency_from}"
    if abs(pull) > 3.0:
        failures.append(f"{where}: efficiency off by {pull:.1f} errors")
    if abs(limit_pull) > 3.0:
        failures.append(f"{where}: limit off by {limit_pull:.1f} errors")
    return (
        name,
        f"{mass:.3g}",
        text,
        efficiency_from,
        f"{result.efficiency[0]:.4f} +- {result.efficiency_error[0]:.4f}",
        f"{known:.4f} +- {error:.4f}",
        f"{pull:+.1f}",
        f"{result.xsec_limit_fb[0]:.4f} +- {result.xsec_limit_error_fb[0]:.4f}",
        f"{limit:.4f}",
        f"{limit_pull:+.1f}",
        f"{result.coupling_limit[0] / table.coupling_limit[place]:.3f}",
        f"{seconds:.1f} s",
    )


def reweighted(archive, couplings, mass, rng):
    """Efficiency of the Z' reweighted to the kinematics of another model."""
    densities = archive.kinematics("zprime")
    density = min(densities, key=lambda known: abs(known.mass_gev - mass))
    settings = archive.analysis.generation
    events = generate_x(
        couplings,
        density.mass_gev,
        REWEIGHTING_EVENTS,
        rng,
        isr=True,
        sqrt_s_gev=settings.sqrt_s_gev,
        sqrt_s_spread_gev=settings.sqrt_s_spread_gev,
    )
    shares, _ = np.histogramdd(
        x_kinematics(events.momenta, settings.sqrt_s_gev), bins=list(density.edges)
    )
    own = float(density.reweighted(density.generated).sum())
    return density.mass_gev, float(density.reweighted(shares).sum()) / own


def spins(archive, found):
    """Efficiencies of other spins beside that of the Z'."""
    models = {
        "Scalar": (Couplings(scalar=1.0), found["scalar"]),
        "Pseudoscalar": (
            Couplings(pseudoscalar=1.0),
            reinterpret_couplings(archive, {"gP": 1.0}, seed=SEED),
        ),
        "Axial vector": (
            Couplings(axial=1.0),
            reinterpret_couplings(archive, {"gA": 1.0}, seed=SEED),
        ),
    }
    vector = found["zprime"]
    curves, rows = [], []
    rng = np.random.default_rng(SEED)
    for title, (couplings, result) in models.items():
        ratio = result.efficiency / vector.efficiency
        limits = result.xsec_limit_fb / vector.xsec_limit_fb
        curves.append(plots.MassCurve(title=title, mass_gev=result.mass_gev, value=ratio))
        points = [reweighted(archive, couplings, mass, rng) for mass in REWEIGHTING_MASSES]
        if title != "Pseudoscalar":  # its points would hide those of the scalar
            curves.append(
                plots.MassCurve(
                    title=f"{title}, Z' reweighted",
                    mass_gev=np.array([mass for mass, _ in points]),
                    value=np.array([value for _, value in points]),
                    points=True,
                )
            )
        for mass, value in points:
            place = int(archive.index.nearest(np.array([mass]))[0])
            near = slice(max(place - 20, 0), place + 21)
            rows.append(
                (
                    title,
                    f"{mass:.4g}",
                    f"{ratio[place]:.3f}",
                    f"{value:.3f}",
                    f"{np.nanmedian(limits[near]):.3f}",
                )
            )
    figure = plots.draw_against_mass(
        curves,
        ylabel="Efficiency / efficiency of the Z'",
        kind="simulation",
        right="with ISR, after the networks",
    )
    save_figure("reinterpretation_efficiency", figure)
    return Table(
        title="Efficiency of other spins over that of the Z'",
        columns=(
            "model",
            "GeV",
            "efficiency / Z'",
            "Z' reweighted / Z'",
            "limit / that with the Z' efficiency and shape",
        ),
        rows=rows,
        note="Reweighted in energy, polar angle and decay angle of X (the densities of the "
        "archive); limits are the median over 41 windows.",
    )


def main():
    chosen = options(__doc__, reference=(Path, Path("../shared/reference"), "folder with lhe/"))
    archive = open_archive(chosen.layout.folder("archive"))
    failures: list[str] = []
    found, couplings_table = from_couplings(archive, failures)
    events_table = from_events(archive, chosen.reference, failures)
    finish(
        chosen, "reinterpretation", [couplings_table, events_table, spins(archive, found)], failures
    )


if __name__ == "__main__":
    main()
