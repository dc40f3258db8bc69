"""Limits from parton events of any generator: through detector, selection and networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.errors import DomainError
from fourmu.inference import Limits
from fourmu.templates import Window, signal_of_shape

from .couplings import PRECISION
from .event_sample import EventSample
from .judgement import Judged, judge_sample
from .result import Patch, Reinterpretation, coupling_at_limit
from .signal import SIGNAL_NUISANCE, empty_signal, fit_signals, scaled, signal_sample
from .table import Level, check_coupling
from .windows import Placed, place_masses

__all__ = ["reinterpret_samples"]

FloatArray = npt.NDArray[np.float64]


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
        judged = judge_sample(archive, sample, window, efficiency_from, rng)
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


def _sample(
    archive: Archive, window: Window, efficiency_from: str, judged: Judged, relative: float
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


def _none_passed(sample: EventSample, judged: Judged, confidence_level: float) -> str:
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
