"""Limits of pyhf and of spey from the archive, beside ours.

Ten windows per model, spread over the scan. pyhf is its own tool with a tight optimiser; spey runs
in a process of its own, for it changes pyhf's global state and prints when it ends.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyhf
from common import finish, options
from pyhf.infer.intervals.upper_limits import toms748_scan

from fourmu.io.archives import open_archive
from fourmu.pipeline.tables import Table

WINDOWS = 10
TOLERANCE = 1e-4
SPEY = Path(__file__).resolve().parent / "spey_limits.py"


def pyhf_limits(workspace):
    """Observed and expected limits of a workspace by pyhf alone."""
    spec = pyhf.Workspace(workspace)
    model = spec.model(
        modifier_settings={
            "normsys": {"interpcode": "code4"},
            "histosys": {"interpcode": "code4p"},
        }
    )
    observed, expected = toms748_scan(
        spec.data(model), model, 1e-3, 10.0, level=0.1, rtol=1e-9, atol=1e-12
    )
    return np.array([observed, *expected], dtype=float)


def main():
    chosen = options(__doc__)
    archive = open_archive(chosen.layout.folder("archive"))
    index = archive.index
    fitted = np.flatnonzero(~index.vetoed)
    places = fitted[np.linspace(0, len(fitted) - 1, WINDOWS).round().astype(int)]
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-11, maxiter=2000))
    jobs, rows, failures = [], [], []
    for model in index.models:
        for place in places:
            window = index.name[place]
            jobs.append(
                {
                    "window": window,
                    "model": model,
                    "background": archive.background_only(window),
                    "patch": archive.patches(window)[model],
                }
            )
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "jobs.json", Path(folder) / "limits.json"
        source.write_text(json.dumps(jobs), encoding="utf-8")
        start = time.perf_counter()
        subprocess.run([sys.executable, SPEY, source, result], check=True, capture_output=True)
        spey_seconds = (time.perf_counter() - start) / len(jobs)
        of_spey = json.loads(result.read_text(encoding="utf-8"))
    start = time.perf_counter()
    of_pyhf = []
    for job in jobs:
        (workspace,) = (
            content
            for _, name, content in archive.window_workspaces(job["window"])
            if name == job["model"]
        )
        of_pyhf.append(pyhf_limits(workspace))
    pyhf_seconds = (time.perf_counter() - start) / len(jobs)
    for job, by_pyhf, by_spey in zip(jobs, of_pyhf, of_spey, strict=True):
        table = index.table(job["model"])
        place = index.name.index(job["window"])
        ours = np.array([table.xsec_limit_fb[place], *table.xsec_limit_expected_fb[place]])
        worst_pyhf = float(np.max(np.abs(by_pyhf / ours - 1)))
        worst_spey = float(np.max(np.abs(np.array(by_spey) / ours - 1)))
        if max(worst_pyhf, worst_spey) > TOLERANCE:
            failures.append(f"{job['model']} {job['window']}: {worst_pyhf:.1e}, {worst_spey:.1e}")
        rows.append(
            (
                job["model"],
                job["window"],
                f"{index.mass_gev[place]:.4f}",
                f"{ours[0]:.6f}",
                f"{worst_pyhf:.1e}",
                f"{worst_spey:.1e}",
            )
        )
    table = Table(
        title="Limits of other tools from the archive",
        columns=(
            "model",
            "window",
            "GeV",
            "observed limit (fb)",
            "largest difference, pyhf",
            "spey",
        ),
        rows=rows,
        note=f"Relative, over the observed and five expected limits. pyhf {pyhf_seconds:.1f} s, "
        f"spey {spey_seconds:.1f} s a window and model.",
    )
    finish(chosen, "clients", [table], failures)


if __name__ == "__main__":
    main()
