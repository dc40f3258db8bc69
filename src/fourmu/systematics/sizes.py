"""From measured shifts to nuisance parameters: the section that workspaces take (Table I)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fourmu.config.statmodel import MassCurve, Systematics

from .values import MassShift, Measured

__all__ = ["MeasuredSizes", "curve_of", "measured_section"]

_LARGEST = 0.99
"""A relative uncertainty must be below one."""


@dataclass(frozen=True, kw_only=True)
class MeasuredSizes:
    """What was measured; None where it was not, and the configuration holds.

    Attributes
    ----------
    trigger, particle_id
        Shifts of the efficiency against mass.
    beam_background
        Shifts by the level of beam background, and by the resolution of the calorimeter.
    mlp
        Data over simulation per MLP range; NaN where there are no candidates.
    interpolation
        Spread of the leave-one-out test.
    fit_width
        Width of the pulls of overlaid signals.
    yield_bias
        Average bias of the yield by the resolution.
    """

    trigger: MassShift | None = None
    particle_id: MassShift | None = None
    beam_background: Sequence[MassShift] = ()
    mlp: Sequence[Measured] | None = None
    interpolation: Measured | None = None
    fit_width: Measured | None = None
    yield_bias: Measured | None = None


def curve_of(shift: MassShift) -> MassCurve:
    """Sizes against mass, as the configuration has them."""
    return MassCurve(
        mass_gev=tuple(float(mass) for mass in shift.mass_gev),
        size=tuple(_size(value) for value in shift.size),
    )


def measured_section(found: MeasuredSizes, configured: Systematics) -> Systematics:
    """Sizes for the workspaces.

    Parameters
    ----------
    found
        What was measured.
    configured
        What holds for everything else: tracking and luminosity, and what could not be measured.

    Notes
    -----
    The simulation is not corrected for measured shifts, so they are uncertainties, with their
    errors added in quadrature. Beam background is one number, as in Table I: the largest over
    mass. Of the MLP ratio, of the width of pulls and of the bias of the yield the difference to
    one or to zero counts, as in Sec. VI.
    """
    values: dict[str, object] = {}
    for name in ("trigger", "particle_id"):
        shift: MassShift | None = getattr(found, name)
        if shift is not None:
            values[name] = curve_of(shift)
    if found.beam_background:
        together = np.sqrt(
            np.sum([np.square(shift.size) for shift in found.beam_background], axis=0)
        )
        values["beam_background"] = _size(float(np.max(together)))
    if found.mlp is not None:
        values["mlp"] = tuple(
            _size(abs(part.value - 1.0)) if math.isfinite(part.value) else known
            for part, known in zip(found.mlp, configured.mlp, strict=True)
        )
    singles: Mapping[str, tuple[Measured | None, float]] = {
        "interpolation": (found.interpolation, 0.0),
        "fit_bias": (found.fit_width, 1.0),
        "mass_resolution": (found.yield_bias, 0.0),
    }
    for name, (part, neutral) in singles.items():
        if part is not None and math.isfinite(part.value):
            values[name] = _size(abs(part.value - neutral))
    return configured.model_copy(update=values)


def _size(value: float) -> float:
    return float(min(max(value, 0.0), _LARGEST))
