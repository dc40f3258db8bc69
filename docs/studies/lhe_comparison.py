"""Independent events (MadGraph, LHE) beside our own without ISR, through the whole chain.

Efficiencies must agree within 3 combined standard deviations, the resolution of M_R likewise, and
none of the sixteen variables may have a two-sample p-value below 0.01 after Bonferroni (true pair
for signals, one candidate per event at random for four muons).
"""

import math
from pathlib import Path

import numpy as np
from common import finish, options
from scipy.stats import ks_2samp

from fourmu.classifiers import scores
from fourmu.detector import simulate
from fourmu.generator import generate_four_muon, generate_x
from fourmu.io.lhe import read_lhe
from fourmu.physics.models import MODELS
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.inputs import ScoredCandidates, read_training
from fourmu.pipeline.tables import Table, own_range_passed
from fourmu.selection import VARIABLES, half_smallest_interval, select

SAMPLES = (
    ("four muons", "4mu_inclusive_50k.lhe.gz", None, None),
    ("Z' 1 GeV", "zprime_m1_to_mumu_10k.lhe.gz", "zprime", 1.0),
    ("Z' 3 GeV", "zprime_m3_to_mumu_10k.lhe.gz", "zprime", 3.0),
    ("S 3 GeV", "scalar_m3_undecayed_10k.lhe.gz", "scalar", 3.0),
)
OWN_EVENTS = 200_000


def processed(partons, analysis, training, rng):
    """Selected candidates and the share of events that have one, before and after the MLP."""
    selected = select(
        simulate(partons, analysis.detector, rng), analysis.selection, analysis.detector
    )
    candidates = selected.candidates
    sample = ScoredCandidates(
        candidates=candidates, scores=scores(training.networks, candidates), metadata=()
    )
    passed = own_range_passed(sample, training)
    n = len(partons)
    before = len(np.unique(candidates.event)) / n
    after = len(np.unique(candidates.event[passed])) / n
    return candidates, n, before, after


def one_per_event(candidates, rng):
    """One candidate of each event, at random."""
    order = rng.permutation(len(candidates))
    _, first = np.unique(candidates.event[order], return_index=True)
    return candidates.take(order[first])


def main():
    chosen = options(__doc__, reference=(Path, Path("../shared/reference"), "folder with lhe/"))
    analysis = chosen.analysis
    training = read_training(chosen.layout.folder("mlp"))
    sqrt_s = analysis.generation.sqrt_s_gev
    efficiency_rows, test_rows, failures = [], [], []
    for label, name, model, mass in SAMPLES:
        rng = np.random.default_rng(seed_sequence(analysis.seed, "lhe_comparison", name))
        theirs = read_lhe([chosen.reference / "lhe" / name], rng)
        if model is None:
            ours = generate_four_muon(OWN_EVENTS, rng, isr=False, sqrt_s_gev=sqrt_s)
        else:
            ours = generate_x(
                MODELS[model].couplings, mass, OWN_EVENTS, rng, isr=False, sqrt_s_gev=sqrt_s
            )
        results = [processed(partons, analysis, training, rng) for partons in (theirs, ours)]
        (c1, n1, *e1), (c2, n2, *e2) = results
        cells = []
        for what, a, b in zip(("selection", "MLP"), e1, e2, strict=True):
            error = math.sqrt(a * (1 - a) / n1 + b * (1 - b) / n2)
            pull = (a - b) / error
            cells += [f"{a:.4f}", f"{b:.4f}", f"{pull:+.1f}"]
            if abs(pull) > 3:
                failures.append(f"{label}: efficiency after {what} differs by {pull:+.1f} sigma")
        if model is not None:
            widths = [1e3 * half_smallest_interval(c.reduced_mass_gev) for c in (c1, c2)]
            # 1.3: a quantile interval of a Gaussian against its standard deviation
            error = math.hypot(
                *(1.3 * w / math.sqrt(2 * len(c)) for w, c in zip(widths, (c1, c2), strict=True))
            )
            pull = (widths[0] - widths[1]) / error
            cells += [f"{widths[0]:.2f}", f"{widths[1]:.2f}", f"{pull:+.1f}"]
            if abs(pull) > 3:
                failures.append(f"{label}: resolution differs by {pull:+.1f} sigma")
        else:
            cells += ["-", "-", "-"]
            c1, c2 = one_per_event(c1, rng), one_per_event(c2, rng)
        efficiency_rows.append((label, *cells))
        p_values = [
            ks_2samp(c1.variables[:, k], c2.variables[:, k]).pvalue for k in range(len(VARIABLES))
        ]
        corrected = np.minimum(np.array(p_values) * len(VARIABLES), 1.0)
        test_rows.append([f"{p:.2f}" for p in corrected])
        for variable, p in zip(VARIABLES, corrected, strict=True):
            if p < 0.01:
                failures.append(f"{label}: {variable} has p = {p:.2g} after Bonferroni")
    tables = [
        Table(
            title="Independent events beside our own without ISR: efficiencies, sigma(M_R) in MeV",
            columns=(
                "sample",
                "selection LHE",
                "ours",
                "pull",
                "MLP LHE",
                "ours",
                "pull",
                "sigma LHE",
                "ours",
                "pull",
            ),
            rows=tuple(efficiency_rows),
        ),
        Table(
            title="Two-sample (Kolmogorov-Smirnov) p-values, times 16",
            columns=("variable", *(label for label, *_ in SAMPLES)),
            rows=tuple(zip(VARIABLES, *test_rows, strict=True)),
        ),
    ]
    finish(chosen, "lhe_comparison", tables, failures)


if __name__ == "__main__":
    main()
