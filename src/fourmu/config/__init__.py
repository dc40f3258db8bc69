"""The typed configuration of an analysis."""

from .analysis import Analysis
from .loading import commented_yaml, load_analysis
from .samples import (
    Backgrounds,
    DetectorDifferences,
    Injection,
    PseudoData,
    ResonancePeak,
    Samples,
)
from .section import Section
from .yaml_files import read_yaml

__all__ = [
    "Analysis",
    "Backgrounds",
    "DetectorDifferences",
    "Injection",
    "PseudoData",
    "ResonancePeak",
    "Samples",
    "Section",
    "commented_yaml",
    "load_analysis",
    "read_yaml",
]
