"""-2 ln L of an HS3 document by pyhs3, at points given as JSON.

    python evaluate_hs3.py document.json points.json > values.json

``points.json`` holds a list of {parameter: value}; what is printed is the list of -2 ln L, the
sum over the channels of the document's first analysis, with all constants. A process of its own,
since pyhs3 brings pytensor; nothing of fourmu is imported, so that any interpreter with pyhs3 will
do.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyhs3


def twice_nll(document, points):
    workspace = pyhs3.Workspace(**document)
    analysis = workspace.analyses[0]
    likelihood = workspace.likelihoods[analysis.likelihood]
    model = workspace.model(
        domain=analysis.domains[0],
        parameter_set=analysis.init,
        progress=False,
        mode="FAST_COMPILE",  # no compiler: this is read once, not fitted
    )
    channels = [
        (channel, {f"{channel}_observed": np.asarray(workspace.data[counts].contents)})
        for channel, counts in zip(likelihood.distributions, likelihood.data, strict=True)
    ]
    values = []
    for point in points:
        given = {name: np.asarray(value, dtype=np.float64) for name, value in point.items()}
        values.append(
            -2.0 * sum(float(model.logpdf(name, **given, **data)) for name, data in channels)
        )
    return values


if __name__ == "__main__":
    document, points = (json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:])
    print(json.dumps(twice_nll(document, points)))
