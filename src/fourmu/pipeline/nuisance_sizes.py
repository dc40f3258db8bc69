"""Which sizes of systematic uncertainties the workspaces take: Table I, or measured ones."""

from __future__ import annotations

from fourmu.config import Analysis
from fourmu.config.statmodel import Systematics
from fourmu.io.json_files import read_json

from .corrections import corrected_systematics
from .layout import Layout

__all__ = ["effective_systematics"]


def effective_systematics(analysis: Analysis, layout: Layout, model: str) -> Systematics:
    """Sizes for the workspaces of a model: those of the configuration, or measured ones.

    Where tables of corrections are given, their errors take the place of the sizes of their
    sources: tracking, particle_id and trigger.

    Parameters
    ----------
    analysis
        ``statmodel.systematics_from`` and ``corrections`` choose.
    layout
        Where the products of the stages ``systematics`` and ``select`` are.
    model
        Model of the signal.
    """
    if analysis.statmodel.systematics_from == "table_i":
        sizes = analysis.statmodel.systematics
    else:
        content = read_json(layout.folder("systematics") / "systematics.json")
        sizes = Systematics.model_validate(content["sizes"])
    return corrected_systematics(sizes, analysis, layout.folder("selected"), model)
