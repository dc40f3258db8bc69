"""The statistical model: cabinetry configurations to pyhf workspaces, workspaces to arrays."""

from .build import (
    build_workspace,
    build_workspaces,
    keep_workspace,
    validate_workspace,
    workspace_bytes,
)
from .index import IndexEntry, index_document, index_entries, index_entry, vetoed_entry
from .rendering import render
from .systematics import SystematicRow, systematic_sizes, systematics_table, total_size

__all__ = [
    "IndexEntry",
    "SystematicRow",
    "build_workspace",
    "build_workspaces",
    "index_document",
    "index_entries",
    "index_entry",
    "keep_workspace",
    "render",
    "systematic_sizes",
    "systematics_table",
    "total_size",
    "validate_workspace",
    "vetoed_entry",
    "workspace_bytes",
]
