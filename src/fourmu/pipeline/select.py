"""Stage ``select``: every ntuple through cuts, kinematic fit and variables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fourmu.config import Analysis
from fourmu.io.candidates import write_candidates
from fourmu.io.ntuple import read_ntuple
from fourmu.selection import EfficiencyCorrection, select

from .context import Context
from .corrections import corrected, effects_on_candidates, read_corrections
from .samples import sample_files

__all__ = ["SelectJob", "run", "select_file"]


@dataclass(frozen=True, kw_only=True)
class SelectJob:
    """One ntuple to select from; ``corrections`` weight it, if it is simulated."""

    analysis: Analysis
    source: Path
    path: Path
    corrections: tuple[EfficiencyCorrection, ...] = ()


def run(context: Context) -> None:
    """Select candidates from all samples."""
    events, selected = context.source("events"), context.target("selected")
    corrections = read_corrections(context.analysis)
    jobs = []
    for file in sample_files(context.analysis):
        path = file.path(selected, ".parquet")
        job = SelectJob(
            analysis=context.analysis,
            source=file.path(events, ".root"),
            path=path,
            corrections=corrections if file.is_simulated else (),
        )
        jobs.append((job, path))
    context.run(select_file, jobs, label="select", unit="events")


def select_file(job: SelectJob) -> int:
    """Select from one ntuple; the cut-flow and the metadata of the ntuple go with the rows.

    The cut-flow starts from the generated events also where the ntuple has a part of them, or
    where corrections weight those that are left.
    """
    analysis = job.analysis
    events, metadata = read_ntuple(job.source)
    weighted = corrected(events, job.corrections) if job.corrections else events
    selected = select(weighted, analysis.selection, analysis.detector)
    flow = selected.cutflow
    found: dict[str, Any] = {}
    if metadata.get("external") and "generated" in metadata:
        flow = flow.of_generated(float(metadata["generated"]))
    elif job.corrections:
        flow = flow.of_generated(float(events.weight.sum()))
    if job.corrections:
        found["corrections"] = effects_on_candidates(weighted, job.corrections, selected.candidates)
    write_candidates(
        job.path, selected.candidates, metadata={**metadata, **found, "cutflow": flow.to_dict()}
    )
    return len(events)
