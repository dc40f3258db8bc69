"""A folder that appears whole: it is filled in a hidden one, which another call can continue."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from fourmu.errors import StorageError
from fourmu.io.files import TEMPORARY

from .disk_errors import reading, writing

__all__ = ["emptied", "entries", "hidden_folder", "resolved", "something_else", "whole_folder"]


def resolved(out: Path) -> Path:
    """Path without links and dots; one that leads to itself stays, and is refused when used."""
    with reading(out):  # of a folder that is gone, nobody knows the path
        return Path(os.path.realpath(out))


def hidden_folder(out: Path, tag: str = "") -> Path:
    """Where a folder is filled: beside it, or inside of it if it is there already.

    A folder that is there may be where a shell is, or have a disk mounted on it: it is kept.

    Parameters
    ----------
    out
        The folder, resolved.
    tag
        Keeps apart what is filled with different things.
    """
    name = f".{out.name}{tag and f'.{tag}'}{TEMPORARY}"
    with reading(out):
        return out / name if out.is_dir() else out.with_name(name)


def entries(out: Path, hidden: Path) -> list[Path]:
    """What is in a folder beside its hidden one; nothing if there is no folder.

    Raises
    ------
    StorageError
        It is no folder, or cannot be read.
    """
    with reading(out):
        try:
            return [path for path in out.iterdir() if path != hidden]
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            if os.path.lexists(out):
                raise something_else(out) from None
            return []  # a part of the path is a file: said when it is written


def something_else(out: Path) -> StorageError:
    """What is said of a folder that is neither new nor empty."""
    return StorageError(
        "something else is there already", where=out, expected="a new or empty folder"
    )


@contextlib.contextmanager
def whole_folder(out: Path, hidden: Path, *, last: str) -> Iterator[None]:
    """Have the hidden folder to oneself; what the block puts there moves into place together.

    Parameters
    ----------
    out, hidden
        The folder, and :func:`hidden_folder` of it.
    last
        Name of the file that makes a folder what it is: without it, nobody takes it for whole.

    Raises
    ------
    StorageError
        It cannot be written, something appeared there meanwhile, or another process fills it.
    """
    with writing(out):
        hidden.mkdir(parents=True, exist_ok=True)
        with _locked(hidden):
            yield
            if hidden.parent != out:
                hidden.replace(out)
                return
            found = sorted(hidden.iterdir(), key=lambda path: path.name == last)
            if any(os.path.lexists(out / path.name) for path in found):
                raise something_else(out)
            for path in found:
                path.replace(out / path.name)
            hidden.rmdir()


def emptied(folder: Path) -> None:
    """Delete what an earlier call left."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Have a folder for oneself; the lock ends with the process, however it ends."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        mine = os.fstat(handle)
        if mine.st_uid != os.geteuid():
            raise StorageError("the folder belongs to somebody else", where=folder)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = folder.exists() and os.path.samestat(mine, folder.stat())
        except BlockingIOError:
            is_free = False
        if not is_free:  # or it was moved into place before the lock was ours
            raise StorageError("it is being made by another process", where=folder)
        yield
    finally:
        os.close(handle)
