"""Limits of spey for windows of an archive: jobs.json limits.json (a process of its own)."""

import json
import os
import sys
from pathlib import Path

os.environ["SPEY_CHECKUPDATE"] = "OFF"  # an import would ask the network

import spey


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    backend = spey.get_backend("pyhf")
    found = []
    for job in jobs:
        model = backend(
            analysis=job["window"],
            background_only_model=job["background"],
            signal_patch=job["patch"],
        )
        settings = {
            "confidence_level": 0.9,
            "low_init": 0.02,
            "hig_init": 5.0,
            "optimiser_arguments": {"tol": 1e-12},
        }
        observed = model.poi_upper_limit(expected=spey.ExpectationType.observed, **settings)
        expected = model.poi_upper_limit(
            expected=spey.ExpectationType.aposteriori, expected_pvalue="2sigma", **settings
        )
        found.append([float(observed), *map(float, expected)])
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
