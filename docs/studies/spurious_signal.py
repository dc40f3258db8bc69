"""Signal that the background model invents, against mass, and the borders of the MLP ranges.

Every window is fitted to the simulated four-muon spectrum of its MLP range, scaled to the
luminosity of the data (no fluctuations of the data, only those of the simulation). The best fit
over its error is the spurious signal; what the simulation's own fluctuations make of it is
1 / sqrt(luminosity ratio). A narrow peak at a border would show as an excess in the windows around
it. 20 s on one core.
"""

import itertools

import numpy as np
from common import finish, options, save_figure
from windows import fitted, read_inputs, windows_of

from fourmu.pipeline.tables import Table
from fourmu.plots import MassCurve, break_at_gaps, draw_against_mass

NEAR = 30  # windows on either side of a border: half a window wide


def main():
    chosen = options(__doc__)
    inputs = read_inputs(chosen)
    templates = windows_of(inputs, inputs.expected)
    _, found = fitted(inputs, templates)
    windows = [template.window for template in templates]
    mass = np.array([window.mass_gev for window in windows])
    index = np.array([window.index for window in windows])
    spurious = found.poi_hat / found.poi_hat_error
    noise = 1.0 / np.sqrt(inputs.luminosity_ratio)
    edges = inputs.analysis.classifiers.range_edges_gev
    borders = [edge for edge in edges[1:-1] if mass[0] < edge < mass[-1]]
    # neighbours share their candidates: a signal is about five windows wide
    rows, failures = [], []
    for low, high in itertools.pairwise(edges):
        inside = (mass >= low) & (mass < high)
        rows.append(row(f"{low:g} - {min(high, mass[-1]):.4g}", spurious[inside], noise))
    for border in borders:
        at = int(np.searchsorted(mass, border))
        near = np.abs(index - index[at]) <= NEAR
        rows.append(row(f"border at {border:g}, ± {NEAR} windows", spurious[near], noise))
        largest = float(np.nanmax(spurious[near]))
        if largest > 5.0 * noise:
            failures.append(f"border at {border:g} GeV: spurious signal of {largest:.2f} errors")
    every = row("all", spurious, noise)
    sigma = np.array([window.sigma_gev for window in windows])
    at, value = break_at_gaps(mass, sigma, spurious)
    save_figure(
        "spurious_signal",
        draw_against_mass(
            [MassCurve(title="simulation, no fluctuations of data", mass_gev=at, value=value)],
            ylabel="Spurious signal / error of the fit",
            kind="simulation",
            spans=((-noise, noise, r"$\pm1\sigma$ of the simulation's size"),),
            borders_gev=borders,
        ),
    )
    table = Table(
        title="Spurious signal in units of the error of a fit",
        columns=("mass (GeV)", "windows", "mean", "width", "expected width", "largest", "smallest"),
        rows=(*rows, every),
        note=f"The simulation has {inputs.luminosity_ratio:.0f} times the luminosity of the data; "
        "its fluctuations alone have the expected width. A signal is about five windows wide, so "
        "that means and widths rest on a fifth as many independent numbers as there are windows.",
    )
    finish(chosen, "spurious_signal", [table], failures)


def row(label, values, noise):
    known = values[np.isfinite(values)]
    return (
        label,
        str(known.size),
        f"{known.mean():+.3f} ± {noise / np.sqrt(known.size / 5):.3f}",
        f"{known.std():.3f}",
        f"{noise:.3f}",
        f"{known.max():+.2f}",
        f"{known.min():+.2f}",
    )


if __name__ == "__main__":
    main()
