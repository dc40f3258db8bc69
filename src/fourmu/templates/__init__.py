"""Signal shape and efficiency, mass windows, and the templates in them (Secs. IV E and V)."""

from .background import bernstein_integrals, smoothed_expectation
from .border_sharing import BorderSharing, border_sharing
from .build import (
    CandidateSpectrum,
    SignalTemplate,
    build_templates,
    candidate_spectra,
    signal_of_shape,
    signal_templates,
)
from .crystal_ball import SHAPE_PARAMETERS, DoubleCrystalBall, crystal_ball_cdf, shape_integral
from .efficiency import EfficiencyCurve, GeneratedEvents, fit_efficiency, weighted_efficiency
from .resolution import Resolution, fit_resolution
from .shape_curves import ShapeCurves, fit_shape_curves
from .signal_model import (
    RangeModel,
    SignalModel,
    SignalSample,
    build_signal_model,
    candidates_by_mass,
)
from .signal_shape import ShapeFit, fit_shape
from .smoothing import SmoothCurve, fit_curve, leave_one_out
from .window_template import Template, Window
from .windows import build_windows

__all__ = [
    "SHAPE_PARAMETERS",
    "BorderSharing",
    "CandidateSpectrum",
    "DoubleCrystalBall",
    "EfficiencyCurve",
    "GeneratedEvents",
    "RangeModel",
    "Resolution",
    "ShapeCurves",
    "ShapeFit",
    "SignalModel",
    "SignalSample",
    "SignalTemplate",
    "SmoothCurve",
    "Template",
    "Window",
    "bernstein_integrals",
    "border_sharing",
    "build_signal_model",
    "build_templates",
    "build_windows",
    "candidate_spectra",
    "candidates_by_mass",
    "crystal_ball_cdf",
    "fit_curve",
    "fit_efficiency",
    "fit_resolution",
    "fit_shape",
    "fit_shape_curves",
    "leave_one_out",
    "shape_integral",
    "signal_of_shape",
    "signal_templates",
    "smoothed_expectation",
    "weighted_efficiency",
]
