"""From limits on cross sections to limits on couplings, with the (g-2) band beside them."""

from .cross_sections import CrossSections, CrossSectionTable, interpolate_cross_sections
from .g_minus_2 import G_MINUS_2, GMinus2Band, excluded_intervals, g_minus_2_band
from .gaps import gaps
from .limits import (
    CouplingLimits,
    coupling_limits,
    coupling_rows,
    quoted_range,
    width_message,
)
from .overlay import OverlayCurve
from .running_alpha import delta_alpha, running_alpha_factor
from .trident import TRIDENT_RANGE_GEV, trident_coupling

__all__ = [
    "G_MINUS_2",
    "TRIDENT_RANGE_GEV",
    "CouplingLimits",
    "CrossSectionTable",
    "CrossSections",
    "GMinus2Band",
    "OverlayCurve",
    "coupling_limits",
    "coupling_rows",
    "delta_alpha",
    "excluded_intervals",
    "g_minus_2_band",
    "gaps",
    "interpolate_cross_sections",
    "quoted_range",
    "running_alpha_factor",
    "trident_coupling",
    "width_message",
]
