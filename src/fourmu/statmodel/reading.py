"""From workspace files to a batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pydantic_core

from fourmu.errors import InputError

from .batch import Batch, batch_of
from .checks import RefusedError

__all__ = ["read_workspaces", "workspace_contents", "workspace_files"]

_ARCHIVE = "this is an archive: fourmu.io.likelihoods.read_likelihoods reads it"
INDEX = "index.json"
"""Name of the table of contents that lies beside the workspaces."""


def read_workspaces(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    measurement: str | None = None,
    normsys_code: str = "code4",
    histosys_code: str = "code4p",
) -> Batch:
    """Read pyhf workspaces, ours or anyone's, into one batch.

    Parameters
    ----------
    paths
        Files, or folders whose ``*.json`` are taken recursively in the order of their names,
        without ``index.json``.
    measurement
        Name of the measurement; the first one of each workspace if None.
    normsys_code, histosys_code
        Interpolation of the systematics, see :func:`batch_of`.

    Returns
    -------
    Batch
        A window per file; a file that cannot be read is one of status ``invalid``.

    Raises
    ------
    InputError
        A path does not exist, is an archive, or is a folder without workspaces.
    DomainError
        There is no such interpolation.

    Notes
    -----
    The files are parsed by pydantic's JSON parser, several times faster than the standard
    library's on lists of numbers and exact to the last digit.
    """
    return batch_of(
        workspace_contents(paths),
        measurement=measurement,
        normsys_code=normsys_code,
        histosys_code=histosys_code,
    )


def workspace_contents(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> Iterator[tuple[str, object]]:
    """Name and content of each workspace file, or the refusal that reading it ended with."""
    for path in workspace_files(paths):
        yield str(path), _content(path)


def workspace_files(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> list[Path]:
    """Return the workspace files that the paths stand for, in the order of names in each."""
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    return [file for path in paths for file in _files_of(Path(path)) if _is_workspace(file)]


def _is_workspace(file: Path) -> bool:
    """Tables of contents, and hidden files such as a killed writer leaves, are none."""
    return file.name != INDEX and not file.name.startswith(".")


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_dir():
        if (path / "windows").is_dir() and (path / "SHA256SUMS").is_file():
            raise InputError(_ARCHIVE, where=path)
        found = sorted(file for file in path.rglob("*.json") if _is_workspace(file))
        if not found:
            raise InputError("the folder holds no workspaces", where=path, expected="*.json")
        yield from found
    elif not path.exists():
        raise InputError("there is no such file or folder", where=path)
    elif path.suffix in {".gz", ".tgz", ".tar", ".zip"}:
        raise InputError(_ARCHIVE, where=path)
    else:
        yield path


def _content(path: Path) -> object:
    """Return the content of a file, or the refusal that reading it ended with."""
    try:
        return pydantic_core.from_json(path.read_bytes())
    except OSError as error:
        return RefusedError(f"cannot be read: {error.strerror}", unread=True)
    except ValueError as error:
        return RefusedError(f"not valid JSON: {error}", unread=True)
