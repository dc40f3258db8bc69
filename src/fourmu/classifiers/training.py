"""Training of one network (Sec. IV D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fourmu.config.classifiers import Classifiers
from fourmu.errors import DomainError
from fourmu.physics.kinematics import FloatArray

from .network import Float32Array, Network, evaluate
from .ranges import BoolArray, MlpRange

if TYPE_CHECKING:
    from fourmu.selection import Candidates

__all__ = ["LabelledSample", "TrainedNetwork", "split_events", "train_network"]


@dataclass(frozen=True, kw_only=True)
class LabelledSample:
    """Candidates of both classes with their weights."""

    variables: Float32Array
    """(n, k) inputs."""
    is_signal: BoolArray
    """(n,) class."""
    weight: FloatArray
    """(n,) weights; both classes have the same total and the mean is 1."""
    mass_gev: FloatArray
    """(n,) post-fit dimuon mass."""


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A network with the history of its training."""

    network: Network
    training_loss: FloatArray
    """(epochs,) cross entropy per candidate on the training sample, with weight decay."""
    validation_loss: FloatArray
    """(epochs,) cross entropy per candidate on the validation sample."""
    best_epoch: int
    """Epoch whose weights were kept."""
    training: LabelledSample
    validation: LabelledSample
    test: LabelledSample
    """Never seen by the training; performance is quoted for it."""


def split_events(
    event: npt.NDArray[np.int64], config: Classifiers, seed: int
) -> npt.NDArray[np.int8]:
    """Sample of each candidate: 0 training, 1 validation, 2 test.

    All candidates of an event go together, and where an event goes depends on its number and the
    seed only, not on what else is in the file.
    """
    # splitmix64 of the event number; wrapping multiplication is intended
    mask = (1 << 64) - 1
    offset = np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & mask)
    z = np.asarray(event, dtype=np.int64).astype(np.uint64) + offset
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    uniform = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    first = config.training_fraction
    return np.asarray(
        np.digitize(uniform, [first, first + config.validation_fraction]), dtype=np.int8
    )


def train_network(
    mlp_range: MlpRange,
    signal: Candidates,
    background: Candidates,
    variables: tuple[str, ...],
    config: Classifiers,
    seed: int,
) -> TrainedNetwork:
    """Train the network of one range.

    Parameters
    ----------
    mlp_range
        Range and training interval (post-fit dimuon mass).
    signal
        Candidates of the Z' training set; only true pairs with M(4mu) near sqrt(s) are used.
    background
        Candidates of the simulated background; likewise.
    variables
        Names of the inputs.
    config
        Architecture, sizes and stopping.
    seed
        Fixes the split, the draw of candidates, the initial weights and their shuffling.

    Raises
    ------
    DomainError
        A class has too few candidates in the interval.

    Notes
    -----
    Sec. IV D. scikit-learn's own early stopping splits by row; here whole events are kept out of
    the training, so every epoch is one ``partial_fit`` and the best epoch is kept. Background is
    weighted to the mass spectrum of the signal in bins of equal signal.
    """
    # scikit-learn takes a second to import, and evaluating networks does not need it
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]  # noqa: PLC0415
    from sklearn.utils import check_random_state  # type: ignore[import-untyped]  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    samples = [
        _labelled(mlp_range, signal, background, config, seed, rng, which) for which in range(3)
    ]
    training, validation, test = samples
    mean = training.variables.mean(axis=0, dtype=np.float64)
    scale = training.variables.std(axis=0, dtype=np.float64)
    mean32 = mean.astype(np.float32)
    scale32 = np.where(scale > 0.0, scale, 1.0).astype(np.float32)

    classifier = MLPClassifier(
        hidden_layer_sizes=config.hidden_layers,
        activation=config.activation,
        solver="adam",
        alpha=config.l2_penalty,
        batch_size=min(config.batch_size, len(training.weight)),
        learning_rate_init=config.learning_rate,
        # partial_fit draws from this state anew in every epoch
        random_state=check_random_state(seed % 2**32),
        n_iter_no_change=config.max_epochs + 1,
    )
    x = (training.variables - mean32) / scale32
    y = training.is_signal.astype(np.int64)
    weight = training.weight.astype(np.float32)
    losses: list[tuple[float, float]] = []
    best_network: Network | None = None
    best_epoch = -1
    best_loss = np.inf
    for epoch in range(config.max_epochs):
        classifier.partial_fit(x, y, sample_weight=weight, classes=np.array([0, 1]))
        network = Network(
            mlp_range=mlp_range,
            variables=variables,
            mean=mean32,
            scale=scale32,
            weights=tuple(np.array(w, dtype=np.float32) for w in classifier.coefs_),
            biases=tuple(np.array(b, dtype=np.float32) for b in classifier.intercepts_),
            activation=config.activation,
        )
        loss = _cross_entropy(evaluate(network, validation.variables), validation)
        losses.append((float(classifier.loss_), loss))
        if loss < best_loss:
            best_network, best_epoch, best_loss = network, epoch, loss
        elif epoch - best_epoch >= config.patience_epochs:
            break
    if best_network is None:
        raise DomainError(
            "the training of a network diverged", where=f"MLP range {mlp_range.index}"
        )
    return TrainedNetwork(
        network=best_network,
        training_loss=np.array([loss for loss, _ in losses]),
        validation_loss=np.array([loss for _, loss in losses]),
        best_epoch=best_epoch,
        training=training,
        validation=validation,
        test=test,
    )


