"""The archive as one file, in a private folder that ends with the service."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from fourmu.archive import Archive
from fourmu.archive.checksums import CHECKSUMS
from fourmu.errors import StorageError
from fourmu.io.archives import pack_files

__all__ = ["PackedArchive", "Tarball"]


class PackedArchive(NamedTuple):
    """A tarball and its digest."""

    path: Path
    digest: str


class Tarball:
    """The tarball of an archive, packed when it is asked for first.

    An archive that was opened as a tarball is kept as it is, byte by byte; one that is a folder is
    packed from files whose digests hold, and nothing else that lies in the folder.

    Parameters
    ----------
    archive
        What is packed.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._packed: PackedArchive | None = None

    def open(self) -> None:
        """Make the folder; copy the archive if it is a file, which may be replaced later."""
        self._folder = tempfile.TemporaryDirectory(prefix="fourmu-serve-")
        source = Path(self._archive.source)
        if source.is_file():
            path = self._path(self._folder)
            shutil.copyfile(source, path)
            self._packed = PackedArchive(path, _digest(path))

    def packed(self) -> PackedArchive:
        """Pack the archive, once; takes seconds, and one thread at a time.

        Raises
        ------
        InputError
            A file of the archive was changed.
        StorageError
            There is no room for it, or no folder yet.
        """
        if self._folder is None:
            raise StorageError("the tarball was not opened")
        if self._packed is None:
            path = self._path(self._folder)
            try:
                pack_files([CHECKSUMS, *self._archive.checksums], self._archive.read, path)
            except OSError as error:
                raise StorageError(f"the archive cannot be packed: {error.strerror}") from error
            self._packed = PackedArchive(path, _digest(path))
        return self._packed

    def close(self) -> None:
        """Delete the file."""
        if self._folder is not None:
            self._folder.cleanup()

    @staticmethod
    def _path(folder: tempfile.TemporaryDirectory[str]) -> Path:
        return Path(folder.name) / "archive.tar.gz"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
