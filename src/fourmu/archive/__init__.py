"""Likelihoods as others get them: one record with everything, and its files.

``index`` is what an archive says of its windows and models, ``patches`` the form that pyhf's
clients take, ``kinematics`` what reweights a model, ``record`` the archive in memory, ``content``
the files of a new one, ``verification`` the doubts about one from elsewhere.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .checksums import checksums_file
from .index import (
    SCHEMA_VERSION,
    ArchiveIndex,
    ModelTable,
    index_rows,
    summary,
    window_numbers,
)
from .patches import canonical_digest, patched, split_workspaces
from .record import Archive, ArchivedAnalysis

if TYPE_CHECKING:
    from .content import archive_files
    from .kinematics import KinematicDensity, fill_density, x_kinematics
    from .verification import problems

__all__ = [
    "SCHEMA_VERSION",
    "Archive",
    "ArchiveIndex",
    "ArchivedAnalysis",
    "KinematicDensity",
    "ModelTable",
    "archive_files",
    "canonical_digest",
    "checksums_file",
    "fill_density",
    "index_rows",
    "patched",
    "problems",
    "split_workspaces",
    "summary",
    "window_numbers",
    "x_kinematics",
]

_MODULES = {
    "archive_files": "content",
    "KinematicDensity": "kinematics",
    "fill_density": "kinematics",
    "x_kinematics": "kinematics",
    "problems": "verification",
}


def __getattr__(name: str) -> Any:
    """Import what takes a second to import when it is asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
