"""Fits and limits of windows spread over mass and models, beside tightly converged pyhf."""

import json
import math
import time

import numpy as np
import pyhf
from common import finish, options
from pyhf.infer.intervals.upper_limits import toms748_scan
from scipy.stats import norm

from fourmu.inference import limits
from fourmu.pipeline.tables import Table
from fourmu.statmodel import read_workspaces

NORM = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


def peer(path, level):
    """NLL, p0 and limits by pyhf, as tightly as its optimiser converges."""
    workspace = pyhf.Workspace(json.loads(path.read_text()))
    model = workspace.model(modifier_settings=NORM)
    data = workspace.data(model)
    free = pyhf.infer.mle.fit(data, model, return_fitted_val=True)
    null = float(pyhf.infer.mle.fixed_poi_fit(0.0, data, model, return_fitted_val=True)[1])
    for low in (1e-2, 1e-3, 1e-4):  # nearer to zero its CLs is 0/0 in some windows
        try:
            found = toms748_scan(data, model, low, 10, level=level, rtol=1e-10, atol=1e-12)
            return float(free[0][model.config.poi_index]), float(free[1]), null, found
        except ValueError:
            continue
    raise RuntimeError(f"{path}: pyhf found no bracket")


def main():
    chosen = options(__doc__, windows=(int, 15, "windows per model"))
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-11, maxiter=5000))
    level = 1 - chosen.analysis.inference.confidence_level
    rows, failures, seconds = [], [], []
    for model in chosen.analysis.models:
        folder = chosen.layout.folder(f"workspaces/{model}")
        files = sorted(folder.glob("w*.json"))
        places = np.linspace(0, len(files) - 1, chosen.windows).astype(int)
        batch = read_workspaces([files[place] for place in places])
        found = limits(batch, chosen.analysis.inference, threads=1)
        worst = dict.fromkeys(("best fit (fb)", "NLL", "p0", "limits"), 0.0)
        for row, place in enumerate(places):
            if found.status[row] != "ok":
                failures.append(f"{files[place].name}: {found.status[row]}")
                continue
            start = time.perf_counter()
            poi, free, null, (observed, expected) = peer(files[place], level)
            seconds.append(time.perf_counter() - start)
            ours = [found.limit_observed[row], *found.limit_expected[row]]
            theirs = [float(observed), *map(float, expected)]
            q0 = max(0.0, null - free)
            p0 = norm.sf(math.sqrt(q0)) if poi > 0 else 0.5
            differences = {
                "best fit (fb)": abs(max(found.poi_hat[row], 0.0) - poi),
                "NLL": 0.5 * abs(found.twice_nll_null[row] - null),
                "p0": abs(found.p0[row] - p0),
                "limits": max(abs(a / b - 1) for a, b in zip(ours, theirs, strict=True)),
            }
            if found.poi_hat[row] > 0:
                nll = 0.5 * abs(found.twice_nll_free[row] - free)
                differences["NLL"] = max(differences["NLL"], nll)
            worst = {key: max(worst[key], differences[key]) for key in worst}
        rows.append((model, str(chosen.windows), *(f"{value:.1e}" for value in worst.values())))
        if worst["limits"] > 1e-5:
            failures.append(f"{model}: limits differ by {worst['limits']:.1e}")
        if worst["NLL"] > 1e-6 or worst["p0"] > 1e-4 or worst["best fit (fb)"] > 1e-4:
            failures.append(f"{model}: fits differ, {worst}")
    table = Table(
        title="Largest difference from tightly converged pyhf",
        columns=("model", "windows", "best fit (fb)", "NLL", "p0", "limits (relative)"),
        rows=tuple(rows),
        note=f"pyhf: {np.median(seconds):.1f} s a window (median).",
    )
    finish(chosen, "pyhf_comparison", [table], failures)


if __name__ == "__main__":
    main()
