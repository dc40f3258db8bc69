"""Deletion of the products of a configuration."""

from __future__ import annotations

import shutil

from fourmu.config import Analysis
from fourmu.errors import StorageError

from .chain import locked
from .layout import Layout
from .stages import STAGES

__all__ = ["remove_products"]


def remove_products(analysis: Analysis) -> None:
    """Delete the folders that the stages of a configuration write, and nothing else.

    Raises
    ------
    StorageError
        Another run is using them, or they cannot be deleted.
    """
    layout = Layout.of(analysis)
    with locked(layout):
        folders = [
            layout.folder(name) for stage in STAGES.values() for name in stage.folders(analysis)
        ]
        for folder in (*folders, layout.records, layout.work):
            try:
                if folder.is_dir():
                    shutil.rmtree(folder)
                else:
                    folder.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"cannot be deleted: {error.strerror}", where=folder) from error
