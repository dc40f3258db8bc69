"""From selected events to candidates: pairing, kinematic fit, electron veto, variables."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import Events, beam_frame
from fourmu.detector.parameters import TrackResolution, track_resolution
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .candidates import BoolArray, Candidates, Float32Array, IntArray
from .kinematic_fit import fit_event, total_momentum_lab
from .variables import VARIABLES, fill_variables

__all__ = ["CandidateCounts", "make_candidates"]

X_PLUS = 2
X_MINUS = 3
"""Places of the muons from X among the generated particles."""


class CandidateCounts(NamedTuple):
    """What happened to the pairs of the selected events."""

    n_candidates: int
    n_electron_vetoed: int
    n_wrong_pairings: int
    n_not_converged: int


class _FitSettings(NamedTuple):
    """Numbers of the kinematic fit and of the electron veto, for the kernel."""

    iterations_max: int
    tolerance: float
    chi2_tolerance: float
    electron_veto_mass: float


def make_candidates(
    events: Events,
    chosen: IntArray,
    settings: Selection,
    detector: Detector,
    *,
    keep_wrong_pairings: bool,
) -> tuple[Candidates, CandidateCounts]:
    """Build the candidates of selected events.

    Parameters
    ----------
    events
        Reconstructed events.
    chosen
        Shape (m,), places of the selected events: four tracks of zero charge.
    settings, detector
        Sections of the selection and of the detector.
    keep_wrong_pairings
        Whether pairs of signal events that are not the decay of X become rows.
    """
    rows = 4 * len(chosen)
    index = np.empty((rows, 2), dtype=np.int64)
    flags = np.empty((rows, 2), dtype=np.bool_)
    values = np.empty((rows, 4))
    variables = np.empty((rows, len(VARIABLES)), dtype=np.float32)
    counts = np.zeros(4, dtype=np.int64)
    n = _build(
        chosen,
        events.track_offsets,
        events.track_pt,
        events.track_theta,
        events.track_phi,
        events.track_charge,
        events.track_is_electron,
        events.track_truth,
        events.x_mass_gev,
        events.sqrt_s_gev,
        beam_frame(detector).beta,
        total_momentum_lab(events.sqrt_s_gev, detector),
        track_resolution(detector),
        _FitSettings(
            settings.fit_iterations_max,
            settings.fit_tolerance_gev,
            settings.fit_chi2_tolerance,
            settings.electron_veto_mass_max_gev,
        ),
        keep_wrong_pairings,
        index,
        flags,
        values,
        variables,
        counts,
    )
    place = index[:n, 0]
    mass, prefit = values[:n, 0].copy(), values[:n, 1].copy()
    return Candidates(
        event=events.event[place],
        pair=index[:n, 1].astype(np.int8),
        weight=events.weight[place],
        is_true_pair=flags[:n, 0].copy(),
        mass_gev=mass,
        reduced_mass_gev=reduced_mass(mass),
        mass_prefit_gev=prefit,
        reduced_mass_prefit_gev=reduced_mass(prefit),
        four_muon_mass_gev=values[:n, 2].copy(),
        chi2=values[:n, 3].copy(),
        fit_converged=flags[:n, 1].copy(),
        x_mass_gev=events.x_mass_gev[place],
        variables=variables[:n].copy(),
    ), CandidateCounts(*counts.tolist())


@kernel
def _pair_mass(p: FloatArray, i: int, j: int) -> float:
    """Invariant mass of muons i and j of three-momenta ``p`` (4, 3)."""
    m2 = MUON_MASS_GEV * MUON_MASS_GEV
    a2 = p[i, 0] ** 2 + p[i, 1] ** 2 + p[i, 2] ** 2
    b2 = p[j, 0] ** 2 + p[j, 1] ** 2 + p[j, 2] ** 2
    dot = p[i, 0] * p[j, 0] + p[i, 1] * p[j, 1] + p[i, 2] * p[j, 2]
    squared = 2.0 * (m2 + math.sqrt((a2 + m2) * (b2 + m2)) - dot)
    return math.sqrt(max(squared, 4.0 * m2))


@kernel
def _order(
    first: int,
    track_pt: FloatArray,
    track_charge: npt.NDArray[np.int8],
    order: IntArray,
) -> None:
    """Places of four tracks into ``order``: mu+ by falling pT, then mu- by falling pT."""
    plus, minus = 0, 2
    for t in range(first, first + 4):
        if track_charge[t] > 0:
            order[plus] = t
            plus += 1
        else:
            order[minus] = t
            minus += 1
    for k in (0, 2):
        if track_pt[order[k + 1]] > track_pt[order[k]]:
            order[k], order[k + 1] = order[k + 1], order[k]


@kernel
def _three_momentum(pt: float, theta: float, phi: float, out: FloatArray) -> None:
    """Cartesian components into ``out`` (3,)."""
    out[0] = pt * math.cos(phi)
    out[1] = pt * math.sin(phi)
    out[2] = pt / math.tan(theta)


@kernel
def _build(
    chosen: IntArray,
    track_offsets: IntArray,
    track_pt: FloatArray,
    track_theta: FloatArray,
    track_phi: FloatArray,
    track_charge: npt.NDArray[np.int8],
    track_is_electron: BoolArray,
    track_truth: npt.NDArray[np.int8],
    x_mass: FloatArray,
    sqrt_s: float,
    beta: FloatArray,
    target: FloatArray,
    resolution: TrackResolution,
    fit: _FitSettings,
    keep_wrong: bool,
    index: IntArray,
    flags: BoolArray,
    values: FloatArray,
    variables: Float32Array,
    counts: IntArray,
) -> int:
    """Fill the rows and return their number.

    ``index``: place of the event, pair; ``flags``: true pair, converged; ``values``: mass after
    and before the fit, M(4mu), chi2; ``counts`` as :class:`CandidateCounts`.
    """
    gamma = 1.0 / math.sqrt(1.0 - beta[0] ** 2 - beta[1] ** 2 - beta[2] ** 2)
    m2 = MUON_MASS_GEV * MUON_MASS_GEV
    order = np.empty(4, dtype=np.int64)
    lab, cm, fitted = np.empty((4, 3)), np.empty((4, 3)), np.empty((4, 3))
    parameters, work = np.empty((4, 3)), np.empty((3, 4, 3))
    row = 0
    for i in chosen:
        _order(track_offsets[i], track_pt, track_charge, order)
        electrons = False
        e_sum, x_sum, y_sum, z_sum = 0.0, 0.0, 0.0, 0.0
        for k in range(4):
            t = order[k]
            electrons |= track_is_electron[t]
            parameters[k, 0] = 1.0 / track_pt[t]
            parameters[k, 1] = track_theta[t]
            parameters[k, 2] = track_phi[t]
            _three_momentum(track_pt[t], track_theta[t], track_phi[t], lab[k])
            x, y, z = lab[k, 0], lab[k, 1], lab[k, 2]
            energy = math.sqrt(x * x + y * y + z * z + m2)
            e_sum, x_sum, y_sum, z_sum = e_sum + energy, x_sum + x, y_sum + y, z_sum + z
            along = (beta[0] * x + beta[1] * y + beta[2] * z) * gamma
            shift = gamma * (along / (gamma + 1.0) - energy)
            for j in range(3):
                cm[k, j] = lab[k, j] + beta[j] * shift
        four_muon_mass = math.sqrt(e_sum * e_sum - x_sum * x_sum - y_sum * y_sum - z_sum * z_sum)
        chi2, converged = fit_event(
            parameters,
            target,
            resolution,
            fit.iterations_max,
            fit.tolerance,
            fit.chi2_tolerance,
            work,
        )
        if converged:
            for k in range(4):
                _three_momentum(
                    1.0 / parameters[k, 0], parameters[k, 1], parameters[k, 2], fitted[k]
                )
        else:
            chi2 = np.nan
            counts[3] += 1
        is_signal = not math.isnan(x_mass[i])
        for pair in range(4):
            counts[0] += 1
            plus, minus = pair // 2, 2 + pair % 2
            prefit = _pair_mass(lab, plus, minus)
            if electrons and prefit < fit.electron_veto_mass:
                counts[1] += 1
                continue
            true_pair = (
                is_signal
                and track_truth[order[plus]] == X_PLUS
                and track_truth[order[minus]] == X_MINUS
            )
            if is_signal and not true_pair:
                counts[2] += 1
                if not keep_wrong:
                    continue
            index[row, 0] = i
            index[row, 1] = pair
            flags[row, 0] = true_pair
            flags[row, 1] = converged
            values[row, 0] = _pair_mass(fitted, plus, minus) if converged else np.nan
            values[row, 1] = prefit
            values[row, 2] = four_muon_mass
            values[row, 3] = chi2
            fill_variables(cm, plus, minus, 1 - plus, 5 - minus, sqrt_s, variables[row])
            row += 1
    return row
