"""Toys, bands and pseudo-scans of a whole model, and the ratio to pyhf in the same run.

``python benchmarks/bench_pseudo_experiments.py [--config analysis.yaml] [--every 20] [--scans N]``

Limits by toys and bands take every n-th window of the first model of a finished run, pseudo-scans
take all windows: times for the whole model are these, scaled by the number of windows or scans.
pyhf's share is one call of its test statistic on a toy, two fits by scipy's SLSQP at their default
tolerance; ours is the time of a limit by toys over the number of its toys and tested values.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numba
import numpy as np
import pyhf

from fourmu.config import load_analysis
from fourmu.inference import (
    background_fits,
    expected_bands,
    limits,
    pseudo_scans,
    scan_bins,
    toy_limits,
)
from fourmu.io.json_files import read_json
from fourmu.io.look_elsewhere import read_spectra
from fourmu.pipeline import Layout
from fourmu.statmodel import index_entries, read_workspaces

TOYS, TOYS_REL_ERROR, EXPERIMENTS, SCANS = 20_000, 0.02, 200, 1000
PYHF_TOYS = 10


def pyhf_seconds(path: Path) -> float:
    """Time pyhf's q~_mu of a background-only toy of one window."""
    workspace = pyhf.Workspace(json.loads(path.read_text(encoding="utf-8")))
    model = workspace.model(
        modifier_settings={
            "normsys": {"interpcode": "code4"},
            "histosys": {"interpcode": "code4p"},
        }
    )
    init, bounds = model.config.suggested_init(), model.config.suggested_bounds()
    fixed = model.config.suggested_fixed()
    null = pyhf.infer.mle.fixed_poi_fit(0.0, workspace.data(model), model)
    np.random.seed(1)  # noqa: NPY002  (what pyhf draws from)
    toys = model.make_pdf(pyhf.tensorlib.astensor(null)).sample((PYHF_TOYS,))
    start = time.perf_counter()
    for toy in toys:
        pyhf.infer.test_statistics.qmu_tilde(0.2, toy, model, init, bounds, fixed)
    return (time.perf_counter() - start) / PYHF_TOYS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("analysis.yaml"))
    parser.add_argument("--every", type=int, default=20, help="windows for toys and bands")
    parser.add_argument("--scans", type=int, default=100, help="pseudo-scans")
    options = parser.parse_args()
    analysis = load_analysis(options.config)
    layout = Layout.of(analysis)
    model = analysis.models[0]
    folder = layout.folder(f"workspaces/{model}")
    threads = numba.get_num_threads()
    settings = analysis.inference.model_copy(
        update={
            "toys": TOYS,
            "toys_rel_error": TOYS_REL_ERROR,
            "pseudo_experiments": EXPERIMENTS,
        }
    )
    whole = read_workspaces(folder)
    batch = read_workspaces(list(whole.workspaces[:: options.every]))
    scale = len(whole) / len(batch)
    few = read_workspaces(list(batch.workspaces[:1]))
    found = limits(few, settings)
    toy_limits(few, found, settings, seed=1)  # compiles
    expected_bands(few, found, settings, seed=1)

    found = limits(batch, settings)
    start = time.perf_counter()
    toys = toy_limits(batch, found, settings, seed=1, threads=threads)
    seconds = time.perf_counter() - start
    error = np.nanmedian(toys.limit_observed_error / toys.limit_observed)
    print(
        f"toys: {len(batch)} windows in {seconds:.1f} s on {threads} threads, "
        f"{scale * seconds / 60:.1f} minutes for all {len(whole)}; median error "
        f"{error:.1%} (observed), {int(toys.n_toys.mean())} toys a window"
    )
    ours = threads * seconds / toys.n_toys.sum()
    start = time.perf_counter()
    expected_bands(batch, found, settings, seed=1, threads=threads)
    seconds = time.perf_counter() - start
    print(
        f"bands: {EXPERIMENTS} pseudo-experiments of {len(batch)} windows in {seconds:.1f} s, "
        f"{scale * seconds / 60:.1f} minutes for all {len(whole)}"
    )

    entries = {entry.name: entry for entry in index_entries(read_json(folder / "index.json"))}
    bins = scan_bins(
        [entries[Path(name).stem] for name in whole.workspaces], whole.tables.bin_start
    )
    background = background_fits(whole, settings)
    spectra = read_spectra(layout.folder("look_elsewhere") / f"{model}_spectra.npz")
    start = time.perf_counter()
    pseudo_scans(
        whole, bins, spectra, background, seed=(1,), scans=range(options.scans), threads=threads
    )
    seconds = time.perf_counter() - start
    print(
        f"pseudo-scans: {options.scans} of {len(whole)} windows in {seconds:.1f} s, "
        f"{SCANS / options.scans * seconds / 60:.1f} minutes for {SCANS}; "
        f"{1e6 * threads * seconds / options.scans / len(whole):.1f} microseconds per window"
    )
    theirs = np.mean([pyhf_seconds(Path(batch.workspaces[0])) for _ in range(2)])
    print(
        f"pyhf: {1e3 * theirs:.0f} ms for q~_mu of one toy, "
        f"{theirs / ours:.0f} times as long as a toy here at all tested values"
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory: {memory:.0f} MB at most, pyhf included")


if __name__ == "__main__":
    main()
