"""Width of the fit windows: sensitivity gained against bias, 20 to 120 sigma.

The same hypotheses are fitted in windows of different widths, always in bins of half a sigma, to
the simulated spectrum scaled to the luminosity of the data. Wider windows know the background
better (smaller expected limits) until the polynomial no longer follows it (spurious signal). The
simulation's own fluctuations add 1 / sqrt(luminosity ratio) to the spurious signal at any width.
25 s on one core.
"""

import numpy as np
from common import finish, options, save_figure
from windows import fitted, read_inputs, windows_of

from fourmu.pipeline.tables import Table
from fourmu.plots import WidthScan, draw_widths

WIDTHS = (20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 120.0)
EVERY = 10


def main():
    chosen = options(__doc__)
    inputs = read_inputs(chosen)
    used = inputs.analysis.templates.window_sigmas
    limit, spurious, masses, names = {}, {}, {}, {}
    for width in WIDTHS:
        templates = windows_of(
            inputs, inputs.expected, every=EVERY, window_sigmas=width, bins=round(2 * width)
        )
        _, found = fitted(inputs, templates)
        limit[width] = found.limit_expected[:, 2]
        spurious[width] = found.poi_hat / found.poi_hat_error
        masses[width] = np.array([template.window.mass_gev for template in templates])
        names[width] = [template.window.name for template in templates]
    noise = 1.0 / np.sqrt(inputs.luminosity_ratio)
    groups = {
        "below 1 GeV (quadratic)": masses[used] < 1.0,
        "above (straight)": masses[used] >= 1.0,
    }
    rows, scans, failures = [], [], []
    for title, group in groups.items():
        gains, biases = [], []
        for width in WIDTHS:
            if names[width] != names[used]:
                raise RuntimeError("widths with other windows")
            both = group & np.isfinite(limit[width]) & np.isfinite(limit[used])
            gains.append(float(np.mean(limit[width][both] / limit[used][both])))
            square = np.nanmean(spurious[width][group] ** 2)
            biases.append(float(np.sqrt(max(square - noise**2, 0.0))))
            rows.append(
                (
                    title,
                    f"{width:g}",
                    f"{gains[-1]:.3f}",
                    f"{np.sqrt(square):.3f}",
                    f"{biases[-1]:.2f}",
                    f"{np.hypot(1.0, biases[-1]) * gains[-1]:.3f}",
                )
            )
        scans.append(
            WidthScan(
                title=title,
                width_sigmas=np.array(WIDTHS),
                limit=np.array(gains),
                bias=np.array(biases),
            )
        )
    save_figure("window_width", draw_widths(scans, used_sigmas=used))
    table = Table(
        title="Windows of other widths",
        columns=(
            "mass",
            "width (sigma)",
            f"expected limit / that of {used:g}",
            "spurious signal (rms, errors)",
            "without the simulation's",
            "limit with bias added",
        ),
        rows=tuple(rows),
        note=f"Means over every {EVERY}th hypothesis. The last column adds the spurious signal to "
        "the error of the fit in quadrature; its smallest value marks the best width. "
        f"The simulation's fluctuations account for {noise:.2f} errors.",
    )
    finish(chosen, "window_width", [table], failures)


if __name__ == "__main__":
    main()
