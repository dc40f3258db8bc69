"""The releases that a store has."""

from __future__ import annotations

from fourmu.errors import InputError

from .manifest import LARGEST_MANIFEST, RELEASES, Manifest, checked_name, manifest_key
from .store import Store

__all__ = ["find_release", "read_manifest", "release_names"]

_SUFFIX = ".json"
_MOST_NAMES_SHOWN = 10


def release_names(store: Store) -> list[str]:
    """Names of all releases, sorted."""
    return sorted(
        key.removeprefix(RELEASES).removesuffix(_SUFFIX)
        for key, _ in store.list(RELEASES)
        if key.endswith(_SUFFIX) and "/" not in key.removeprefix(RELEASES)
    )


def read_manifest(store: Store, name: str) -> Manifest | None:
    """Manifest of a release; None if there is none of this name.

    Raises
    ------
    InputError
        It is damaged, of another version, or of another release.
    """
    key = manifest_key(checked_name(name))
    content = store.get(key, limit=LARGEST_MANIFEST)
    if content is None:
        return None
    if len(content) > LARGEST_MANIFEST:
        raise InputError(
            "the manifest is too large",
            where=store.where(key),
            expected=f"at most {LARGEST_MANIFEST} bytes",
        )
    manifest = Manifest.from_bytes(content, store.where(key))
    if manifest.name != name:
        raise InputError(
            "the manifest is that of another release",
            where=store.where(key),
            key="name",
            found=manifest.name,
            expected=name,
        )
    return manifest


def find_release(store: Store, name: str | None = None) -> Manifest:
    """Manifest of a release; without a name, of the only one.

    Raises
    ------
    InputError
        There is no such release, or there are several and no name was given.
    """
    if name is not None:
        manifest = read_manifest(store, name)
        if manifest is not None:
            return manifest
    names = release_names(store)
    shown = ", ".join(names[:_MOST_NAMES_SHOWN]) + ", ..." * (len(names) > _MOST_NAMES_SHOWN)
    if name is not None or not names:
        raise InputError(
            "there is no such release" if names else "there are no releases",
            where=store.where(),
            found=name,
            expected=shown or None,
        )
    if len(names) > 1:
        raise InputError(
            "there are several releases", where=store.where(), key="--name", expected=shown
        )
    return find_release(store, names[0])
