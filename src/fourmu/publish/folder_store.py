"""A folder as a store: objects are files that appear whole, by a hard link, and stay."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fourmu.errors import StorageError
from fourmu.io.files import TEMPORARY

from .disk_errors import reading
from .store import Store, Stored

__all__ = ["FolderStore"]

_READ_ONLY: Final = 0o444
_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class FolderStore(Store):
    """Objects below a folder; it is made by the first one that is written.

    A link to a name that is taken fails, on every file system that has links: that is what
    keeps two writers apart. A writer that is killed leaves a hidden ``.part`` file at most.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def root(self) -> Path:
        """The folder."""
        return self._root

    def where(self, key: str = "") -> str:
        """Path of an object, or of the folder."""
        return str(self._root / key)

    def get(self, key: str, *, limit: int) -> bytes | None:
        """Content of a file."""
        path = self._root / key
        with reading(path):
            try:
                with path.open("rb") as file:
                    return file.read(limit + 1)
            except FileNotFoundError:
                return None

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write a file beside its place and link it there."""
        path = self._root / key
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY}")
        try:
            if path.exists():
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _READ_ONLY)
            with open(handle, "wb") as file:  # noqa: PTH123  a descriptor
                file.write(content)
                file.flush()
                os.fsync(handle)
            written = _linked(temporary, path)
            _keep_names(path.parent)
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(f"cannot be written: {error.strerror}", where=path) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return written

    def head(self, key: str) -> Stored | None:
        """Size of a file; its digest is nowhere but in its content."""
        path = self._root / key
        with reading(path):
            try:
                return Stored(size=path.stat().st_size, sha256=None)
            except FileNotFoundError:
                return None

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Files below a folder of the store; hidden ones are those of writers at work."""
        for folder, _, names in os.walk(self._root / prefix, onerror=_unreadable):
            for name in names:
                path = Path(folder, name)
                size = None if name[0] == "." else _size_of_file(path)
                if size is not None:
                    yield path.relative_to(self._root).as_posix(), size


def _unreadable(error: OSError) -> None:
    """Refuse a folder that cannot be listed: it is not empty; one that is not there is."""
    if not isinstance(error, FileNotFoundError):
        with reading(error.filename):
            raise error


def _size_of_file(path: Path) -> int | None:
    """Bytes of a file; None of what is none, or is gone."""
    with reading(path):
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _linked(temporary: Path, path: Path) -> bool:
    """Give a file its name; tell whether the name was free."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        raise StorageError(
            "the file system has no hard links, without which a file could be overwritten",
            where=path,
        ) from error
    return True


def _keep_names(folder: Path) -> None:
    """Have the names of a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
