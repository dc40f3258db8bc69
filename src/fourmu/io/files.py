"""Files appear whole or not at all, and trouble with a folder is said in one clear line."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fourmu.errors import InputError, StorageError

__all__ = ["TEMPORARY", "atomic_path", "existing_file", "remove_temporaries"]

TEMPORARY = ".part"
"""Suffix of files that are being written; the name also starts with a dot."""

_REASONS = {
    errno.ENOSPC: "no space is left on the device",
    errno.EDQUOT: "the disk quota is exceeded",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "writing there is not permitted",
    errno.EPERM: "writing there is not permitted",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EEXIST: "a part of the path is not a folder",
    errno.EISDIR: "it is a folder",
    errno.EFBIG: "the file would be too large",
}
_MODE = 0o666


def _translated(error: OSError, path: Path) -> StorageError:
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)
    return StorageError(f"the file cannot be written: {reason}", where=path)


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, and move it there when the block succeeds.

    The folder is made if it is not there. If the block raises, or the process dies, an earlier
    file stays untouched.

    Raises
    ------
    StorageError
        The folder cannot be written to, or is full.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        # a device, say, would be replaced by a file
        reason = "it is a folder" if path.is_dir() else "it is no regular file"
        raise StorageError(f"the file cannot be written: {reason}", where=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
        os.close(handle)
    except OSError as error:
        raise _translated(error, path) from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(_MODE & ~_umask())
        temporary.replace(path)
    except StorageError:
        raise
    except OSError as error:
        raise _translated(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_temporaries(folder: Path) -> None:
    """Delete what writers that were killed left below a folder."""
    for leftover in folder.rglob(f".*{TEMPORARY}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _umask() -> int:
    """Permissions that new files do not get; read without changing them for other threads."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022


def existing_file(path: str | Path) -> Path:
    """Refuse a path that is no file, or an empty one, before a reader stumbles over it.

    Raises
    ------
    InputError
        There is no file, it is a folder, it is empty, or it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError("this is a folder", where=path, expected="a file")
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", where=path) from error
    if size == 0:
        raise InputError("the file is empty", where=path)
    return path
