"""Reconstructed events -> dimuon candidates: cuts, pairs, kinematic fit, variables."""

from .candidates import Candidates
from .correction_table import CorrectionTable
from .corrections import (
    CORRECTED_SOURCES,
    CorrectionEffect,
    EfficiencyCorrection,
    correction_effects,
    correction_weights,
)
from .cutflow import Cutflow
from .kinematic_fit import FitResult, kinematic_fit
from .resolution import MassResolution, half_smallest_interval, reduced_mass_resolution
from .select import Selected, select
from .variables import VARIABLES, pair_momentum_max_gev, sixteen_variables

__all__ = [
    "CORRECTED_SOURCES",
    "VARIABLES",
    "Candidates",
    "CorrectionEffect",
    "CorrectionTable",
    "Cutflow",
    "EfficiencyCorrection",
    "FitResult",
    "MassResolution",
    "Selected",
    "correction_effects",
    "correction_weights",
    "half_smallest_interval",
    "kinematic_fit",
    "pair_momentum_max_gev",
    "reduced_mass_resolution",
    "select",
    "sixteen_variables",
]
