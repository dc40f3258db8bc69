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

from .crystal_ball import SHAPE_PARAMETERS, DoubleCrystalBall, shape_integral
from .efficiency import EfficiencyCurve, GeneratedEvents, fit_efficiency
from .shape_curves import ShapeCurves, fit_shape_curves

if TYPE_CHECKING:
    from fourmu.selection import Candidates

__all__ = [
    "EfficiencyErrors",
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
    """Signal model within one MLP range, borders included; the last may end before its border."""

    mlp_range: int
    low_gev: float
    high_gev: float
    shape: ShapeCurves
    """Shape of what passes everything, with ISR."""
    efficiency: EfficiencyCurve
    """With ISR, divided by the share of the shape inside the training interval of the network."""
    efficiency_no_isr: EfficiencyCurve | None
    """Without ISR: for events from elsewhere."""

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold."""
        return {
            "mlp_range": self.mlp_range,
            "low_gev": self.low_gev,
            "high_gev": self.high_gev,
            "shape": self.shape.to_dict(),
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
                shape=ShapeCurves.from_dict(content["shape"]),
                efficiency=EfficiencyCurve.from_dict(content["efficiency"]),
                efficiency_no_isr=None if no_isr is None else EfficiencyCurve.from_dict(no_isr),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a signal model: {error!r}") from error


@dataclass(frozen=True, kw_only=True)
class EfficiencyErrors:
    """Standard deviations of smoothed efficiencies at some masses (n,)."""

    with_isr: FloatArray
    no_isr: FloatArray
    """NaN where it was not measured."""


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

    def efficiency_errors(
        self, mass_gev: FloatArray, mlp_range: npt.NDArray[np.int64]
    ) -> EfficiencyErrors:
        """Statistical errors of both efficiencies at masses (n,) in the given ranges (n,)."""
        with_isr, no_isr = np.empty(len(mass_gev)), np.full(len(mass_gev), np.nan)
        for part in self.ranges:
            rows = mlp_range == part.mlp_range
            x = reduced_mass(mass_gev[rows])
            with_isr[rows] = part.efficiency.curve.error(x)
            if part.efficiency_no_isr is not None:
                no_isr[rows] = part.efficiency_no_isr.curve.error(x)
        return EfficiencyErrors(with_isr=with_isr, no_isr=no_isr)

    def shape_parameters(
        self, mass_gev: FloatArray, mlp_range: npt.NDArray[np.int64]
    ) -> FloatArray:
        """(n, 8) shape parameters at masses (n,) with the networks of the ranges (n,)."""
        result = np.empty((len(mass_gev), len(SHAPE_PARAMETERS)))
        for part in self.ranges:
            rows = mlp_range == part.mlp_range
            result[rows] = part.shape.parameters(mass_gev[rows])
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
    mass_max_gev: float | None = None,
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
    mass_max_gev
        End of the scan. In the range in which it lies, generated masses beyond the first one above
        it are left out as long as ``config.range_masses_min`` remain, and the model ends there.
        Without it all masses count.

    Notes
    -----
    A mass on a border serves both ranges, each with its own network. Shapes are those of
    candidates that pass everything. A network judges only candidates in its training interval:
    at a border that is a whole fit window, but up to 5 % of the signal lies beyond, in the
    radiative tail. Its efficiency is divided by the share of the shape in the interval, as if the
    network judged all of it, so that shape and efficiency are smooth and their product is right
    in every window. Masses that no window can use are left out because near the kinematic limit
    shape and efficiency change fast, and curves of low degree that follow them there are forced
    away from the masses of the scan.
    """
    parts = []
    for mlp_range in ranges:
        end = _end_of_range(with_isr, mlp_range, mass_max_gev, config.range_masses_min)
        selected = _of_range(with_isr, mlp_range, end)
        if not selected:
            raise DomainError(
                "no generated mass in an MLP range",
                where=f"{model}, range {mlp_range.index}",
                expected=f"masses in {mlp_range.low_gev} to {mlp_range.high_gev} GeV",
            )
        shape = fit_shape_curves(
            selected, (mlp_range.interval_low_gev, mlp_range.interval_high_gev), config
        )
        parts.append(
            RangeModel(
                mlp_range=mlp_range.index,
                low_gev=mlp_range.low_gev,
                high_gev=end,
                shape=shape,
                efficiency=_efficiency(
                    with_isr,
                    selected,
                    {
                        mass: (1.0 - photon_loss) / _visible(shape, mass, mlp_range)
                        for mass in selected
                    },
                    config,
                ),
                efficiency_no_isr=(
                    None if no_isr is None else _efficiency_no_isr(no_isr, mlp_range, end, config)
                ),
            )
        )
    return SignalModel(model=model, ranges=tuple(parts))


def _end_of_range(
    sample: SignalSample, mlp_range: MlpRange, mass_max_gev: float | None, masses_min: int
) -> float:
    """Upper end of the model in a range: its border, or the last mass that the scan needs."""
    if mass_max_gev is None or not mlp_range.low_gev < mass_max_gev < mlp_range.high_gev:
        return mlp_range.high_gev
    masses = sorted(_masses_of_range(sample, mlp_range, mlp_range.high_gev))
    needed = sum(mass <= mass_max_gev + _MASS_TOLERANCE_GEV for mass in masses) + 1
    kept = masses[: max(needed, masses_min)]
    return mlp_range.high_gev if len(kept) == len(masses) else kept[-1]


def _masses_of_range(sample: SignalSample, mlp_range: MlpRange, end_gev: float) -> list[float]:
    return [
        mass
        for mass in sample.generated
        if mlp_range.low_gev <= mass <= end_gev + _MASS_TOLERANCE_GEV
    ]


def _of_range(
    sample: SignalSample, mlp_range: MlpRange, end_gev: float
) -> dict[float, tuple[FloatArray, FloatArray]]:
    """What passes everything at the generated masses of a range, up to its end."""
    masses = _masses_of_range(sample, mlp_range, end_gev)
    return candidates_by_mass(sample.candidates, masses, sample.passed[:, mlp_range.index])


def _visible(shape: ShapeCurves, mass_gev: float, mlp_range: MlpRange) -> float:
    """Share of the shape at a mass that lies in the training interval."""
    ends = reduced_mass(np.array([mlp_range.interval_low_gev, mlp_range.interval_high_gev]))
    below = shape_integral(ends, shape.parameters(np.array([mass_gev]))[0])
    return float(below[1] - below[0])


def _efficiency_no_isr(
    sample: SignalSample, mlp_range: MlpRange, end_gev: float, config: SignalModelling
) -> EfficiencyCurve:
    """Without ISR there is no radiative tail that a network could miss, and no photon to lose."""
    selected = _of_range(sample, mlp_range, end_gev)
    return _efficiency(sample, selected, dict.fromkeys(selected, 1.0), config)


def _efficiency(
    sample: SignalSample,
    selected: Mapping[float, tuple[FloatArray, FloatArray]],
    factor: Mapping[float, float],
    config: SignalModelling,
) -> EfficiencyCurve:
    return fit_efficiency(
        {mass: weight for mass, (_, weight) in selected.items()},
        sample.generated,
        factor,
        config.efficiency_max_degree,
    )
