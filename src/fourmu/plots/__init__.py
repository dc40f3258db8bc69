"""Figures: arrays in, :class:`matplotlib.figure.Figure` out; the caller writes them.

Each figure is a record of what is drawn, a function that prepares it, and one that draws it.
"""

from .classifier import Roc, WorkingPointCurve, draw_roc, draw_working_points
from .coupling_limits import CouplingScan, coupling_scan, draw_coupling_limits
from .coverage import CoverageCurve, ToyRatios, draw_coverage, draw_toy_ratios
from .curves import (
    Curve,
    draw_efficiency,
    draw_multiplicity,
    draw_rejection,
    draw_resolution,
    draw_trigger_efficiency,
)
from .diagnostics import (
    Overview,
    Ranking,
    draw_overview,
    draw_p_values,
    draw_ranking,
    overview,
    ranking,
    source_title,
)
from .distributions import (
    DISTRIBUTIONS,
    AxisOf,
    Histogram,
    Plane,
    draw_histogram,
    draw_plane,
    histogram,
    plane,
    variable,
)
from .injections import Injections, draw_injections
from .limit_methods import LimitMethods, draw_limit_methods
from .look_elsewhere import (
    GlobalLevel,
    GlobalLevels,
    LargestSignificance,
    draw_global_levels,
    draw_largest_significance,
    draw_resampled_scans,
    global_levels,
)
from .reinterpretation import draw_reinterpretation
from .scan import Scan, draw_cross_section_limits, draw_significance, scan
from .spectra import PROCESS_TITLES, Spectrum, draw_spectrum, spectrum
from .studies import (
    BackgroundFit,
    Linearity,
    MassCurve,
    WidthScan,
    draw_against_mass,
    draw_background_fits,
    draw_linearity,
    draw_widths,
)
from .style import Kind, break_at_gaps, rendered
from .systematics import Points, draw_measured, draw_peak
from .window_fit import WindowFit, draw_window_fit

__all__ = [
    "DISTRIBUTIONS",
    "PROCESS_TITLES",
    "AxisOf",
    "BackgroundFit",
    "CouplingScan",
    "CoverageCurve",
    "Curve",
    "GlobalLevel",
    "GlobalLevels",
    "Histogram",
    "Injections",
    "Kind",
    "LargestSignificance",
    "LimitMethods",
    "Linearity",
    "MassCurve",
    "Overview",
    "Plane",
    "Points",
    "Ranking",
    "Roc",
    "Scan",
    "Spectrum",
    "ToyRatios",
    "WidthScan",
    "WindowFit",
    "WorkingPointCurve",
    "break_at_gaps",
    "coupling_scan",
    "draw_against_mass",
    "draw_background_fits",
    "draw_coupling_limits",
    "draw_coverage",
    "draw_cross_section_limits",
    "draw_efficiency",
    "draw_global_levels",
    "draw_histogram",
    "draw_injections",
    "draw_largest_significance",
    "draw_limit_methods",
    "draw_linearity",
    "draw_measured",
    "draw_multiplicity",
    "draw_overview",
    "draw_p_values",
    "draw_peak",
    "draw_plane",
    "draw_ranking",
    "draw_reinterpretation",
    "draw_rejection",
    "draw_resampled_scans",
    "draw_resolution",
    "draw_roc",
    "draw_significance",
    "draw_spectrum",
    "draw_toy_ratios",
    "draw_trigger_efficiency",
    "draw_widths",
    "draw_window_fit",
    "draw_working_points",
    "global_levels",
    "histogram",
    "overview",
    "plane",
    "ranking",
    "rendered",
    "scan",
    "source_title",
    "spectrum",
    "variable",
]
