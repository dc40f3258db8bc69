"""Limits in many windows: windows per second, and the ratio to pyhf in the same run.

``python benchmarks/bench_limits.py [--folder WORKSPACES] [--windows 2315] [--pyhf 3]``

pyhf runs with its fastest settings that reach limits at all here: the minuit optimizer would be
slower, so scipy's SLSQP with its default tolerance, the limit search with a relative tolerance of
1e-3, one search for observed and expected limits together.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pyhf
from pyhf.infer.intervals.upper_limits import toms748_scan

from fourmu.inference import limits
from fourmu.statmodel import example_workspace, read_workspaces


def synthetic(folder: Path, windows: int) -> None:
    """Write windows of both degrees, 0.25 to 50 expected events per bin."""
    rng = np.random.default_rng(1)
    for place in range(windows):
        spec = example_workspace(
            rng,
            degree=int(rng.integers(1, 3)),
            events_per_bin=float(10 ** rng.uniform(-0.6, 1.7)),
            injected=float(rng.choice([0.0, 0.0, 0.0, 0.1])),
        )
        (folder / f"w{place:04d}.json").write_text(json.dumps(spec), encoding="utf-8")


def pyhf_seconds(path: Path) -> float:
    """Time pyhf's observed and expected limits, fits and p0 of one window."""
    start = time.perf_counter()
    workspace = pyhf.Workspace(json.loads(path.read_text(encoding="utf-8")))
    model = workspace.model(
        modifier_settings={
            "normsys": {"interpcode": "code4"},
            "histosys": {"interpcode": "code4p"},
        }
    )
    data = workspace.data(model)
    toms748_scan(data, model, 1e-3, 10.0, level=0.1, rtol=1e-3)
    pyhf.infer.mle.fit(data, model)
    pyhf.infer.mle.fixed_poi_fit(0.0, data, model)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="workspaces to use instead of synthetic ones")
    parser.add_argument("--windows", type=int, default=2315)
    parser.add_argument("--pyhf", type=int, default=3, help="windows that pyhf fits too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder
        if folder is None:
            folder = Path(temporary)
            synthetic(folder, options.windows)
        start = time.perf_counter()
        batch = read_workspaces(folder)
        reading = time.perf_counter() - start
        start = time.perf_counter()
        limits(read_workspaces(batch.workspaces[0]), threads=1)
        compiling = time.perf_counter() - start
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            found = limits(batch, threads=1)
            seconds.append(time.perf_counter() - start)
        best = min(seconds)
        count = len(batch)
        print(f"{int(found.ok.sum())} of {count} windows ok")
        print(f"reading and packing {reading:.2f} s; first call (compiles) {compiling:.1f} s")
        print(f"limits: {best:.2f} s on one core, {count / best:.0f} windows/s")
        places = np.linspace(0, count - 1, options.pyhf).astype(int)
        theirs = [pyhf_seconds(Path(batch.workspaces[place])) for place in places]
        if theirs:
            ratio = float(np.mean(theirs)) / (best / count)
            print(f"pyhf: {np.mean(theirs):.1f} s a window, {ratio:.0f} times as long")


if __name__ == "__main__":
    main()
