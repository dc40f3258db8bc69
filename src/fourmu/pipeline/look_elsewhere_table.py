"""Table of global significances for the summary."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fourmu.inference import GlobalSignificance, LookElsewhere

from .tables import Table

__all__ = ["look_elsewhere_table"]

_SHOWN = 3


def look_elsewhere_table(found: Mapping[str, LookElsewhere]) -> Table:
    """Largest local excesses of each model with their global significances.

    Parameters
    ----------
    found
        By model.
    """
    rows = []
    for model, record in found.items():
        for excess in record.excesses[:_SHOWN]:
            for region, value in (
                ("full", excess.in_full),
                (f"range {excess.mlp_range}", excess.in_range),
            ):
                rows.append(
                    (
                        model,
                        f"{excess.z_local:.2f} at {excess.mass_gev:.3f} GeV",
                        region,
                        _p_scans(value),
                        _z_scans(value),
                        f"{value.p_bound:.3g}" + (" (extrapolated)" * value.is_extrapolation),
                        _z(value.z_bound),
                    )
                )
    scans = "/".join(sorted({str(record.pseudo_scans) for record in found.values()}))
    failed = sum(int(record.failed_fits.sum()) for record in found.values())
    return Table(
        title="Global significance of the largest local excesses",
        columns=(
            "model",
            "local (sigma)",
            "region",
            "p, pseudo-scans",
            "sigma",
            "p, Gross-Vitells",
            "sigma",
        ),
        rows=tuple(rows),
        note=f"{scans} pseudo-scans per model, {failed} fits failed. An upper limit is at 95 %; a "
        "bound by Gross and Vitells below one over the number of pseudo-scans is an "
        "extrapolation. Paper: 3.4 sigma local is 1.6 global, which needs a range of some 250 "
        "hypotheses.",
    )


def _p_scans(value: GlobalSignificance) -> str:
    if value.is_upper_limit:
        return f"< {value.p_scans_high:.2g}"
    error = 0.5 * (value.p_scans_high - value.p_scans_low)
    return f"{value.p_scans:.3f} ± {error:.3f}"


def _z_scans(value: GlobalSignificance) -> str:
    if value.is_upper_limit:
        return f"> {value.z_scans:.2f}"
    low, high = value.z_scans_interval
    if math.isinf(low) or math.isinf(high) or math.isinf(value.z_scans):
        return _z(value.z_scans)
    return f"{value.z_scans:.2f} ± {0.5 * (high - low):.2f}"


def _z(value: float) -> str:
    return "none" if math.isinf(value) else f"{value:.2f}"
