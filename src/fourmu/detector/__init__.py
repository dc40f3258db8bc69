"""The parametric response of the detector: generated particles -> reconstructed events."""

from .conversion import conversion_probability, convert_photons
from .events import Events
from .frames import BeamFrame, beam_frame, cm_from_lab, lab_from_cm
from .response import simulate

__all__ = [
    "BeamFrame",
    "Events",
    "beam_frame",
    "cm_from_lab",
    "conversion_probability",
    "convert_photons",
    "lab_from_cm",
    "simulate",
]
