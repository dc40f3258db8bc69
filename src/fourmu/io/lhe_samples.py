"""Signal samples of a theorist from LHE files: one sample for each mass of X."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from fourmu.errors import InputError
from fourmu.physics.constants import SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray, invariant_mass
from fourmu.reinterpret import EventSample

from .lhe import LheFile, parton_events, read_lhe_files
from .lhe_event import is_x

__all__ = ["read_lhe_samples"]

_FB_PER_PB: Final = 1e3
_OF_EVERY_EVENT: Final = (11, 13)
"""Codes of beams and muons; a photon may be the X of those who replace its couplings."""
_BALANCE: Final = 1e-4
"""Largest part of sqrt(s) that events without initial-state radiation may lack."""
_ONE_SIGMA: Final = 0.683
_SAME_MASS_GEV: Final = 1e-4
_SAME_MASS_SIGMAS: Final = 5.0
"""Medians closer than either of these are those of one mass (choice)."""

_CORE_SHARE: Final = 0.25
"""Share of the events that makes the peak: the largest of up to three masses has more."""
_CORE_EVENTS: Final = 8
"""Events that the peak of a small file has, though not more than half of them."""
_NEAR_GEV: Final = 0.010
"""Masses as close to the peak as this are not told from it; rounding moves a light X by less."""
_STRAY_SHARE: Final = 0.01
"""Share of the events that another mass has at least."""
_TAIL_FACTOR: Final = 3.0
"""Tails may be so many times those of a Breit-Wigner: cross sections rise to lower masses."""
_RISE_SIGMAS: Final = 4.0
_RISE_STEP: Final = 1.25
"""A second peak: more events between u and 1.25 u from the first than between 0.75 u and u."""
_SPREAD_MAX: Final = 0.05
"""Largest spread in units of the mass; a Breit-Wigner has it at a width of 5.4 %."""


class _Checked(NamedTuple):
    """A file and what it says."""

    file: LheFile
    masses_gev: FloatArray
    mass_gev: float
    error_gev: float
    """Statistical error of the median."""
    xsec_fb: float
    xsec_error_fb: float
    x_decayed: bool
    is_isr_free: bool
    has_photons: bool


def read_lhe_samples(
    paths: str | Path | Sequence[str | Path],
    rng: np.random.Generator,
    *,
    sqrt_s_gev: float = SQRT_S_GEV,
    x_pdg: int | None = None,
) -> list[EventSample]:
    """Read signal events of one mass or several, each file of one mass.

    Parameters
    ----------
    paths
        One file or several; plain or gzip. Files of one mass are runs of one process: they
        become one sample.
    rng
        For the decay of an X that a file leaves undecayed: isotropic in its rest frame, sample
        by sample in the order of masses.
    sqrt_s_gev
        Energy the beams must have.
    x_pdg
        Code of X; without it any code of no known particle, or 25, is X.

    Returns
    -------
    list of EventSample
        In the order of masses.

    Raises
    ------
    InputError
        Whatever `read_lhe` refuses; an event that lists no X; X decayed in some events only;
        several masses in a file; a cross section that is absent or no positive number; files of
        one mass of which some have X decayed, or initial-state radiation, and others have not.

    Notes
    -----
    Files i of n_i events and cross section sigma_i are combined to the cross section
    sum(n_i sigma_i) / sum(n_i), and an event has the weight sigma_i times its own in units of
    the mean of its file: each event counts as one, whatever the run it is of, and a file by its
    own cross section. The errors are independent. Files of *different processes* of one mass,
    whose cross sections add, must be merged before.

    Masses are those of one X if, first, no more than 1 % of them and three times the tails of a
    Breit-Wigner of the width of the peak (and three standard deviations) lie beyond any
    distance; second, they become no more frequent with the distance from the peak, by more than
    1 % of the events and four standard deviations; third, they are not spread over more than
    5 %. Differences below 10 MeV are not looked at, and a share of 3 % needs 100 events to be
    seen. A width of 1 % of the mass passes, with its tails.
    """
    if x_pdg is not None and abs(x_pdg) in _OF_EVERY_EVENT:
        raise InputError(
            "this particle is in every event, so it is not X",
            key="--x-pdg",
            found=x_pdg,
            expected="the code that the file has for X",
        )
    files = read_lhe_files(paths, sqrt_s_gev=sqrt_s_gev, x_pdg=x_pdg)
    checked = [_checked(file, x_pdg) for file in files]
    groups: list[list[int]] = []
    for i in sorted(range(len(checked)), key=lambda i: checked[i].mass_gev):
        if groups and _same_mass(checked[groups[-1][0]], checked[i]):
            groups[-1].append(i)
        else:
            groups.append([i])
    return [_sample([checked[i] for i in sorted(group)], rng) for group in groups]


def _sample(group: Sequence[_Checked], rng: np.random.Generator) -> EventSample:
    """Combine files of one mass."""
    first = group[0]
    for one in group[1:]:
        if one.x_decayed != first.x_decayed:
            raise _different(one, first, "X decayed", "X undecayed", one.x_decayed)
        if one.is_isr_free != first.is_isr_free:
            raise _different(one, first, "no ISR", "ISR", one.is_isr_free)
    n = np.array([len(one.file) for one in group], dtype=np.float64)
    xsec = np.array([one.xsec_fb for one in group])
    errors = np.array([one.xsec_error_fb for one in group])
    weight = [one.xsec_fb * one.file.weight / one.file.weight.mean() for one in group]
    masses = np.concatenate([one.masses_gev for one in group])
    events = parton_events(
        [one.file for one in group], np.concatenate(weight), rng, process="lhe_x"
    )
    return EventSample(
        sources=tuple(one.file.path for one in group),
        events=replace(events, x_mass_gev=masses),
        mass_gev=float(np.median(masses)),
        mass_spread_gev=_half_width(np.sort(masses), _ONE_SIGMA),
        xsec_fb=float(n @ xsec / n.sum()),
        xsec_error_fb=float(np.linalg.norm(n * errors) / n.sum()),
        x_decayed=first.x_decayed,
        is_isr_free=first.is_isr_free,
        has_photons=any(one.has_photons for one in group),
    )


def _different(one: _Checked, first: _Checked, yes: str, no: str, is_yes: bool) -> InputError:
    return InputError(
        f"files of one mass ({first.mass_gev:.4f} GeV) are not alike",
        where=one.file.path,
        found=yes if is_yes else no,
        expected=f"{no if is_yes else yes} as in {first.file.path}",
    )


def _same_mass(one: _Checked, other: _Checked) -> bool:
    error = math.hypot(one.error_gev, other.error_gev)
    limit = max(_SAME_MASS_GEV, _SAME_MASS_SIGMAS * error)
    return abs(one.mass_gev - other.mass_gev) <= limit


def _checked(file: LheFile, x_pdg: int | None) -> _Checked:
    """Refuse a file that is no sample of one X."""
    _refuse_without_x(file, x_pdg)
    undecayed = file.undecayed
    if undecayed.any() and not undecayed.all():
        row = int(np.argmax(undecayed != undecayed[0]))
        raise InputError(
            "X is decayed in some events and not in others",
            where=_where(file, row),
            found="X undecayed" if undecayed[row] else "X decayed",
            expected="all events alike",
        )
    if not file.weight.mean() > 0.0:
        raise InputError(
            "the weights do not add up to a positive number",
            where=file.path,
            found=f"a mean of {file.weight.mean():g}",
        )
    masses = invariant_mass(file.momenta.x)
    _refuse_several_masses(file, masses)
    xsec_fb, xsec_error_fb = _cross_section_fb(file)
    hard = file.momenta.prompt.sum(axis=1) + file.momenta.x
    missing = np.abs(hard - np.array([file.sqrt_s_gev, 0.0, 0.0, 0.0]))
    return _Checked(
        file=file,
        masses_gev=masses,
        mass_gev=float(np.median(masses)),
        # of a Breit-Wigner (pi/4) Gamma / sqrt(n), of a Gaussian 1.25 sigma / sqrt(n)
        error_gev=1.25 * _half_width(np.sort(masses), _ONE_SIGMA) / math.sqrt(len(masses)),
        xsec_fb=xsec_fb,
        xsec_error_fb=xsec_error_fb,
        x_decayed=not undecayed[0],
        is_isr_free=bool(missing.max() <= _BALANCE * file.sqrt_s_gev),
        has_photons=bool(file.momenta.photons.any()),
    )


def _where(file: LheFile, row: int) -> str:
    return f"{file.path}, event {row + 1}"


def _refuse_without_x(file: LheFile, x_pdg: int | None) -> None:
    without = ~file.from_x
    if not without.any():
        return
    row = int(np.argmax(without))
    rows = file.layouts[file.layout[row]].rows
    name = "a code of no known particle" if x_pdg is None else f"code {x_pdg}"
    if any(is_x(line.code, x_pdg) for line in rows):
        raise InputError(
            "X is listed, but no pair of muons has it as mother",
            where=_where(file, row),
            expected="X with status 2 and mu+ mu- whose mother it is",
        )
    raise InputError(
        "X is not listed",
        where=_where(file, row),
        found=f"codes {[line.code for line in rows]}",
        expected=f"X with status 1, or 2 and its mu+ mu-, of {name}",
    )


def _cross_section_fb(file: LheFile) -> tuple[float, float]:
    """Cross section and error of all processes of a file, the errors in quadrature."""
    numbers = file.cross_sections_pb
    if not numbers or len(numbers) < file.n_processes:
        raise InputError(
            "the cross section is absent",
            where=file.path,
            key="<init>",
            found=f"{len(numbers)} processes",
            expected=f"{max(file.n_processes, 1)}",
        )
    xsec = sum(value for value, _ in numbers)
    error = math.hypot(*(error for _, error in numbers))
    if not (math.isfinite(xsec) and xsec > 0.0):
        raise InputError(
            "the cross section is not a positive number",
            where=file.path,
            key="<init>",
            found=f"{xsec} pb",
        )
    if not math.isfinite(error) or min(error for _, error in numbers) < 0.0:
        raise InputError(
            "the error of the cross section is negative or no number",
            where=file.path,
            key="<init>",
            found=[error for _, error in numbers],
        )
    return _FB_PER_PB * xsec, _FB_PER_PB * error


def _shortest(masses: FloatArray, count: int) -> tuple[float, float]:
    """Ends of the shortest interval that holds ``count`` of sorted masses."""
    ends = masses[count - 1 :]
    first = int(np.argmin(ends - masses[: len(ends)]))
    return float(masses[first]), float(ends[first])


def _half_width(masses: FloatArray, share: float) -> float:
    """Half the smallest interval that holds a share of sorted masses."""
    low, high = _shortest(masses, math.ceil(share * len(masses)))
    return 0.5 * (high - low)


def _refuse_several_masses(file: LheFile, masses_gev: FloatArray) -> None:
    masses = np.sort(masses_gev)
    spread, median = _half_width(masses, _ONE_SIGMA), float(np.median(masses))
    low, high = _peak(masses)
    mode = 0.5 * (low + high)
    second = _stray(masses, low, high)
    if second is None:
        second = _second_peak(masses, mode)
    if second is not None:
        found = f"{mode:.4f} and {second:.4f} GeV"
    elif spread > _SPREAD_MAX * median:
        found = f"{median:.4f} GeV with a spread of {spread:.4f} GeV"
    else:
        return
    raise InputError(
        "the file has X of several masses",
        where=file.path,
        found=found,
        expected="one mass per file",
    )


def _peak(masses: FloatArray) -> tuple[float, float]:
    """Ends of the narrowest part of the distribution."""
    return _shortest(masses, _peak_events(len(masses)))


def _peak_events(n: int) -> int:
    return max(math.ceil(_CORE_SHARE * n), min(math.ceil(0.5 * n), _CORE_EVENTS))


def _stray(masses: FloatArray, low: float, high: float) -> float | None:
    """Median of the masses that lie off the peak too often; None if there are none."""
    n = len(masses)
    # a share p of a Breit-Wigner lies in an interval of Gamma tan(pi p / 2)
    gamma = (high - low) / math.tan(0.5 * math.pi * _peak_events(n) / n) if n > 1 else 0.0
    distance = np.abs(masses - 0.5 * (low + high))
    order = np.argsort(distance)
    beyond = n - np.arange(n)
    tail = _TAIL_FACTOR * n * 2.0 / np.pi * np.arctan2(0.5 * gamma, distance[order])
    allowed = _STRAY_SHARE * n + tail + 3.0 * np.sqrt(tail)
    # one outlier in a few events says nothing
    least = 3 if n >= _CORE_EVENTS else 2
    excess = np.where((distance[order] > _NEAR_GEV) & (beyond >= least), beyond - allowed, 0.0)
    worst = int(np.argmax(excess))
    return float(np.median(masses[order[worst:]])) if excess[worst] > 0.0 else None


def _second_peak(masses: FloatArray, mode: float) -> float | None:
    """Place where masses become more frequent with the distance from the peak; None if nowhere."""
    n = len(masses)
    for side in (-1.0, 1.0):
        u = np.sort(side * (masses - mode))
        start = u[u >= _NEAR_GEV]
        if len(start) == 0:
            continue
        inside = np.searchsorted(u, (2.0 - _RISE_STEP) * start, "left")
        middle = np.searchsorted(u, start, "left")
        outside = np.searchsorted(u, _RISE_STEP * start, "right")
        inner, outer = middle - inside, outside - middle
        rise = outer - inner
        found = (rise > _STRAY_SHARE * n) & (rise > _RISE_SIGMAS * np.sqrt(inner + outer))
        if found.any():
            best = int(np.argmax(np.where(found, rise, 0)))
            return mode + side * float(np.median(u[middle[best] : outside[best]]))
    return None
