"""p-values of given signal strengths by toys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fourmu.config.inference import Inference
from fourmu.errors import DomainError
from fourmu.statmodel.batch import Batch

from .pseudo_data import WindowData
from .toy_curves import TIE
from .toy_sample import BACKGROUND, DEFICIT, SIGNAL, Sample, draw_sample, hypotheses

__all__ = ["ToyPValues", "toy_p_values"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ToyPValues:
    """What toys say about K values of mu, with statistical errors.

    Attributes
    ----------
    values
        Tested mu, shape (K,).
    q_observed
        q~_mu of the data, shape (K,).
    p_sb, p_sb_error
        Probability of such a q~_mu or a larger one with the signal (CLs+b), shape (K,).
    p_b, p_b_error
        The same without signal (CLb).
    cls, cls_error
        Their ratio; the same toys enter both.
    n_toys, n_failed
        Toys used, and those of which a fit did not converge.
    """

    values: Floats
    q_observed: Floats
    p_sb: Floats
    p_sb_error: Floats
    p_b: Floats
    p_b_error: Floats
    cls: Floats
    cls_error: Floats
    n_toys: int
    n_failed: int


def toy_p_values(
    batch: Batch,
    data: WindowData,
    values: ArrayLike,
    toys: int,
    rng: np.random.Generator,
    *,
    start: ArrayLike | None = None,
    settings: Inference | None = None,
) -> ToyPValues:
    """CLs+b, CLb and CLs of one window at given values of mu.

    Parameters
    ----------
    batch
        The windows.
    data
        One of them, from :func:`~fourmu.inference.pseudo_data.window_data`; its counts and
        auxiliary data may have been replaced by others.
    values
        Tested mu, positive and increasing, shape (K,).
    toys
        Number of toys of each hypothesis: each value, and no signal.
    rng
        Source of random numbers.
    start
        Parameters that the fits start from; the workspace's initial values if None.
    settings
        Tolerances.

    Raises
    ------
    DomainError
        Values that are not positive and increasing.
    ConvergenceError
        A fit to the data did not converge.

    Notes
    -----
    All toys serve all values, see :mod:`~fourmu.inference.toy_sample`.
    """
    settings = Inference() if settings is None else settings
    tested = np.array(values, dtype=np.float64)
    if tested.ndim != 1 or tested.size == 0 or not (np.diff(tested, prepend=0.0) > 0.0).all():
        raise DomainError("tested values must be positive and increase", found=tested.tolist())
    first, last = batch.tables.parameter_start[data.place : data.place + 2]
    begin = np.array(batch.tables.init[first:last] if start is None else start, dtype=np.float64)
    begin[data.poi] = 0.0
    given = hypotheses(batch, data, tested, begin, float(tested[0]), settings)
    sizes = np.full(given.rates.shape[0], toys, dtype=np.int64)
    sizes[DEFICIT] = toys // 2 if given.has_deficit else 0
    sample = draw_sample(batch, given, sizes, rng, settings)
    beyond = sample.q >= given.q_observed - TIE * (1.0 + given.q_observed)
    weights = sample.densities()
    p_sb, of_sb = _probability(weights[:, SIGNAL:], beyond)
    p_b, of_b = _probability(weights[:, BACKGROUND : BACKGROUND + 1], beyond)
    cls = p_sb / p_b
    return ToyPValues(
        values=tested,
        q_observed=given.q_observed,
        p_sb=p_sb,
        p_sb_error=_error(sample, of_sb),
        p_b=p_b,
        p_b_error=_error(sample, of_b),
        cls=cls,
        cls_error=_error(sample, of_sb / p_b - cls * of_b / p_b),
        n_toys=len(sample),
        n_failed=sample.failed,
    )


def _probability(weights: Floats, beyond: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Weighted fractions, shape (K,), and what each toy adds to their deviation, (N, K)."""
    normalised = weights / weights.sum(axis=0)
    fraction: Floats = (normalised * beyond).sum(axis=0)
    return fraction, normalised * (beyond - fraction)


def _error(sample: Sample, parts: Floats) -> Floats:
    """Standard deviation of sums over toys whose numbers by component are fixed."""
    variance = np.zeros(parts.shape[1])
    for component, size in enumerate(sample.sizes):
        if size > 1:
            own = parts[sample.component == component]
            variance += size * own.var(axis=0, ddof=1)
    error: Floats = np.sqrt(variance)
    return error
