"""Draw docs/figures/data_flow.png: the stages, what passes between them, and who checks them."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

STAGES = [
    (
        "generate",
        "",
        "generator: exact |M|², ISR\ndetector: tracks, photons,\ntriggers",
        "ntuples\nevents/*.root",
    ),
    (
        "select",
        "selection",
        "cuts, four pairs per event,\nkinematic fit, 16 variables",
        "candidates\nselected/*.parquet",
    ),
    (
        "train",
        "classifiers",
        "five networks,\nPunzi working points",
        "networks as numbers\nmlp/*.json",
    ),
    (
        "templates",
        "templates",
        "signal shape and efficiency,\nwindows, background",
        "templates\ntemplates/*",
    ),
    ("workspaces", "statmodel", "cabinetry, Table I", "pyhf workspaces\nworkspaces/<model>/*.json"),
    ("limits", "inference", "all windows at once:\nfits, p0, CLs", "limits\nlimits/*.json"),
    (
        "toys",
        "inference",
        "on request: limits and bands\nby pseudo-experiments",
        "the same rows\ntoys/*.json",
    ),
    (
        "look-elsewhere",
        "",
        "pseudo-scans,\nglobal significances",
        "global significances\nlook_elsewhere/*.json",
    ),
    ("couplings", "couplings", "sigma(m), K(m), BR, (g-2)", "results\nresults/<model>.json, .csv"),
    ("figures", "plots", "figures 3 to 14", "figures\nfigures/*.pdf, .png"),
    (
        "archive",
        "archive",
        "likelihoods with patches, and\nall that a new model needs",
        "archive\nfourmu-likelihoods.tar.gz",
    ),
    (
        "hepdata",
        "publish",
        "tables, figures, likelihoods",
        "submission\nhepdata-submission.tar.gz",
    ),
    (
        "publish",
        "publish",
        "immutable objects in a folder\nor S3; fetch reads them",
        "release\nreleases/<name>.json",
    ),
    (
        "reinterpret",
        "reinterpret",
        "a model of one's own:\ntable, couplings or LHE",
        "limits\n.json, .csv, .lmt",
    ),
    (
        "serve",
        "service",
        "the same over HTTP,\nand a page",
        "page, interface\nhttp://127.0.0.1:8000",
    ),
]
ROW = 5
CHECKS = [
    (0, "MadGraph: |M|², totals, LHE events"),
    (3, "leave-one-out, injected signals"),
    (4, "plain cabinetry, pyhf schema"),
    (5, "tightly converged pyhf"),
    (6, "pyhf's toys, coverage"),
    (7, "resampled events"),
    (10, "pyhf, cabinetry, spey, redistpy, pyhs3"),
    (11, "hepdata-validator"),
    (12, "Ceph: races, kills"),
    (13, "closure with the built-in models"),
    (14, "schemathesis, chromium, pyhf"),
]


def main() -> None:
    figure = Figure(figsize=(16.15, 8.15), dpi=140)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, 16.15)
    axes.set_ylim(-2.55, 5.6)
    width, gap, top = 2.55, 0.6, 3.35

    def place(index):
        row, column = divmod(index, ROW)
        return 0.45 + column * (width + gap), top - 2.55 * row

    for index, (command, package, what, product) in enumerate(STAGES):
        x, y = place(index)
        axes.add_patch(
            FancyBboxPatch(
                (x, y), width, 1.45, boxstyle="round,pad=0.06", fc="#e8f0f8", ec="#22527a", lw=1.4
            )
        )
        axes.text(x + 0.08, y + 1.27, f"fourmu {command}", weight="bold", size=11, color="#123a5a")
        axes.text(
            x + width - 0.05, y + 1.27, package, size=8, ha="right", style="italic", color="#555555"
        )
        axes.text(x + 0.08, y + 1.12, what, size=9, va="top")
        axes.text(
            x + 0.08, y + 0.03, product, size=8.5, va="bottom", family="monospace", color="#7a3b12"
        )
        if index % ROW == ROW - 1 or index >= len(STAGES) - ROW:
            continue  # those of the last row read the archive, whatever stands between
        axes.add_patch(
            FancyArrowPatch(
                (x + width + 0.08, y + 0.75),
                (x + width + gap - 0.08, y + 0.75),
                arrowstyle="-|>",
                mutation_scale=16,
                lw=1.6,
                color="#22527a",
            )
        )
    for last in range(ROW - 1, len(STAGES) - 1, ROW):
        x0, y0 = place(last)
        x1, y1 = place(last + 1)
        between = y0 - 0.8
        axes.plot(
            [x0 + width, x0 + width, x1 + width / 2, x1 + width / 2],
            [y0 - 0.1, between, between, between - 0.15],
            color="#22527a",
            lw=1.6,
        )
        axes.add_patch(
            FancyArrowPatch(
                (x1 + width / 2, between - 0.05),
                (x1 + width / 2, y1 + 1.5),
                arrowstyle="-|>",
                mutation_scale=16,
                lw=1.6,
                color="#22527a",
            )
        )
    for index, text in CHECKS:
        x, y = place(index)
        axes.text(
            x + width / 2,
            y - 0.2,
            f"checked by {text}",
            size=8,
            ha="center",
            va="top",
            color="#2c6e2c",
        )
    axes.text(0.45, 5.25, "fourmu: from nothing to published likelihoods", size=14, weight="bold")
    axes.text(
        0.45,
        5.0,
        "each box is a command and a package; it reads what earlier ones wrote, those of the last "
        "row the archive",
        size=9,
        color="#555555",
    )
    figure.savefig(Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()
