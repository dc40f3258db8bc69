"""Bernstein coefficients one order above the one used: are they compatible with zero?

In disjoint windows over the whole range the background is fitted, without signal, with a
polynomial one degree higher than in the analysis (cubic below 1 GeV, quadratic above). Its
highest-order coefficient over its error should be normally distributed around zero. Once with the
pseudo-data, and once with all simulated four-muon events, many times their luminosity: there
smaller curvatures show. 10 s on one core.
"""

import numpy as np
from common import finish, options, save_figure
from scipy.stats import chi2 as chi2_distribution
from windows import disjoint, fitted, leading_coefficient, read_inputs, windows_of, with_degree

from fourmu.pipeline.tables import Table
from fourmu.plots import MassCurve, draw_against_mass
from fourmu.templates import candidate_spectra


def coefficients(inputs, spectra):
    """Masses, degrees, and highest-order coefficient over its error in disjoint windows."""
    templates = disjoint(windows_of(inputs, spectra))
    degrees = np.array([template.degree + 1 for template in templates])
    raised = [
        with_degree(template, degree, inputs.analysis.templates.window_sigmas)
        for template, degree in zip(templates, degrees, strict=True)
    ]
    batch, found = fitted(inputs, raised)
    ratio = np.full(len(raised), np.nan)
    for degree in np.unique(degrees):
        value, error = leading_coefficient(batch, found, int(degree))
        rows = degrees == degree
        ratio[rows] = (value / error)[rows]
    return np.array([template.window.mass_gev for template in raised]), degrees, ratio


def main():
    chosen = options(__doc__)
    inputs = read_inputs(chosen)
    passed = inputs.simulation.passed(inputs.training.working_points)
    counted = candidate_spectra(inputs.simulation.candidates, passed)
    times = inputs.luminosity_ratio
    rows, failures, curves = [], [], []
    for title, spectra, strict in (
        ("pseudo-data", inputs.observed, True),
        (f"simulation, {times:.0f} times", counted, False),
    ):
        mass, degrees, ratio = coefficients(inputs, spectra)
        curves.append(MassCurve(title=title, mass_gev=mass, value=ratio, points=True))
        for degree in np.unique(degrees):
            known = ratio[(degrees == degree) & np.isfinite(ratio)]
            total, count = float(np.sum(known**2)), known.size
            p_value = float(chi2_distribution.sf(total, count))
            rows.append(
                (
                    title,
                    f"{degree}, {'below' if degree == degrees.max() else 'above'} 1 GeV",
                    str(count),
                    f"{known.mean():+.2f} ± {1 / np.sqrt(count):.2f}",
                    f"{known.std(ddof=1):.2f} ± {1 / np.sqrt(2 * count):.2f}",
                    f"{total:.1f} / {count}",
                    f"{p_value:.3f}",
                )
            )
            if strict and p_value < 0.01:
                failures.append(f"degree {degree}, {title}: p = {p_value:.4f}")
    save_figure(
        "higher_orders",
        draw_against_mass(
            curves,
            ylabel="Highest-order coefficient / error",
            kind="pseudo-data",
            band=True,
            right="disjoint windows, one degree more",
        ),
    )
    table = Table(
        title="Background coefficients of one order more, over their errors",
        columns=("sample", "degree", "windows", "mean", "width", "chi2 / windows", "p"),
        rows=tuple(rows),
        note="The window at threshold, where a coefficient is at its bound of zero, is left out.",
    )
    finish(chosen, "higher_orders", [table], failures)


if __name__ == "__main__":
    main()
