"""Backgrounds, radiation off muons and lost photons: sizes, speeds, and independent numbers."""

import time
from itertools import pairwise

import numpy as np
from common import finish, options

from fourmu.detector import simulate
from fourmu.generator import (
    generate_lepton_pairs,
    generate_x,
    lepton_pair_cross_section,
    prepare_x_sampler,
    radiate_fsr,
)
from fourmu.generator.three_body import muon_tensor_trace
from fourmu.io.files import atomic_path
from fourmu.physics.constants import ALPHA, CROSS_SECTION_FB_GEV2, MUON_MASS_GEV
from fourmu.physics.models import MODELS
from fourmu.physics.processes import PROCESSES
from fourmu.physics.resonances import RESONANCES
from fourmu.pipeline.processes import final_state, process_events, process_xsec_fb
from fourmu.pipeline.tables import Table, as_markdown
from fourmu.selection import select
from fourmu.selection.photon_loss import photon_loss_from_mumu_gamma

SEED = 20240614
EVENTS = {"four_muon": 60_000, "mumu_gamma": 300_000, "ee_mumu": 100_000, "mumu_tautau": 60_000}
HERE = {
    "generated": "generated",
    "optional": "optional (`pythia`)",
    "ntuples": "somebody's own ntuples",
    "negligible": "negligible",
}
ENERGIES_GEV = (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.5, 5.0)
PAIRS = 2_000_000
SIGNAL_MASSES_GEV = (0.3, 1.0, 3.0, 5.3, 8.0)
SIGNAL_EVENTS = 40_000
CORE_GEV = 0.01
LOSS_EVENTS = 200_000
# second order in alpha at the edges of the spectrum
TOLERANCE = 0.015


def processes_table():
    return Table(
        title="Processes of Sec. III",
        columns=("process", "here", "sample", "what is known"),
        rows=tuple(
            (
                f"${process.title.strip('$')}$",
                HERE[process.kind],
                process.sample or "-",
                process.why,
            )
            for process in PROCESSES.values()
        ),
    )


def backgrounds_table(analysis):
    rows = []
    for sample, count in EVENTS.items():
        rng = np.random.default_rng(SEED)
        xsec = process_xsec_fb(analysis, sample, rng, isr=False)
        process_events(analysis, sample, 10, rng, isr=False)
        start = time.perf_counter()
        partons = process_events(analysis, sample, count, rng, isr=False)
        partons = final_state(sample, partons, rng, fsr=False)
        seconds = time.perf_counter() - start
        selected = select(
            simulate(partons, analysis.detector, rng), analysis.selection, analysis.detector
        )
        flow = selected.cutflow
        unit = xsec / count
        candidates = selected.candidates.mass_gev
        rows.append(
            (
                sample,
                f"{xsec:.4g}",
                f"{len(partons) / seconds / 1000:.0f}",
                *(
                    f"{unit * flow.events[flow.names.index(cut)]:.3g}"
                    for cut in ("four_muon_mass", "three_muons", "angle_to_photons")
                ),
                f"{unit * np.count_nonzero(candidates < 1.0):.3g}",
                f"{unit * flow.n_electron_vetoed:.3g}",
                f"{unit * np.count_nonzero(candidates >= 1.0):.3g}",
            )
        )
    return Table(
        title="Simulated backgrounds",
        columns=(
            "sample",
            "made (fb)",
            "1000 events / s",
            "10 < M(4mu) < 11",
            "three muons",
            "all cuts",
            "pairs below 1 GeV",
            "pairs vetoed",
            "pairs above",
        ),
        rows=tuple(rows),
        note="One core; cross sections in fb, of events and of candidates, before the networks. "
        "`mumu_gamma` counts photons that convert.",
    )


def exact_share(low, high, sqrt_s, order=60):
    """Photons per pair of muons between two energies, exact at first order."""
    s = sqrt_s**2
    node, weight = np.polynomial.legendre.leggauss(order)
    span = np.log(high / low)
    k = low * np.exp(span * (node + 1) / 2)
    total = 0.0
    for energy, width in zip(k, span / 2 * weight * k, strict=True):
        b = np.sqrt(1 - 4 * MUON_MASS_GEV**2 / (s - 2 * sqrt_s * energy))
        Q = 2 * sqrt_s * energy
        for x, w in zip(np.arctanh(b) * node, np.arctanh(b) * weight, strict=True):
            y2 = np.tanh(x) ** 2
            trace = muon_tensor_trace(
                s, 0.0, Q, Q * Q * (1 - y2) / 4, 4 * np.pi * ALPHA, 0.0, 0.0, 0.0
            )
            total += width * sqrt_s * Q * (1 - y2) * w * trace
    total *= CROSS_SECTION_FB_GEV2 * (4 * np.pi * ALPHA) ** 2 / (768 * np.pi**3 * s**3)
    return total / lepton_pair_cross_section("mumu", sqrt_s_gev=sqrt_s)


