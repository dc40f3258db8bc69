"""Stage ``workspaces``: cabinetry builds one pyhf workspace per window and model."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis, read_yaml
from fourmu.config.statmodel import Systematics
from fourmu.errors import ConfigError, InputError, StorageError
from fourmu.io.files import TEMPORARY, atomic_path
from fourmu.io.json_files import write_json
from fourmu.io.templates import read_templates
from fourmu.statmodel import (
    build_workspaces,
    index_document,
    index_entry,
    keep_workspace,
    vetoed_entry,
    workspace_bytes,
)

from .context import Context
from .layout import Layout
from .nuisance_sizes import effective_systematics

__all__ = ["WorkspaceJob", "keep_window", "read_cabinetry_template", "run", "workspace_files"]

_WINDOWS_PER_JOB = 60


@dataclass(frozen=True, kw_only=True)
class WorkspaceJob:
    """Some windows of one model, in order; the file of the last one is written last."""

    templates: Path
    cabinetry_template: Path
    systematics: Systematics
    first: int
    last: int
    folder: Path


def run(context: Context) -> None:
    """Build all workspaces and their indices."""
    analysis, layout = context.analysis, context.layout
    source = context.source("templates")
    jobs = []
    for model in analysis.models:
        _, templates = read_templates(source / f"{model}.npz")
        cabinetry_template = layout.cabinetry_configs / f"{model}.yaml"
        read_cabinetry_template(cabinetry_template)  # a bad one is refused before the work starts
        folder = context.target(f"workspaces/{model}")
        systematics = effective_systematics(analysis, layout, model)
        for first in range(0, len(templates), _WINDOWS_PER_JOB):
            last = min(first + _WINDOWS_PER_JOB, len(templates)) - 1
            job = WorkspaceJob(
                templates=source / f"{model}.npz",
                cabinetry_template=cabinetry_template,
                systematics=systematics,
                first=first,
                last=last,
                folder=folder,
            )
            jobs.append((job, folder / f"{templates[last].window.name}.json"))
    context.run(workspace_files, jobs, label="workspaces", unit="windows")
    for model in analysis.models:
        windows, templates = read_templates(source / f"{model}.npz")
        folder = context.target(f"workspaces/{model}")
        entries = [vetoed_entry(window) for window in windows if window.vetoed]
        entries += [
            index_entry(template, (folder / f"{template.window.name}.json").read_bytes())
            for template in templates
        ]
        document = index_document(model, entries)
        write_json(
            folder / "index.json",
            {**document, "blind": analysis.blind, "provenance": context.provenance},
        )


def workspace_files(job: WorkspaceJob) -> int:
    """Build the windows of one job."""
    _, templates = read_templates(job.templates)
    chosen = templates[job.first : job.last + 1]
    built = build_workspaces(
        read_cabinetry_template(job.cabinetry_template), chosen, job.systematics
    )
    for template, workspace in zip(chosen, built, strict=True):
        with atomic_path(job.folder / f"{template.window.name}.json") as temporary:
            temporary.write_bytes(workspace_bytes(workspace))
    return len(chosen)


def read_cabinetry_template(path: Path) -> dict[str, object]:
    """Read ``cabinetry_configs/<model>.yaml``."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError("a cabinetry configuration must be a mapping", where=path)
    return content


def keep_window(analysis: Analysis, model: str, window: str, destination: Path) -> str:
    """Leave the cabinetry configuration, histograms and workspace of one window in a folder.

    Returns
    -------
    digest
        SHA-256 of the workspace, equal to that in the index.

    Raises
    ------
    InputError
        There is no such window, or it is vetoed.
    StorageError
        The folder cannot be written; what was in it is untouched.
    """
    layout = Layout.of(analysis)
    path = layout.folder("templates") / f"{model}.npz"
    windows, templates = read_templates(path)
    found = {template.window.name: template for template in templates}
    if window not in found:
        vetoed = any(known.name == window for known in windows)
        raise InputError(
            f"window {window} is vetoed" if vetoed else f"no window {window}",
            where=path,
            expected=f"{templates[0].window.name} to {templates[-1].window.name}",
        )
    cabinetry_template = read_cabinetry_template(layout.cabinetry_configs / f"{model}.yaml")
    target = destination / model / window
    try:
        target.mkdir(parents=True, exist_ok=True)
        # all is made before anything that is there already is replaced
        with tempfile.TemporaryDirectory(prefix=".", suffix=TEMPORARY, dir=target) as name:
            private = Path(name)
            workspace = keep_workspace(
                cabinetry_template,
                found[window],
                effective_systematics(analysis, layout, model),
                private,
            )
            for file in sorted(path for path in private.rglob("*") if path.is_file()):
                final = target / file.relative_to(private)
                final.parent.mkdir(exist_ok=True)
                file.replace(final)
    except OSError as error:
        reason = error.message if isinstance(error, StorageError) else error.strerror
        raise StorageError(f"nothing is kept there: {reason}", where=target) from error
    return hashlib.sha256(workspace_bytes(workspace)).hexdigest()
