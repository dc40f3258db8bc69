"""Coverage: how often limits lie above the true signal strength."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.statmodel.batch import Batch

from .chunks import run_chunks
from .expected_bands import limits_of_data_sets
from .likelihood import likelihood
from .pseudo_data import draw_pseudo_data, window_data
from .toy_p_values import toy_p_values

__all__ = ["Coverage", "coverage", "gaussian_cls_coverage"]

Floats = NDArray[np.float64]

_EXPERIMENTS_PER_CHUNK = 25
_UNDECIDED = 2.0  # standard deviations of CLs from the level
_MORE = 4  # times as many toys where it is undecided


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Fractions of pseudo-experiments in which a true signal strength is not excluded.

    Attributes
    ----------
    strength
        The true value of the parameter of interest.
    experiments
        Number of pseudo-experiments.
    cls
        By CLs of toys, which is the coverage of the limits by toys.
    p_sb
        By CLs+b of toys, which should be the confidence level.
    asymptotic
        By the asymptotic limits.
    n_failed
        Pseudo-experiments without an asymptotic limit; they are left out there.
    """

    strength: float
    experiments: int
    cls: float
    p_sb: float
    asymptotic: float
    n_failed: int

    def error(self, fraction: float) -> float:
        """Binomial standard deviation if the true coverage is ``fraction``."""
        return float(np.sqrt(fraction * (1.0 - fraction) / self.experiments))


def coverage(
    batch: Batch,
    place: int,
    truth: Floats,
    *,
    experiments: int,
    toys: int,
    seed: int,
    settings: Inference | None = None,
    threads: int | None = None,
) -> Coverage:
    """Measure the coverage of the limits of one window at one true signal strength.

    Parameters
    ----------
    batch, place
        The windows, and the one that is meant.
    truth
        All parameters of the pseudo-experiments, the parameter of interest positive, shape (n,).
    experiments
        Number of pseudo-experiments.
    toys
        Of each hypothesis per pseudo-experiment; four times as many where CLs is within two of
        its errors of the level.
    seed
        Of the whole measurement.
    settings
        Confidence level and tolerances.
    threads
        Number of threads; the result does not depend on it.

    Notes
    -----
    A limit by toys lies above the truth where CLs there is not below 1 - confidence level, so
    that only the true strength is tested.
    """
    settings = Inference() if settings is None else settings
    data = window_data(batch, place)
    rates = likelihood(batch, place, truth).rates
    level = 1.0 - settings.confidence_level
    strength = float(truth[data.poi])
    start = truth.copy()
    start[data.poi] = 0.0

    def work(chunk: NDArray[np.int64]) -> tuple[int, int, Floats]:
        rng = np.random.default_rng([seed, int(chunk[0])])
        counts, auxiliary = draw_pseudo_data(rng, data, rates, truth, chunk.size)
        inside_cls, inside_p_sb = 0, 0
        for n, a in zip(counts, auxiliary, strict=True):
            drawn = replace(data, observed=n, auxiliary=a)
            number = toys
            for _ in range(2):
                found = toy_p_values(
                    batch, drawn, [strength], number, rng, start=start, settings=settings
                )
                if abs(found.cls[0] - level) > _UNDECIDED * found.cls_error[0]:
                    break
                number = _MORE * toys
            inside_cls += bool(found.cls[0] >= level)
            inside_p_sb += bool(found.p_sb[0] >= level)
        return inside_cls, inside_p_sb, limits_of_data_sets(
            batch, place, counts, auxiliary, settings
        )  # fmt: skip

    chunks = [
        np.arange(first, min(first + _EXPERIMENTS_PER_CHUNK, experiments))
        for first in range(0, experiments, _EXPERIMENTS_PER_CHUNK)
    ]
    parts = run_chunks(work, chunks, threads=threads, progress=None, store=None)
    asymptotic = np.concatenate([limits for _, _, limits in parts])
    known = asymptotic[np.isfinite(asymptotic)]
    return Coverage(
        strength=strength,
        experiments=experiments,
        cls=sum(part[0] for part in parts) / experiments,
        p_sb=sum(part[1] for part in parts) / experiments,
        asymptotic=float(np.mean(known >= strength)) if known.size else float("nan"),
        n_failed=asymptotic.size - known.size,
    )


def gaussian_cls_coverage(strength: float, confidence_level: float) -> float:
    """Coverage of CLs limits where the best fit is Gaussian, from its definition.

    Parameters
    ----------
    strength
        True signal in standard deviations of the best fit.
    confidence_level
        Of the limits.

    Notes
    -----
    An outcome x excludes the strength s if Phi(x - s) < alpha Phi(x), that is below some x_0; that
    happens with probability alpha Phi(x_0).
    """
    normal, alpha = NormalDist(), 1.0 - confidence_level
    if strength <= 0.0:
        return 1.0
    low, high = -8.0, strength
    for _ in range(100):
        middle = 0.5 * (low + high)
        if normal.cdf(middle - strength) < alpha * normal.cdf(middle):
            low = middle
        else:
            high = middle
    return 1.0 - alpha * normal.cdf(low)
