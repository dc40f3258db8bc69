"""Finished chunks of a calculation with pseudo-experiments, so that a killed one goes on."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from fourmu import __version__
from fourmu.config.inference import Inference
from fourmu.inference.results import Limits
from fourmu.inference.toy_results import ExpectedBands, ToyLimits
from fourmu.statmodel.batch import Batch

from .files import atomic_path

__all__ = ["ChunkFolder", "chunk_folder", "read_chunk", "remove_chunk_folders", "write_chunk"]

Record = TypeVar("Record", ToyLimits, ExpectedBands)


def write_chunk(path: str | Path, record: ToyLimits | ExpectedBands) -> None:
    """Write a record, whole or not at all.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    columns = {field.name: np.array(getattr(record, field.name)) for field in fields(record)}
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **columns)


def read_chunk(path: str | Path, kind: type[Record]) -> Record | None:
    """Read what :func:`write_chunk` wrote; None if there is no such file or it is damaged."""
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            columns = {field.name: content[field.name] for field in fields(kind)}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    message = tuple(str(text) for text in columns.pop("message"))
    return kind(message=message, **columns)


class ChunkFolder(Generic[Record]):
    """Chunks of one calculation in a folder; see :class:`fourmu.inference.chunks.Store`.

    Parameters
    ----------
    folder
        Where they are.
    kind
        Class of the records.
    """

    def __init__(self, folder: Path, kind: type[Record]) -> None:
        self._folder = folder
        self._kind: type[Record] = kind

    def _path(self, chunk: int) -> Path:
        return self._folder / f"{self._kind.__name__.lower()}-{chunk:06d}.npz"

    def load(self, chunk: int) -> Record | None:
        """Return a finished chunk, None if it is not there."""
        return read_chunk(self._path(chunk), self._kind)

    def save(self, chunk: int, result: Record) -> None:
        """Keep a finished chunk."""
        write_chunk(self._path(chunk), result)

    def finished(self) -> int:
        """Return the number of chunks that are there."""
        start = f"{self._kind.__name__.lower()}-"
        if not self._folder.is_dir():
            return 0
        return sum(1 for path in self._folder.iterdir() if path.name.startswith(start))


def chunk_folder(
    path: str | Path, batch: Batch, asymptotic: Limits, settings: Inference, seed: int
) -> Path:
    """Name the hidden folder, beside a file of results, for the chunks that lead to it.

    Its name holds a digest of all that the results depend on: another calculation for the same
    file does not find these chunks.

    Parameters
    ----------
    path
        File of the results.
    batch, asymptotic, settings, seed
        The calculation.
    """
    digest = hashlib.sha256(f"{__version__} {seed} {settings.model_dump_json()}".encode())
    for table in (*batch.tables, asymptotic.limit_observed, asymptotic.parameters_null):
        digest.update(np.ascontiguousarray(table).tobytes())
    path = Path(path)
    return path.parent / f"{_prefix(path)}{digest.hexdigest()[:16]}"


def remove_chunk_folders(path: str | Path) -> None:
    """Remove all chunks that belong to a file of results, which is complete."""
    path = Path(path)
    for folder in path.parent.iterdir():
        if folder.name.startswith(_prefix(path)):
            shutil.rmtree(folder, ignore_errors=True)


def _prefix(path: Path) -> str:
    return f".{path.name}.toys-"
