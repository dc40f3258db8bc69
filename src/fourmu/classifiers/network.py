"""A trained network as plain numbers, and its evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError, InputError

from .ranges import MlpRange

if TYPE_CHECKING:
    from fourmu.selection import Candidates

__all__ = ["Network", "evaluate", "scores"]

Float32Array = npt.NDArray[np.float32]

_BLOCK = 8192  # candidates per matrix product: intermediate layers stay in cache


@dataclass(frozen=True, kw_only=True)
class Network:
    """A multilayer perceptron with one logistic output, as numbers only.

    The output is logistic(... act((x - mean) / scale @ weights[0] + biases[0]) ...): near 1 for
    signal, near 0 for background.
    """

    mlp_range: MlpRange
    """Range it serves and interval it was trained in."""
    variables: tuple[str, ...]
    """Names of the inputs, in order."""
    mean: Float32Array
    """(k,) subtracted from the inputs."""
    scale: Float32Array
    """(k,) the inputs are divided by."""
    weights: tuple[Float32Array, ...]
    """One (inputs, outputs) matrix per layer."""
    biases: tuple[Float32Array, ...]
    """One (outputs,) vector per layer."""
    activation: str
    """``relu`` or ``tanh``, of all layers but the last."""

    def __post_init__(self) -> None:
        sizes = [len(self.variables), *(len(bias) for bias in self.biases)]
        shapes = list(pairwise(sizes))
        arrays = (self.mean, self.scale, *self.weights, *self.biases)
        if [weight.shape for weight in self.weights] != shapes or sizes[-1] != 1:
            raise ConsistencyError(
                "the layers of a network do not fit together",
                where=f"network {self.mlp_range.index}",
                found=[weight.shape for weight in self.weights],
                expected=shapes,
            )
        if self.mean.shape != (sizes[0],) or self.scale.shape != (sizes[0],):
            raise ConsistencyError(
                "mean and scale of a network need one number per variable",
                where=f"network {self.mlp_range.index}",
            )
        if not all(np.all(np.isfinite(array)) for array in arrays):
            raise ConsistencyError(
                "a network holds a number that is not finite",
                where=f"network {self.mlp_range.index}",
            )
        if self.activation not in {"relu", "tanh"}:
            raise ConsistencyError(
                "unknown activation of a network", found=self.activation, expected="relu or tanh"
            )

    def to_dict(self) -> dict[str, Any]:
        """Numbers and names that JSON can hold; single precision survives exactly."""
        return {
            "mlp_range": {
                "index": self.mlp_range.index,
                "low_gev": self.mlp_range.low_gev,
                "high_gev": self.mlp_range.high_gev,
                "interval_low_gev": self.mlp_range.interval_low_gev,
                "interval_high_gev": self.mlp_range.interval_high_gev,
            },
            "variables": list(self.variables),
            "activation": self.activation,
            "output": "logistic",
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "weights": [weight.tolist() for weight in self.weights],
            "biases": [bias.tolist() for bias in self.biases],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Network:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        InputError
            A key is missing or a value has the wrong type.
        """
        try:
            return cls(
                mlp_range=MlpRange(**content["mlp_range"]),
                variables=tuple(content["variables"]),
                mean=np.asarray(content["mean"], dtype=np.float32),
                scale=np.asarray(content["scale"], dtype=np.float32),
                weights=tuple(np.asarray(w, dtype=np.float32) for w in content["weights"]),
                biases=tuple(np.asarray(b, dtype=np.float32) for b in content["biases"]),
                activation=content["activation"],
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ConsistencyError):
                raise
            raise InputError(f"not an exported network: {error!r}") from error


def evaluate(network: Network, variables: Float32Array) -> Float32Array:
    """Output of a network.

    Parameters
    ----------
    network
        The network.
    variables
        (n, k) inputs in its order.

    Returns
    -------
    (n,) numbers between 0 and 1, single precision.
    """
    n = len(variables)
    output = np.empty(n, dtype=np.float32)
    for start in range(0, n, _BLOCK):
        x = (variables[start : start + _BLOCK] - network.mean) / network.scale
        for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
            x = x @ weight
            x += bias
            if network.activation == "relu":
                np.maximum(x, 0.0, out=x)
            else:
                np.tanh(x, out=x)
        logit = (x @ network.weights[-1] + network.biases[-1])[:, 0]
        # the tanh form cannot overflow
        output[start : start + _BLOCK] = 0.5 * (1.0 + np.tanh(0.5 * logit))
    return output


def scores(networks: Sequence[Network], candidates: Candidates) -> Float32Array:
    """Output of every network for every candidate it was trained for.

    Parameters
    ----------
    networks
        One per MLP range.
    candidates
        Their post-fit mass decides which networks are evaluated: one, or two near a border.

    Returns
    -------
    (n, number of networks) outputs in 0..1, NaN where the candidate's mass is outside the
    training interval of the network.
    """
    mass = np.asarray(candidates.mass_gev)
    result = np.full((len(mass), len(networks)), np.nan, dtype=np.float32)
    for column, network in enumerate(networks):
        rows = np.flatnonzero(network.mlp_range.covers(mass))
        if len(rows):
            result[rows, column] = evaluate(network, candidates.variables[rows])
    return result
