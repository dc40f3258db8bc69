"""Trigger efficiencies, measured with an independent trigger and propagated to the signal.

Sec. IV A: both triggers are measured in events that a calorimeter-only trigger selected: the
three-track trigger in four-track events, the single-muon trigger in events with an electron and a
muon. For events with several muons no correlation is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from iminuit import Minuit  # type: ignore[import-untyped]
from scipy.special import erfc

from fourmu.errors import ConvergenceError
from fourmu.physics.kinematics import FloatArray

from .binned import BinnedEfficiency, at_least_one, at_least_three
from .tracks import Tracks
from .values import MassShift, Measured

__all__ = [
    "TriggerCurves",
    "TurnOn",
    "fit_turn_on",
    "third_track_pt",
    "three_track_efficiency",
    "trigger_shift",
]

BoolArray = npt.NDArray[np.bool_]

_PARAMETERS = ("half_gev", "width_gev", "plateau")
_STEP = 1e-4


@dataclass(frozen=True, kw_only=True)
class TurnOn:
    """Efficiency of the three-track trigger to find one track: a Gaussian turn-on.

    Attributes
    ----------
    half_gev
        Transverse momentum at which it finds half of the tracks.
    width_gev
        Width of the turn-on.
    plateau
        Efficiency far above.
    covariance
        (3, 3) of these.
    """

    half_gev: float
    width_gev: float
    plateau: float
    covariance: FloatArray

    def __call__(self, pt: FloatArray) -> FloatArray:
        """Efficiency at transverse momenta (...,) in GeV."""
        return _turn_on(pt, self.half_gev, self.width_gev, self.plateau)

    def parameter(self, name: str) -> Measured:
        """Return a parameter with its error."""
        place = _PARAMETERS.index(name)
        return Measured(
            value=float(getattr(self, name)), error=math.sqrt(self.covariance[place, place])
        )

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            **{name: getattr(self, name) for name in _PARAMETERS},
            "covariance": self.covariance.tolist(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TurnOn:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            **{name: float(content[name]) for name in _PARAMETERS},
            covariance=np.asarray(content["covariance"], dtype=np.float64),
        )

    def moved(self, place: int, step: float) -> TurnOn:
        """Return the same curve with one parameter moved."""
        values = [getattr(self, name) for name in _PARAMETERS]
        values[place] += step
        return TurnOn(**dict(zip(_PARAMETERS, values, strict=True)), covariance=self.covariance)


@dataclass(frozen=True, kw_only=True)
class TriggerCurves:
    """Both triggers in one sample, simulated or not.

    Attributes
    ----------
    three_track
        Per track.
    three_track_theta_rad
        Polar angles in which the trigger sees tracks.
    single_muon
        Per muon, in bins of polar angle (rad).
    single_muon_momentum_min_gev
        Muons below do not reach the KLM.
    """

    three_track: TurnOn
    three_track_theta_rad: tuple[float, float]
    single_muon: BinnedEfficiency
    single_muon_momentum_min_gev: float

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "three_track": self.three_track.to_dict(),
            "three_track_theta_rad": list(self.three_track_theta_rad),
            "single_muon": self.single_muon.to_dict(),
            "single_muon_momentum_min_gev": self.single_muon_momentum_min_gev,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TriggerCurves:
        """Read what :meth:`to_dict` wrote."""
        low, high = content["three_track_theta_rad"]
        return cls(
            three_track=TurnOn.from_dict(content["three_track"]),
            three_track_theta_rad=(float(low), float(high)),
            single_muon=BinnedEfficiency.from_dict(content["single_muon"]),
            single_muon_momentum_min_gev=float(content["single_muon_momentum_min_gev"]),
        )


def _turn_on(pt: FloatArray, half: float, width: float, plateau: float) -> FloatArray:
    return np.asarray(0.5 * plateau * erfc(-(pt - half) / (math.sqrt(2.0) * width)))


def three_track_efficiency(
    turn_on: TurnOn, tracks: Tracks, theta_rad: tuple[float, float]
) -> FloatArray:
    """Probability (n,) that the three-track trigger fires in events with four tracks."""
    return at_least_three(turn_on(tracks.pt) * _inside(tracks, theta_rad))[0]


def _inside(tracks: Tracks, theta_rad: tuple[float, float]) -> BoolArray:
    return np.asarray((tracks.theta >= theta_rad[0]) & (tracks.theta <= theta_rad[1]))


def third_track_pt(tracks: Tracks, theta_rad: tuple[float, float]) -> FloatArray:
    """Transverse momentum (n,) of the third hardest track that the three-track trigger sees.

    NaN where it sees fewer than three.
    """
    pt = np.where(_inside(tracks, theta_rad), tracks.pt, -np.inf)
    third = np.sort(pt, axis=1)[:, -3]
    return np.where(np.isfinite(third), third, np.nan)


def fit_turn_on(tracks: Tracks, fired: BoolArray, theta_rad: tuple[float, float]) -> TurnOn:
    """Fit the turn-on per track to the bits of the trigger in four-track events.

    Parameters
    ----------
    tracks
        (n, 4) tracks of events that another trigger selected.
    fired
        (n,) bits of the three-track trigger.
    theta_rad
        Polar angles in which it sees tracks.

    Raises
    ------
    ConvergenceError
        There is no minimum: too few events, or none in the turn-on.

    Notes
    -----
    Unbinned maximum likelihood. An event fires if at least three of its tracks are found, each
    independently with the efficiency of the turn-on; so the curve is that in the transverse
    momenta of the two softest tracks (Sec. IV A), without their other two being forgotten.
    """
    inside = _inside(tracks, theta_rad)
    seen = inside.sum(axis=1) >= 3
    pt, inside, bits = tracks.pt[seen], inside[seen], fired[seen]

    def nll(half: float, width: float, plateau: float) -> float:
        fires = at_least_three(_turn_on(pt, half, width, plateau) * inside)[0]
        outcome = np.where(bits, fires, 1.0 - fires)
        return float(-np.log(np.maximum(outcome, 1e-12)).sum())

    minuit = Minuit(nll, 0.2, 0.1, 0.998, name=("half", "width", "plateau"))
    minuit.errordef = Minuit.LIKELIHOOD
    minuit.limits["half"] = (-1.0, 3.0)
    minuit.limits["width"] = (0.005, 2.0)
    minuit.limits["plateau"] = (0.5, 1.0)
    minuit.errors["half"], minuit.errors["width"], minuit.errors["plateau"] = 0.01, 0.01, 0.001
    minuit.migrad()
    if not minuit.valid or minuit.covariance is None:
        raise ConvergenceError(
            "the turn-on of the three-track trigger cannot be fitted",
            found=f"{len(bits)} events with three tracks in its acceptance",
            expected="some thousands with tracks in the turn-on",
        )
    return TurnOn(
        half_gev=float(minuit.values["half"]),
        width_gev=float(minuit.values["width"]),
        plateau=float(minuit.values["plateau"]),
        covariance=np.array(minuit.covariance, dtype=np.float64),
    )


def trigger_shift(
    signal: dict[float, Tracks], data: TriggerCurves, simulation: TriggerCurves
) -> MassShift:
    """Change of the trigger efficiency of the signal if the data's curves hold.

    Parameters
    ----------
    signal
        (n, 4) tracks of simulated signal events that pass all but the trigger, by mass in GeV.
    data, simulation
        Measured curves.

    Notes
    -----
    An event is kept if either trigger fires: 1 - (1 - e_3)(1 - e_1), with e_1 that of at least
    one of its muons. Errors of both sets of curves are propagated linearly.
    """
    masses = np.array(sorted(signal))
    shift, error = np.empty(len(masses)), np.empty(len(masses))
    for row, mass in enumerate(masses):
        found, variance = _efficiency(signal[float(mass)], data)
        expected, variance_expected = _efficiency(signal[float(mass)], simulation)
        shift[row] = found / expected - 1.0
        error[row] = math.sqrt(variance + variance_expected) / expected
    return MassShift(mass_gev=masses, shift=shift, error=error)


def _efficiency(tracks: Tracks, curves: TriggerCurves) -> tuple[float, float]:
    """Mean efficiency of events, and its variance from the errors of the curves."""
    theta = curves.three_track_theta_rad
    three = three_track_efficiency(curves.three_track, tracks, theta)
    binned = curves.single_muon
    place = binned.bins_of(tracks.theta)
    reaches = tracks.momentum >= curves.single_muon_momentum_min_gev
    ends = binned.edges[0]
    reaches &= (tracks.theta >= ends[0]) & (tracks.theta <= ends[-1])
    one, gradient = at_least_one(binned.value[place] * reaches)
    n = len(three)
    efficiency = 1.0 - (1.0 - three) * (1.0 - one)
    per_bin = np.bincount(
        place.ravel(),
        weights=(((1.0 - three)[:, None] * gradient) * reaches).ravel(),
        minlength=len(binned.total),
    )
    variance = float(np.sum((per_bin / n * binned.error) ** 2))
    slopes = np.empty(len(_PARAMETERS))
    for k in range(len(_PARAMETERS)):
        moved = three_track_efficiency(curves.three_track.moved(k, _STEP), tracks, theta)
        slopes[k] = float(np.mean((moved - three) * (1.0 - one))) / _STEP
    variance += float(slopes @ curves.three_track.covariance @ slopes)
    return float(efficiency.mean()), variance
