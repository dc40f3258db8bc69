"""The statistical model: cabinetry configurations to pyhf workspaces, workspaces to arrays."""

from .batch import Batch, batch_of
from .build import (
    build_workspace,
    build_workspaces,
    keep_workspace,
    validate_workspace,
    workspace_bytes,
)
from .example import example_workspace
from .index import IndexEntry, index_document, index_entries, index_entry, vetoed_entry
from .reading import read_workspaces, workspace_files
from .rendering import render
from .systematics import SystematicRow, systematic_sizes, systematics_table, total_size

__all__ = [
    "Batch",
    "IndexEntry",
    "SystematicRow",
    "batch_of",
    "build_workspace",
    "build_workspaces",
    "example_workspace",
    "index_document",
    "index_entries",
    "index_entry",
    "keep_workspace",
    "read_workspaces",
    "render",
    "systematic_sizes",
    "systematics_table",
    "total_size",
    "validate_workspace",
    "vetoed_entry",
    "workspace_bytes",
    "workspace_files",
]
