"""Systematic uncertainties measured from control samples (Sec. VI).

Arrays in, numbers out: ``control_samples`` makes the samples that the chain has no other use for,
``control_regions`` selects them, ``trigger``, ``identification``, ``photons``, ``mlp``,
``resolution``, ``momentum``, ``interpolation`` and ``fit_bias`` measure, ``closure`` compares with
what the pseudo-data were made with, and ``sizes`` turns all of it into nuisance parameters.
"""

from .binned import BinnedEfficiency, at_least_one, at_least_three, efficiency_in_bins
from .closure import ClosureRow, closure_document
from .control_regions import (
    ee_mumu_masses,
    ee_mumu_tracks,
    electron_and_hadrons,
    electron_and_muon,
    muon_pair_and_photon,
)
from .fit_bias import (
    BackgroundSample,
    PullSummary,
    bootstrapped_counts,
    mean_bias,
    overlaid_pulls,
    summarise_pulls,
    typical_pulls,
    width_bias,
)
from .identification import agreement, identification_shift, overall_ratio, tag_and_probe
from .interpolation import LeftOut, left_out
from .mlp import JudgedCandidates, MlpRatio, mlp_ratio
from .momentum import ScaleEffect, scale_effect, scaled_momenta, shifted_beam_energy
from .photons import (
    PHOTON_CUTS,
    background_level,
    background_shift,
    overlay_background,
    threshold_shift,
)
from .resolution import PeakFit, fit_peak
from .sizes import MeasuredSizes, curve_of, measured_section
from .tracks import Tracks, pair_mass, tracks_of
from .trigger import TriggerCurves, TurnOn, fit_turn_on, trigger_shift
from .values import MassShift, Measured, combined, ratio
from .yields import FittedYields, fit_yields, yield_batch

__all__ = [
    "PHOTON_CUTS",
    "BackgroundSample",
    "BinnedEfficiency",
    "ClosureRow",
    "FittedYields",
    "JudgedCandidates",
    "LeftOut",
    "MassShift",
    "Measured",
    "MeasuredSizes",
    "MlpRatio",
    "PeakFit",
    "PullSummary",
    "ScaleEffect",
    "Tracks",
    "TriggerCurves",
    "TurnOn",
    "agreement",
    "at_least_one",
    "at_least_three",
    "background_level",
    "background_shift",
    "bootstrapped_counts",
    "closure_document",
    "combined",
    "curve_of",
    "ee_mumu_masses",
    "ee_mumu_tracks",
    "efficiency_in_bins",
    "electron_and_hadrons",
    "electron_and_muon",
    "fit_peak",
    "fit_turn_on",
    "fit_yields",
    "identification_shift",
    "left_out",
    "mean_bias",
    "measured_section",
    "mlp_ratio",
    "muon_pair_and_photon",
    "overall_ratio",
    "overlaid_pulls",
    "overlay_background",
    "pair_mass",
    "ratio",
    "scale_effect",
    "scaled_momenta",
    "shifted_beam_energy",
    "summarise_pulls",
    "tag_and_probe",
    "threshold_shift",
    "tracks_of",
    "trigger_shift",
    "typical_pulls",
    "width_bias",
    "yield_batch",
]
