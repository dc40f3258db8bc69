"""The only code that knows the order of the stages: read, compute, write."""

from .chain import run_chain
from .layout import Layout
from .stages import STAGES

__all__ = ["STAGES", "Layout", "run_chain"]
