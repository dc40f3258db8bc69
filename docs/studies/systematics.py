"""Measured systematic uncertainties beside Table I: tables and figures of the stage for the docs.

Criterion: what was put into the pseudo-data is found within 3.5 standard deviations, and shifts
propagated to the signal are those of signals in the detector of the pseudo-data (p > 0.001).
"""

from common import FIGURES, finish, options
from scipy.stats import chi2

from fourmu.io.files import atomic_path
from fourmu.io.json_files import read_json
from fourmu.pipeline.measurement import systematics_tables

SHOWN = ("three_track_trigger", "jpsi_prefit", "fit_bias")
"""Figures that the page shows."""


def main():
    chosen = options(__doc__)
    folder = chosen.layout.folder("systematics")
    document = read_json(folder / "systematics.json")
    for name in SHOWN:
        source = folder / f"{name}.png"
        if source.exists():
            with atomic_path(FIGURES / f"systematics_{name}.png") as temporary:
                temporary.write_bytes(source.read_bytes())
    failures = [
        f"{row['quantity']} in {row['sample']}: pull {row['pull']:+.1f}"
        for row in document["closure"]
        if row["pull"] is not None and abs(row["pull"]) > 3.5
    ]
    failures += [
        f"{row['step']}: chi2 {row['chi2']:.1f} for {row['masses']} masses"
        for row in document["signal_closure"]
        if chi2.sf(row["chi2"], row["masses"]) < 0.001
    ]
    finish(chosen, "systematics", systematics_tables(document), failures)


if __name__ == "__main__":
    main()
