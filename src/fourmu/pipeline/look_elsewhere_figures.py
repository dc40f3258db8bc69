"""Figures of the global significances of one model."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from matplotlib.figure import Figure

from fourmu import plots
from fourmu.inference import (
    GlobalSignificance,
    LookElsewhere,
    Region,
    global_significance,
    local_of_global,
)

__all__ = ["look_elsewhere_figures"]

_GLOBAL_LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0)


def look_elsewhere_figures(
    model: str, found: LookElsewhere, *, kind: plots.Kind
) -> dict[str, Figure]:
    """Largest excesses of pseudo-scans, and global levels over the scan, by file name.

    Parameters
    ----------
    model
        Name of the model.
    found
        Its global significances.
    kind
        What was observed.
    """
    largest = found.excesses[0] if found.excesses else None
    panels = []
    if largest is not None:
        near = found.range(largest.mlp_range)
        panels = [
            _largest(found.full, largest.in_full),
            _largest(near, largest.in_range),
        ]
    levels = []
    for z in _GLOBAL_LEVELS:
        local, by_bound = local_of_global(found.full, NormalDist().cdf(-z))
        levels.append(plots.GlobalLevel(z_global=z, z_local=local, by_bound=by_bound))
    content = plots.global_levels(
        model=model,
        mass_gev=found.mass_gev,
        sigma_gev=found.sigma_gev,
        z_local=found.z_local,
        levels=levels,
    )
    figures = {f"global_significance_{model}": plots.draw_global_levels(content, kind=kind)}
    if panels:
        figures[f"largest_significance_{model}"] = plots.draw_largest_significance(
            panels, kind=kind
        )
    return figures


def _largest(region: Region, value: GlobalSignificance) -> plots.LargestSignificance:
    z = np.linspace(1.5, 5.5, 201)
    above = [NormalDist().cdf(-level) + region.reference.expected_at(level) for level in z]
    p_value = global_significance(region, value.z_local)
    error = 0.5 * (p_value.p_scans_high - p_value.p_scans_low)
    return plots.LargestSignificance(
        region=region.name,
        pseudo_scans=region.largest,
        expected_above=np.column_stack([z, above]),
        observed=value.z_local,
        p_global=(
            f"< {p_value.p_scans_high:.2g}"
            if p_value.is_upper_limit
            else f"{p_value.p_scans:.3f} ± {error:.3f}"
        ),
    )
