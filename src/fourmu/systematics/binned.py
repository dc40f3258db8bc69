"""Efficiencies in bins, and what they say about events with several tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray

__all__ = ["BinnedEfficiency", "at_least_one", "at_least_three", "efficiency_in_bins"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class BinnedEfficiency:
    """Share of probes that pass, in bins of one or more quantities.

    Attributes
    ----------
    edges
        Edges of the bins of each quantity.
    passed, total
        Counts, flattened over all quantities in C order, shape (b,).
    """

    edges: tuple[FloatArray, ...]
    passed: FloatArray
    total: FloatArray

    @property
    def value(self) -> FloatArray:
        """(b,) efficiency; that of all bins together where there are no probes."""
        overall = self.passed.sum() / max(float(self.total.sum()), 1.0)
        return np.where(self.total > 0, self.passed / np.maximum(self.total, 1.0), overall)

    @property
    def error(self) -> FloatArray:
        """(b,) binomial standard deviation; 0.5 where there are no probes.

        The variance is that at (k + 1)/(n + 2), so that no bin is without error.
        """
        share = (self.passed + 1.0) / (self.total + 2.0)
        error = np.sqrt(share * (1.0 - share) / np.maximum(self.total, 1.0))
        return np.where(self.total > 0, error, 0.5)

    def bins_of(self, *coordinates: FloatArray) -> IntArray:
        """Bin of each probe; beyond the edges it is the last one."""
        return _bins(self.edges, coordinates)

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "edges": [edge.tolist() for edge in self.edges],
            "passed": self.passed.tolist(),
            "total": self.total.tolist(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> BinnedEfficiency:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            edges=tuple(np.asarray(edge, dtype=np.float64) for edge in content["edges"]),
            passed=np.asarray(content["passed"], dtype=np.float64),
            total=np.asarray(content["total"], dtype=np.float64),
        )

    def __add__(self, other: BinnedEfficiency) -> BinnedEfficiency:
        """Join samples with the same bins."""
        if len(self.edges) != len(other.edges) or not all(
            np.array_equal(a, b) for a, b in zip(self.edges, other.edges, strict=True)
        ):
            raise ConsistencyError("efficiencies in different bins do not add")
        return BinnedEfficiency(
            edges=self.edges,
            passed=self.passed + other.passed,
            total=self.total + other.total,
        )


def efficiency_in_bins(
    coordinates: Sequence[FloatArray], edges: Sequence[FloatArray], passed: BoolArray
) -> BinnedEfficiency:
    """Count probes.

    Parameters
    ----------
    coordinates
        (n,) of each quantity.
    edges
        Of each quantity; probes beyond them count in the outermost bins.
    passed
        (n,) which probes pass.
    """
    known = tuple(np.asarray(edge, dtype=np.float64) for edge in edges)
    place = _bins(known, coordinates)
    size = int(np.prod([len(edge) - 1 for edge in known]))
    return BinnedEfficiency(
        edges=known,
        passed=np.bincount(place[passed], minlength=size).astype(np.float64),
        total=np.bincount(place, minlength=size).astype(np.float64),
    )


def _bins(edges: Sequence[FloatArray], coordinates: Sequence[FloatArray]) -> IntArray:
    """Flat index in C order."""
    place = np.zeros(np.shape(coordinates[0]), dtype=np.int64)
    for edge, values in zip(edges, coordinates, strict=True):
        index = np.searchsorted(edge, values, side="right") - 1
        place = place * (len(edge) - 1) + np.clip(index, 0, len(edge) - 2)
    return place


def at_least_three(efficiency: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probability that at least three of four independent tracks pass, and its gradient.

    Parameters
    ----------
    efficiency
        (n, 4) of each track.

    Returns
    -------
    probability, gradient
        (n,) and (n, 4); the derivative with respect to a track is the probability that exactly
        two of the others pass.

    Examples
    --------
    >>> at_least_three(np.array([[1.0, 1.0, 0.5, 0.5]]))[0].tolist()
    [0.75]
    """
    e, f = efficiency, 1.0 - efficiency
    every = np.prod(e, axis=1)
    gradient = np.empty_like(e)
    missing = np.empty_like(e)
    for i in range(4):
        a, b, c = (k for k in range(4) if k != i)
        three = e[:, a] * e[:, b] * e[:, c]
        missing[:, i] = f[:, i] * three
        gradient[:, i] = (
            f[:, a] * e[:, b] * e[:, c] + e[:, a] * f[:, b] * e[:, c] + e[:, a] * e[:, b] * f[:, c]
        )
    return every + missing.sum(axis=1), gradient


def at_least_one(efficiency: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probability that at least one of k independent tracks passes, and its gradient.

    Parameters
    ----------
    efficiency
        (n, k) of each track.
    """
    fails = 1.0 - efficiency
    gradient = np.empty_like(fails)
    for i in range(fails.shape[1]):
        gradient[:, i] = np.prod(np.delete(fails, i, axis=1), axis=1)
    return 1.0 - np.prod(fails, axis=1), gradient
