"""The c.m. frame of the beams and the frame of the detector (Sec. II)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fourmu.config.detector import Detector
from fourmu.physics.kinematics import FloatArray, boost

__all__ = ["BeamFrame", "beam_frame", "cm_from_lab", "lab_from_cm"]


@dataclass(frozen=True, kw_only=True)
class BeamFrame:
    """How the c.m. frame, with e- along +z, lies in the detector.

    Attributes
    ----------
    beta
        Shape (3,), velocity of the c.m. system in the detector.
    tilt_rad
        Angle in the x-z plane by which the c.m. beam axis is turned before the boost, so that
        the electron beam comes out along its true direction; a boost alone leaves it 6 mrad
        off.
    """

    beta: FloatArray
    tilt_rad: float


def beam_frame(settings: Detector) -> BeamFrame:
    """Velocity and tilt of the c.m. frame that follow from beam energies and crossing angle."""
    sine = math.sin(settings.crossing_half_angle_rad)
    cosine = math.cos(settings.crossing_half_angle_rad)
    electron = settings.electron_beam_gev * np.array([1.0, sine, 0.0, cosine])
    positron = settings.positron_beam_gev * np.array([1.0, sine, 0.0, -cosine])
    total = electron + positron
    beta = total[1:] / total[0]
    direction = boost(electron, -beta)
    return BeamFrame(beta=beta, tilt_rad=float(np.arctan2(direction[1], direction[3])))


def _turned(p: FloatArray, angle_rad: float) -> FloatArray:
    """Turn four-vectors (..., 4) in the x-z plane, from z towards x."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    x = c * p[..., 1] + s * p[..., 3]
    z = c * p[..., 3] - s * p[..., 1]
    return np.stack([p[..., 0], x, p[..., 2], z], axis=-1)


def lab_from_cm(p: FloatArray, frame: BeamFrame) -> FloatArray:
    """Four-vectors (..., 4) in the detector, of those in the c.m. frame with e- along +z.

    Examples
    --------
    >>> import numpy as np
    >>> from fourmu.config.detector import Detector
    >>> lab = lab_from_cm(np.array([5.29, 0.0, 0.0, 5.29]), beam_frame(Detector()))
    >>> bool(abs(np.arctan2(lab[1], lab[3]) - 0.0415) < 1e-12)
    True
    """
    return boost(_turned(p, frame.tilt_rad), frame.beta)


def cm_from_lab(p: FloatArray, frame: BeamFrame) -> FloatArray:
    """Inverse of :func:`lab_from_cm`."""
    return _turned(boost(p, -frame.beta), -frame.tilt_rad)
