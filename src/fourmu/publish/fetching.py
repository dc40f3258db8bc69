"""A release becomes an archive again: every object is verified, and the folder appears whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from fourmu.archive.checksums import CHECKSUMS, parsed_checksums
from fourmu.errors import ConsistencyError, StorageError
from fourmu.io.files import TEMPORARY

from .manifest import FileEntry, Manifest, manifest_key, object_key, sha256_of
from .parallel import in_threads
from .store import Store

__all__ = ["fetch_release", "verified_file"]

_DIGITS: Final = 12


def fetch_release(
    store: Store,
    manifest: Manifest,
    out: Path,
    *,
    jobs: int = 8,
    progress: Callable[[int], None] | None = None,
) -> bool:
    """Fetch a release into a folder, which appears when all of it is there and verified.

    Until then the files are in a hidden folder beside it, where another call continues.

    Parameters
    ----------
    store, manifest
        Where from, and what.
    out
        The folder: new, empty, or one that holds the release already.
    jobs
        Downloads at a time.
    progress
        Called once per object with its size in bytes.

    Returns
    -------
    bool
        Whether it was fetched; False if the folder holds the release already.

    Raises
    ------
    ConsistencyError
        An object is not what the release says (its address is named), or the release
        contradicts its own checksums.
    StorageError
        Something else is in the folder, it cannot be written, or the store fails.
    """
    _require_checksums(store, manifest)
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for path, entry in manifest.files.items():
        paths[object_key(entry.sha256)].append(path)
    objects = manifest.objects
    with _folder(out, manifest) as folder:
        if folder is None:
            return False

        def provide(key: str) -> int:
            entry = objects[key]
            missing = [p for p in paths[key] if not _holds(folder / p, entry)]
            content = verified_file(store, manifest, missing[0]) if missing else b""
            for path in missing:
                _write(folder / path, content)
            return entry.size

        for size in in_threads(provide, objects, jobs):
            if progress is not None:
                progress(size)
    return True


def verified_file(store: Store, manifest: Manifest, path: str) -> bytes:
    """Content of a file of a release, if it is what the release says.

    Raises
    ------
    ConsistencyError
        The object is not there, or holds something else.
    """
    entry = manifest.files[path]
    key = object_key(entry.sha256)
    content = store.get(key, limit=entry.size)
    if content is None:
        raise ConsistencyError(
            f"an object of the release is missing: {path}", where=store.where(key)
        )
    digest = sha256_of(content)
    if len(content) != entry.size or digest != entry.sha256:
        size = str(len(content)) if len(content) <= entry.size else f"more than {entry.size}"
        raise ConsistencyError(
            f"an object of the release was tampered with or damaged: {path}",
            where=store.where(key),
            key="bytes, SHA-256",
            found=f"{size}, {digest}",
            expected=f"{entry.size}, {entry.sha256}",
        )
    return content


def _require_checksums(store: Store, manifest: Manifest) -> None:
    """The files of a release are those of the archive's own list, and have its digests."""
    where = store.where(object_key(manifest.archive_sha256))
    listed = parsed_checksums(verified_file(store, manifest, CHECKSUMS), where)
    named = {path: e.sha256 for path, e in manifest.files.items() if path != CHECKSUMS}
    if listed != named:
        different = sorted(set(listed.items()) ^ set(named.items()))
        raise ConsistencyError(
            f"the release is not what its {CHECKSUMS} lists",
            where=store.where(manifest_key(manifest.name)),
            key=different[0][0][:200],
        )


@contextlib.contextmanager
def _folder(out: Path, manifest: Manifest) -> Iterator[Path | None]:
    """Folder to fill, moved into place when the block succeeds; None if ``out`` is the release."""
    out = out.resolve()
    part = out.with_name(f".{out.name}.{manifest.archive_sha256[:_DIGITS]}{TEMPORARY}")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            if not _is_release(out, manifest):
                raise StorageError(
                    "something else is there", where=out, expected="a new or empty folder"
                )
            yield None
            return
        part.mkdir(parents=True, exist_ok=True)
        with _locked(part):
            yield part
            part.replace(out)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(
            f"cannot be written: {error.strerror}", where=error.filename or out
        ) from error


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
            raise StorageError("it is being fetched by another process", where=folder)
        yield
    finally:
        os.close(handle)


def _is_release(folder: Path, manifest: Manifest) -> bool:
    """Whether a folder has the files of a release, and no others."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return found == set(manifest.files) and all(
        _holds(folder / path, entry) for path, entry in manifest.files.items()
    )


def _holds(path: Path, entry: FileEntry) -> bool:
    """Whether a file is there and whole."""
    return (
        path.is_file()
        and path.stat().st_size == entry.size
        and sha256_of(path.read_bytes()) == entry.sha256
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
