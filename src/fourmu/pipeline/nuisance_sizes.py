"""Which sizes of systematic uncertainties the workspaces take: Table I, or measured ones."""

from __future__ import annotations

from fourmu.config import Analysis
from fourmu.config.statmodel import Systematics
from fourmu.io.json_files import read_json

from .layout import Layout

__all__ = ["effective_systematics"]


def effective_systematics(analysis: Analysis, layout: Layout) -> Systematics:
    """Sizes for the workspaces: those of the configuration, or measured ones.

    Parameters
    ----------
    analysis
        ``statmodel.systematics_from`` chooses.
    layout
        Where the products of the stage ``systematics`` are.
    """
    if analysis.statmodel.systematics_from == "table_i":
        return analysis.statmodel.systematics
    content = read_json(layout.folder("systematics") / "systematics.json")
    return Systematics.model_validate(content["sizes"])
