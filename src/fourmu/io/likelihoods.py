"""Likelihoods from wherever they are: files and folders of workspaces, archives of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fourmu.errors import InputError
from fourmu.statmodel import Batch, batch_of, workspace_contents
from fourmu.statmodel.checks import RefusedError

from .archives import is_archive, open_archive

__all__ = ["Likelihoods", "read_likelihoods"]


@dataclass(frozen=True, kw_only=True)
class Likelihoods:
    """Workspaces ready to be fitted, and the patch that each came from."""

    batch: Batch
    patches: tuple[str | None, ...]
    """Per window, the name of its patch in an archive; None for a workspace of its own."""


def read_likelihoods(
    paths: Sequence[Path],
    *,
    measurement: str | None = None,
    normsys_code: str = "code4",
    histosys_code: str = "code4p",
) -> Likelihoods:
    """Read workspaces and archives into one batch.

    Parameters
    ----------
    paths
        Files of workspaces, folders of them, or archives (folder or tarball); an archive gives one
        window per patch.
    measurement, normsys_code, histosys_code
        As for :func:`fourmu.statmodel.read_workspaces`.

    Raises
    ------
    InputError
        A path does not exist, holds no workspaces, or is an archive that cannot be read.
    """
    patches: list[str | None] = []

    def contents() -> Iterator[tuple[str, object]]:
        for path in paths:
            if not is_archive(path):
                for name, content in workspace_contents([path]):
                    patches.append(None)
                    yield name, content
                continue
            for window, patch, content in _archived(path):
                patches.append(patch)
                yield window, content

    batch = batch_of(
        contents(),
        measurement=measurement,
        normsys_code=normsys_code,
        histosys_code=histosys_code,
    )
    return Likelihoods(batch=batch, patches=tuple(patches))


def _archived(path: Path) -> Iterator[tuple[str, str, object]]:
    """Window, patch and workspace of an archive; a window that is damaged becomes a refusal."""
    archive = open_archive(path)
    index = archive.index
    for window, vetoed in zip(index.name, index.vetoed, strict=True):
        if vetoed:
            continue
        try:
            yield from archive.window_workspaces(window)
        except InputError as error:
            for model in index.models:
                yield window, model, RefusedError(str(error), unread=True)
