"""Measurements of the stage ``systematics``, each a pure function of a job that gives numbers."""

from .control import ee_mumu, identification, level, trigger
from .document import Findings, document_of, joined_identification
from .figures import systematics_figures
from .fits import bias_model, fit_bias, mlp, resolution_bias
from .jobs import DATA, SIMULATION, MeasureJob, is_external
from .signal import signal, signal_sample
from .tables import systematics_tables

__all__ = [
    "DATA",
    "SIMULATION",
    "Findings",
    "MeasureJob",
    "bias_model",
    "document_of",
    "ee_mumu",
    "fit_bias",
    "identification",
    "is_external",
    "joined_identification",
    "level",
    "mlp",
    "resolution_bias",
    "signal",
    "signal_sample",
    "systematics_figures",
    "systematics_tables",
    "trigger",
]
