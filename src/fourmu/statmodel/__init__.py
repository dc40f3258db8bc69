"""The statistical model: cabinetry configurations to pyhf workspaces, workspaces to arrays."""

from .batch import Batch, batch_of
from .build import (
    build_workspace,
    build_workspaces,
    keep_workspace,
    structure_of,
    validate_workspace,
    workspace_bytes,
)
from .example import example_workspace
from .hs3 import hs3_document
from .index import IndexEntry, index_document, index_entries, index_entry, vetoed_entry
from .reading import read_workspaces, workspace_contents, workspace_files
from .rendering import render
from .systematics import (
    TABLE_ONE_TITLES,
    SystematicRow,
    systematic_sizes,
    systematics_table,
    total_size,
)

__all__ = [
    "TABLE_ONE_TITLES",
    "Batch",
    "IndexEntry",
    "SystematicRow",
    "batch_of",
    "build_workspace",
    "build_workspaces",
    "example_workspace",
    "hs3_document",
    "index_document",
    "index_entries",
    "index_entry",
    "keep_workspace",
    "read_workspaces",
    "render",
    "structure_of",
    "systematic_sizes",
    "systematics_table",
    "total_size",
    "validate_workspace",
    "vetoed_entry",
    "workspace_bytes",
    "workspace_contents",
    "workspace_files",
]
