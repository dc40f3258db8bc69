"""Limits from parton events of any generator: through detector, selection and networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.errors import DomainError
from fourmu.generator import PartonEvents, with_energy_spread
from fourmu.inference import Limits
from fourmu.physics.kinematics import reduced_mass
from fourmu.selection import half_smallest_interval
from fourmu.templates import (
    SHAPE_PARAMETERS,
    DoubleCrystalBall,
    Window,
    signal_of_shape,
    weighted_efficiency,
)

from .couplings import PRECISION
from .result import Patch, Reinterpretation, coupling_at_limit
from .signal import (
    SIGNAL_NUISANCE,
    empty_signal,
    fit_signals,
    scaled,
    signal_sample,
)
from .simulation import analyse
from .table import Level, check_coupling
from .windows import Placed, place_masses

__all__ = ["EventSample", "reinterpret_samples"]

FloatArray = npt.NDArray[np.float64]

_FEWEST_FOR_WIDTH: Final = 2000
"""Candidates with ISR that tell an own width in M_R; with fewer the archive's is taken (choice)."""
_CORE: Final = 0.5
"""Share of the candidates whose smallest interval tells the width: the core, without the tails."""
_WIDTH_ERROR: Final = 1.4
"""Relative error of that width times the root of the number of candidates; a limit goes with the
square root of the width."""


@dataclass(frozen=True, kw_only=True)
class EventSample:
    """Events of e+e- -> mu+ mu- X, X -> mu+ mu- of one mass, and their cross section.

    Attributes
    ----------
    sources
        Files, in the order given.
    events
        The events, X decayed: its muons in third and fourth place. ``x_mass_gev`` is the mass of
        X before it radiates: that of its muons and the photons that the file lets come from X.
    mass_gev
        Median of the masses of X; every event counts once.
    mass_spread_gev
        Half the smallest interval that holds 68.3 % of the masses: 0.92 widths of a
        Breit-Wigner, zero for a fixed mass.
    xsec_fb, xsec_error_fb
        Cross section of ``<init>`` and its error: with X -> mu+ mu- if ``x_decayed``, for the
        production of X otherwise.
    x_decayed
        Whether the files have X decayed; if not, it was decayed isotropically.
    is_isr_free
        Whether in every event the prompt muons and X, with the photons that come from X and
        without others, have the four-momentum of the beams, each component to 1e-4 sqrt(s).
    has_photons
        Whether any event has a photon.
    """

    sources: tuple[Path, ...]
    events: PartonEvents
    mass_gev: float
    mass_spread_gev: float
    xsec_fb: float
    xsec_error_fb: float
    x_decayed: bool
    is_isr_free: bool
    has_photons: bool

    @property
    def title(self) -> str:
        """Files, for messages."""
        return ", ".join(str(path) for path in self.sources)


class _Correction(NamedTuple):
    """What simulation without ISR lacks: a ratio of efficiencies, and of cross sections."""

    efficiency: float
    efficiency_error: float
    k_factor: float
    k_factor_error: float


class _Judged(NamedTuple):
    """A sample in its window."""

    efficiency: float
    error: float
    correction: _Correction
    shape: DoubleCrystalBall | None
    """Shape of own width in M_R, at the mass of the window; None where the archive's is taken."""
    shape_error: float
    """Relative error of the limit from the shape."""
    none_passed: bool


