"""Efficiency and shape of a sample in its window: detector, selection, network, what it lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.generator import with_energy_spread
from fourmu.physics.kinematics import reduced_mass
from fourmu.selection import half_smallest_interval
from fourmu.templates import SHAPE_PARAMETERS, DoubleCrystalBall, Window, weighted_efficiency

from .event_sample import EventSample
from .simulation import analyse

__all__ = ["Correction", "Judged", "judge_sample"]

FloatArray = npt.NDArray[np.float64]

_FEWEST_FOR_WIDTH: Final = 2000
"""Candidates with ISR that tell an own width in M_R; with fewer the archive's is taken (choice)."""
_CORE: Final = 0.5
"""Share of the candidates whose smallest interval tells the width: the core, without the tails."""
_WIDTH_ERROR: Final = 1.4
"""Relative error of that width times the root of the number of candidates; a limit goes with the
square root of the width."""


class Correction(NamedTuple):
    """What simulation without ISR lacks: a ratio of efficiencies, and of cross sections."""

    efficiency: float
    efficiency_error: float
    k_factor: float
    k_factor_error: float


class Judged(NamedTuple):
    """A sample in its window."""

    efficiency: float
    error: float
    correction: Correction
    shape: DoubleCrystalBall | None
    """Shape of own width in M_R, at the mass of the window; None where the archive's is taken."""
    shape_error: float
    """Relative error of the limit from the shape."""
    none_passed: bool


def judge_sample(
    archive: Archive,
    sample: EventSample,
    window: Window,
    efficiency_from: str,
    rng: np.random.Generator,
) -> Judged:
    """Efficiency of a sample with the network of its window, corrected for what it lacks."""
    spread = archive.analysis.generation.sqrt_s_spread_gev
    events = with_energy_spread(sample.events, spread, rng)
    found = analyse(archive, events, rng, fsr=False)
    # candidates without a fitted mass pass no network
    rows = found.passed[:, window.mlp_range]
    weight = found.candidates.weight[rows]
    efficiency, error = weighted_efficiency(weight, found.generated)
    correction = _correction(archive, sample.mass_gev, efficiency_from)
    shape = None
    if sample.is_isr_free:
        factor, factor_error = correction.efficiency, correction.efficiency_error
    else:
        ends = _seen(archive, window)
        known = archive.signal_model(efficiency_from).shape(sample.mass_gev)
        if len(weight) >= _FEWEST_FOR_WIDTH:
            found_mass = np.asarray(found.candidates.reduced_mass_gev[rows], dtype=np.float64)
            known = _as_wide(known, found_mass, ends)
            shape = _moved(known, sample.mass_gev, window)
        # as in the templates: the network does not see all of the radiative tail
        factor, factor_error = 1.0 / float(np.diff(known.cdf(ends))[0]), 0.0
        if not sample.has_photons:
            factor *= 1.0 - archive.analysis.photon_loss
    return Judged(
        efficiency=factor * efficiency,
        error=float(np.hypot(factor * error, factor_error * efficiency)),
        correction=correction,
        shape=shape,
        shape_error=(
            _shape_error(archive, window, efficiency_from)
            if shape is None
            else 0.5 * _WIDTH_ERROR / np.sqrt(len(weight))
        ),
        none_passed=len(weight) == 0 or not efficiency > 0.0,
    )


def _correction(archive: Archive, mass_gev: float, efficiency_from: str) -> Correction:
    """Ratios of the named model at a mass, with the largest difference to another one.

    All of it is the error of the efficiency: X of that other spin is one of the possibilities.
    Half of it is that of K, which no limit on a cross section feels.
    """
    index = archive.index

    def ratios(model: str) -> tuple[float, float]:
        table = index.table(model)
        ratio = np.interp(mass_gev, index.mass_gev, table.efficiency / table.efficiency_no_isr)
        return float(ratio), float(np.interp(mass_gev, index.mass_gev, table.k_factor))

    efficiency, k_factor = ratios(efficiency_from)
    others = [ratios(model) for model in index.models if model != efficiency_from]
    return Correction(
        efficiency=efficiency,
        efficiency_error=max((abs(e - efficiency) for e, _ in others), default=0.0),
        k_factor=k_factor,
        k_factor_error=max((0.5 * abs(k - k_factor) for _, k in others), default=0.0),
    )


def _shape_error(archive: Archive, window: Window, efficiency_from: str) -> float:
    """Largest relative change of the limit, in events, with the shape of another model.

    The shape depends on the momenta of the muons: models of other spins have other resolutions.
    """
    index = archive.index

    def events(model: str) -> float:
        table = index.table(model)
        median = table.xsec_limit_expected_fb[window.index, 2]
        return float(median * table.efficiency[window.index])

    named = events(efficiency_from)
    others = [events(model) for model in index.models if model != efficiency_from]
    return max((abs(other / named - 1.0) for other in others), default=0.0)


def _seen(archive: Archive, window: Window) -> FloatArray:
    """(2,) ends in M_R of what the network of a window judges."""
    mlp_range = archive.networks[window.mlp_range].mlp_range
    return reduced_mass(np.array([mlp_range.interval_low_gev, mlp_range.interval_high_gev]))


def _as_wide(
    known: DoubleCrystalBall, reduced_mass_gev: FloatArray, ends: FloatArray
) -> DoubleCrystalBall:
    """Archived shape with its widths scaled to the core of a sample, where both can be seen."""
    grid = np.linspace(
        max(known.mean - 40.0 * known.sigma, float(ends[0])),
        min(known.mean + 40.0 * known.sigma, float(ends[1])),
        20_001,
    )
    below, total = known.cdf(grid), float(np.diff(known.cdf(ends))[0])
    level = (below - float(known.cdf(ends[:1])[0])) / total
    # as many values as events, distributed as the shape
    expected = np.interp(np.linspace(0.0, 1.0, 4001)[1:-1], level, grid)
    factor = half_smallest_interval(reduced_mass_gev, _CORE) / half_smallest_interval(
        expected, _CORE
    )
    return replace(known, sigma=known.sigma * float(factor))


def _moved(shape: DoubleCrystalBall, mass_gev: float, window: Window) -> DoubleCrystalBall:
    """Shape at the mass of the window instead of that of the sample."""
    parameters = shape.to_array()
    shift = window.reduced_mass_gev - float(reduced_mass(np.array([mass_gev]))[0])
    parameters[SHAPE_PARAMETERS.index("mean")] += shift
    return DoubleCrystalBall.from_array(parameters)
