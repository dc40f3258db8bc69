"""Adaptive tables of a mixture of channels: how the unit cube of each channel is filled.

A channel maps numbers y between 0 and 1, one per dimension, to phase space so that its peaks are
flat. What is left is learnt: each dimension of a channel has cells of equal width in y with a
density that follows the weights, and each channel has a share of the points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.kernels import internal_kernel
from fourmu.physics.kinematics import FloatArray

__all__ = [
    "CELLS",
    "ChannelTables",
    "Training",
    "draw_channel",
    "draw_unit",
    "even_tables",
    "new_training",
    "train_point",
    "trained_tables",
    "unit_cell",
]

CELLS = 48
"""Cells of a dimension."""
_POWER = 2.0
_DAMPING = 0.6
_PRIOR_POINTS = 8.0
_EVEN_SHARE = 0.02
_SHARE_FLOOR = 0.002

IntArray = npt.NDArray[np.int64]


class ChannelTables(NamedTuple):
    """Shares of channels and densities of their dimensions.

    Attributes
    ----------
    share, share_sum
        (c,) probability of the channels, (c + 1,) their sums.
    density, density_sum
        (c, d, cells) density in y, mean one; (c, d, cells + 1) its integral up to each edge.
    """

    share: FloatArray
    share_sum: FloatArray
    density: FloatArray
    density_sum: FloatArray


class Training(NamedTuple):
    """Sums over points, each counted by the probability that a channel made it.

    Attributes
    ----------
    share, cells
        (2, c) and (2, c, d, cells): points, and points times weight^2.
    """

    share: FloatArray
    cells: FloatArray


def even_tables(share: FloatArray, dimensions: int) -> ChannelTables:
    """Tables before training: channels with the given shares, every y equally likely."""
    return _with_sums(np.asarray(share, dtype=np.float64), np.ones((len(share), dimensions, CELLS)))


def new_training(tables: ChannelTables) -> Training:
    """Sums at zero."""
    channels, dimensions, cells = tables.density.shape
    return Training(share=np.zeros((2, channels)), cells=np.zeros((2, channels, dimensions, cells)))


def _with_sums(share: FloatArray, density: FloatArray) -> ChannelTables:
    share = share / share.sum()
    density = density / density.mean(axis=-1, keepdims=True)
    channels, dimensions, cells = density.shape
    sums = np.zeros((channels, dimensions, cells + 1))
    sums[..., 1:] = np.cumsum(density, axis=-1) / cells
    sums[..., -1] = 1.0
    total = np.concatenate([[0.0], np.cumsum(share)])
    total[-1] = 1.0
    return ChannelTables(share=share, share_sum=total, density=density, density_sum=sums)


def trained_tables(tables: ChannelTables, training: Training, mean_weight: float) -> ChannelTables:
    """Tables after one round of training.

    Parameters
    ----------
    tables
        Those the points were drawn from.
    training
        Sums of that round.
    mean_weight
        Mean weight of its points.

    Notes
    -----
    Entries are multiplied by a damped root of the mean weight^2, which lowers the largest
    weights; the undamped update is not stable. A small even part stays, and no channel in use
    falls below a floor, so that nothing is lost for good.
    """

    def factor(points: FloatArray, lifted: FloatArray) -> FloatArray:
        mean = (lifted + _PRIOR_POINTS * mean_weight**_POWER) / (points + _PRIOR_POINTS)
        return np.asarray(np.clip(mean ** (1.0 / _POWER) / mean_weight, 0.05, 5.0) ** _DAMPING)

    density = tables.density * factor(*training.cells)
    density = density / density.mean(axis=-1, keepdims=True)
    share = tables.share * factor(*training.share)
    share = np.where(tables.share > 0.0, np.maximum(share / share.sum(), _SHARE_FLOOR), 0.0)
    return _with_sums(share, (1.0 - _EVEN_SHARE) * density + _EVEN_SHARE)


@internal_kernel
def draw_channel(rng: np.random.Generator, tables: ChannelTables) -> int:
    """Channel of the next point."""
    r = rng.random()
    channel = 0
    while channel < len(tables.share) - 1 and r >= tables.share_sum[channel + 1]:
        channel += 1
    return channel


@internal_kernel
def draw_unit(
    rng: np.random.Generator, tables: ChannelTables, channel: int, dimension: int
) -> float:
    """Number y of one dimension of a channel, between 0 and 1."""
    sums = tables.density_sum[channel, dimension]
    r = rng.random()
    cell = min(int(np.searchsorted(sums, r, side="right")) - 1, CELLS - 1)
    return float((cell + (r - sums[cell]) / (sums[cell + 1] - sums[cell])) / CELLS)


@internal_kernel
def unit_cell(y: float) -> int:
    """Cell of y."""
    return min(max(int(y * CELLS), 0), CELLS - 1)


@internal_kernel
def train_point(
    training: Training, weight: float, parts: FloatArray, cells: IntArray, lane: int
) -> None:
    """Add one point: ``parts`` (c, lanes) are the probabilities that channels made it."""
    lifted = weight * weight
    for c in range(len(parts)):
        part = parts[c, lane]
        if part <= 0.0:
            continue
        training.share[0, c] += part
        training.share[1, c] += part * lifted
        for d in range(cells.shape[1]):
            training.cells[0, c, d, cells[c, d, lane]] += part
            training.cells[1, c, d, cells[c, d, lane]] += part * lifted
