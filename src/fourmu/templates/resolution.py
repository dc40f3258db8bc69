"""sigma(M_R) against mass (Secs. IV E and V)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fourmu.config.signal_model import SignalModelling
from fourmu.errors import DomainError, InputError
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .signal_shape import fit_shape
from .smoothing import SmoothCurve, fit_curve

__all__ = ["Resolution", "fit_resolution"]


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """Half the smallest interval that holds 68.3 % of the fitted shape, smoothed over mass."""

    mass_gev: FloatArray
    """(k,) generated masses."""
    sigma_gev: FloatArray
    """(k,) sigma(M_R) of each."""
    error_gev: FloatArray
    """(k,) statistical error."""
    log_curve: SmoothCurve
    """ln sigma (GeV) against M_R."""

    def __call__(self, mass_gev: FloatArray) -> FloatArray:
        """Smoothed sigma(M_R) in GeV at dimuon masses (n,); constant beyond the last masses."""
        return np.exp(self.log_curve(reduced_mass(mass_gev)))

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "mass_gev": self.mass_gev.tolist(),
            "sigma_gev": self.sigma_gev.tolist(),
            "error_gev": self.error_gev.tolist(),
            "log_curve": self.log_curve.to_dict(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Resolution:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            return cls(
                mass_gev=np.asarray(content["mass_gev"], dtype=np.float64),
                sigma_gev=np.asarray(content["sigma_gev"], dtype=np.float64),
                error_gev=np.asarray(content["error_gev"], dtype=np.float64),
                log_curve=SmoothCurve.from_dict(content["log_curve"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a resolution: {error!r}") from error


def fit_resolution(
    samples: Mapping[float, tuple[FloatArray, FloatArray]], config: SignalModelling
) -> Resolution:
    """Measure sigma(M_R) from simulated signals and smooth it over mass.

    Parameters
    ----------
    samples
        (M_R, weight) of true-pair Z' candidates for each generated mass in GeV, after the
        selection and before any MLP; generated without ISR, the resolution is the detector's.
    config
        Sample sizes, probability, degree.

    Raises
    ------
    DomainError
        No mass has enough candidates.

    Notes
    -----
    One resolution serves everything that is counted in sigmas: training margins, working points,
    windows. It has to exist before the networks do, hence the candidates before the MLP; the
    shapes of the templates, with their radiative tails, are fitted to what passes everything.
    With ISR the interval would be 1.0 to 1.9 times as wide (9.0 instead of 5.5 MeV at 5 GeV),
    because it would have to reach into the tail.
    """
    masses = np.array(
        sorted(
            mass
            for mass, (values, _) in samples.items()
            if len(values) >= config.shape_candidates_min
        )
    )
    if len(masses) == 0:
        raise DomainError(
            "no signal mass has enough candidates after the selection to measure sigma(M_R)",
            key="signal_model.shape_candidates_min",
            found=f"at most {max((len(values) for values, _ in samples.values()), default=0)}",
            expected=config.shape_candidates_min,
        )
    sigma = np.empty(len(masses))
    error = np.empty(len(masses))
    limit = config.shape_candidates_max
    for index, mass in enumerate(masses):
        values, weight = samples[mass]
        values, weight = values[:limit], weight[:limit]
        shape = fit_shape(values, weight).shape
        sigma[index] = shape.half_width(config.interval_probability)
        # a quantile interval of a Gaussian has 1.3 times the error of its width, sigma/sqrt(2 n)
        effective = weight.sum() ** 2 / np.square(weight).sum()
        error[index] = 1.3 * sigma[index] / np.sqrt(2.0 * effective)
    curve = fit_curve(
        reduced_mass(masses), np.log(sigma), error / sigma, config.resolution_max_degree
    )
    return Resolution(mass_gev=masses, sigma_gev=sigma, error_gev=error, log_curve=curve)