def reinterpret_samples(
    archive: Archive,
    samples: Sequence[EventSample],
    *,
    efficiency_from: str = "zprime",
    coupling: float = 1.0,
    branching_fraction: float | None = None,
    level: Level | None = None,
    seed: int = 1,
) -> Reinterpretation:
    """Limits on a model from its events.

    Parameters
    ----------
    archive
        Likelihoods and analysis.
    samples
        One per mass.
    efficiency_from
        Model of the archive that corrects samples without ISR, for efficiency and K, and lends
        its shape in M_R. The difference to the archive's other models is the error, half of it
        for K.
    coupling
        Coupling at which the cross sections of the samples were computed.
    branching_fraction
        To two muons, for samples whose X is not decayed; 1 without it, with a warning.
    level
        Level of the cross sections; without it ``born`` for samples free of ISR and ``isr`` for
        those that have it.
    seed
        Of the detector.

    Raises
    ------
    DomainError
        There are no samples; a sample with ISR is said to be at Born level; a branching fraction
        is given for decayed X; two samples belong to one window.

    Notes
    -----
    Collisions get the energy spread of the beams, which events of a generator do not have.
    A sample free of ISR has its efficiency multiplied by that of ``efficiency_from`` with ISR over
    without (both of this program), which holds the losses to photons, and its shape in M_R is
    that of ``efficiency_from``; the change of the limit with that of another model is an error.
    A sample with ISR and without photons has the efficiency that unseen photons cost taken off
    (Sec. IV E); its shape is that of ``efficiency_from`` with the width of its own candidates where
    there are enough of them.
    """
    check_coupling(coupling)
    if not samples:
        raise DomainError("there are no events", key="--lhe")
    index = archive.index
    index.table(efficiency_from)
    _check(samples, branching_fraction, level)
    masses = np.array([sample.mass_gev for sample in samples])
    placed = place_masses(index, masses)
    _refuse_shared_windows(samples, placed)
    status, message = list(placed.status), list(placed.message)
    n = len(samples)
    efficiency, error = np.full(n, np.nan), np.full(n, np.nan)
    signal_error = np.full(n, np.nan)
    k, k_error = np.ones(n), np.zeros(n)
    fraction = np.array([np.nan if s.x_decayed else (branching_fraction or 1.0) for s in samples])
    born = np.array([_is_born(sample, level) for sample in samples])
    warnings: list[str] = []
    if branching_fraction is None and not all(sample.x_decayed for sample in samples):
        warnings.append("X is not decayed in the events: a branching fraction of 1 is taken")
    chosen: dict[str, tuple[int, dict[str, object]]] = {}
    for row, sample in enumerate(samples):
        if status[row] != "ok":
            continue
        window = index.windows[placed.place[row]]
        rng = np.random.default_rng((seed, row))
        judged = _judge(archive, sample, window, efficiency_from, rng)
        efficiency[row], error[row] = judged.efficiency, judged.error
        if born[row]:
            k[row], k_error[row] = judged.correction.k_factor, judged.correction.k_factor_error
        if judged.none_passed:
            status[row] = "no_events"
            message[row] = _none_passed(sample, judged, index.confidence_level)
            continue
        relative = judged.error / judged.efficiency
        signal_error[row] = np.hypot(relative, judged.shape_error)
        if relative > PRECISION:
            text = (
                f"the efficiency is known to {100 * relative:.1f} % only; its error is in the "
                f"nuisance parameter {SIGNAL_NUISANCE}"
            )
            warnings.append(f"{sample.title}: {text}")
            message[row] = text
        chosen[window.name] = (
            row,
            _sample(archive, window, efficiency_from, judged, signal_error[row]),
        )
    fitted = fit_signals(archive, {window: content for window, (_, content) in chosen.items()})
    rows = [row for row, _ in chosen.values()]
    limit, expected = _spread(fitted.limits, rows, n)
    patches: dict[str, Patch] = {}
    for place, (window_name, (row, _)) in enumerate(chosen.items()):
        if fitted.limits.status[place] != "ok":
            status[row], message[row] = (
                fitted.limits.status[place],
                fitted.limits.message[place],
            )
            continue
        patches[window_name] = fitted.patches[place]
        fraction_of_sigma = archive.analysis.couplings.width_fraction
        if samples[row].mass_spread_gev > fraction_of_sigma * placed.sigma_gev[row]:
            status[row] = "width_not_negligible"
            message[row] = (
                f"masses of X spread by {1e3 * samples[row].mass_spread_gev:.2g} MeV, "
                f"sigma(M_R) {1e3 * placed.sigma_gev[row]:.2g} MeV"
            )
    xsec = np.array([sample.xsec_fb for sample in samples])
    xsec_error = np.array([sample.xsec_error_fb for sample in samples])
    prediction = xsec * np.where(np.isnan(fraction), 1.0, fraction) * k
    prediction_error = prediction * np.hypot(xsec_error / xsec, k_error / k)
    return Reinterpretation(
        method="lhe",
        efficiency_from=efficiency_from,
        level="born" if born.all() else "isr",
        coupling=coupling,
        confidence_level=index.confidence_level,
        mass_gev=masses,
        window=placed.window,
        place=placed.place,
        window_mass_gev=placed.window_mass_gev,
        efficiency=efficiency,
        efficiency_error=error,
        xsec_br_fb=prediction,
        xsec_br_error_fb=prediction_error,
        k_factor=k,
        k_factor_error=k_error,
        branching_fraction=fraction,
        xsec_limit_fb=limit,
        xsec_limit_expected_fb=expected,
        xsec_limit_error_fb=limit * signal_error,
        coupling_limit=coupling_at_limit(coupling, limit, prediction),
        coupling_limit_expected=coupling_at_limit(coupling, expected, prediction),
        width_gev=np.full(n, np.nan),
        status=tuple(status),
        message=tuple(message),
        g_minus_2_coupling_low=np.full(n, np.nan),
        g_minus_2_coupling_high=np.full(n, np.nan),
        g_minus_2_measurement=None,
        g_minus_2_message="the couplings behind the events are not known",
        patches=patches,
        warnings=tuple(warnings),
    )


