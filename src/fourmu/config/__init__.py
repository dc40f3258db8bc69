"""The typed configuration of an analysis."""

from .analysis import Analysis
from .loading import commented_yaml, load_analysis
from .samples import Injection, PseudoData, Samples
from .section import Section
from .yaml_files import read_yaml

__all__ = [
    "Analysis",
    "Injection",
    "PseudoData",
    "Samples",
    "Section",
    "commented_yaml",
    "load_analysis",
    "read_yaml",
]
