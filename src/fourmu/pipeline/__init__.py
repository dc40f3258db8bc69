"""The only code that knows the order of the stages: read, compute, write."""

from .chain import STAGES, run_chain
from .layout import Layout

__all__ = ["STAGES", "Layout", "run_chain"]
