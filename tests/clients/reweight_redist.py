"""Reweight the kinematic density of one model to the generated kinematics of another by redist.

    python reweight_redist.py kinematics/from.json kinematics/to.json mass_gev > yields.json

The files are those of an archive, read as its documentation has them: nothing of fourmu is
imported. Printed are the efficiencies per M_R bin of the other model at a generated mass, from the
events of the first one, null in bins in which no event of it passes.
"""

import json
import sys
from pathlib import Path

import numpy as np
from redist import modifier

AXES = ("energy_edges", "cos_theta_edges", "cos_decay_edges")


def density(path, mass_gev):
    masses = json.loads(Path(path).read_text(encoding="utf-8"))["masses"]
    return next(entry for entry in masses if entry["mass_gev"] == mass_gev)


def lookup(edges, values):
    """Return a function of three variables that is constant in each bin."""

    def found(*variables):
        places = [
            np.clip(np.searchsorted(axis, variable, side="right") - 1, 0, len(axis) - 2)
            for axis, variable in zip(edges, variables, strict=True)
        ]
        return values[tuple(places)]

    return found


def reweighted(start, target):
    edges = [np.array(start[name]) for name in AXES]
    shape = tuple(len(axis) - 1 for axis in edges)
    volume = np.einsum("i,j,k->ijk", *(np.diff(axis) for axis in edges))
    generated = np.array(start["generated"], dtype=float)
    bins = len(start["reduced_mass_edges_gev"]) - 1
    joint = np.zeros((*shape, bins))
    joint.ravel()[start["passing_cells"]] = start["passing"]
    # redist has the bins of the fit first, and wants an efficiency, not a count
    joint = start["factor"] * np.moveaxis(joint, -1, 0) / generated.sum()
    # it divides by the content of bins of the fit, and by the null distribution of each cell: bins
    # without events are left out, and in cells without events nothing passes, whatever stands there
    filled = joint.sum(axis=(1, 2, 3)) > 0.0
    null = np.where(generated > 0.0, generated, 1.0) / generated.sum() / volume
    wanted = np.array(target["generated"], dtype=float)
    new = wanted / wanted.sum() / volume
    one, other = lookup(edges, null), lookup(edges, new)
    theory = modifier.Modifier(
        {"part": {"inits": (0.0,), "bounds": ((0.0, 1.0),), "paramset_type": "unconstrained"}},
        lambda u, c, d, part: (1.0 - part) * one(u, c, d) + part * other(u, c, d),
        one,
        joint[filled],
        edges,
        name="theory",
        quad="gauss",
        quad_order=2,
    )
    result = np.full(bins, np.nan)
    result[filled] = theory.weight_func({"part": 1.0})() * theory.nominal
    return [value if np.isfinite(value) else None for value in result.tolist()]


if __name__ == "__main__":
    start, target = (density(path, float(sys.argv[3])) for path in sys.argv[1:3])
    print(json.dumps(reweighted(start, target)))
