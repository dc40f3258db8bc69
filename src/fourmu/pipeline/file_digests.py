"""Digests of files that the configuration names: small tables, and ntuples of any size.

As for products, a digest is kept with the size and time for which it holds, and computed again
only when those changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from fourmu.errors import InputError, StorageError

from .records import FileState

__all__ = ["file_digests"]


def file_digests(paths: Sequence[Path], base: Path, memory: Path) -> dict[str, str]:
    """SHA-256 of files, by their path relative to ``base``.

    Parameters
    ----------
    paths
        The files.
    base
        Folder of the configuration.
    memory
        File that keeps the digests; written when one is new.

    Raises
    ------
    InputError
        A file cannot be read.
    StorageError
        The memory cannot be written.
    """
    if not paths:
        return {}
    known = _read(memory)
    fresh = dict(known)
    digests = {}
    for path in paths:
        name = os.path.relpath(path, base)
        try:
            status = path.stat()
            state = known.get(name)
            if state is None or (state.size, state.mtime_ns) != (
                status.st_size,
                status.st_mtime_ns,
            ):
                state = FileState.of(path)
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}",
                where=path,
                expected="a file that the configuration needs; the repository has its own",
            ) from error
        fresh[name] = state
        digests[name] = state.sha256
    if fresh != known:
        _write(memory, fresh)
    return digests


def _read(memory: Path) -> dict[str, FileState]:
    """Read what is known; an absent or damaged memory counts as none."""
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
        return {
            name: FileState(sha256=sha, size=size, mtime_ns=time)
            for name, (sha, size, time) in content.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(memory: Path, states: dict[str, FileState]) -> None:
    content = {
        name: [state.sha256, state.size, state.mtime_ns] for name, state in sorted(states.items())
    }
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        temporary = memory.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(memory)
    except OSError as error:
        raise StorageError(f"cannot write: {error.strerror}", where=memory) from error
