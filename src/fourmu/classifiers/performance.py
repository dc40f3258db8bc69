"""How well the networks do: ROC, over-training, importance, rejection, multiplicity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.physics.kinematics import FloatArray

from .network import Float32Array, Network, evaluate
from .ranges import BoolArray
from .training import LabelledSample, TrainedNetwork

__all__ = [
    "NetworkPerformance",
    "Rejection",
    "RocCurve",
    "area_under_curve",
    "candidate_multiplicity",
    "network_performance",
    "permutation_importance",
    "rejection_against_mass",
    "roc_curve",
]


@dataclass(frozen=True, kw_only=True)
class RocCurve:
    """Efficiencies for all cuts, from the tightest to none."""

    signal_efficiency: FloatArray
    background_efficiency: FloatArray
    area: float
    """Probability that a random signal candidate scores higher than a background one."""


@dataclass(frozen=True, kw_only=True)
class NetworkPerformance:
    """Numbers to quote for one network."""

    mlp_range: int
    epochs: int
    best_epoch: int
    n_training_signal: int
    n_training_background: int
    auc_training: float
    auc_validation: float
    auc_test: float
    ks_signal_p: float
    """Kolmogorov-Smirnov p-value of training against test scores, signal."""
    ks_background_p: float
    """The same for background; rows of one event are correlated, so small values are expected a
    little more often than nominal."""
    importance: tuple[tuple[str, float], ...]
    """Loss of AUC on the test sample when a variable (or a group, joined by +) is shuffled,
    largest first."""
    roc: RocCurve
    """On the test sample, at 201 signal efficiencies."""

    def to_dict(self) -> dict[str, Any]:
        """Numbers and names that JSON can hold."""
        return {
            **{f.name: getattr(self, f.name) for f in fields(self) if f.name != "roc"},
            "importance": [list(pair) for pair in self.importance],
            "roc": {
                "signal_efficiency": self.roc.signal_efficiency.tolist(),
                "background_efficiency": self.roc.background_efficiency.tolist(),
                "area": self.roc.area,
            },
        }


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Background before and after the cut, in bins of dimuon mass."""

    bin_low_gev: FloatArray
    bin_high_gev: FloatArray
    before: FloatArray
    """Weighted candidates before the cut."""
    after: FloatArray
    """Weighted candidates after the cut of the range that holds the bin's candidate."""
    factor: FloatArray
    """before / after; NaN where nothing is left."""


