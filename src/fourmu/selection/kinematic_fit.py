"""The four-constraint kinematic fit (Sec. IV E).

The four muons must have together the four-momentum of the beams. The parameters are
(1/pT, theta, phi) of each track with their uncorrelated Gaussian errors, and chi2 is minimised
under the constraints with Lagrange multipliers, linearised anew in each step. With Gaussian
errors chi2 follows a chi2 distribution of four degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector.frames import beam_frame
from fourmu.detector.parameters import TrackResolution, track_resolution
from fourmu.detector.tracking import angle_sigma, pt_relative_sigma
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

__all__ = ["FitResult", "fit_event", "kinematic_fit", "total_momentum_lab"]

BoolArray = npt.NDArray[np.bool_]

_MASS_SQUARED = MUON_MASS_GEV * MUON_MASS_GEV
_SMALLEST_PIVOT = 1e-30
_SMALLEST_ANGLE = 1e-3
_SHRINKS_MAX = 20


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """Fitted tracks of n events, k tracks each.

    Attributes
    ----------
    pt, theta, phi
        Shape (n, k), GeV and rad, detector frame.
    chi2
        Shape (n,); four degrees of freedom.
    converged
        Shape (n,).
    """

    pt: FloatArray
    theta: FloatArray
    phi: FloatArray
    chi2: FloatArray
    converged: BoolArray


def total_momentum_lab(sqrt_s_gev: float, detector: Detector) -> FloatArray:
    """Four-momentum (4,) of the beams in the detector: sqrt(s) moving with the c.m. frame."""
    beta = beam_frame(detector).beta
    gamma = 1.0 / math.sqrt(1.0 - float(np.sum(beta**2)))
    return gamma * sqrt_s_gev * np.concatenate([[1.0], beta])


def kinematic_fit(
    pt: FloatArray,
    theta: FloatArray,
    phi: FloatArray,
    sqrt_s_gev: float,
    settings: Selection,
    detector: Detector,
) -> FitResult:
    """Fit muon tracks so that they sum up to the four-momentum of the beams.

    Parameters
    ----------
    pt, theta, phi
        Shape (n, k), measured tracks in GeV and rad, detector frame.
    sqrt_s_gev
        Nominal centre-of-mass energy.
    settings
        Tolerances of the fit.
    detector
        Beams, and resolutions that make the covariance.
    """
    parameters = np.stack([1.0 / pt, theta, phi], axis=-1)
    chi2 = np.empty(len(pt))
    converged = np.empty(len(pt), dtype=np.bool_)
    _fit_events(
        parameters,
        total_momentum_lab(sqrt_s_gev, detector),
        track_resolution(detector),
        settings.fit_iterations_max,
        settings.fit_tolerance_gev,
        settings.fit_chi2_tolerance,
        chi2,
        converged,
    )
    return FitResult(
        pt=1.0 / parameters[..., 0],
        theta=parameters[..., 1],
        phi=parameters[..., 2],
        chi2=chi2,
        converged=converged,
    )


@kernel
def _fit_events(
    parameters: FloatArray,
    target: FloatArray,
    resolution: TrackResolution,
    iterations_max: int,
    tolerance: float,
    chi2_tolerance: float,
    chi2: FloatArray,
    converged: BoolArray,
) -> None:
    """Fit every event of ``parameters`` (n, k, 3) in place."""
    work = np.empty((3, parameters.shape[1], 3))
    for i in range(len(parameters)):
        chi2[i], converged[i] = fit_event(
            parameters[i],
            target,
            resolution,
            iterations_max,
            tolerance,
            chi2_tolerance,
            work,
        )


@kernel
def fit_event(
    parameters: FloatArray,
    target: FloatArray,
    resolution: TrackResolution,
    iterations_max: int,
    tolerance: float,
    chi2_tolerance: float,
    work: FloatArray,
) -> tuple[float, bool]:
    """Fit one event in place; returns chi2 and whether the fit converged.

    Parameters
    ----------
    parameters
        Shape (k, 3), (1/pT, theta, phi) of the tracks.
    target
        Shape (4,), four-momentum of the beams in the detector frame.
    work
        Shape (3, k, 3), scratch.
    """
    measured, variance, step = work[0], work[1], work[2]
    for t in range(len(parameters)):
        pt = 1.0 / parameters[t, 0]
        angle = angle_sigma(pt / math.sin(parameters[t, 1]), resolution)
        measured[t] = parameters[t]
        variance[t, 0] = (pt_relative_sigma(pt, resolution) * parameters[t, 0]) ** 2
        variance[t, 1] = angle * angle
        variance[t, 2] = angle * angle
    chi2 = 0.0
    for iteration in range(iterations_max):
        # residuals f + D (measured - parameters), and the matrix D V D^T (lower triangle)
        f0, f1, f2, f3 = -target[0], -target[1], -target[2], -target[3]
        r0, r1, r2, r3 = 0.0, 0.0, 0.0, 0.0
        s00, s10, s11, s20, s21 = 0.0, 0.0, 0.0, 0.0, 0.0
        s22, s30, s31, s32, s33 = 0.0, 0.0, 0.0, 0.0, 0.0
        for t in range(len(parameters)):
            pt = 1.0 / parameters[t, 0]
            sine, cosine = math.sin(parameters[t, 1]), math.cos(parameters[t, 1])
            cot = cosine / sine
            x, y, z = pt * math.cos(parameters[t, 2]), pt * math.sin(parameters[t, 2]), pt * cot
            p_squared = pt * pt + z * z
            energy = math.sqrt(p_squared + _MASS_SQUARED)
            f0 += energy
            f1 += x
            f2 += y
            f3 += z
            # derivatives with respect to 1/pT, theta, phi; those not written are zero
            ratio = p_squared / energy
            e_q, x_q, y_q, z_q = -ratio * pt, -x * pt, -y * pt, -z * pt
            e_t, z_t = -ratio * cot, -pt / (sine * sine)
            x_f, y_f = -y, x
            d_q = measured[t, 0] - parameters[t, 0]
            d_t = measured[t, 1] - parameters[t, 1]
            d_f = measured[t, 2] - parameters[t, 2]
            r0 += e_q * d_q + e_t * d_t
            r1 += x_q * d_q + x_f * d_f
            r2 += y_q * d_q + y_f * d_f
            r3 += z_q * d_q + z_t * d_t
            v_q, v_t, v_f = variance[t, 0], variance[t, 1], variance[t, 2]
            s00 += v_q * e_q * e_q + v_t * e_t * e_t
            s10 += v_q * x_q * e_q
            s11 += v_q * x_q * x_q + v_f * x_f * x_f
            s20 += v_q * y_q * e_q
            s21 += v_q * y_q * x_q + v_f * y_f * x_f
            s22 += v_q * y_q * y_q + v_f * y_f * y_f
            s30 += v_q * z_q * e_q + v_t * z_t * e_t
            s31 += v_q * z_q * x_q
            s32 += v_q * z_q * y_q
            s33 += v_q * z_q * z_q + v_t * z_t * z_t
        violation = max(abs(f0), abs(f1), abs(f2), abs(f3))
        # Cholesky factor of D V D^T
        if s00 < _SMALLEST_PIVOT:
            return chi2, False
        l00 = math.sqrt(s00)
        l10, l20, l30 = s10 / l00, s20 / l00, s30 / l00
        s11 -= l10 * l10
        if s11 < _SMALLEST_PIVOT:
            return chi2, False
        l11 = math.sqrt(s11)
        l21, l31 = (s21 - l20 * l10) / l11, (s31 - l30 * l10) / l11
        s22 -= l20 * l20 + l21 * l21
        if s22 < _SMALLEST_PIVOT:
            return chi2, False
        l22 = math.sqrt(s22)
        l32 = (s32 - l30 * l20 - l31 * l21) / l22
        s33 -= l30 * l30 + l31 * l31 + l32 * l32
        if s33 < _SMALLEST_PIVOT:
            return chi2, False
        l33 = math.sqrt(s33)
        # multipliers m: (D V D^T) m = f + r; chi2 of the linearised problem is m (f + r)
        b0 = (f0 + r0) / l00
        b1 = (f1 + r1 - l10 * b0) / l11
        b2 = (f2 + r2 - l20 * b0 - l21 * b1) / l22
        b3 = (f3 + r3 - l30 * b0 - l31 * b1 - l32 * b2) / l33
        previous, chi2 = chi2, b0 * b0 + b1 * b1 + b2 * b2 + b3 * b3
        if (
            iteration > 0
            and violation < tolerance
            and abs(chi2 - previous) < chi2_tolerance * (1.0 + chi2)
        ):
            return chi2, True
        m3 = b3 / l33
        m2 = (b2 - l32 * m3) / l22
        m1 = (b1 - l21 * m2 - l31 * m3) / l11
        m0 = (b0 - l10 * m1 - l20 * m2 - l30 * m3) / l00
        shrink = 1.0
        for t in range(len(parameters)):
            pt = 1.0 / parameters[t, 0]
            sine = math.sin(parameters[t, 1])
            cot = math.cos(parameters[t, 1]) / sine
            x, y, z = pt * math.cos(parameters[t, 2]), pt * math.sin(parameters[t, 2]), pt * cot
            p_squared = pt * pt + z * z
            ratio = p_squared / math.sqrt(p_squared + _MASS_SQUARED)
            g_q = -pt * (ratio * m0 + x * m1 + y * m2 + z * m3)
            g_t = -ratio * cot * m0 - pt / (sine * sine) * m3
            g_f = -y * m1 + x * m2
            for j, gradient in ((0, g_q), (1, g_t), (2, g_f)):
                step[t, j] = measured[t, j] - variance[t, j] * gradient - parameters[t, j]
            # keep 1/pT positive and theta inside (0, pi), also far from the solution
            for _ in range(_SHRINKS_MAX):
                q = parameters[t, 0] + shrink * step[t, 0]
                theta = parameters[t, 1] + shrink * step[t, 1]
                if q > 0.2 * parameters[t, 0] and (
                    _SMALLEST_ANGLE < theta < math.pi - _SMALLEST_ANGLE
                ):
                    break
                shrink *= 0.5
        for t in range(len(parameters)):
            for j in range(3):
                parameters[t, j] += shrink * step[t, j]
    return chi2, False
