"""Fit of the signal shape to simulated M_R at one mass (Secs. IV E and V)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from iminuit import Minuit  # type: ignore[import-untyped]

from fourmu.physics.constants import SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray

from .crystal_ball import SHAPE_PARAMETERS, DoubleCrystalBall

__all__ = ["BinnedSample", "ShapeFit", "bin_sample", "deviance", "fit_shape"]

_LIMITS: Mapping[str, tuple[float, float]] = {
    "width_ratio": (1.0, 5.0),
    "fraction": (0.05, 0.98),
    "alpha_1": (0.1, 4.0),
    "n_1": (1.2, 30.0),
    "alpha_2": (0.1, 4.0),
    "n_2": (1.2, 30.0),
}
_START: Mapping[str, float] = {
    "width_ratio": 2.0,
    "fraction": 0.75,
    "alpha_1": 1.6,
    "n_1": 3.0,
    "alpha_2": 1.0,
    "n_2": 3.0,
}


@dataclass(frozen=True, kw_only=True)
class BinnedSample:
    """M_R of one mass in bins that are fine in the peak and grow outwards."""

    edges_gev: FloatArray
    """(n + 1,) edges; the outermost are the ends of what can be seen."""
    content: FloatArray
    """(n,) sums of weights."""
    effective: float
    """Events per unit of weight, sum w / sum w^2: scales the likelihood of weighted samples."""
    centre_gev: float
    """Median."""
    width_gev: float
    """Half the central interval that holds 68 %."""

    @property
    def total(self) -> float:
        """Sum of weights."""
        return float(self.content.sum())

    @property
    def degrees(self) -> int:
        """Degrees of freedom of a comparison with a shape."""
        return max(int(np.count_nonzero(self.content)) - 1, 1)


@dataclass(frozen=True, kw_only=True)
class ShapeFit:
    """Shape of one mass."""

    shape: DoubleCrystalBall
    covariance: FloatArray
    """(8, 8) of the parameters."""
    n_candidates: float
    """Sum of weights."""
    chi2_per_dof: float
    """Goodness of fit, from the likelihood ratio to the saturated model."""
    valid: bool
    """The minimum was found."""


def bin_sample(
    reduced_mass_gev: FloatArray,
    weight: FloatArray,
    low_gev: float = 0.0,
    high_gev: float = SQRT_S_GEV,
) -> BinnedSample:
    """Fill M_R of one mass into about 130 bins.

    Parameters
    ----------
    reduced_mass_gev, weight
        (n,) true-pair candidates.
    low_gev, high_gev
        Ends of what can be seen; the first and the last bin reach there, so candidates far from
        the peak count as well.

    Notes
    -----
    A tenth of the width per bin in the core: no visible difference to an unbinned fit, and the
    time does not grow with the sample.
    """
    low, centre, high = np.quantile(reduced_mass_gev, [0.1587, 0.5, 0.8413])
    width = max(0.5 * float(high - low), 1e-5)
    positive = np.cumsum(np.concatenate([np.full(40, 0.1), 0.1 * 1.12 ** np.arange(1, 29)]))
    inner = float(centre) + width * np.concatenate([-positive[::-1], [0.0], positive])
    inner = inner[(inner > low_gev + 0.02 * width) & (inner < high_gev - 0.02 * width)]
    edges = np.concatenate([[low_gev], inner, [high_gev]])
    content, _ = np.histogram(reduced_mass_gev, edges, weights=weight)
    return BinnedSample(
        edges_gev=edges,
        content=content.astype(np.float64),
        effective=float(weight.sum() / np.square(weight).sum()),
        centre_gev=float(centre),
        width_gev=width,
    )


@cache
def _crystal_ball_cdf() -> Callable[..., FloatArray]:
    """Import what takes three seconds, and what only fits need, at the first fit.

    An import statement in a function of a fit takes longer than the function.
    """
    from numba_stats import crystalball  # type: ignore[import-untyped]  # noqa: PLC0415

    found: Callable[..., FloatArray] = crystalball.cdf
    return found


def deviance(sample: BinnedSample, parameters: FloatArray) -> float:
    """Minus twice the log likelihood ratio of a shape to the saturated model.

    Parameters
    ----------
    sample
        Binned candidates; the shape is normalised between its outermost edges.
    parameters
        (8,) in the order of ``SHAPE_PARAMETERS``.
    """
    cdf = _crystal_ball_cdf()
    mean, sigma, ratio, fraction, alpha_1, n_1, alpha_2, n_2 = map(float, parameters)
    x = sample.edges_gev
    narrow = cdf(x, alpha_1, n_1, mean, sigma)
    wide = 1.0 - cdf(-x, alpha_2, n_2, -mean, sigma * ratio)
    below = fraction * narrow + (1.0 - fraction) * wide
    share = np.diff(below) / (below[-1] - below[0])
    filled = sample.content > 0.0
    content = sample.content[filled]
    expected = sample.total * np.maximum(share[filled], 1e-300)
    return float(2.0 * sample.effective * np.sum(content * np.log(content / expected)))


def fit_shape(reduced_mass_gev: FloatArray, weight: FloatArray) -> ShapeFit:
    """Fit two Crystal Ball functions with a common mean to the M_R of one mass.

    Parameters
    ----------
    reduced_mass_gev, weight
        (n,) true-pair candidates.

    Notes
    -----
    The shape is cut at M_R = 0 and holds all candidates above.
    """
    sample = bin_sample(reduced_mass_gev, weight)
    centre, width = sample.centre_gev, sample.width_gev
    start = {"mean": centre, "sigma": 0.8 * width, **_START}
    limits = {
        "mean": (max(centre - 4.0 * width, 0.0), centre + 4.0 * width),
        "sigma": (0.1 * width, 2.0 * width),
        **_LIMITS,
    }
    minuit = Minuit(
        lambda values: deviance(sample, values),
        np.array([start[name] for name in SHAPE_PARAMETERS]),
        name=SHAPE_PARAMETERS,
    )
    minuit.errordef = Minuit.LEAST_SQUARES
    for name in SHAPE_PARAMETERS:
        minuit.limits[name] = limits[name]
        minuit.errors[name] = 0.02 * (limits[name][1] - limits[name][0])
    minuit.migrad(ncall=4000)
    if not minuit.valid:
        minuit.simplex(ncall=2000)
        minuit.migrad(ncall=4000)
    found = np.zeros((8, 8)) if minuit.covariance is None else np.array(minuit.covariance)
    return ShapeFit(
        shape=DoubleCrystalBall.from_array(np.array(minuit.values)),
        covariance=found,
        n_candidates=sample.total,
        chi2_per_dof=float(minuit.fval or 0.0) / max(sample.degrees - int(minuit.nfit), 1),
        valid=bool(minuit.valid),
    )