def _check(
    samples: Sequence[EventSample], branching_fraction: float | None, level: Level | None
) -> None:
    """Refuse levels and branching fractions that contradict the events."""
    for sample in samples:
        if level == "born" and not sample.is_isr_free:
            raise DomainError(
                "the events have initial-state radiation, and so has their cross section",
                where=sample.title,
                key="--level",
                found="born",
                expected="isr",
            )
        if branching_fraction is not None and sample.x_decayed:
            raise DomainError(
                "the events have X decayed: their cross section has the branching fraction in it",
                where=sample.title,
                key="--br",
                found=branching_fraction,
                expected="no --br",
            )
    if branching_fraction is not None and not 0.0 < branching_fraction <= 1.0:
        raise DomainError(
            "a branching fraction lies above 0 and up to 1", key="--br", found=branching_fraction
        )


def _refuse_shared_windows(samples: Sequence[EventSample], placed: Placed) -> None:
    """Refuse, before anything is simulated, samples that one window would have to take."""
    first: dict[str, int] = {}
    for row, name in enumerate(placed.window):
        if name is None or placed.status[row] != "ok":
            continue
        other = first.setdefault(name, row)
        if other != row:
            raise DomainError(
                f"two samples have the same nearest window, {name}",
                where=samples[row].title,
                key="mass of X",
                found=f"{samples[row].mass_gev:.4f} GeV",
                expected=f"farther from {samples[other].mass_gev:.4f} GeV of "
                f"{samples[other].title}; give the two in separate calls",
            )


def _is_born(sample: EventSample, level: Level | None) -> bool:
    return sample.is_isr_free if level is None else level == "born"


def _judge(
    archive: Archive,
    sample: EventSample,
    window: Window,
    efficiency_from: str,
    rng: np.random.Generator,
) -> _Judged:
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
    return _Judged(
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


def _correction(archive: Archive, mass_gev: float, efficiency_from: str) -> _Correction:
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
    return _Correction(
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


def _sample(
    archive: Archive, window: Window, efficiency_from: str, judged: _Judged, relative: float
) -> dict[str, object]:
    """Signal sample for the likelihood of a window."""
    index, settings = archive.index, archive.analysis.templates
    if judged.shape is None:
        archived = archive.patches(window.name)[efficiency_from][0]["value"]
        nominal = index.table(efficiency_from).efficiency[window.index]
        return scaled(archived, judged.efficiency / float(nominal), relative)
    edges = np.stack([window.bin_low, window.bin_high], axis=-1)
    signal = signal_of_shape(
        edges,
        np.tile(judged.shape.to_array(), (len(edges), 1)),
        index.luminosity_ifb * judged.efficiency,
        settings,
    )
    return signal_sample(empty_signal(archive, window.name), signal, relative)


def _none_passed(sample: EventSample, judged: _Judged, confidence_level: float) -> str:
    """One-sided statement about an efficiency of which no event passed."""
    if judged.efficiency < 0.0:
        return "the weights of the events that pass do not add up to a positive number"
    # of a Poisson mean without events; the error is that of one event
    most = -np.log1p(-confidence_level) * judged.error
    return (
        f"none of {len(sample.events)} events passes: the efficiency is below {most:.2g} at "
        f"{100 * confidence_level:.4g} % confidence level, and there is no upper limit"
    )


def _spread(found: Limits, rows: list[int], n: int) -> tuple[FloatArray, FloatArray]:
    """Limits of the fitted rows among all (n,) of them."""
    limit, expected = np.full(n, np.nan), np.full((n, 5), np.nan)
    limit[rows] = found.limit_observed
    expected[rows] = found.limit_expected
    return limit, expected
