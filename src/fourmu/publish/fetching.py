"""A release becomes an archive again: every object is verified, and the folder appears whole."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fourmu.archive.checksums import CHECKSUMS, parsed_checksums
from fourmu.errors import ConsistencyError

from .disk_errors import reading, require_outside
from .folder_store import FolderStore
from .manifest import FileEntry, Manifest, manifest_key, object_key, sha256_of
from .new_folder import entries, hidden_folder, resolved, something_else, whole_folder
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

    Until then the files are in a hidden folder beside it, or inside of it if it is there and
    empty, where another call continues.

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
    InputError
        The folder lies inside of the store.
    StorageError
        Something else is in the folder, it cannot be written, or the store fails.
    """
    if isinstance(store, FolderStore):
        require_outside(out, store.root, "the store")
    _require_checksums(store, manifest)
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for path, entry in manifest.files.items():
        paths[object_key(entry.sha256)].append(path)
    objects, out = manifest.objects, resolved(out)
    hidden = hidden_folder(out, manifest.archive_sha256[:_DIGITS])
    with reading(out):
        if _is_release(out, hidden, manifest):
            return False

    def provide(key: str) -> int:
        entry = objects[key]
        # a call that was killed while it moved them has left some in place
        missing = [
            p for p in paths[key] if not (_holds(hidden / p, entry) or _holds(out / p, entry))
        ]
        content = verified_file(store, manifest, missing[0]) if missing else b""
        for path in missing:
            _write(hidden / path, content)
        return entry.size

    with whole_folder(out, hidden, last=CHECKSUMS):
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


def _is_release(out: Path, hidden: Path, manifest: Manifest) -> bool:
    """Whether a folder has the files of a release; it must have no others.

    Some of them are an error too, unless a call that was killed was about to move the rest.
    """
    tops = {path.partition("/")[0] for path in manifest.files}
    if any(entry.name not in tops for entry in entries(out, hidden)):
        raise something_else(out)  # a whole disk, maybe: nothing of it is looked at
    found = {
        path.relative_to(out).as_posix()
        for entry in entries(out, hidden)
        for path in (entry, *entry.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }
    if not found and not entries(out, hidden):
        return False
    is_whole = found == set(manifest.files)
    if not (is_whole or (found <= set(manifest.files) and hidden.is_dir())) or not all(
        _holds(out / path, manifest.files[path]) for path in found
    ):
        raise something_else(out)
    if is_whole:
        with contextlib.suppress(OSError):
            hidden.rmdir()
    return is_whole


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
