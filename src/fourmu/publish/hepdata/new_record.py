"""A new folder for a record, and the tarball beside it: they appear when both are whole."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fourmu.errors import StorageError
from fourmu.io.files import TEMPORARY, atomic_path
from fourmu.publish.disk_errors import require_outside
from fourmu.publish.new_folder import (
    emptied,
    entries,
    hidden_folder,
    resolved,
    something_else,
    whole_folder,
)

from .submission import SUBMISSION

__all__ = ["NewRecord", "new_record", "require_new_record"]


@dataclass(frozen=True, kw_only=True)
class NewRecord:
    """Where a record is written, and where it appears."""

    files: Path
    """Hidden folder to write to; it is empty."""
    packed: Path
    """Hidden file to write the tarball to."""
    folder: Path
    tarball: Path


def require_new_record(out: Path) -> None:
    """Refuse a folder, or a tarball beside it, that is there already.

    Raises
    ------
    StorageError
        Something is there.
    """
    out = resolved(out)
    if entries(out, hidden_folder(out)):
        raise something_else(out)
    if os.path.lexists(_beside(out)):
        raise StorageError(
            "the tarball is there already", where=_beside(out), expected="a name that is free"
        )


@contextlib.contextmanager
def new_record(out: Path, *, outside: Path, what: str) -> Iterator[NewRecord]:
    """Give places to write to; folder and tarball appear when the block succeeds.

    What a call that was killed has left is deleted by the next one.

    Parameters
    ----------
    out
        The folder, new or empty.
    outside, what
        What the record is made of, in which it cannot lie, and what that is.

    Raises
    ------
    InputError
        It lies there.
    StorageError
        Folder or tarball are there already, or cannot be written.
    """
    require_outside(out, outside, what)
    require_new_record(out)
    out = resolved(out)
    hidden, tarball = hidden_folder(out), _beside(out)
    with whole_folder(out, hidden, last=SUBMISSION):
        emptied(hidden)
        for leftover in tarball.parent.glob(f".{glob.escape(tarball.name)}.*{TEMPORARY}"):
            leftover.unlink()
        try:
            with atomic_path(tarball) as packed:
                yield NewRecord(files=hidden, packed=packed, folder=out, tarball=tarball)
        except BaseException:
            with contextlib.suppress(OSError):
                emptied(hidden)
                hidden.rmdir()
            raise


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.name}-submission.tar.gz")
