"""Signal shape as a function of mass: one fit to all masses of an MLP range (Secs. IV E, V)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from iminuit import Minuit  # type: ignore[import-untyped]
from numpy.polynomial import chebyshev

from fourmu.config.signal_model import SignalModelling
from fourmu.errors import DomainError, InputError
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .crystal_ball import SHAPE_PARAMETERS
from .signal_shape import BinnedSample, bin_sample, deviance
from .smoothing import SmoothCurve

__all__ = ["ShapeCurves", "fit_shape_curves"]

# What runs smoothly in mass, without bounds, and its degree: what barely shows at one mass may
# vary least. The map to the parameters of the shape is in _parameters.
_DEGREES: Mapping[str, int] = {
    "offset": 2,
    "log_sigma": 3,
    "log_width_ratio": 0,
    "logit_fraction": 1,
    "log_alpha_1": 1,
    "log_power_1": 0,
    "log_alpha_2": 1,
    "log_power_2": 0,
}
_START: Mapping[str, float] = {
    "offset": 0.05,
    "log_width_ratio": 0.2,
    "logit_fraction": 1.0,
    "log_alpha_1": 0.5,
    "log_power_1": 0.5,
    "log_alpha_2": -0.5,
    "log_power_2": 0.5,
}
# of the constant terms; slopes are bounded by +-2
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "offset": (-1.0, 1.0),
    "log_width_ratio": (-0.7, 1.6),
    "logit_fraction": (-3.0, 4.0),
    "log_alpha_1": (-2.3, 1.4),
    "log_power_1": (-2.0, 3.4),
    "log_alpha_2": (-2.3, 1.4),
    "log_power_2": (-2.0, 3.4),
}


@dataclass(frozen=True, kw_only=True)
class ShapeCurves:
    """Parameters of the double Crystal Ball against M_R, and how well they are known."""

    curves: Mapping[str, SmoothCurve]
    """Against M_R: ``offset`` of the mean from the M_R of the mass, in widths; ``log_sigma``;
    logarithms of the width ratio, of the starts of the tails and of their powers minus one; the
    logit of the fraction."""
    covariance: FloatArray
    """(p, p) of all coefficients, curve after curve in the order of ``curves``."""
    mass_gev: FloatArray
    """(k,) masses that were fitted."""
    n_candidates: FloatArray
    """(k,) candidates at each."""
    chi2_per_dof: FloatArray
    """(k,) goodness of the common fit at each."""
    valid: bool
    """The minimum was found."""

    def parameters(self, mass_gev: FloatArray) -> FloatArray:
        """(n, 8) parameters at dimuon masses (n,), in the order of ``SHAPE_PARAMETERS``."""
        x = reduced_mass(mass_gev)
        return _parameters(x, {name: curve(x) for name, curve in self.curves.items()})

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "curves": {name: curve.to_dict() for name, curve in self.curves.items()},
            "covariance": self.covariance.tolist(),
            "mass_gev": self.mass_gev.tolist(),
            "n_candidates": self.n_candidates.tolist(),
            "chi2_per_dof": self.chi2_per_dof.tolist(),
            "valid": self.valid,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ShapeCurves:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            return cls(
                curves={name: SmoothCurve.from_dict(content["curves"][name]) for name in _DEGREES},
                covariance=np.asarray(content["covariance"], dtype=np.float64),
                mass_gev=np.asarray(content["mass_gev"], dtype=np.float64),
                n_candidates=np.asarray(content["n_candidates"], dtype=np.float64),
                chi2_per_dof=np.asarray(content["chi2_per_dof"], dtype=np.float64),
                valid=bool(content["valid"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a signal shape: {error!r}") from error


def fit_shape_curves(
    samples: Mapping[float, tuple[FloatArray, FloatArray]],
    interval_gev: tuple[float, float],
    config: SignalModelling,
) -> ShapeCurves:
    """Fit shape parameters that are polynomials in M_R to all masses at once.

    Parameters
    ----------
    samples
        (M_R, weight) of the true-pair candidates for each generated mass in GeV.
    interval_gev
        Dimuon masses between which candidates can be seen: the training interval of the network.
    config
        Sample sizes and degrees.

    Raises
    ------
    DomainError
        No mass has enough candidates.

    Notes
    -----
    The eight parameters are strongly correlated at a single mass, and curves through single fits
    describe no mass well; a common fit has the smoothness built in and gives the covariance of
    everything. Candidates outside the interval cannot pass, so the likelihood at each mass is
    that of the shape within it.
    """
    masses = sorted(
        mass for mass, (values, _) in samples.items() if len(values) >= config.shape_candidates_min
    )
    if not masses:
        raise DomainError(
            "no mass with enough candidates for a signal shape",
            expected=f"at least {config.shape_candidates_min}",
        )
    limit = config.shape_candidates_max
    low, high = (float(reduced_mass(edge)) for edge in interval_gev)
    data = [
        bin_sample(samples[mass][0][:limit], samples[mass][1][:limit], low, high) for mass in masses
    ]
    x = reduced_mass(np.array(masses))
    width = np.array([sample.width_gev for sample in data])
    cap = min(config.shape_max_degree, max(len(masses) - 2, 0))
    degrees = {name: min(degree, cap) for name, degree in _DEGREES.items()}
    ends = float(x[0]), float(x[-1])
    names = [f"{name}_{power}" for name, degree in degrees.items() for power in range(degree + 1)]
    scaled = np.zeros_like(x) if len(x) == 1 else (2.0 * x - x[0] - x[-1]) / (x[-1] - x[0])
    basis = chebyshev.chebvander(scaled, max(degrees.values()))

    def split(values: FloatArray) -> dict[str, FloatArray]:
        parts = np.split(values, np.cumsum([d + 1 for d in degrees.values()])[:-1])
        return dict(zip(degrees, parts, strict=True))

    def objective(values: FloatArray) -> float:
        curves = {
            name: basis[:, : len(part)] @ part for name, part in split(np.asarray(values)).items()
        }
        return sum(
            deviance(sample, row) for sample, row in zip(data, _parameters(x, curves), strict=True)
        )

    start = {name: np.zeros(degree + 1) for name, degree in degrees.items()}
    start["log_sigma"] = chebyshev.chebfit(scaled, np.log(0.7 * width), degrees["log_sigma"])
    for name, value in _START.items():
        start[name][0] = value
    minuit = Minuit(objective, np.concatenate(list(start.values())), name=names)
    minuit.errordef = Minuit.LEAST_SQUARES
    for name, degree in degrees.items():
        for power in range(degree + 1):
            key = f"{name}_{power}"
            minuit.errors[key] = 0.1 / (1 + power)
            if power > 0:
                minuit.limits[key] = (-2.0, 2.0)
                minuit.fixed[key] = name not in {"offset", "log_sigma"}
            elif name in _BOUNDS:
                minuit.limits[key] = _BOUNDS[name]
    # first one shape for all masses, then one that changes with mass
    minuit.migrad(ncall=20_000)
    minuit.fixed = False
    minuit.migrad(ncall=40_000)
    size = len(names)
    found = np.zeros((size, size)) if minuit.covariance is None else np.array(minuit.covariance)
    return _curves(split(np.array(minuit.values)), found, ends, masses, data, bool(minuit.valid))


def _curves(
    coefficients: Mapping[str, FloatArray],
    covariance: FloatArray,
    ends: tuple[float, float],
    masses: Sequence[float],
    data: Sequence[BinnedSample],
    valid: bool,
) -> ShapeCurves:
    """Collect the result of a fit."""
    curves = {}
    first = 0
    for name, values in coefficients.items():
        block = slice(first, first + len(values))
        curves[name] = SmoothCurve(
            low=ends[0],
            high=ends[1],
            coefficients=values,
            covariance=covariance[block, block],
            chi2_per_dof=0.0,
        )
        first += len(values)
    x = reduced_mass(np.array(masses))
    rows = _parameters(x, {name: curve(x) for name, curve in curves.items()})
    return ShapeCurves(
        curves=curves,
        covariance=covariance,
        mass_gev=np.array(masses),
        n_candidates=np.array([sample.total for sample in data]),
        chi2_per_dof=np.array(
            [deviance(sample, row) / sample.degrees for sample, row in zip(data, rows, strict=True)]
        ),
        valid=valid,
    )


def _parameters(x: FloatArray, curves: Mapping[str, FloatArray]) -> FloatArray:
    """(n, 8) shape parameters at M_R (n,) from the values of the curves there."""
    sigma = np.exp(curves["log_sigma"])
    values = {
        "mean": x + curves["offset"] * sigma,
        "sigma": sigma,
        "width_ratio": np.exp(curves["log_width_ratio"]),
        "fraction": 1.0 / (1.0 + np.exp(-curves["logit_fraction"])),
        "alpha_1": np.exp(curves["log_alpha_1"]),
        "n_1": 1.05 + np.exp(curves["log_power_1"]),
        "alpha_2": np.exp(curves["log_alpha_2"]),
        "n_2": 1.05 + np.exp(curves["log_power_2"]),
    }
    return np.stack([values[name] for name in SHAPE_PARAMETERS], axis=-1)
