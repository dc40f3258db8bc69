"""Templates of all windows at once (Sec. V)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fourmu.config.templates import Templates
from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray

from .background import bernstein_integrals, smoothed_expectation
from .crystal_ball import SHAPE_PARAMETERS, shape_integral
from .signal_model import SignalModel
from .window_template import Template, Window

if TYPE_CHECKING:
    from fourmu.selection import Candidates

__all__ = [
    "CandidateSpectrum",
    "SignalTemplate",
    "build_templates",
    "candidate_spectra",
    "signal_of_shape",
    "signal_templates",
]


@dataclass(frozen=True, kw_only=True)
class CandidateSpectrum:
    """M_R of the candidates that pass the working point of one MLP range."""

    reduced_mass_gev: FloatArray
    """(n,) sorted."""
    weight_below: FloatArray
    """(n + 1,) sum of the weights of the first candidates."""

    def content(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """Weight in the intervals low <= M_R < high (k,)."""
        first = np.searchsorted(self.reduced_mass_gev, low)
        last = np.searchsorted(self.reduced_mass_gev, high)
        return self.weight_below[last] - self.weight_below[first]


def candidate_spectra(
    candidates: Candidates, passed: npt.NDArray[np.bool_], scale: float = 1.0
) -> tuple[CandidateSpectrum, ...]:
    """Spectrum of each MLP range.

    Parameters
    ----------
    candidates
        Post-fit M_R and weights.
    passed
        (n, ranges) what passes the working point of each range; a candidate near a border may
        pass two, and enters both spectra, of which a window uses one.
    scale
        Multiplies the weights: data over simulated luminosity.
    """
    spectra = []
    for column in passed.T:
        rows = np.flatnonzero(column)
        mass = np.asarray(candidates.reduced_mass_gev[rows], dtype=np.float64)
        order = np.argsort(mass)
        weight = np.asarray(candidates.weight[rows][order], dtype=np.float64)
        spectra.append(
            CandidateSpectrum(
                reduced_mass_gev=mass[order],
                weight_below=np.concatenate([[0.0], scale * np.cumsum(weight)]),
            )
        )
    return tuple(spectra)


def build_templates(
    windows: Sequence[Window],
    model: SignalModel,
    observed: Sequence[CandidateSpectrum],
    background: Sequence[CandidateSpectrum],
    config: Templates,
    *,
    luminosity_ifb: float,
) -> tuple[Template, ...]:
    """Signal, background and observed contents of all windows that are not vetoed.

    Parameters
    ----------
    windows
        The whole grid, vetoed hypotheses included.
    model
        Shape and efficiency.
    observed
        One spectrum of the data per MLP range, unit weights.
    background
        One spectrum of simulated background per MLP range, scaled to the luminosity of the data.
    config
        Degrees, smoothing, treatment of the resolution.
    luminosity_ifb
        Integrated luminosity of the data.

    Notes
    -----
    A window takes signal, data and background of the MLP range of its centre. Signal is the
    expectation for 1 fb; bins removed by a veto are not renormalised, and the Bernstein variable
    runs over the whole window. Each background template is scaled to max(N, 1)/(d + 1), with N
    the simulated candidates in the whole window averaged over neighbouring windows.
    """
    mass = np.array([window.mass_gev for window in windows])
    mlp_range = np.array([window.mlp_range for window in windows], dtype=np.int64)
    low, high = _extent(windows, config)
    expected = np.maximum(
        smoothed_expectation(
            _contents(background, mlp_range, low, high),
            mlp_range,
            config.background_smoothing_windows,
        ),
        1.0,
    )
    used = np.array(
        [i for i, window in enumerate(windows) if not window.vetoed and window.n_bins > 0],
        dtype=np.int64,
    )
    if len(used) == 0:
        return ()
    counts = np.array([windows[i].n_bins for i in used])
    owner = np.repeat(used, counts)
    bin_low = np.concatenate([windows[i].bin_low for i in used])
    bin_high = np.concatenate([windows[i].bin_high for i in used])
    cuts = np.cumsum(counts)[:-1]

    data = np.split(_contents(observed, mlp_range[owner], bin_low, bin_high), cuts)
    efficiency = model.efficiency_in(mass, mlp_range)
    signals = signal_templates(
        [windows[i] for i in used], model, config, luminosity_ifb=luminosity_ifb
    )

    unit = (high - low)[owner]
    x_low, x_high = (bin_low - low[owner]) / unit, (bin_high - low[owner]) / unit
    basis = {
        degree: np.split(bernstein_integrals(x_low, x_high, degree), cuts, axis=1)
        for degree in (1, 2)
    }
    templates = []
    for k, i in enumerate(used):
        degree = 2 if mass[i] < config.quadratic_below_gev else 1
        templates.append(
            Template(
                window=windows[i],
                signal=signals[k].nominal,
                background=expected[i] * basis[degree][k],
                observed=data[k],
                efficiency=float(efficiency[i]),
                signal_wide=signals[k].wide,
                signal_narrow=signals[k].narrow,
            )
        )
    return tuple(templates)


@dataclass(frozen=True, kw_only=True)
class SignalTemplate:
    """Events of a signal of 1 fb in the bins of one window."""

    nominal: FloatArray
    """(n,)."""
    wide: FloatArray | None
    """(n,) with the wider resolution, where it is a shape uncertainty."""
    narrow: FloatArray | None


def signal_templates(
    windows: Sequence[Window], model: SignalModel, config: Templates, *, luminosity_ifb: float
) -> list[SignalTemplate]:
    """Luminosity x efficiency x integral of the shape over the bins, for 1 fb.

    Parameters
    ----------
    windows
        Windows with bins.
    model
        Shape and efficiency; each window takes those of its MLP range.
    config
        Treatment of the resolution: as a normalisation, yields are divided by its correction.
    luminosity_ifb
        Integrated luminosity of the data.
    """
    mass = np.array([window.mass_gev for window in windows])
    mlp_range = np.array([window.mlp_range for window in windows], dtype=np.int64)
    counts = np.array([window.n_bins for window in windows])
    owner, cuts = np.repeat(np.arange(len(windows)), counts), np.cumsum(counts)[:-1]
    edges = np.stack(
        [
            np.concatenate([window.bin_low for window in windows]),
            np.concatenate([window.bin_high for window in windows]),
        ],
        axis=-1,
    )
    whole = signal_of_shape(
        edges,
        model.shape_parameters(mass, mlp_range)[owner],
        luminosity_ifb * model.efficiency_in(mass, mlp_range)[owner],
        config,
    )
    if whole.wide is None or whole.narrow is None:
        return [
            SignalTemplate(nominal=part, wide=None, narrow=None)
            for part in np.split(whole.nominal, cuts)
        ]
    return [
        SignalTemplate(nominal=a, wide=b, narrow=c)
        for a, b, c in zip(
            *(np.split(part, cuts) for part in (whole.nominal, whole.wide, whole.narrow)),
            strict=True,
        )
    ]


def signal_of_shape(
    edges_gev: FloatArray, parameters: FloatArray, events: FloatArray | float, config: Templates
) -> SignalTemplate:
    """Yields of shapes in bins, with the worse resolution of data treated as configured.

    Parameters
    ----------
    edges_gev
        (n, 2) edges of bins in M_R.
    parameters
        (n, 8) shape parameters for each bin, in the order of ``SHAPE_PARAMETERS``.
    events
        (n,) or one number: events of the whole shape.
    config
        As a normalisation, yields are divided by its correction; as a shape, nominal and
        variations have their own widths.
    """

    def yields(width_factor: float) -> FloatArray:
        wider = parameters.copy()
        wider[:, SHAPE_PARAMETERS.index("sigma")] *= width_factor
        below = shape_integral(edges_gev, wider)
        return np.asarray(events * (below[:, 1] - below[:, 0]))

    if config.mass_resolution == "shape":
        narrow, wide = (yields(factor) for factor in config.width_factor_variations)
        return SignalTemplate(nominal=yields(config.width_factor), wide=wide, narrow=narrow)
    return SignalTemplate(nominal=yields(1.0) / config.bias_correction, wide=None, narrow=None)


def _extent(windows: Sequence[Window], config: Templates) -> tuple[FloatArray, FloatArray]:
    """(n,) ends of the windows in M_R, as they are without vetoes."""
    centre = np.array([window.reduced_mass_gev for window in windows])
    half = 0.5 * config.window_sigmas * np.array([window.sigma_gev for window in windows])
    low = np.maximum(centre - half, 0.0)
    for window, first, last in zip(windows, low, centre + half, strict=True):
        if window.n_bins and (
            window.bin_low[0] < first - 1e-9 or window.bin_high[-1] > last + 1e-9
        ):
            raise ConsistencyError(
                "the bins of a window do not belong to this configuration",
                where=window.name,
                found=f"{window.bin_low[0]} to {window.bin_high[-1]} GeV",
                expected=f"within {first} to {last} GeV",
            )
    return low, centre + half


def _contents(
    spectra: Sequence[CandidateSpectrum],
    mlp_range: npt.NDArray[np.int64],
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """Contents of intervals (n,), each in the spectrum of its MLP range."""
    result = np.zeros(len(low))
    for index, spectrum in enumerate(spectra):
        rows = mlp_range == index
        result[rows] = spectrum.content(low[rows], high[rows])
    return result
