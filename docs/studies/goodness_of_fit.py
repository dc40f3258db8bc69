"""Goodness of fit over the scan: p-values of windows that share no bins, by toys.

The saturated deviance of each best fit among those of its pseudo-experiments, for the pseudo-data
and for parts of the simulation that have their luminosity (events, with all their candidates). If
signal plus polynomial describe them, the p-values are close to uniform; with few counts toys drawn
from a fit give slightly small ones. A minute on one core.
"""

import numpy as np
from common import finish, options, save_figure
from scipy.stats import kstest
from windows import disjoint, fitted, read_inputs, windows_of

from fourmu.config.inference import Inference
from fourmu.inference.goodness_of_fit import goodness_of_fit_by_toys
from fourmu.inference.pseudo_data import window_data
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.tables import Table
from fourmu.plots import draw_p_values
from fourmu.templates import candidate_spectra

GROUPS = ((0.0, 1.0), (1.0, 3.75), (3.75, 9.0))  # GeV
SMALL = 0.05


def main():
    chosen = options(
        __doc__,
        toys=(int, 200, "pseudo-experiments per window"),
        sets=(int, 10, "parts of the simulation"),
    )
    inputs = read_inputs(chosen)
    rows, samples = [], {}
    for title, spectra in (
        ("pseudo-data", [inputs.observed]),
        ("simulation", list(parts(inputs, chosen.sets))),
    ):
        found = [p_values(chosen, inputs, entry) for entry in spectra]
        mass, values = (np.concatenate(column) for column in zip(*found, strict=True))
        samples[title] = values
        rows += [
            row(f"{title}, {low:g} - {high:g} GeV", values[(mass >= low) & (mass < high)])
            for low, high in (*GROUPS, (GROUPS[0][0], GROUPS[-1][1]))
        ]
    save_figure(
        "goodness_of_fit",
        draw_p_values(samples, kind="pseudo-data", title=f"{chosen.toys} toys per window"),
    )
    table = Table(
        title="Goodness of fit by toys, windows that share no bins",
        columns=("sample", "windows", "mean p", "smallest p", "below 0.05", "KS p"),
        rows=tuple(rows),
        note="KS: Kolmogorov-Smirnov test of a uniform distribution.",
    )
    bad = [
        f"{title}: {np.mean(values < SMALL):.1%} of the windows have p < {SMALL}"
        for title, values in samples.items()
        if np.sum(values < SMALL) > SMALL * values.size + 3.0 * np.sqrt(SMALL * values.size)
    ]
    finish(chosen, "goodness_of_fit", [table], bad)


def parts(inputs, number):
    """Spectra of parts of the simulation with the luminosity of the data."""
    candidates = inputs.simulation.candidates
    passed = inputs.simulation.passed(inputs.training.working_points)
    rng = np.random.default_rng(seed_sequence(inputs.analysis.seed, "goodness of fit"))
    # events at random, so that their number is Poisson as that of data
    event, rows = np.unique(candidates.event, return_inverse=True)
    owner = np.floor(rng.random(event.size) * inputs.luminosity_ratio).astype(int)[rows]
    for part in range(min(number, int(inputs.luminosity_ratio))):
        yield candidate_spectra(candidates, passed & (owner == part)[:, None])


def p_values(chosen, inputs, spectra):
    """Masses and p-values of windows that share no bins."""
    analysis = chosen.analysis
    toys = {"toys": chosen.toys, "goodness_of_fit_toys": chosen.toys}
    settings = Inference(**{**analysis.inference.model_dump(), **toys})
    templates = disjoint(windows_of(inputs, spectra))
    batch, found = fitted(inputs, templates)
    values = np.full(len(batch), np.nan)
    for place in np.flatnonzero(found.ok):
        data = window_data(batch, int(place))
        values[place] = goodness_of_fit_by_toys(batch, data, found, settings, analysis.seed)
    return np.array([template.window.mass_gev for template in templates]), values


def row(label, values):
    known = values[np.isfinite(values)]
    error = 1.0 / np.sqrt(12.0 * known.size)  # of the mean of uniform numbers
    return (
        label,
        str(known.size),
        f"{known.mean():.2f} ± {error:.2f}",
        f"{known.min():.3f}",
        f"{np.mean(known < SMALL):.1%}",
        f"{kstest(known, 'uniform').pvalue:.2g}",
    )


if __name__ == "__main__":
    main()
