"""Upper limits by spey from background-only workspaces and patches.

    python limit_spey.py question.json answer.json

``question.json`` holds {"confidence_level": .., "windows": [{"background": file, "patchset": file,
"patch": name}, ..]}; ``answer.json`` gets a list of {"observed": .., "median": ..}. Nothing of
fourmu is imported, so that any interpreter with spey and spey-pyhf will do. What spey prints when
it ends is not an answer, hence the file.
"""

import json
import os
import sys
from pathlib import Path

os.environ["SPEY_CHECKUPDATE"] = "OFF"  # no look at the network for a newer one

import pyhf
import spey


def read(name):
    return json.loads(Path(name).read_text(encoding="utf-8"))


def limits(window, confidence_level):
    background = read(window["background"])
    patchset = pyhf.PatchSet(read(window["patchset"]))
    patchset.verify(pyhf.Workspace(background))
    model = spey.get_backend("pyhf")(
        analysis=window["patch"],
        background_only_model=background,
        signal_patch=patchset[window["patch"]].patch,
    )
    return {
        name: float(
            model.poi_upper_limit(
                expected=expected,
                confidence_level=confidence_level,
                optimiser_arguments={"tol": 1e-12},
            )
        )
        for name, expected in (
            ("observed", spey.ExpectationType.observed),
            # the Asimov data with the nuisances of the fit to the data, as pyhf and we have it
            ("median", spey.ExpectationType.aposteriori),
        )
    }


if __name__ == "__main__":
    question = read(sys.argv[1])
    answer = [limits(window, question["confidence_level"]) for window in question["windows"]]
    Path(sys.argv[2]).write_text(json.dumps(answer), encoding="utf-8")
