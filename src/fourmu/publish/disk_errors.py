"""What the operating system says of files and folders, in our words and with their paths."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from fourmu.errors import InputError, StorageError

__all__ = ["reading", "require_outside", "writing"]


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Raise a StorageError that names a path where it cannot be looked at or read."""
    with _translated(path, "cannot be read"):
        yield


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Raise a StorageError that names a path where it cannot be written."""
    with _translated(path, "cannot be written"):
        yield


@contextlib.contextmanager
def _translated(path: str | Path, what: str) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            f"{what}: {error.strerror or type(error).__name__}", where=error.filename or path
        ) from error


def require_outside(place: Path, folder: Path, what: str) -> None:
    """Refuse to write into a folder that holds nothing but what belongs to it.

    Parameters
    ----------
    place
        Where something is to be written.
    folder
        The folder.
    what
        What the folder is.

    Raises
    ------
    InputError
        The place lies inside of it, or is it.
    """
    # a link that leads into the folder counts, and one that leads nowhere is no error here
    if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(folder)):
        raise InputError(
            f"this is inside of {what}, which would be changed by it",
            where=place,
            expected=f"a place outside of {folder}",
        )
