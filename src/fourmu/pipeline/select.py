"""Stage ``select``: every ntuple through cuts, kinematic fit and variables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.io.candidates import write_candidates
from fourmu.io.ntuple import read_ntuple
from fourmu.selection import select

from .context import Context
from .samples import sample_files

__all__ = ["SelectJob", "run", "select_file"]


@dataclass(frozen=True, kw_only=True)
class SelectJob:
    """One ntuple to select from."""

    analysis: Analysis
    source: Path
    path: Path


def run(context: Context) -> None:
    """Select candidates from all samples."""
    events, selected = context.source("events"), context.target("selected")
    jobs = []
    for file in sample_files(context.analysis):
        path = file.path(selected, ".parquet")
        job = SelectJob(analysis=context.analysis, source=file.path(events, ".root"), path=path)
        jobs.append((job, path))
    context.run(select_file, jobs, label="select", unit="events")


def select_file(job: SelectJob) -> int:
    """Select from one ntuple; the cut-flow and the metadata of the ntuple go with the rows."""
    events, metadata = read_ntuple(job.source)
    selected = select(events, job.analysis.selection, job.analysis.detector)
    write_candidates(
        job.path, selected.candidates, metadata={**metadata, "cutflow": selected.cutflow.to_dict()}
    )
    return len(events)
