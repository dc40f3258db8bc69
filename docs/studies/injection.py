"""Signals injected into pseudo-data, and what the fits find: fitted over injected, and pulls.

Each set is new pseudo-data with five signals at five times their expected limit, through detector,
selection, networks and the fit of their windows. With the correction of 1.07 the mean of fitted
over injected must be 1.07 (the simulated resolution is that of the pseudo-data), without it 1.
"""

import math
from dataclasses import replace

import numpy as np
from common import finish, options

from fourmu.classifiers import scores
from fourmu.config import Injection
from fourmu.inference import limits
from fourmu.io.results import read_limits
from fourmu.io.templates import read_templates
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.generate import four_muon_xsec_fb, pseudo_data_events
from fourmu.pipeline.inputs import ScoredCandidates, read_training
from fourmu.pipeline.tables import Table
from fourmu.pipeline.workspaces import read_cabinetry_template
from fourmu.selection import select
from fourmu.statmodel import batch_of, build_workspaces
from fourmu.templates import candidate_spectra

MASSES = (0.3, 1.0, 3.0, 5.3, 8.0)


def main():
    chosen = options(
        __doc__,
        sets=(int, 50, "sets of pseudo-data"),
        times=(float, 5.0, "signal in units of the expected limit"),
        model=(str, "zprime", "model"),
    )
    analysis, layout, model = chosen.analysis, chosen.layout, chosen.model
    training = read_training(layout.folder("mlp"))
    _, templates = read_templates(layout.folder("templates") / f"{model}.npz")
    expected = read_limits(layout.folder("limits") / f"{model}.json").limit_expected[:, 2]
    masses = np.array([template.window.mass_gev for template in templates])
    places = [int(np.argmin(np.abs(masses - mass))) for mass in MASSES]
    injections = tuple(
        Injection(model=model, mass_gev=masses[p], xsec_fb=chosen.times * expected[p])
        for p in places
    )
    samples = analysis.samples
    pseudo_data = samples.pseudo_data.model_copy(update={"injections": injections})
    injected = analysis.model_copy(
        update={"samples": samples.model_copy(update={"pseudo_data": pseudo_data})}
    )
    xsec = four_muon_xsec_fb(analysis, isr=pseudo_data.isr)
    cabinetry_template = read_cabinetry_template(layout.cabinetry_configs / f"{model}.yaml")
    systematics = analysis.statmodel.systematics
    fitted, errors = [], []
    for number in range(chosen.sets):
        rng = np.random.default_rng(seed_sequence(analysis.seed, "injection", number))
        events = pseudo_data_events(injected, xsec, rng)
        candidates = select(events, analysis.selection, analysis.detector).candidates
        data = ScoredCandidates(
            candidates=candidates, scores=scores(training.networks, candidates), metadata=()
        )
        spectra = candidate_spectra(candidates, data.passed(training.working_points))
        windows = []
        for place in places:
            window = templates[place].window
            counts = spectra[window.mlp_range].content(window.bin_low, window.bin_high)
            windows.append(replace(templates[place], observed=counts))
        built = build_workspaces(cabinetry_template, windows, systematics)
        found = limits(batch_of([(str(i), workspace) for i, workspace in enumerate(built)]))
        found.raise_for_status()
        fitted.append(found.poi_hat)
        errors.append(found.poi_hat_error)
    size = np.array([injection.xsec_fb for injection in injections])
    ratio, error = np.array(fitted) / size, np.array(errors) / size
    correction = analysis.templates.bias_correction
    rows, failures = [], []
    for column, (mass, injection) in enumerate(zip(MASSES, injections, strict=True)):
        values = ratio[:, column]
        mean, spread = values.mean(), values.std(ddof=1)
        mean_error = spread / math.sqrt(chosen.sets)
        deviation = (mean - correction) / mean_error
        pulls = (values - correction) / error[:, column]
        rows.append(
            (
                f"{injection.mass_gev:.4f}",
                f"{injection.xsec_fb:.3f}",
                f"{mean:.3f} ± {mean_error:.3f}",
                f"{mean / correction:.3f} ± {mean_error / correction:.3f}",
                f"{deviation:+.1f}",
                f"{np.nanstd(pulls, ddof=1):.2f}",
            )
        )
        if abs(deviation) > 3:
            failures.append(f"{mass} GeV: {deviation:+.1f} standard deviations from {correction}")
    table = Table(
        title=f"Signals of {chosen.times:g} times the expected limit, {chosen.sets} sets ({model})",
        columns=(
            "mass (GeV)",
            "injected (fb)",
            f"fitted/injected, with {correction:g}",
            "without",
            "deviation (sigma)",
            "pull width",
        ),
        rows=tuple(rows),
    )
    finish(chosen, f"injection_{model}", [table], failures)


if __name__ == "__main__":
    main()
