"""Best fits by cabinetry of workspaces that pyhf patched.

    python fit_cabinetry.py workspace.json ... > results.json

Printed is a list of {parameter: [best fit, error]} in the order of the files. A process of its own,
since cabinetry sets the optimizer of pyhf for all; nothing of fourmu is imported.
"""

import json
import sys
from pathlib import Path

import cabinetry


def fitted(path):
    workspace = json.loads(Path(path).read_text(encoding="utf-8"))
    model, data = cabinetry.model_utils.model_and_data(workspace)
    # minuit stops at an estimated distance to the minimum of 2e-3 x tolerance in -2 ln L
    found = cabinetry.fit.fit(model, data, tolerance=1e-6, strategy=2)
    pairs = zip(found.bestfit, found.uncertainty, strict=True)
    return {
        name: [float(value), float(error)]
        for name, (value, error) in zip(found.labels, pairs, strict=True)
    }


if __name__ == "__main__":
    print(json.dumps([fitted(path) for path in sys.argv[1:]]))
