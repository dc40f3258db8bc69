"""Candidates in pseudo-data over simulation, one effect that simulation lacks after the other.

Four muons first, as simulated, then with each effect on top, over simulated four muons; the other
processes come last, over the sum of all. Pseudo-data have the luminosity of the data. Before the
networks, and after the network of the range of a candidate's mass. A minute.
"""

import math

import numpy as np
from common import finish, options
from pseudo_data_sets import NEUTRAL, judged, read_run, with_injections

from fourmu.classifiers import range_of_mass
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.inputs import read_backgrounds
from fourmu.pipeline.processes import process_xsec_fb
from fourmu.pipeline.pseudo_data import pseudo_data_events
from fourmu.pipeline.samples import FOUR_MUON, background_split
from fourmu.pipeline.tables import Table, own_range_passed

BINS = ((0.0, 20.0), (0.0, 1.0), (1.0, 4.0), (4.0, 8.0), (8.0, 20.0))  # GeV
NAMES = ("all", "below 1 GeV", "1 to 4", "4 to 8", "above 8")
CLOSURE_SIGMAS = 3.5


def main():
    chosen = options(__doc__)
    run = read_run(chosen.config, "zprime")
    settings = run.analysis.samples.pseudo_data
    simulated = simulation(run)
    radiative = {FOUR_MUON: run.xsec_fb[FOUR_MUON]}
    rng = np.random.default_rng(seed_sequence(run.analysis.seed, "ratio", "born"))
    born = {FOUR_MUON: process_xsec_fb(run.analysis, FOUR_MUON, rng, isr=False)}
    nothing = {"isr": False, "fsr": False, "resonances": (), "detector": NEUTRAL}
    steps = [
        ("four muons, as simulated", nothing, born),
        ("ISR", {**nothing, "isr": True}, radiative),
        ("and FSR", {**nothing, "isr": True, "fsr": True}, radiative),
        ("and the detector", {"resonances": ()}, radiative),
        ("and resonances", {}, radiative),
        ("and other processes", {}, run.xsec_fb),
    ]
    if settings.isr is False or settings.fsr is False:
        raise SystemExit("the pseudo-data of this configuration have no radiation")
    rows, failures = [], []
    for title, changes, xsec in steps:
        analysis = with_injections(run.analysis, (), **changes)
        rng = np.random.default_rng(seed_sequence(analysis.seed, "ratio", title))
        candidates, passed = judged(run, pseudo_data_events(analysis, xsec, rng))
        index = range_of_mass(analysis.classifiers.range_edges_gev, candidates.mass_gev)
        inside = (index >= 0) & passed[np.arange(len(index)), np.maximum(index, 0)]
        reference = simulated["all"] if len(xsec) > 1 else simulated[FOUR_MUON]
        for stage, rows_of in (("before", np.ones(len(inside), dtype=bool)), ("after", inside)):
            cells = []
            for place, (low, high) in enumerate(BINS):
                mass = candidates.mass_gev
                chosen_rows = rows_of & (mass >= low) & (mass < high)
                count, error = clustered(candidates.event[chosen_rows])
                expected = reference[stage][place]
                ratio, spread = count / expected, error / expected
                cells.append(f"{ratio:.3f} ± {spread:.3f}")
                if changes is nothing and abs(ratio - 1.0) > CLOSURE_SIGMAS * spread:
                    failures.append(f"as simulated, {stage}, {NAMES[place]}: {ratio:.3f}")
            rows.append((title if stage == "before" else "", stage, *cells))
    table = Table(
        title="Candidates in pseudo-data over simulation",
        columns=("pseudo-data have", "networks", *NAMES),
        rows=tuple(rows),
        note="Errors are those of the pseudo-data, events with all their candidates. The first "
        "line must be one.",
    )
    finish(chosen, "data_over_simulation", [table], failures)


def clustered(event):
    """Number of candidates and its error when events are Poisson."""
    _, multiplicity = np.unique(event, return_counts=True)
    return len(event), math.sqrt(float(np.sum(multiplicity**2)))


def simulation(run):
    """Expected candidates of four muons and of all processes, before and after, in each bin."""
    luminosity = run.analysis.samples.luminosity_ifb
    layout = run.layout
    found = {}
    _, expectation = background_split(run.analysis)
    for name, sample in read_backgrounds(
        layout.folder("selected"), layout.folder("mlp"), expectation, luminosity
    ).items():
        passed = own_range_passed(sample, run.training)
        found[name] = {"before": [], "after": []}
        for low, high in BINS:
            inside = (sample.candidates.mass_gev >= low) & (sample.candidates.mass_gev < high)
            weight = sample.candidates.weight
            found[name]["before"].append(float(weight[inside].sum()))
            found[name]["after"].append(float(weight[inside & passed].sum()))
    found["all"] = {
        stage: list(np.sum([part[stage] for part in found.values()], axis=0))
        for stage in ("before", "after")
    }
    return found


if __name__ == "__main__":
    main()