def _labelled(
    mlp_range: MlpRange,
    signal: Candidates,
    background: Candidates,
    config: Classifiers,
    seed: int,
    rng: np.random.Generator,
    which: int,
) -> LabelledSample:
    """One of the three samples of a range, weights balanced."""
    four_muon_low, four_muon_high = config.training_four_muon_mass_gev
    rows = []
    for candidates, is_signal in ((signal, True), (background, False)):
        keep = mlp_range.covers(candidates.mass_gev)
        keep &= split_events(candidates.event, config, seed) == which
        keep &= (candidates.four_muon_mass_gev > four_muon_low) & (
            candidates.four_muon_mass_gev < four_muon_high
        )
        if is_signal:
            keep &= candidates.is_true_pair
        index = np.flatnonzero(keep)
        shares = (
            config.training_fraction,
            config.validation_fraction,
            1.0 - config.training_fraction - config.validation_fraction,
        )
        limit = round(config.max_training_candidates * shares[which] / shares[0])
        if len(index) > limit:
            index = np.sort(rng.choice(index, size=limit, replace=False))
        if len(index) < 2 * config.mass_balance_bins:
            raise DomainError(
                "too few candidates to train a network",
                where=f"MLP range {mlp_range.index}, {'signal' if is_signal else 'background'}",
                found=len(index),
                expected=f"at least {2 * config.mass_balance_bins}",
            )
        rows.append(index)
    mass_signal = np.asarray(signal.mass_gev[rows[0]], dtype=np.float64)
    mass_background = np.asarray(background.mass_gev[rows[1]], dtype=np.float64)
    weight_signal = np.asarray(signal.weight[rows[0]], dtype=np.float64)
    weight_background = np.asarray(background.weight[rows[1]], dtype=np.float64)
    weight_background = weight_background * _mass_balance(
        mass_signal, weight_signal, mass_background, weight_background, config.mass_balance_bins
    )
    n = len(mass_signal) + len(mass_background)
    return LabelledSample(
        variables=np.concatenate([signal.variables[rows[0]], background.variables[rows[1]]]),
        is_signal=np.arange(n) < len(mass_signal),
        weight=np.concatenate(
            [
                weight_signal * (0.5 * n / weight_signal.sum()),
                weight_background * (0.5 * n / weight_background.sum()),
            ]
        ),
        mass_gev=np.concatenate([mass_signal, mass_background]),
    )


def _mass_balance(
    mass_signal: FloatArray,
    weight_signal: FloatArray,
    mass_background: FloatArray,
    weight_background: FloatArray,
    bins: int,
) -> FloatArray:
    """Factors (n,) that give the background the mass spectrum of the signal."""
    inner = np.quantile(mass_signal, np.linspace(0.0, 1.0, bins + 1))[1:-1]
    bin_signal = np.digitize(mass_signal, inner)
    bin_background = np.digitize(mass_background, inner)
    total_signal = np.bincount(bin_signal, weights=weight_signal, minlength=bins)
    total_background = np.bincount(bin_background, weights=weight_background, minlength=bins)
    populated = total_background > 0.0
    factor = np.zeros(bins)
    factor[populated] = total_signal[populated] / total_background[populated]
    return np.asarray(factor[bin_background])


def _cross_entropy(score: Float32Array, sample: LabelledSample) -> float:
    """Weighted mean of -ln(probability of the true class)."""
    probability = np.where(sample.is_signal, score, 1.0 - score).astype(np.float64)
    log = np.log(np.maximum(probability, 1e-12))
    return float(-np.average(log, weights=sample.weight))
