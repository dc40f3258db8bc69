"""The cut on the network output: largest Punzi figure of merit, against mass (Sec. IV D)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from fourmu.config.classifiers import Classifiers
from fourmu.errors import DomainError, InputError
from fourmu.physics.kinematics import FloatArray, mass_from_reduced, reduced_mass

from .network import Float32Array
from .ranges import BoolArray, MlpRange, SigmaOfMass

__all__ = ["ScoredSpectrum", "WorkingPoint", "optimise_working_point", "passes", "punzi"]

_PLATEAU = 0.99  # of the largest figure of merit counts as equally good
_LOGIT_BOUND = 12.0  # scores closer to 0 or 1 than 6e-6 are single-precision noise


@dataclass(frozen=True, kw_only=True)
class ScoredSpectrum:
    """Candidates with the score of one network, all inside its training interval."""

    mass_gev: FloatArray
    """(n,) post-fit dimuon mass."""
    score: Float32Array
    """(n,) output of the network."""
    weight: FloatArray
    """(n,) weights; for background the sum is the number expected in the data."""


@dataclass(frozen=True, kw_only=True)
class WorkingPoint:
    """Cut on the output of one network, as a function of dimuon mass."""

    mlp_range: int
    mass_gev: FloatArray
    """(k,) masses of the optimisation, increasing."""
    cut: FloatArray
    """(k,) smoothed cuts; in between they are interpolated, beyond they are constant."""
    cut_raw: FloatArray
    """(k,) cuts before smoothing."""
    efficiency: FloatArray
    """(k,) share of the true pairs that pass the smoothed cut."""
    background: FloatArray
    """(k,) background expected in the window after the smoothed cut."""
    background_before: FloatArray
    """(k,) the same before the cut."""
    figure_of_merit: FloatArray
    """(k,) Punzi figure of merit at the smoothed cut."""

    def threshold(self, mass_gev: FloatArray) -> FloatArray:
        """Cut at dimuon masses (n,)."""
        return np.interp(mass_gev, self.mass_gev, self.cut)

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        names = (
            "mass_gev",
            "cut",
            "cut_raw",
            "efficiency",
            "background",
            "background_before",
            "figure_of_merit",
        )
        return {
            "mlp_range": self.mlp_range,
            **{name: getattr(self, name).tolist() for name in names},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> WorkingPoint:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        InputError
            A key is missing or unknown, or its numbers are not one per mass.
        """
        try:
            numbers = {
                key: np.asarray(value, dtype=np.float64)
                for key, value in content.items()
                if key != "mlp_range"
            }
            point = cls(mlp_range=int(content["mlp_range"]), **numbers)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a working point: {error!r}") from error
        shapes = {value.shape for value in numbers.values()}
        if len(shapes) > 1 or point.mass_gev.ndim != 1 or point.mass_gev.size == 0:
            raise InputError("a working point needs one number of each kind per mass")
        return point


def punzi(efficiency: FloatArray, background: FloatArray, sigmas: float) -> FloatArray:
    """Punzi figure of merit eps / (a/2 + sqrt B).

    Parameters
    ----------
    efficiency, background
        Signal efficiency, and background events expected, of the same shape.
    sigmas
        The number a of standard deviations.

    Notes
    -----
    G. Punzi, arXiv:physics/0308063, Eq. 7; Ref. [47] of the paper.
    """
    return efficiency / (0.5 * sigmas + np.sqrt(background))


def optimise_working_point(
    mlp_range: MlpRange,
    signal: Mapping[float, ScoredSpectrum],
    background: ScoredSpectrum,
    sigma: SigmaOfMass,
    config: Classifiers,
) -> WorkingPoint:
    """Find the cut on one network at every signal mass of its range.

    Parameters
    ----------
    mlp_range
        The range; masses on its borders are used too.
    signal
        True-pair candidates for each generated mass in GeV.
    background
        Background candidates over the training interval, independent of the training; weights
        sum to the number expected in the data.
    sigma
        sigma(M_R) in GeV against dimuon mass.
    config
        Figure of merit and windows.

    Raises
    ------
    DomainError
        No mass has enough signal candidates.

    Notes
    -----
    Sec. IV D. The figure of merit is flat around its maximum, so the cut is taken in the middle
    (in efficiency) of the unbroken region around it that is within 1 %, which is much less noisy
    than the maximum itself; the cuts of a range are then smoothed over mass.
    """
    masses = np.array(
        sorted(
            mass
            for mass, spectrum in signal.items()
            if mlp_range.low_gev <= mass <= mlp_range.high_gev
            and len(spectrum.score) >= config.min_signal_candidates
        )
    )
    if len(masses) == 0:
        raise DomainError(
            "no signal mass with enough candidates for a working point",
            where=f"MLP range {mlp_range.index}",
            expected=f"at least {config.min_signal_candidates} candidates",
        )
    order = np.argsort(background.mass_gev)
    sorted_background = ScoredSpectrum(
        mass_gev=background.mass_gev[order],
        score=background.score[order],
        weight=background.weight[order],
    )
    local = [_window(mass, mlp_range, sorted_background, sigma, config) for mass in masses]
    raw = np.array(
        [
            _best_cut(signal[mass], near, scale, config)
            for mass, (near, scale) in zip(masses, local, strict=True)
        ]
    )
    cut = _smoothed(masses, raw, config.smoothing_degree)
    efficiency = np.array(
        [
            np.average(signal[mass].score > value, weights=signal[mass].weight)
            for mass, value in zip(masses, cut, strict=True)
        ]
    )
    after = np.array(
        [
            scale * near.weight[near.score > value].sum()
            for (near, scale), value in zip(local, cut, strict=True)
        ]
    )
    return WorkingPoint(
        mlp_range=mlp_range.index,
        mass_gev=masses,
        cut=cut,
        cut_raw=raw,
        efficiency=efficiency,
        background=after,
        background_before=np.array([scale * near.weight.sum() for near, scale in local]),
        figure_of_merit=punzi(efficiency, after, config.punzi_sigmas),
    )


