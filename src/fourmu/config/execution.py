"""Where products go and how the work is spread."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from .section import Section

__all__ = ["Execution", "Paths"]


class Paths(Section):
    """Folders, relative to the folder of the configuration file."""

    output: PurePosixPath = PurePosixPath("output")
    """Events, candidates, networks, templates, results, figures."""
    workspaces: PurePosixPath = PurePosixPath("workspaces")
    """One folder of pyhf workspaces per model."""
    cabinetry_configs: PurePosixPath = PurePosixPath("cabinetry_configs")
    """One cabinetry configuration per model, rendered for every window."""


class Execution(Section):
    """How the work is spread; no result depends on it."""

    executor: Literal["processes", "threads"] = "processes"
    """Kind of workers."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Number of workers; 0 takes the number of processors."""
