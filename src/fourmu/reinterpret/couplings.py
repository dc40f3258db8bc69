"""Limits on a model of which nothing but its couplings to muons is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.couplings import (
    g_minus_2_band,
    interpolate_cross_sections,
    running_alpha_factor,
    width_message,
)
from fourmu.errors import DomainError
from fourmu.physics.models import Couplings, Model, model_by_name, model_from_couplings
from fourmu.templates import SignalModel, Window, signal_templates

from .result import Patch, Reinterpretation, coupling_at_limit
from .signal import SIGNAL_NUISANCE, empty_signal, fit_signals, signal_sample
from .simulation import cross_section_table, simulated_signal_model
from .table import LARGEST, SMALLEST, check_coupling
from .windows import place_masses

__all__ = ["EVENTS_PER_MASS", "couplings_from_mapping", "reinterpret_couplings"]

FloatArray = npt.NDArray[np.float64]

EVENTS_PER_MASS: Final = 40_000
"""Statistical errors of the smoothed efficiencies are then below a percent."""
PRECISION: Final = 0.03
"""A larger relative error of an efficiency is warned of."""
_NAMES: Final = {"gV": "vector", "gA": "axial", "gS": "scalar", "gP": "pseudoscalar"}


def couplings_from_mapping(values: Mapping[str, float]) -> Couplings:
    """Couplings by their names gV, gA, gS, gP.

    Raises
    ------
    DomainError
        A name is unknown, or the couplings do not belong to one particle.
    """
    for name in values:
        if name not in _NAMES:
            raise DomainError(
                "unknown coupling",
                key="couplings",
                found=name or "no name",
                expected=", ".join(_NAMES),
            )
    try:
        return Couplings(**{_NAMES[name]: float(value) for name, value in values.items()})
    except DomainError as error:
        raise DomainError(
            error.message,
            key="couplings",
            found=", ".join(f"{name}={value:g}" for name, value in values.items()) or "none",
            expected=error.expected,
        ) from error


def reinterpret_couplings(
    archive: Archive,
    couplings: Couplings | Mapping[str, float] | Model,
    *,
    coupling: float = 1.0,
    branching_fraction: float | str | None = None,
    mass_gev: Sequence[float] | None = None,
    events_per_mass: int = EVENTS_PER_MASS,
    seed: int = 1,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Reinterpretation:
    """Limits on a model from its couplings to muons alone.

    Cross sections, spin correlations, efficiencies and shapes come from the generator, detector
    and networks; they are smoothed in mass as those of the built-in models are.

    Parameters
    ----------
    archive
        Likelihoods and analysis.
    couplings
        Couplings to muons, by name (gV, gA, gS, gP) or as a record, or a whole model with its
        other decays.
    coupling
        Value of the common factor at which the couplings are given.
    branching_fraction
        To two muons: a number, or the name of a known model whose branching fraction is taken.
        Without it, X decays to muons (and, for spin 0, to photons through their loop) only.
    mass_gev
        Masses of the rows; all hypotheses of the scan without it.
    events_per_mass
        Events generated at each mass of the grid.
    seed, threads, progress
        As for the simulation; no result depends on the number of threads.

    Raises
    ------
    DomainError
        A coupling, branching fraction or mass is outside its domain.

    Examples
    --------
    ::

        archive = open_archive("fourmu-likelihoods.tar.gz")
        found = reinterpret_couplings(archive, {"gP": 1.0})
        found.mass_gev, found.coupling_limit
    """
    check_coupling(coupling)
    if events_per_mass < 1000:
        raise DomainError(
            "too few events to fit shapes to",
            key="events_per_mass",
            found=events_per_mass,
            expected="1000 or more",
        )
    model = _model(couplings)
    # events do not depend on a common factor, and cross sections go with its square
    size = _size(model.couplings)
    unit = replace(model, couplings=model.couplings.scaled(1.0 / size))
    index, settings = archive.index, archive.analysis
    masses = index.mass_gev if mass_gev is None else np.array(mass_gev, dtype=np.float64)
    if not np.all(np.isfinite(masses) & (masses > 0.0)):
        raise DomainError("masses are numbers above zero", key="--mass", found=masses.tolist())
    placed = place_masses(index, masses)
    # nothing is said of masses outside the scan, whatever they are
    at = np.clip(masses, index.edges_gev[0], index.edges_gev[-1])
    in_scan = placed.place >= 0
    fraction = np.where(in_scan, _branching_fraction(model, branching_fraction, at), np.nan)

    wanted = list(dict.fromkeys(placed.place[placed.usable].tolist()))
    windows = [index.windows[place] for place in wanted]
    fitted = _NOTHING
    if windows:
        signal = simulated_signal_model(
            archive,
            unit,
            events_per_mass=events_per_mass,
            seed=seed,
            threads=threads,
            progress=progress,
        )
        fitted = _fit(archive, signal, windows)

    # from windows to the rows that take them
    row_of = {place: row for row, place in enumerate(wanted)}
    source = np.array([row_of.get(int(place), -1) for place in placed.place])
    inside = source >= 0

    def column(values: FloatArray) -> FloatArray:
        chosen = np.full((len(masses), *values.shape[1:]), np.nan)
        chosen[inside] = values[source[inside]]
        return chosen

    xsec = _cross_sections(archive, unit, size, at, inside)
    prediction = xsec.isr_fb * fraction
    status, message = list(placed.status), list(placed.message)
    for row in np.flatnonzero(inside):
        status[row] = fitted.status[source[row]]
        message[row] = fitted.message[source[row]]
    limit, expected = column(fitted.limit), column(fitted.limit_expected)
    coupling_limit = coupling_at_limit(coupling, limit, prediction)
    # the couplings are given at this value of the factor
    width_at_input = np.full(len(masses), np.nan)
    np.divide(model.width_mumu_gev(at), fraction, out=width_at_input, where=fraction > 0.0)
    width = width_at_input * (coupling_limit / coupling) ** 2
    for row in np.flatnonzero(width > settings.couplings.width_fraction * placed.sigma_gev):
        status[row] = "width_not_negligible"
        message[row] = width_message(width[row], placed.sigma_gev[row])
    band = g_minus_2_band(model, at, measurement=settings.couplings.g_minus_2)
    return Reinterpretation(
        method="couplings",
        efficiency_from=None,
        level="born",
        coupling=coupling,
        confidence_level=index.confidence_level,
        mass_gev=masses,
        window=placed.window,
        place=placed.place,
        window_mass_gev=placed.window_mass_gev,
        efficiency=column(fitted.efficiency),
        efficiency_error=column(fitted.efficiency * fitted.relative_error),
        xsec_br_fb=prediction,
        xsec_br_error_fb=xsec.isr_error_fb * fraction,
        k_factor=xsec.k_factor,
        k_factor_error=xsec.k_factor_error,
        branching_fraction=fraction,
        xsec_limit_fb=limit,
        xsec_limit_expected_fb=expected,
        xsec_limit_error_fb=limit * column(fitted.relative_error),
        coupling_limit=coupling_limit,
        coupling_limit_expected=coupling_at_limit(coupling, expected, prediction),
        width_gev=width,
        status=tuple(status),
        message=tuple(message),
        g_minus_2_coupling_low=np.where(in_scan, coupling * band.coupling_low, np.nan),
        g_minus_2_coupling_high=np.where(in_scan, coupling * band.coupling_high, np.nan),
        g_minus_2_measurement=band.measurement if model.has_g_minus_2_band else None,
        g_minus_2_message=band.message,
        patches=fitted.patches,
        warnings=_warnings(fitted.relative_error),
    )


class _Fitted(NamedTuple):
    """Efficiencies and limits of (w,) windows."""

    efficiency: FloatArray
    relative_error: FloatArray
    limit: FloatArray
    limit_expected: FloatArray
    """(w, 5)."""
    status: tuple[str, ...]
    message: tuple[str, ...]
    patches: dict[str, Patch]


_NOTHING: Final = _Fitted(
    efficiency=np.empty(0),
    relative_error=np.empty(0),
    limit=np.empty(0),
    limit_expected=np.empty((0, 5)),
    status=(),
    message=(),
    patches={},
)


def _fit(archive: Archive, signal: SignalModel, windows: Sequence[Window]) -> _Fitted:
    """Put the signal into the likelihoods of windows and fit them."""
    mlp_range = np.array([window.mlp_range for window in windows], dtype=np.int64)
    at = np.array([window.mass_gev for window in windows])
    efficiency = signal.efficiency_in(at, mlp_range)
    relative = signal.efficiency_errors(at, mlp_range).with_isr / efficiency
    templates = signal_templates(
        windows,
        signal,
        archive.analysis.templates,
        luminosity_ifb=archive.index.luminosity_ifb,
    )
    found = fit_signals(
        archive,
        {
            window.name: signal_sample(empty_signal(archive, window.name), template, float(error))
            for window, template, error in zip(windows, templates, relative, strict=True)
        },
    )
    return _Fitted(
        efficiency=efficiency,
        relative_error=relative,
        limit=found.limits.limit_observed,
        limit_expected=found.limits.limit_expected,
        status=found.limits.status,
        message=found.limits.message,
        patches={
            window.name: patch
            for window, patch, entry in zip(
                windows, found.patches, found.limits.status, strict=True
            )
            if entry == "ok"
        },
    )


class _Sigma(NamedTuple):
    """Production cross sections with the couplings as given, NaN where they are not needed."""

    isr_fb: FloatArray
    isr_error_fb: FloatArray
    k_factor: FloatArray
    k_factor_error: FloatArray


def _cross_sections(
    archive: Archive,
    unit: Model,
    size: float,
    masses: FloatArray,
    inside: npt.NDArray[np.bool_],
) -> _Sigma:
    """Cross sections at ``size`` times the couplings of ``unit``."""
    if not inside.any():
        nothing = np.full(len(masses), np.nan)
        return _Sigma(nothing, nothing, nothing, nothing)
    section = archive.analysis.couplings
    table = cross_section_table(archive, unit)
    at = np.clip(masses, table.mass_gev[0], table.mass_gev[-1])
    found = interpolate_cross_sections(table, at)
    factor = size**2 * (
        running_alpha_factor(archive.index.sqrt_s_gev)
        if section.alpha_production == "running"
        else 1.0
    )
    columns = (
        factor * found.xsec_isr_fb,
        factor * found.xsec_isr_error_fb,
        found.k_factor,
        found.k_factor_error,
    )
    return _Sigma(*(np.where(inside, values, np.nan) for values in columns))


def _warnings(relative: FloatArray) -> tuple[str, ...]:
    worst = float(relative.max(initial=0.0))
    if worst <= PRECISION:
        return ()
    text = (
        f"the efficiency is known to {100 * worst:.1f} % only; its error is the nuisance "
        f"parameter {SIGNAL_NUISANCE}; more events per mass make it smaller"
    )
    return (text,)


def _size(couplings: Couplings) -> float:
    """Largest coupling, of which generator and cross sections are made independent."""
    size = max(
        abs(couplings.vector),
        abs(couplings.axial),
        abs(couplings.scalar),
        abs(couplings.pseudoscalar),
    )
    if not SMALLEST <= size <= LARGEST:
        raise DomainError(
            "the largest coupling is too small or too large",
            key="couplings",
            found=size,
            expected=f"{SMALLEST:g} to {LARGEST:g}",
        )
    return size


def _model(couplings: Couplings | Mapping[str, float] | Model) -> Model:
    if isinstance(couplings, Model):
        return couplings
    if not isinstance(couplings, Couplings):
        couplings = couplings_from_mapping(couplings)
    return model_from_couplings(couplings)


def _branching_fraction(model: Model, given: float | str | None, masses: FloatArray) -> FloatArray:
    """(n,) branching fraction to two muons."""
    if given is None:
        return np.asarray(model.branching_fraction_mumu(masses))
    if isinstance(given, str):
        return np.asarray(model_by_name(given).branching_fraction_mumu(masses))
    if not 0.0 < given <= 1.0:
        raise DomainError("a branching fraction lies above 0 and up to 1", key="--br", found=given)
    return np.full(len(masses), float(given))
