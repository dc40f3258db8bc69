"""Width and position of the J/psi in data, relative to its simulated shape (Sec. V)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from iminuit import Minuit  # type: ignore[import-untyped]

from fourmu.errors import ConvergenceError
from fourmu.physics.kinematics import FloatArray
from fourmu.templates import SHAPE_PARAMETERS, ShapeFit, shape_integral

from .values import Measured

__all__ = ["PeakFit", "fit_peak"]

_MEAN = SHAPE_PARAMETERS.index("mean")
_SIGMA = SHAPE_PARAMETERS.index("sigma")
_BINS = 120


@dataclass(frozen=True, kw_only=True)
class PeakFit:
    """A peak over a straight background, in terms of its simulated shape.

    Attributes
    ----------
    width_ratio
        Width over that of the simulation, the error of the latter included.
    shift_gev
        Mean minus that of the simulation.
    events
        In the peak.
    edges_gev, content, expected
        Bins of M_R, what they hold, and the fit.
    chi2_per_dof
        From the likelihood ratio to the saturated model.
    """

    width_ratio: Measured
    shift_gev: Measured
    events: Measured
    edges_gev: FloatArray
    content: FloatArray
    expected: FloatArray
    chi2_per_dof: float


def fit_peak(
    reduced_mass_gev: FloatArray, simulated: ShapeFit, range_gev: tuple[float, float]
) -> PeakFit:
    """Fit the width of a peak relative to simulation.

    Parameters
    ----------
    reduced_mass_gev
        (n,) M_R of candidates in data.
    simulated
        Two Crystal Ball functions fitted to the simulated peak.
    range_gev
        M_R in which the fit is made.

    Raises
    ------
    ConvergenceError
        There is no peak, or no minimum.

    Notes
    -----
    Extended maximum likelihood in fine bins. All widths of the shape are multiplied by one
    factor, its mean is moved, and a straight background is added; tails keep their form in
    units of the width.
    """
    edges = np.linspace(*range_gev, _BINS + 1)
    content = np.histogram(reduced_mass_gev, edges)[0].astype(np.float64)
    total = float(content.sum())
    shape = simulated.shape.to_array()
    centre, half = 0.5 * (edges[0] + edges[-1]), 0.5 * (edges[-1] - edges[0])

    def straight(slope: float) -> FloatArray:
        u = (edges - centre) / half
        return np.asarray(np.diff(0.5 * u + 0.25 * slope * (u**2 - 1.0)))

    def prediction(
        ratio: float, shift: float, peak: float, background: float, slope: float
    ) -> FloatArray:
        moved = shape.copy()
        moved[_SIGMA] *= ratio
        moved[_MEAN] += shift
        return peak * np.diff(shape_integral(edges, moved)) + background * straight(slope)

    filled = content > 0.0

    def deviance(ratio: float, shift: float, peak: float, background: float, slope: float) -> float:
        expected = np.maximum(prediction(ratio, shift, peak, background, slope), 1e-12)
        logs = content[filled] * np.log(content[filled] / expected[filled])
        return float(2.0 * (np.sum(expected - content) + np.sum(logs)))

    names = ("ratio", "shift", "peak", "background", "slope")
    inner = np.abs(0.5 * (edges[1:] + edges[:-1]) - shape[_MEAN]) < 4.0 * shape[_SIGMA]
    outside = float(content[~inner].sum()) / max(float(np.mean(~inner)), 1e-9)
    start = (1.1, 0.0, max(total - outside, 1.0), max(outside, 1.0), 0.0)
    minuit = Minuit(deviance, *start, name=names)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.limits["ratio"] = (0.2, 5.0)
    minuit.limits["shift"] = (-0.5 * half, 0.5 * half)
    minuit.limits["peak"] = (0.0, 2.0 * total + 10.0)
    minuit.limits["background"] = (0.0, 2.0 * total + 10.0)
    minuit.limits["slope"] = (-1.0, 1.0)
    minuit.errors["ratio"], minuit.errors["shift"] = 0.02, 0.1 * shape[_SIGMA]
    minuit.migrad(ncall=4000)
    if not minuit.valid:
        minuit.simplex(ncall=2000)
        minuit.migrad(ncall=4000)
    if not minuit.valid or minuit.values["peak"] < 3.0 * minuit.errors["peak"]:
        raise ConvergenceError(
            "there is no peak whose width could be measured",
            found=f"{minuit.values['peak']:.0f} +- {minuit.errors['peak']:.0f} events",
            expected="a peak of more than three standard deviations",
        )
    ratio, shift = float(minuit.values["ratio"]), float(minuit.values["shift"])
    # two Crystal Balls leave the width 1.3 times the error of that of a Gaussian
    template = 1.3 * ratio / math.sqrt(2.0 * simulated.n_candidates)
    template_mean = shape[_SIGMA] / math.sqrt(simulated.n_candidates)
    return PeakFit(
        width_ratio=Measured(value=ratio, error=math.hypot(minuit.errors["ratio"], template)),
        shift_gev=Measured(value=shift, error=math.hypot(minuit.errors["shift"], template_mean)),
        events=Measured(value=float(minuit.values["peak"]), error=float(minuit.errors["peak"])),
        edges_gev=edges,
        content=content,
        expected=prediction(*minuit.values),
        chi2_per_dof=float(minuit.fval or 0.0) / (_BINS - len(names)),
    )
