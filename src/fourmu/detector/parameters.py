"""The detector section as the flat record that compiled kernels read: radians, cm, arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fourmu.config.detector import Detector
from fourmu.physics.kinematics import FloatArray

from .frames import beam_frame

__all__ = ["ResponseParameters", "TrackResolution", "response_parameters", "track_resolution"]

_CM_PER_UM = 1e-4


class TrackResolution(NamedTuple):
    """Numbers behind the covariance of a track; see the fields of the detector section."""

    pt_slope: float
    pt_constant: float
    angle: float
    angle_constant: float


class ResponseParameters(NamedTuple):
    """Everything the response kernel needs; angles in rad, lengths in cm, energies in GeV."""

    beta: FloatArray
    tilt: float
    resolution: TrackResolution
    resolution_scale: float
    track_theta: FloatArray
    track_efficiency_pt: FloatArray
    track_efficiency: FloatArray
    impact_constant: float
    impact_scattering: float
    klm_momentum_min: float
    klm_gaps: FloatArray
    muon_id_momentum: FloatArray
    muon_id: FloatArray
    hadron_as_muon: FloatArray
    electron_as_muon: FloatArray
    electron_id: FloatArray
    photon_energy_min: float
    photon_theta: FloatArray
    photon_constant: float
    photon_quartic: float
    photon_angle: float
    background_energy: float
    calorimeter_energy: float
    calorimeter_theta: FloatArray
    ionising_energy: float
    three_track_theta: FloatArray
    three_track_half: float
    three_track_width: float
    three_track_plateau: float
    single_muon_theta: FloatArray
    single_muon_efficiency: FloatArray


def track_resolution(settings: Detector) -> TrackResolution:
    """Resolution that reconstruction assumes, whatever ``resolution_scale`` says."""
    return TrackResolution(
        pt_slope=settings.pt_resolution_per_gev,
        pt_constant=settings.pt_resolution_constant,
        angle=settings.angle_resolution_rad,
        angle_constant=settings.angle_resolution_constant,
    )


def _floats(values: object) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _ranges(values: object) -> FloatArray:
    return np.radians(_floats(values).reshape(-1, 2))


def response_parameters(settings: Detector) -> ResponseParameters:
    """Convert the section once per call of the response."""
    frame = beam_frame(settings)
    return ResponseParameters(
        beta=frame.beta,
        tilt=frame.tilt_rad,
        resolution=track_resolution(settings),
        resolution_scale=settings.resolution_scale,
        track_theta=np.radians(settings.track_theta_deg),
        track_efficiency_pt=_floats(settings.track_efficiency_pt_gev),
        track_efficiency=_floats(settings.track_efficiency),
        impact_constant=settings.impact_resolution_um * _CM_PER_UM,
        impact_scattering=settings.impact_scattering_um_gev * _CM_PER_UM,
        klm_momentum_min=settings.klm_momentum_min_gev,
        klm_gaps=_ranges(settings.klm_gaps_deg),
        muon_id_momentum=_floats(settings.muon_id_momentum_gev),
        muon_id=_floats(settings.muon_id_efficiency),
        hadron_as_muon=_floats(settings.pion_as_muon),
        electron_as_muon=_floats(
            [
                settings.electron_as_muon_soft,
                settings.electron_as_muon_gap,
                settings.electron_as_muon,
            ]
        ),
        electron_id=_floats(
            [
                settings.muon_as_electron,
                settings.electron_id_efficiency,
                settings.pion_as_electron,
            ]
        ),
        photon_energy_min=settings.photon_energy_min_gev,
        photon_theta=_ranges(settings.photon_theta_deg),
        photon_constant=settings.photon_resolution_constant,
        photon_quartic=settings.photon_resolution_quartic,
        photon_angle=settings.photon_angle_resolution_rad,
        background_energy=settings.background_photon_energy_gev,
        calorimeter_energy=settings.calorimeter_trigger_energy_gev,
        calorimeter_theta=np.radians(settings.calorimeter_trigger_theta_deg),
        ionising_energy=settings.minimum_ionising_gev,
        three_track_theta=np.radians(settings.three_track_theta_deg),
        three_track_half=settings.three_track_pt_half_gev,
        three_track_width=settings.three_track_pt_width_gev,
        three_track_plateau=settings.three_track_plateau,
        single_muon_theta=np.radians(settings.single_muon_theta_deg),
        single_muon_efficiency=_floats(settings.single_muon_efficiency),
    )