def roc_curve(score: Float32Array, is_signal: BoolArray, weight: FloatArray) -> RocCurve:
    """ROC curve of weighted candidates (n,), tied scores taken together."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    signal = np.cumsum(np.where(is_signal[order], weight[order], 0.0))[last_of_tie]
    background = np.cumsum(np.where(is_signal[order], 0.0, weight[order]))[last_of_tie]
    signal = np.concatenate([[0.0], signal / signal[-1]])
    background = np.concatenate([[0.0], background / background[-1]])
    return RocCurve(
        signal_efficiency=signal,
        background_efficiency=background,
        area=float(np.trapezoid(signal, background)),
    )


def area_under_curve(network: Network, sample: LabelledSample) -> float:
    """Area under the ROC curve of a network on a sample."""
    score = evaluate(network, sample.variables)
    return roc_curve(score, sample.is_signal, sample.weight).area


def permutation_importance(
    network: Network,
    sample: LabelledSample,
    groups: Sequence[tuple[str, ...]],
    rng: np.random.Generator,
    max_candidates: int = 20_000,
) -> tuple[tuple[str, float], ...]:
    """Loss of AUC when variables are shuffled among candidates of the sample.

    Parameters
    ----------
    network, sample
        What is tested, and on which candidates.
    groups
        Sets of variables, each shuffled together.
    rng
        Shuffles.
    max_candidates
        A random subset of this size is used at most.

    Returns
    -------
    Pairs (name, loss), largest loss first; names of a group are joined by ``+``.
    """
    n = len(sample.weight)
    rows = rng.permutation(n)[:max_candidates]
    x, is_signal, weight = sample.variables[rows], sample.is_signal[rows], sample.weight[rows]
    reference = roc_curve(evaluate(network, x), is_signal, weight).area
    losses = []
    for group in groups:
        columns = [network.variables.index(name) for name in group]
        shuffled = x.copy()
        shuffled[:, columns] = x[rng.permutation(len(x))][:, columns]
        area = roc_curve(evaluate(network, shuffled), is_signal, weight).area
        losses.append(("+".join(group), reference - area))
    return tuple(sorted(losses, key=lambda pair: -pair[1]))


def network_performance(
    trained: TrainedNetwork,
    rng: np.random.Generator,
    groups: Sequence[tuple[str, ...]] = (),
) -> NetworkPerformance:
    """Collect the numbers that are quoted for a trained network.

    Parameters
    ----------
    trained
        Network with its samples.
    rng
        For the permutation importance.
    groups
        Sets of variables whose joint importance is wanted beside that of each variable.
    """
    network = trained.network
    training, test = trained.training, trained.test
    score_training = evaluate(network, training.variables)
    score_test = evaluate(network, test.variables)
    roc_test = _thinned(roc_curve(score_test, test.is_signal, test.weight))
    # each variable alone, then the groups; one that is asked for twice is shuffled once
    sets = dict.fromkeys([*((name,) for name in network.variables), *groups])
    return NetworkPerformance(
        mlp_range=network.mlp_range.index,
        epochs=len(trained.validation_loss),
        best_epoch=trained.best_epoch,
        n_training_signal=int(training.is_signal.sum()),
        n_training_background=int((~training.is_signal).sum()),
        auc_training=roc_curve(score_training, training.is_signal, training.weight).area,
        auc_validation=area_under_curve(network, trained.validation),
        auc_test=roc_test.area,
        ks_signal_p=_ks(score_training[training.is_signal], score_test[test.is_signal]),
        ks_background_p=_ks(score_training[~training.is_signal], score_test[~test.is_signal]),
        importance=permutation_importance(network, test, list(sets), rng),
        roc=roc_test,
    )


def rejection_against_mass(
    edges_gev: FloatArray,
    mass_gev: FloatArray,
    weight: FloatArray,
    passed: BoolArray,
    range_index: npt.NDArray[np.int64],
) -> Rejection:
    """Background rejection of the working points in bins of dimuon mass.

    Parameters
    ----------
    edges_gev
        (k + 1,) bin edges.
    mass_gev, weight
        (n,) background candidates.
    passed
        (n, ranges) what passes the cut of each range.
    range_index
        (n,) range of each candidate's own mass, -1 for none.
    """
    inside = range_index >= 0
    kept = np.zeros(len(mass_gev), dtype=np.bool_)
    rows = np.flatnonzero(inside)
    kept[rows] = passed[rows, range_index[rows]]
    before, _ = np.histogram(mass_gev[inside], edges_gev, weights=weight[inside])
    after, _ = np.histogram(mass_gev[kept], edges_gev, weights=weight[kept])
    factor = np.full(len(before), np.nan)
    np.divide(before, after, out=factor, where=after > 0.0)
    return Rejection(
        bin_low_gev=edges_gev[:-1],
        bin_high_gev=edges_gev[1:],
        before=before,
        after=after,
        factor=factor,
    )


def candidate_multiplicity(event: npt.NDArray[np.int64], kept: BoolArray) -> float:
    """Mean number of kept candidates per event that keeps at least one; NaN if none does.

    Parameters
    ----------
    event
        (n,) event numbers.
    kept
        (n,) candidates that pass the cut of the range of their own mass.
    """
    remaining = event[kept]
    if len(remaining) == 0:
        return float("nan")
    return float(len(remaining) / len(np.unique(remaining)))


def _thinned(roc: RocCurve) -> RocCurve:
    """Interpolate a curve at 201 signal efficiencies; the area stays that of all candidates."""
    signal_efficiency = np.linspace(0.0, 1.0, 201)
    return RocCurve(
        signal_efficiency=signal_efficiency,
        background_efficiency=np.interp(
            signal_efficiency, roc.signal_efficiency, roc.background_efficiency
        ),
        area=roc.area,
    )


def _ks(first: Float32Array, second: Float32Array) -> float:
    """Two-sample Kolmogorov-Smirnov p-value."""
    # scipy.stats takes a second to import, and only training needs it
    from scipy.stats import ks_2samp  # noqa: PLC0415

    return float(ks_2samp(first, second, method="asymp").pvalue)
