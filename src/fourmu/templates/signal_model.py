"""Shape and efficiency of a model against mass, per MLP range (Secs. IV E and V)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fourmu.classifiers import MlpRange, range_of_mass
from fourmu.config.signal_model import SignalModelling
from fourmu.errors import DomainError, InputError
from fourmu.physics.kinematics import FloatArray, reduced_mass

from .crystal_ball import SHAPE_LIMITS, SHAPE_PARAMETERS, DoubleCrystalBall
from .efficiency import EfficiencyCurve, GeneratedEvents, fit_efficiency
from .signal_shape import fit_shapes
from .smoothing import SmoothCurve

if TYPE_CHECKING:
    from fourmu.selection import Candidates

__all__ = [
    "RangeModel",
    "SignalModel",
    "SignalSample",
    "build_signal_model",
    "candidates_by_mass",
]

BoolArray = npt.NDArray[np.bool_]

_MASS_TOLERANCE_GEV = 1e-4  # generated masses are written in single precision


@dataclass(frozen=True, kw_only=True)
class SignalSample:
    """Simulated signal of one model on its grid of masses."""

    candidates: Candidates
    """True pairs that pass the selection."""
    passed: BoolArray
    """(n, ranges) what passes the working point of each range."""
    generated: Mapping[float, GeneratedEvents]
    """All generated events for each mass in GeV."""


@dataclass(frozen=True, kw_only=True)
class RangeModel:
    """Signal model within one MLP range, borders included."""

    mlp_range: int
    low_gev: float
    high_gev: float
    mass_gev: FloatArray
    """(k,) masses whose shape was fitted."""
    parameters: FloatArray
    """(k, 8) fitted there, in the order of ``SHAPE_PARAMETERS``."""
    covariance: FloatArray
    """(k, 8, 8) of the last fits; zero for parameters held on their curves."""
    chi2_per_dof: FloatArray
    """(k,) goodness of the fits."""
    curves: Mapping[str, SmoothCurve]
    """Against M_R: ``offset`` of the mean in widths, ``log_sigma``, six parameters by name."""
    efficiency: EfficiencyCurve
    """With ISR."""
    efficiency_no_isr: EfficiencyCurve | None
    """Without ISR: for events from elsewhere."""

    def shape_parameters(self, mass_gev: FloatArray) -> FloatArray:
        """(n, 8) smoothed shape parameters at dimuon masses (n,)."""
        x = reduced_mass(mass_gev)
        sigma = np.exp(self.curves["log_sigma"](x))
        values = {
            **{
                name: np.clip(self.curves[name](x), low, high)
                for name, (low, high) in SHAPE_LIMITS.items()
            },
            "sigma": sigma,
            "mean": x + self.curves["offset"](x) * sigma,
        }
        return np.stack([values[name] for name in SHAPE_PARAMETERS], axis=-1)

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "mlp_range": self.mlp_range,
            "low_gev": self.low_gev,
            "high_gev": self.high_gev,
            "mass_gev": self.mass_gev.tolist(),
            "parameters": self.parameters.tolist(),
            "covariance": self.covariance.tolist(),
            "chi2_per_dof": self.chi2_per_dof.tolist(),
            "curves": {name: curve.to_dict() for name, curve in self.curves.items()},
            "efficiency": self.efficiency.to_dict(),
            "efficiency_no_isr": (
                None if self.efficiency_no_isr is None else self.efficiency_no_isr.to_dict()
            ),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RangeModel:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            no_isr = content["efficiency_no_isr"]
            return cls(
                mlp_range=int(content["mlp_range"]),
                low_gev=float(content["low_gev"]),
                high_gev=float(content["high_gev"]),
                mass_gev=np.asarray(content["mass_gev"], dtype=np.float64),
                parameters=np.asarray(content["parameters"], dtype=np.float64),
                covariance=np.asarray(content["covariance"], dtype=np.float64),
                chi2_per_dof=np.asarray(content["chi2_per_dof"], dtype=np.float64),
                curves={
                    name: SmoothCurve.from_dict(curve) for name, curve in content["curves"].items()
                },
                efficiency=EfficiencyCurve.from_dict(content["efficiency"]),
                efficiency_no_isr=None if no_isr is None else EfficiencyCurve.from_dict(no_isr),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a signal model: {error!r}") from error


@dataclass(frozen=True, kw_only=True)
class SignalModel:
    """Signal shape and efficiency of one model for every mass of the search."""

    model: str
    """Name of the model."""
    ranges: tuple[RangeModel, ...]
    """One per MLP range, in order."""

    @property
    def edges_gev(self) -> tuple[float, ...]:
        """Borders of the MLP ranges."""
        return (*(part.low_gev for part in self.ranges), self.ranges[-1].high_gev)

    def efficiency(self, mass_gev: FloatArray) -> FloatArray:
        """Efficiency with ISR at dimuon masses (n,); it jumps at the borders of the ranges."""
        mass = np.atleast_1d(np.asarray(mass_gev, dtype=np.float64))
        return self.efficiency_in(mass, self._ranges_of(mass))

    def efficiency_in(self, mass_gev: FloatArray, mlp_range: npt.NDArray[np.int64]) -> FloatArray:
        """Efficiency at masses (n,) with the networks of the given ranges (n,)."""
        result = np.empty(len(mass_gev))
        for part in self.ranges:
            rows = mlp_range == part.mlp_range
            result[rows] = part.efficiency(mass_gev[rows])
        return result

    def efficiency_no_isr(self, mass_gev: FloatArray) -> FloatArray:
        """Efficiency without ISR at dimuon masses (n,); NaN where it was not measured."""
        mass = np.atleast_1d(np.asarray(mass_gev, dtype=np.float64))
        index = self._ranges_of(mass)
        result = np.full(len(mass), np.nan)
        for part in self.ranges:
            if part.efficiency_no_isr is not None:
                rows = index == part.mlp_range
                result[rows] = part.efficiency_no_isr(mass[rows])
        return result

    def shape_parameters(
        self, mass_gev: FloatArray, mlp_range: npt.NDArray[np.int64]
    ) -> FloatArray:
        """(n, 8) shape parameters at masses (n,) with the networks of the ranges (n,)."""
        result = np.empty((len(mass_gev), len(SHAPE_PARAMETERS)))
        for part in self.ranges:
            rows = mlp_range == part.mlp_range
            result[rows] = part.shape_parameters(mass_gev[rows])
        return result

    def shape(self, mass_gev: float) -> DoubleCrystalBall:
        """Shape at one dimuon mass."""
        mass = np.array([mass_gev], dtype=np.float64)
        return DoubleCrystalBall.from_array(self.shape_parameters(mass, self._ranges_of(mass))[0])

    def _ranges_of(self, mass_gev: FloatArray) -> npt.NDArray[np.int64]:
        index = range_of_mass(self.edges_gev, mass_gev)
        if np.any(index < 0):
            raise DomainError(
                "mass outside the signal model",
                where=self.model,
                found=mass_gev[index < 0][0],
                expected=f"{self.edges_gev[0]} to {self.edges_gev[-1]} GeV",
            )
        return index

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {"model": self.model, "ranges": [part.to_dict() for part in self.ranges]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> SignalModel:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            parts = tuple(RangeModel.from_dict(part) for part in content["ranges"])
            return cls(model=str(content["model"]), ranges=parts)
        except (KeyError, TypeError) as error:
            raise InputError(f"not a signal model: {error!r}") from error


def candidates_by_mass(
    candidates: Candidates, masses_gev: Sequence[float], keep: BoolArray
) -> dict[float, tuple[FloatArray, FloatArray]]:
    """M_R and weight of the kept true pairs for each generated mass.

    Parameters
    ----------
    candidates
        Candidates of simulated signals.
    masses_gev
        Generated masses.
    keep
        (n,) candidates to take; wrong pairs, and candidates whose kinematic fit did not converge,
        are left out in any case.
    """
    finite = np.isfinite(candidates.reduced_mass_gev)
    rows = np.flatnonzero(keep & candidates.is_true_pair & finite)
    order = rows[np.argsort(candidates.x_mass_gev[rows], kind="stable")]
    mass = candidates.x_mass_gev[order]
    result = {}
    for value in masses_gev:
        first = np.searchsorted(mass, value - _MASS_TOLERANCE_GEV)
        last = np.searchsorted(mass, value + _MASS_TOLERANCE_GEV)
        part = order[first:last]
        result[float(value)] = (
            np.asarray(candidates.reduced_mass_gev[part], dtype=np.float64),
            np.asarray(candidates.weight[part], dtype=np.float64),
        )
    return result


def build_signal_model(
    model: str,
    ranges: Sequence[MlpRange],
    with_isr: SignalSample,
    no_isr: SignalSample | None,
    config: SignalModelling,
    *,
    photon_loss: float,
) -> SignalModel:
    """Fit shapes and efficiencies of a model in every MLP range.

    Parameters
    ----------
    model
        Its name.
    ranges
        MLP ranges.
    with_isr
        The signal samples: shapes, and efficiencies on sigma_ISR.
    no_isr
        Samples without ISR, if there are any.
    config
        Sizes and degrees.
    photon_loss
        Share of the efficiency that the samples with ISR do not lose to photons in the detector:
        that of the configuration where their photons are collinear, else 0.

    Notes
    -----
    A mass on a border serves both ranges, each with its own network. Shapes are those of
    candidates that pass everything.
    """
    parts = []
    for mlp_range in ranges:
        selected = _of_range(with_isr, mlp_range)
        if not selected:
            raise DomainError(
                "no generated mass in an MLP range",
                where=f"{model}, range {mlp_range.index}",
                expected=f"masses in {mlp_range.low_gev} to {mlp_range.high_gev} GeV",
            )
        fits, curves = fit_shapes(selected, config)
        parts.append(
            RangeModel(
                mlp_range=mlp_range.index,
                low_gev=mlp_range.low_gev,
                high_gev=mlp_range.high_gev,
                mass_gev=np.array([fit.mass_gev for fit in fits]),
                parameters=np.array([fit.shape.to_array() for fit in fits]),
                covariance=np.array([fit.covariance for fit in fits]),
                chi2_per_dof=np.array([fit.chi2_per_dof for fit in fits]),
                curves=curves,
                efficiency=_efficiency(with_isr, selected, 1.0 - photon_loss, config),
                efficiency_no_isr=(
                    None
                    if no_isr is None
                    else _efficiency(no_isr, _of_range(no_isr, mlp_range), 1.0, config)
                ),
            )
        )
    return SignalModel(model=model, ranges=tuple(parts))


def _of_range(
    sample: SignalSample, mlp_range: MlpRange
) -> dict[float, tuple[FloatArray, FloatArray]]:
    """What passes everything at the generated masses of a range."""
    masses = [
        mass
        for mass in sample.generated
        if mlp_range.low_gev <= mass <= mlp_range.high_gev + _MASS_TOLERANCE_GEV
    ]
    return candidates_by_mass(sample.candidates, masses, sample.passed[:, mlp_range.index])


def _efficiency(
    sample: SignalSample,
    selected: Mapping[float, tuple[FloatArray, FloatArray]],
    factor: float,
    config: SignalModelling,
) -> EfficiencyCurve:
    return fit_efficiency(
        {mass: weight for mass, (_, weight) in selected.items()},
        sample.generated,
        factor,
        config.efficiency_max_degree,
    )
