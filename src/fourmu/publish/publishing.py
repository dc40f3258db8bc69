"""An archive becomes a release: its objects first, then the manifest that makes it one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fourmu.archive import Archive
from fourmu.errors import ConsistencyError, InputError, StorageError

from .manifest import (
    OBJECTS,
    FileEntry,
    Manifest,
    manifest_key,
    manifest_of,
    same_release,
    sha256_of,
)
from .parallel import in_threads
from .probing import require_immutable
from .releases import read_manifest
from .store import Store, Stored

__all__ = ["Preparation", "Publication", "prepare_release", "publish_release"]


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What publishing an archive comes to."""

    archive: Archive
    manifest: Manifest
    is_published: bool
    """The release is there already, and is the same."""
    present: frozenset[str]
    """Keys of its objects that the store has."""

    @property
    def missing(self) -> dict[str, FileEntry]:
        """Objects that are to be uploaded, by key."""
        return {k: v for k, v in self.manifest.objects.items() if k not in self.present}


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What was done for a release."""

    uploaded: int
    """Objects that this call wrote."""
    uploaded_bytes: int
    was_published: bool
    """The release was there already, and is the same."""


def prepare_release(archive: Archive, store: Store, name: str | None = None) -> Preparation:
    """Look at what is there; nothing is written.

    Parameters
    ----------
    archive
        What is published; see :func:`~fourmu.publish.require_publishable`.
    store
        Where.
    name
        Of the release; without it, the first digits of the digest of the archive.

    Raises
    ------
    ConsistencyError
        There is another release of this name.
    InputError
        The name cannot be one, or the archive has changed files.
    """
    manifest = manifest_of(archive, name)
    is_published = _is_published(manifest, store)
    there = {key for key, _ in store.list(OBJECTS)}
    return Preparation(
        archive=archive,
        manifest=manifest,
        is_published=is_published,
        present=frozenset(there & set(manifest.objects)),
    )


def publish_release(
    preparation: Preparation,
    store: Store,
    *,
    jobs: int = 8,
    progress: Callable[[int], None] | None = None,
) -> Publication:
    """Upload what is missing, look at what is there, and write the manifest last.

    What is there is read and compared with its digest before it becomes part of a new release; of
    a release that is there already, the digests that were noted are compared.

    Nothing is overwritten or deleted. A call that was interrupted is completed by another one;
    of several that publish different archives under one name, one succeeds.

    Parameters
    ----------
    preparation
        From :func:`prepare_release`.
    store
        The same store.
    jobs
        Uploads at a time.
    progress
        Called once per object with its size in bytes.

    Raises
    ------
    ConsistencyError
        There is another release of this name, or an object with other content than its address.
    StorageError
        The store lets objects be overwritten, does not keep them, or fails.
    """
    manifest, objects = preparation.manifest, preparation.manifest.objects
    paths = {manifest.files[path].sha256: path for path in manifest.files}
    if preparation.missing or not preparation.is_published:
        require_immutable(store, manifest.name)

    def provide(key: str) -> tuple[int, bool]:
        entry = objects[key]
        if key not in preparation.present:
            content = preparation.archive.read(paths[entry.sha256])
            if sha256_of(content) != entry.sha256:  # the list of digests, which has none itself
                raise InputError(
                    "a file of the archive was changed",
                    where=preparation.archive.where(paths[entry.sha256]),
                )
            if store.put_if_absent(key, content):
                return entry.size, True
        _require_content(store, key, entry, noted=preparation.is_published)
        return entry.size, False

    uploaded = uploaded_bytes = 0
    for size, written in in_threads(provide, objects, jobs):
        uploaded += written
        uploaded_bytes += size * written
        if progress is not None:
            progress(size)
    _require_objects(store, objects)
    was_published = preparation.is_published
    if not was_published and not store.put_if_absent(
        manifest_key(manifest.name), manifest.to_bytes()
    ):
        # somebody was faster, or our own answer was lost on the way
        was_published = _is_published(manifest, store)
    return Publication(
        uploaded=uploaded, uploaded_bytes=uploaded_bytes, was_published=was_published
    )


def _is_published(manifest: Manifest, store: Store) -> bool:
    """Whether a release is there; another one of its name is an error."""
    found = read_manifest(store, manifest.name)
    if found is not None and not same_release(found, manifest):
        raise ConsistencyError(
            "there is another release of this name, and a release never changes: choose a new name",
            where=store.where(manifest_key(manifest.name)),
            key="archive_sha256",
            found=found.archive_sha256,
            expected=manifest.archive_sha256,
        )
    return found is not None


def _require_content(store: Store, key: str, entry: FileEntry, *, noted: bool) -> None:
    """An object that is there already must be the one that is meant, by what was noted or read."""
    found = store.head(key) if noted else None
    if found is None or (found.sha256 is None and found.size == entry.size):
        content = store.get(key, limit=entry.size)
        if content is None:
            raise StorageError("an object has vanished from the store", where=store.where(key))
        found = Stored(size=len(content), sha256=sha256_of(content))
    if (found.size, found.sha256) != (entry.size, entry.sha256):
        size = str(found.size) if noted or found.size <= entry.size else f"more than {entry.size}"
        raise ConsistencyError(
            "an object of the store does not hold what its address says, and is not overwritten",
            where=store.where(key),
            key="bytes, SHA-256",
            found=f"{size}, {found.sha256}",
            expected=f"{entry.size}, {entry.sha256}",
        )


def _require_objects(store: Store, objects: dict[str, FileEntry]) -> None:
    """All objects of a release are in the store before it is one."""
    sizes = dict(store.list(OBJECTS))
    for key, entry in objects.items():
        if sizes.get(key) != entry.size:
            raise StorageError(
                "the store did not keep an object",
                where=store.where(key),
                key="bytes",
                found=sizes.get(key),
                expected=entry.size,
            )
