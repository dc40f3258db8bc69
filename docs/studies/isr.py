"""Initial-state radiation at truth level: shares of the cross section, and K factors."""

from common import finish, options

from fourmu.generator import isr_table
from fourmu.pipeline.tables import Table

# what the structure function of Sec. III must give; 4mu: see docs/generator.md
EXPECTED = {
    "structure_above_10": ("structure functions, sqrt(s') above 10 GeV", 0.865),
    "structure_peak": ("structure functions, above 10.54 GeV", 0.691),
    "4mu_above_10": ("4mu over Born, above 10 GeV", 0.87),
    "4mu_peak": ("4mu over Born, above 10.54 GeV", 0.69),
    "4mu_k": ("4mu, K", None),
    "zprime_k_0.3": ("Z', K at 0.3 GeV", 1.06),
    "zprime_k_1": ("Z', K at 1 GeV", 1.02),
    "zprime_k_3": ("Z', K at 3 GeV", 0.96),
    "zprime_k_5": ("Z', K at 5 GeV", 0.91),
    "zprime_k_8": ("Z', K at 8 GeV", 0.83),
    "zprime_k_9": ("Z', K at 9 GeV", 0.79),
    "scalar_k_0.3": ("scalar, K at 0.3 GeV", 1.11),
    "scalar_k_3": ("scalar, K at 3 GeV", 0.97),
}
TOLERANCE = 0.02


def main():
    chosen = options(__doc__)
    found = isr_table(sqrt_s_gev=chosen.analysis.generation.sqrt_s_gev)
    rows, failures = [], []
    for key, (label, expected) in EXPECTED.items():
        rows.append((label, f"{found[key]:.3f}", "-" if expected is None else f"{expected:g}"))
        if expected is not None and abs(found[key] - expected) > TOLERANCE:
            failures.append(f"{label}: {found[key]:.3f} instead of {expected}")
    table = Table(
        title="Initial-state radiation at truth level",
        columns=("quantity", "ours", "expected"),
        rows=tuple(rows),
    )
    finish(chosen, "isr", [table], failures)


if __name__ == "__main__":
    main()
