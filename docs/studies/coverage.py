"""Coverage of the limits at the true signal, and toys beside asymptotic formulas.

Example windows of 0.3, 3 and 30 background events per bin. Coverage: pseudo-experiments at signals
of up to five standard deviations of the best fit; a signal is covered by a limit by toys where its
CLs is not below 1 - confidence level. CLs covers too much by construction: 100 % without signal,
95 % at the median expected limit, 90.5 % at three standard deviations, 90 % beyond; CLs+b alone
must cover 90 %. Ratios: limits by toys over asymptotic ones in background-only data sets. Some
minutes on two cores.
"""

import math
import zlib

import numpy as np
from common import finish, options, save_figure

from fourmu.config.inference import Inference
from fourmu.inference import coverage, gaussian_cls_coverage, limits, toy_limits
from fourmu.pipeline.tables import Table
from fourmu.plots import CoverageCurve, ToyRatios, draw_coverage, draw_toy_ratios
from fourmu.statmodel import batch_of, example_workspace

RATES = (0.3, 3.0, 30.0)
DEVIATIONS = (0.5, 1.0, 1.645, 2.0, 3.0, 4.0, 5.0)
LEVEL = 0.9
LIMIT_OF_A_SIGMA = 1.645  # the median expected limit in standard deviations, Phi^-1(0.95)
LARGEST_DEVIATION = 3.5  # of 42 tests


def main():
    chosen = options(
        __doc__,
        experiments=(int, 600, "pseudo-experiments per point"),
        toys=(int, 100, "toys of each hypothesis per pseudo-experiment"),
        sets=(int, 60, "data sets per rate for the ratios"),
    )
    curves, rows, failures = [], [], []
    for rate in RATES:
        found = [measured(chosen, rate, deviations) for deviations in DEVIATIONS]
        curves.append(curve_of(rate, found))
        rows += lines_of(rate, found)
        failures += judged(rate, found)
    fine = np.linspace(0.02, DEVIATIONS[-1], 200)
    expected = np.array([gaussian_cls_coverage(value, LEVEL) for value in fine])
    save_figure("coverage", draw_coverage(curves, expected=(fine, expected), level=LEVEL))
    samples = [ratios(chosen, rate) for rate in RATES]
    save_figure("toy_ratios", draw_toy_ratios(samples))
    tables = [
        Table(
            title=f"Coverage of 90 % limits at the true signal, {chosen.experiments} "
            "pseudo-experiments each",
            columns=(
                "events per bin",
                "signal (sigma)",
                "CLs by toys",
                "CLs asymptotic",
                "CLs for a Gaussian",
                "p_sb by toys",
            ),
            rows=tuple(rows),
            note="In %; statistical errors are those of a coverage of 90 %: "
            f"{100 * math.sqrt(LEVEL * (1 - LEVEL) / chosen.experiments):.1f}.",
        ),
        ratio_table(chosen, samples),
    ]
    finish(chosen, "coverage", tables, failures)


def window(rate):
    """A window whose data are its expected background."""
    spec = example_workspace(np.random.default_rng(0), events_per_bin=rate)
    samples = spec["channels"][0]["samples"][1:]
    spec["observations"][0]["data"] = np.sum([s["data"] for s in samples], axis=0).tolist()
    return batch_of([("window", spec)])


def measured(chosen, rate, deviations):
    """Coverage at a signal of so many standard deviations."""
    batch = window(rate)
    sigma = limits(batch).limit_expected[0, 2] / LIMIT_OF_A_SIGMA
    names = batch.parameter_names[0]
    truth = np.array([1.0 if name.startswith("background") else 0.0 for name in names])
    truth[names.index("xsec_fb")] = deviations * sigma
    return coverage(
        batch,
        0,
        truth,
        experiments=chosen.experiments,
        toys=chosen.toys,
        seed=zlib.crc32(f"{chosen.analysis.seed} {rate} {deviations}".encode()),
        settings=Inference(confidence_level=LEVEL),
    )


def curve_of(rate, found):
    return CoverageCurve(
        title=f"{rate:g} events per bin",
        deviations=np.array(DEVIATIONS),
        cls=np.array([entry.cls for entry in found]),
        p_sb=np.array([entry.p_sb for entry in found]),
        asymptotic=np.array([entry.asymptotic for entry in found]),
        experiments=found[0].experiments,
    )


def lines_of(rate, found):
    for deviations, entry in zip(DEVIATIONS, found, strict=True):
        expected = gaussian_cls_coverage(deviations, LEVEL)
        values = (entry.cls, entry.asymptotic, expected, entry.p_sb)
        yield (f"{rate:g}", f"{deviations:g}", *(f"{100 * value:.1f}" for value in values))


def judged(rate, found):
    """Criteria of PHYSICS 10 that do not hold."""
    for deviations, entry in zip(DEVIATIONS, found, strict=True):
        error = entry.error(LEVEL)
        if abs(entry.p_sb - LEVEL) > LARGEST_DEVIATION * error:
            yield f"{rate:g} per bin, {deviations} sigma: CLs+b covers {entry.p_sb:.3f}"
        if entry.cls < LEVEL - LARGEST_DEVIATION * error:
            yield f"{rate:g} per bin, {deviations} sigma: CLs covers {entry.cls:.3f}"
        expected = gaussian_cls_coverage(deviations, LEVEL)
        if deviations >= 3 and abs(entry.cls - expected) > LARGEST_DEVIATION * error:
            yield f"{rate:g} per bin, {deviations} sigma: CLs covers {entry.cls:.3f}"


def ratios(chosen, rate):
    """Limits of background-only data sets both ways."""
    rng = np.random.default_rng([chosen.analysis.seed, int(10 * rate)])
    batch = batch_of(
        (f"w{i}", example_workspace(rng, events_per_bin=rate)) for i in range(chosen.sets)
    )
    asymptotic = limits(batch)
    settings = Inference(toys=10_000, toys_rel_error=0.02, goodness_of_fit_toys=100)
    toys = toy_limits(batch, asymptotic, settings, seed=chosen.analysis.seed)
    return ToyRatios(
        title=f"{rate:g} events per bin",
        outcome=asymptotic.limit_observed / asymptotic.limit_expected[:, 2],
        ratio=toys.limit_observed / asymptotic.limit_observed,
        error=toys.limit_observed_error / asymptotic.limit_observed,
    )


def ratio_table(chosen, samples):
    rows = []
    for sample in samples:
        order = np.argsort(sample.outcome)
        thirds = [np.median(sample.ratio[part]) for part in np.array_split(order, 3)]
        rows.append(
            (
                sample.title,
                f"{np.median(sample.ratio):.3f}",
                *(f"{value:.3f}" for value in thirds),
                f"{sample.ratio.max():.2f} ± {sample.error[np.argmax(sample.ratio)]:.2f}",
                f"{100 * np.median(sample.error):.1f} %",
            )
        )
    return Table(
        title=f"Observed limit by toys over asymptotic, {chosen.sets} background-only data sets",
        columns=(
            "window",
            "median",
            "lowest third of limits",
            "middle third",
            "highest third",
            "largest",
            "error of one",
        ),
        rows=tuple(rows),
        note="Above 1 the asymptotic limit is too strong.",
    )


if __name__ == "__main__":
    main()
