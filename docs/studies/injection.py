"""Signals injected into pseudo-data, and what the fits find: fitted over injected, and pulls.

Each set is new pseudo-data with five signals at five times their expected limit, through detector,
selection, networks and the fit of their windows. With the correction of 1.07 the mean of fitted
over injected must be 1.07 (simulated and pseudo-data resolution are equal), without it 1. It is
done twice: with the photons of the signal in the detector as in pseudo-data, and with collinear
ones, as in the simulated signal (closure).
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
from fourmu.pipeline.templates import photon_loss
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
    tables, failures = [], []
    for photons in ("angular", "collinear"):
        table, failed = study(chosen, photons)
        tables.append(table)
        failures += failed
    finish(chosen, f"injection_{chosen.model}", tables, failures)


def study(chosen, photons):
    """Inject and fit with one mode of the signal's ISR photons."""
    analysis, layout, model = chosen.analysis, chosen.layout, chosen.model
    training = read_training(layout.folder("mlp"))
    _, templates = read_templates(layout.folder("templates") / f"{model}.npz")
    expected = read_limits(layout.folder("limits") / f"{model}.json").limit_expected[:, 2]
    masses = np.array([template.window.mass_gev for template in templates])
    places = [int(np.argmin(np.abs(masses - mass))) for mass in MASSES]
    size = np.array([chosen.times * expected[place] for place in places])
    # collinear photons are not seen: what they would cost is taken off beforehand
    kept = 1.0 - photon_loss(analysis) if photons == "collinear" else 1.0
    injections = tuple(
        Injection(model=model, mass_gev=masses[place], xsec_fb=kept * xsec)
        for place, xsec in zip(places, size, strict=True)
    )
    samples = analysis.samples
    pseudo_data = samples.pseudo_data.model_copy(update={"injections": injections})
    injected = analysis.model_copy(
        update={"samples": samples.model_copy(update={"pseudo_data": pseudo_data})}
    )
    four_muon_fb = four_muon_xsec_fb(analysis, isr=pseudo_data.isr)
    cabinetry_template = read_cabinetry_template(layout.cabinetry_configs / f"{model}.yaml")
    systematics = analysis.statmodel.systematics
    fitted, errors = [], []
    for number in range(chosen.sets):
        rng = np.random.default_rng(seed_sequence(analysis.seed, "injection", photons, number))
        events = pseudo_data_events(injected, four_muon_fb, rng, signal_photons=photons)
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
    ratio, error = np.array(fitted) / size, np.array(errors) / size
    correction = analysis.templates.bias_correction
    rows, failures = [], []
    chi2 = 0.0
    for column, mass in enumerate(MASSES):
        values = ratio[:, column]
        mean, spread = values.mean(), values.std(ddof=1)
        mean_error = spread / math.sqrt(chosen.sets)
        deviation = (mean - correction) / mean_error
        chi2 += deviation**2
        pulls = (values - correction) / error[:, column]
        rows.append(
            (
                f"{masses[places[column]]:.4f}",
                f"{size[column]:.3f}",
                f"{mean:.3f} ± {mean_error:.3f}",
                f"{mean / correction:.3f} ± {mean_error / correction:.3f}",
                f"{deviation:+.1f}",
                f"{np.nanstd(pulls, ddof=1):.2f}",
            )
        )
        if abs(deviation) > 3:
            failures.append(f"{photons}, {mass} GeV: {deviation:+.1f} sigma from {correction}")
    table = Table(
        title=f"Injected {model}, {photons} ISR photons: {chosen.times:g} times the expected "
        f"limit, {chosen.sets} sets",
        columns=(
            "mass (GeV)",
            "injected (fb)",
            f"fitted/injected, with {correction:g}",
            "without",
            "deviation (sigma)",
            "pull width",
        ),
        rows=tuple(rows),
        note=f"chi2 of the five deviations: {chi2:.1f}. Pull widths are below 1 because the errors "
        "of the fits include systematic uncertainties of the signal that the sets do not vary.",
    )
    return table, failures


if __name__ == "__main__":
    main()