def radiation_table(analysis, failures):
    sqrt_s = analysis.generation.sqrt_s_gev
    rng = np.random.default_rng(SEED)
    pairs = generate_lepton_pairs("mumu", PAIRS, rng, sqrt_s_gev=sqrt_s)
    radiate_fsr(pairs[:10], rng)
    start = time.perf_counter()
    events = radiate_fsr(pairs, rng, photons_max=4)
    rate = PAIRS / (time.perf_counter() - start)
    energy = events.momenta[:, 2:, 0]
    rows = []
    for low, high in pairwise(ENERGIES_GEV):
        exact = exact_share(low, high, sqrt_s)
        found = np.count_nonzero((energy > low) & (energy <= high)) / PAIRS
        error = np.sqrt(found / PAIRS)
        rows.append(
            (
                f"{low:g}-{high:g}",
                f"{1e3 * found:.3f} ± {1e3 * error:.3f}",
                f"{1e3 * exact:.3f}",
                f"{found / exact:.3f}",
            )
        )
        if abs(found - exact) > 4 * error + TOLERANCE * exact:
            failures.append(f"photons in {low:g}-{high:g} GeV: {found / exact:.3f} of first order")
    return Table(
        title="Photons off a pair of muons",
        columns=("energy (GeV)", "photons per 1000 pairs", "exact first order", "ratio"),
        rows=tuple(rows),
        note=f"{rate / 1e6:.1f} million pairs a second on one core. What differs from one is "
        "of second order in alpha.",
    )


def signal_table(analysis):
    couplings = MODELS["zprime"].couplings
    rng = np.random.default_rng(SEED)
    rows = []
    for mass in SIGNAL_MASSES_GEV:
        found = []
        for photons, fsr in (("collinear", False), ("angular", False), ("angular", True)):
            sampler = prepare_x_sampler(couplings, np.array([mass]), isr=True, photons=photons)
            events = generate_x(
                couplings, mass, SIGNAL_EVENTS, rng, isr=True, sampler=sampler, process="zprime"
            )
            if fsr:
                events = radiate_fsr(events, rng)
            seen = simulate(events, analysis.detector, rng)
            candidates = select(seen, analysis.selection, analysis.detector).candidates
            true_reduced = np.sqrt(mass**2 - 4 * MUON_MASS_GEV**2)
            core = np.abs(candidates.reduced_mass_gev - true_reduced) < CORE_GEV
            found.append((len(candidates.mass_gev), np.count_nonzero(core)))
        (collinear, _), (angular, inner), (radiated, inner_radiated) = found
        rows.append(
            (
                f"{mass:g}",
                f"{collinear / SIGNAL_EVENTS:.3f}",
                f"{angular / collinear:.3f}",
                f"{radiated / angular:.3f}",
                f"{inner_radiated / inner:.3f}",
            )
        )
    return Table(
        title="Radiation and the efficiency for a Z'",
        columns=(
            "mass (GeV)",
            "efficiency, collinear ISR",
            "ratio with angles",
            "and with FSR",
            "within 10 MeV",
        ),
        rows=tuple(rows),
        note=f"Before the networks; each ratio to the column before it, to about "
        f"{1 / np.sqrt(0.25 * SIGNAL_EVENTS):.2f}.",
    )


def loss_table(analysis, failures):
    rows, values = [], {}
    for radiation in ("initial", "final", "all"):
        rng = np.random.default_rng(SEED)
        value, error = photon_loss_from_mumu_gamma(
            analysis.generation,
            analysis.detector,
            analysis.selection,
            LOSS_EVENTS,
            rng,
            radiation=radiation,
        )
        values[radiation] = value
        paper = "2.8" if radiation == "initial" else "-"
        rows.append((radiation, f"{100 * value:.2f} ± {100 * error:.2f}", paper))
    if abs(values["all"] / (values["initial"] + values["final"]) - 1) > 0.03:
        failures.append("initial and final radiation do not add up to all")
    return Table(
        title="Events lost to a seen photon",
        columns=("photons off", "loss (%)", "paper"),
        rows=tuple(rows),
    )


def resonance_table():
    return Table(
        title="Resonances of the pseudo-data",
        columns=("resonance", "mass (GeV)", "width (MeV)", "to", "area (MeV of continuum)"),
        rows=tuple(
            (
                r.title,
                f"{r.mass_gev:g}",
                f"{1e3 * r.width_gev:g}",
                "μμ" if r.daughters == "mu" else "ππ",
                f"{1e3 * r.area_gev:g}",
            )
            for r in RESONANCES.values()
        ),
    )


def main():
    chosen = options(__doc__)
    analysis = chosen.analysis
    failures: list[str] = []
    tables = {
        "processes": processes_table(),
        "resonances": resonance_table(),
        "photon_loss": loss_table(analysis, failures),
        "fsr": radiation_table(analysis, failures),
        "signal_radiation": signal_table(analysis),
    }
    for name, table in tables.items():
        with atomic_path(chosen.out / f"{name}.md") as temporary:
            temporary.write_text(as_markdown([table]), encoding="utf-8")
        print(as_markdown([table]))
    finish(chosen, "backgrounds", [backgrounds_table(analysis)], failures)


if __name__ == "__main__":
    main()
