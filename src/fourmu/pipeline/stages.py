"""The stages in chain order: what each reads, writes and depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis

from .external_sources import correction_paths, external_files
from .layout import SUBMISSION, TARBALL, Layout

__all__ = ["STAGES", "Stage"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of the chain.

    Attributes
    ----------
    module
        Module of this package that holds ``run(context)``; imported only when it runs.
    sections
        Configuration sections that its products depend on.
    needs
        Stages whose products it reads, given the configuration; each stands before it.
    takes_along
        Stages that run on request only, whose products it uses while they are up to date.
    folders
        Layout folders, or single files, it writes, given the configuration.
    files
        Files beside the configuration whose contents it depends on.
    publishes_data
        Its products hold the observed data: a blind analysis has none.
    """

    name: str
    title: str
    module: str
    sections: tuple[str, ...]
    needs: Callable[[Analysis], tuple[str, ...]]
    folders: Callable[[Analysis], tuple[str, ...]]
    files: Callable[[Analysis, Layout], tuple[Path, ...]] = lambda _analysis, _layout: ()
    takes_along: tuple[str, ...] = ()
    publishes_data: bool = False


def _fixed(*names: str) -> Callable[[Analysis], tuple[str, ...]]:
    return lambda _: names


def _workspace_inputs(analysis: Analysis) -> tuple[str, ...]:
    """Measured systematic uncertainties are an input where the configuration takes them.

    So are the errors of corrections, which the selected candidates know.
    """
    measured = ("systematics",) if analysis.statmodel.systematics_from == "measured" else ()
    return (*(("select",) if analysis.corrections else ()), "templates", *measured)


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            name="generate",
            title="events: generation and detector",
            module="generate",
            sections=("seed", "models", "samples", "ntuples", "generation", "detector"),
            needs=_fixed(),
            folders=_fixed("events"),
            files=lambda analysis, _: external_files(analysis),
        ),
        Stage(
            name="select",
            title="selection, kinematic fit, variables",
            module="select",
            sections=(
                "seed",
                "models",
                "samples",
                "ntuples",
                "corrections",
                "detector",
                "selection",
            ),
            needs=_fixed("generate"),
            folders=_fixed("selected"),
            files=lambda analysis, _: correction_paths(analysis),
        ),
        Stage(
            name="train",
            title="networks and working points",
            module="train",
            sections=("seed", "samples", "ntuples", "classifiers", "signal_model"),
            needs=_fixed("select"),
            folders=_fixed("mlp"),
        ),
        Stage(
            name="templates",
            title="signal model, windows, templates",
            module="templates",
            sections=(
                "seed",
                "blind",
                "models",
                "samples",
                "ntuples",
                "classifiers",
                "signal_model",
                "templates",
            ),
            needs=_fixed("select", "train"),
            folders=_fixed("templates"),
        ),
        Stage(
            name="systematics",
            title="systematic uncertainties, measured",
            module="systematics",
            sections=(
                "seed",
                "models",
                "samples",
                "ntuples",
                "generation",
                "detector",
                "selection",
                "classifiers",
                "signal_model",
                "templates",
                "statmodel",
                "systematics",
                "inference",
            ),
            needs=_fixed("generate", "select", "train", "templates"),
            folders=_fixed("systematics"),
        ),
        Stage(
            name="workspaces",
            title="workspaces by cabinetry",
            module="workspaces",
            sections=("blind", "models", "statmodel"),
            needs=_workspace_inputs,
            folders=lambda analysis: tuple(f"workspaces/{model}" for model in analysis.models),
            files=lambda analysis, layout: tuple(
                layout.cabinetry_configs / f"{model}.yaml" for model in analysis.models
            ),
        ),
        Stage(
            name="limits",
            title="limits in every window",
            module="limits",
            sections=("seed", "blind", "models", "inference"),
            needs=_fixed("workspaces"),
            folders=_fixed("limits"),
        ),
        Stage(
            name="toys",
            title="limits by toys, bands by pseudo-experiments",
            module="toys",
            sections=("seed", "blind", "models", "inference"),
            needs=_fixed("workspaces"),
            folders=_fixed("toys"),
        ),
        Stage(
            name="look-elsewhere",
            title="global significances by pseudo-scans",
            module="look_elsewhere",
            sections=(
                "seed",
                "blind",
                "models",
                "samples",
                "ntuples",
                "inference",
                "look_elsewhere",
            ),
            needs=_fixed("select", "train", "workspaces"),
            folders=_fixed("look_elsewhere"),
        ),
        Stage(
            name="couplings",
            title="cross sections and coupling limits",
            module="couplings",
            sections=(
                "seed",
                "blind",
                "models",
                "samples",
                "ntuples",
                "generation",
                "couplings",
                "inference",
            ),
            needs=_fixed("workspaces", "limits", "look-elsewhere"),
            takes_along=("toys",),
            folders=_fixed("results"),
        ),
        Stage(
            name="figures",
            title="figures and tables",
            module="figures",
            sections=(
                "seed",
                "blind",
                "models",
                "samples",
                "ntuples",
                "generation",
                "detector",
                "selection",
                "classifiers",
                "templates",
                "statmodel",
                "inference",
                "couplings",
            ),
            needs=_fixed(
                "generate",
                "select",
                "train",
                "templates",
                "workspaces",
                "limits",
                "look-elsewhere",
                "couplings",
            ),
            takes_along=("toys",),
            folders=_fixed("figures"),
        ),
        Stage(
            name="report",
            title="scoreboard: the paper's numbers and ours",
            module="report",
            sections=(
                "seed",
                "blind",
                "models",
                "samples",
                "ntuples",
                "generation",
                "detector",
                "selection",
                "classifiers",
                "signal_model",
                "templates",
                "statmodel",
                "inference",
                "couplings",
                "report",
            ),
            needs=_fixed(
                "generate",
                "select",
                "train",
                "templates",
                "workspaces",
                "limits",
                "look-elsewhere",
                "couplings",
                "systematics",
                "figures",
            ),
            takes_along=("toys",),
            folders=_fixed("report"),
        ),
        Stage(
            name="archive",
            title="archive of likelihoods",
            module="archive",
            sections=(
                "seed",
                "blind",
                "models",
                "samples",
                "ntuples",
                "generation",
                "detector",
                "selection",
                "classifiers",
                "signal_model",
                "templates",
                "inference",
                "couplings",
                "archive",
            ),
            needs=_fixed("generate", "select", "train", "templates", "workspaces", "couplings"),
            folders=_fixed("archive", TARBALL),
            publishes_data=True,
        ),
        Stage(
            name="hepdata",
            title="submission to HEPData",
            module="hepdata",
            sections=("archive",),
            needs=_fixed("archive"),
            folders=_fixed("hepdata", SUBMISSION),
            publishes_data=True,
        ),
    )
}