def passes(
    working_points: Sequence[WorkingPoint], scores: Float32Array, mass_gev: FloatArray
) -> BoolArray:
    """Say which candidates pass the cut of each range.

    Parameters
    ----------
    working_points
        One per MLP range, in order.
    scores
        (n, ranges) outputs, NaN outside the training interval: these never pass.
    mass_gev
        (n,) post-fit dimuon mass of the candidates themselves.

    Returns
    -------
    (n, ranges) True where score_r > t_r(M).
    """
    result = np.zeros(scores.shape, dtype=np.bool_)
    for column, point in enumerate(working_points):
        rows = np.flatnonzero(np.isfinite(scores[:, column]))
        result[rows, column] = scores[rows, column] > point.threshold(mass_gev[rows])
    return result


def _window(
    mass: float,
    mlp_range: MlpRange,
    background: ScoredSpectrum,
    sigma: SigmaOfMass,
    config: Classifiers,
) -> tuple[ScoredSpectrum, float]:
    """Background counted near a mass, and the factor from there to the signal window.

    Both are symmetric in M_R, so that a slope makes no bias, unless they meet M_R = 0.
    """
    width = float(sigma(np.array([mass]))[0])
    centre = float(reduced_mass(mass))
    low, high = reduced_mass(np.array([mlp_range.interval_low_gev, mlp_range.interval_high_gev]))
    narrow = config.signal_window_sigmas * width
    wide = min(config.background_count_sigmas * width, centre - low, high - centre)
    wide = max(wide, narrow)
    edges = mass_from_reduced(np.array([max(centre - wide, 0.0), centre + wide]))
    first, last = np.searchsorted(background.mass_gev, edges)
    near = ScoredSpectrum(
        mass_gev=background.mass_gev[first:last],
        score=background.score[first:last],
        weight=background.weight[first:last],
    )
    counted = min(wide, centre) + wide
    return near, (min(narrow, centre) + narrow) / counted


def _best_cut(
    signal: ScoredSpectrum, near: ScoredSpectrum, scale: float, config: Classifiers
) -> float:
    """Cut in the middle of the plateau of the figure of merit."""
    order = np.argsort(signal.score)[::-1]
    share = np.cumsum(signal.weight[order]) / signal.weight.sum()
    wanted = np.linspace(0.0, 1.0, config.efficiency_steps + 1)[1:]
    index = np.minimum(np.searchsorted(share, wanted - 1e-9), len(share) - 1)
    cuts = signal.score[order][index].astype(np.float64)
    order_background = np.argsort(near.score)
    below = np.concatenate([[0.0], np.cumsum(near.weight[order_background])])
    passing = below[-1] - below[np.searchsorted(near.score[order_background], cuts, side="right")]
    # one candidate is added, so that where simulation ran out background is not taken for zero
    one = float(near.weight.mean()) if len(near.weight) else 0.0
    merit = punzi(share[index], scale * (passing + one), config.punzi_sigmas)
    best = int(np.argmax(merit))
    good = merit >= _PLATEAU * merit[best]
    first = best - int(np.argmin(good[best::-1])) if not good[: best + 1].all() else -1
    last = best + int(np.argmin(good[best:])) if not good[best:].all() else len(good)
    middle = 0.5 * (first + 1 + last - 1)
    return float(np.interp(middle, np.arange(len(cuts)), cuts))


def _smoothed(mass: FloatArray, cut: FloatArray, degree: int) -> FloatArray:
    """Fit the logits of the cuts by a polynomial in mass, of lower degree if masses are few."""
    logit = np.log(cut) - np.log1p(-np.minimum(cut, 1.0 - 1e-9))
    logit = np.clip(logit, -_LOGIT_BOUND, _LOGIT_BOUND)
    curve = Polynomial.fit(mass, logit, min(degree, max(len(mass) - 2, 0)))
    return np.asarray(1.0 / (1.0 + np.exp(-curve(mass))))
