"""Mass resolution: half the smallest interval that holds 68.3 % (Sec. V)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .candidates import Candidates

__all__ = ["MassResolution", "half_smallest_interval", "reduced_mass_resolution"]


class MassResolution(NamedTuple):
    """Resolution in M_R of true pairs, GeV, before and after the kinematic fit."""

    prefit_gev: float
    fitted_gev: float


def half_smallest_interval(values: FloatArray, content: float = 0.683) -> float:
    """Half the width of the smallest interval that holds a share of the values.

    Raises
    ------
    DomainError
        Fewer than ten finite values.

    Examples
    --------
    >>> sample = np.random.default_rng(1).normal(0.0, 2.0, 100_000)
    >>> round(half_smallest_interval(sample), 1)
    2.0
    """
    ordered = np.sort(values[np.isfinite(values)])
    if len(ordered) < 10:
        raise DomainError("too few values for an interval", found=len(ordered), expected=">= 10")
    inside = int(np.ceil(content * len(ordered)))
    return float(np.min(ordered[inside - 1 :] - ordered[: len(ordered) - inside + 1])) / 2.0


def reduced_mass_resolution(candidates: Candidates) -> MassResolution:
    """Resolution in M_R - M_R(generated) of the true pairs among the candidates."""
    rows = candidates.take(candidates.is_true_pair & candidates.fit_converged)
    truth = reduced_mass(rows.x_mass_gev)
    return MassResolution(
        prefit_gev=half_smallest_interval(rows.reduced_mass_prefit_gev - truth),
        fitted_gev=half_smallest_interval(rows.reduced_mass_gev - truth),
    )
