"""Fit of the signal shape to simulated M_R (Secs. IV E and V)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from iminuit import Minuit  # type: ignore[import-untyped]
from iminuit.cost import BinnedNLL  # type: ignore[import-untyped]

from fourmu.config.signal_model import SignalModelling
from fourmu.physics.constants import SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .crystal_ball import SHAPE_LIMITS, SHAPE_PARAMETERS, DoubleCrystalBall
from .smoothing import SmoothCurve, fit_curve

__all__ = ["ShapeFit", "fit_shape", "fit_shapes"]

# Degrees allowed in mass: what barely shows at one mass may vary least.
_DEGREES: Mapping[str, int] = {
    "width_ratio": 0,
    "n_1": 1,
    "n_2": 1,
    "fraction": 2,
    "alpha_1": 2,
    "alpha_2": 2,
}
_START: Mapping[str, float] = {
    "width_ratio": 2.0,
    "fraction": 0.75,
    "alpha_1": 1.6,
    "n_1": 3.0,
    "alpha_2": 1.0,
    "n_2": 3.0,
}
# Fitted one after the other, each smoothed over mass and then held: the eight are strongly
# correlated at a single mass, and curves through free fits would not describe any mass.
_HELD_IN_TURN: Sequence[tuple[str, ...]] = (
    ("width_ratio",),
    ("n_1", "n_2"),
    ("fraction",),
    ("alpha_1", "alpha_2"),
)


@dataclass(frozen=True, kw_only=True)
class ShapeFit:
    """Shape of one mass."""

    mass_gev: float
    shape: DoubleCrystalBall
    covariance: FloatArray
    """(8, 8) of the parameters; zero for those that were held."""
    n_candidates: float
    """Sum of weights."""
    chi2_per_dof: float
    """Goodness of fit, from the likelihood ratio to the saturated model."""
    valid: bool
    """The minimum was found."""


def fit_shape(
    mass_gev: float,
    reduced_mass_gev: FloatArray,
    weight: FloatArray,
    start: Mapping[str, float] | None = None,
    held: frozenset[str] = frozenset(),
) -> ShapeFit:
    """Fit two Crystal Ball functions with a common mean to the M_R of one mass.

    Parameters
    ----------
    mass_gev
        Generated mass.
    reduced_mass_gev, weight
        (n,) true-pair candidates.
    start
        Values to start from, by name; those missing take defaults.
    held
        Names of parameters that stay at their start.

    Notes
    -----
    A likelihood in about 130 bins, fine in the peak and growing outwards; the first bin starts at
    M_R = 0 and the last one ends at sqrt(s), so candidates far from the peak count as well and the
    shape holds all candidates. Narrow bins make no visible difference to an unbinned fit, and the
    time does not grow with the sample. The shape is cut at M_R = 0 and normalised above.
    """
    # numba-stats takes three seconds to import, and only fits need it
    from numba_stats import crystalball  # type: ignore[import-untyped]  # noqa: PLC0415

    expected = float(reduced_mass(mass_gev))
    low, centre, high = np.quantile(reduced_mass_gev, [0.1587, 0.5, 0.8413])
    width = max(0.5 * float(high - low), 1e-5)
    edges = _bin_edges(float(centre), width)
    content, _ = np.histogram(reduced_mass_gev, edges, weights=weight)
    variance, _ = np.histogram(reduced_mass_gev, edges, weights=np.square(weight))
    unit_weights = bool(np.all(weight == 1.0))
    counts = content if unit_weights else np.stack([content, variance], axis=-1)

    def cdf(
        x: FloatArray,
        mean: float,
        sigma: float,
        width_ratio: float,
        fraction: float,
        alpha_1: float,
        n_1: float,
        alpha_2: float,
        n_2: float,
    ) -> FloatArray:
        narrow = crystalball.cdf(x, alpha_1, n_1, mean, sigma)
        wide = 1.0 - crystalball.cdf(-x, alpha_2, n_2, -mean, sigma * width_ratio)
        return np.asarray(fraction * narrow + (1.0 - fraction) * wide)

    values = {**_START, "mean": float(centre), "sigma": 0.8 * width, **(start or {})}
    # shapes at the border of M_R = 0 must not run away below it
    limits = {
        **SHAPE_LIMITS,
        "mean": (max(min(centre, expected) - 4.0 * width, 0.0), max(centre, expected) + 4 * width),
        "sigma": (0.1 * width, 2.0 * width),
    }
    minuit = Minuit(BinnedNLL(counts, edges, cdf), **values)
    minuit.strategy = 1
    for name in SHAPE_PARAMETERS:
        minuit.fixed[name] = name in held
        if name not in held:
            minuit.limits[name] = limits[name]
    minuit.migrad(ncall=4000)
    if not minuit.valid:
        minuit.simplex(ncall=2000)
        minuit.migrad(ncall=4000)
    covariance = np.zeros((8, 8)) if minuit.covariance is None else np.array(minuit.covariance)
    degrees = len(content) - 1 - int(minuit.nfit)
    return ShapeFit(
        mass_gev=mass_gev,
        shape=DoubleCrystalBall.from_array(
            np.array([minuit.values[name] for name in SHAPE_PARAMETERS])
        ),
        covariance=covariance,
        n_candidates=float(weight.sum()),
        chi2_per_dof=float(minuit.fval or 0.0) / degrees,
        valid=bool(minuit.valid),
    )


def fit_shapes(
    samples: Mapping[float, tuple[FloatArray, FloatArray]], config: SignalModelling
) -> tuple[tuple[ShapeFit, ...], Mapping[str, SmoothCurve]]:
    """Fit all masses of one MLP range and smooth the parameters over mass.

    Parameters
    ----------
    samples
        (M_R, weight) of the true-pair candidates for each generated mass in GeV.
    config
        Sample sizes and degrees.

    Returns
    -------
    fits
        The last fits, one per mass with enough candidates, in order of mass.
    curves
        Smooth curves in M_R of ``offset`` ((mean - M_R of the mass) / sigma), ``log_sigma`` and
        the six other parameters.

    Notes
    -----
    The ratio of the widths, then the powers of the tails, the fraction and the starts of the tails
    are fitted, smoothed and held, so that the last fits have mean and width free and every
    parameter is a smooth function of mass.
    """
    masses = sorted(
        mass for mass, (values, _) in samples.items() if len(values) >= config.shape_candidates_min
    )
    limit = config.shape_candidates_max
    data = {mass: (samples[mass][0][:limit], samples[mass][1][:limit]) for mass in masses}
    x = reduced_mass(np.array(masses))
    curves: dict[str, SmoothCurve] = {}
    fits = [fit_shape(mass, *data[mass]) for mass in masses]
    for names in _HELD_IN_TURN:
        for name in names:
            curves[name] = _parameter_curve(x, fits, name)
        held = frozenset(curves)
        fits = [
            fit_shape(
                mass,
                *data[mass],
                start={
                    **{name: getattr(fit.shape, name) for name in SHAPE_PARAMETERS},
                    **{name: _bounded(name, float(curves[name](x[i]))) for name in curves},
                },
                held=held,
            )
            for i, (mass, fit) in enumerate(zip(masses, fits, strict=True))
        ]
    curves["offset"], curves["log_sigma"] = _position_curves(x, fits, config.shape_max_degree)
    return tuple(fits), curves


def _parameter_curve(x: FloatArray, fits: Sequence[ShapeFit], name: str) -> SmoothCurve:
    """Curve of one parameter; one that ran into a limit counts with the width of its range."""
    position = SHAPE_PARAMETERS.index(name)
    low, high = SHAPE_LIMITS[name]
    value = np.array([getattr(fit.shape, name) for fit in fits])
    error = np.sqrt([max(fit.covariance[position, position], 0.0) for fit in fits])
    # errors near limits are unreliable both ways
    error = np.clip(error, 0.01 * (high - low), 0.3 * (high - low))
    at_limit = (value < low + 0.01 * (high - low)) | (value > high - 0.01 * (high - low))
    unreliable = at_limit | ~np.array([fit.valid for fit in fits])
    error = np.where(unreliable, 0.3 * (high - low), error)
    return fit_curve(x, value, error, _DEGREES[name])


def _position_curves(
    x: FloatArray, fits: Sequence[ShapeFit], max_degree: int
) -> tuple[SmoothCurve, SmoothCurve]:
    """Curves of the mean (as offset from the generated M_R in widths) and of ln width."""
    sigma = np.array([fit.shape.sigma for fit in fits])
    mean = np.array([fit.shape.mean for fit in fits])
    count = np.array([fit.n_candidates for fit in fits])
    error_mean = np.sqrt([max(fit.covariance[0, 0], 0.0) for fit in fits])
    error_sigma = np.sqrt([max(fit.covariance[1, 1], 0.0) for fit in fits])
    # a failed error estimate is replaced by what the number of candidates allows
    floor = 0.5 / np.sqrt(np.maximum(count, 1.0))
    offset_error = np.maximum(error_mean / sigma, floor)
    sigma_error = np.maximum(error_sigma / sigma, floor)
    return (
        fit_curve(x, (mean - x) / sigma, offset_error, max_degree),
        fit_curve(x, np.log(sigma), sigma_error, max_degree),
    )


def _bounded(name: str, value: float) -> float:
    low, high = SHAPE_LIMITS[name]
    return min(max(value, low), high)


def _bin_edges(centre: float, width: float) -> FloatArray:
    """Bins of 0.1 widths in the core, growing outwards, closed by 0 and sqrt(s)."""
    steps = np.concatenate([np.full(40, 0.1), 0.1 * 1.12 ** np.arange(1, 29)])
    positive = np.cumsum(steps)
    relative = np.concatenate([-positive[::-1], [0.0], positive])
    inner = centre + width * relative
    inner = inner[(inner > 0.02 * width) & (inner < SQRT_S_GEV)]
    return np.concatenate([[0.0], inner, [max(SQRT_S_GEV, float(inner[-1]) * 1.1)]])
