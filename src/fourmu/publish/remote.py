"""A release as an archive that is read where it lies: only what is asked for is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from fourmu.archive import Archive

from .addresses import open_store
from .fetching import verified_file
from .manifest import Manifest
from .releases import find_release
from .store import Store

__all__ = ["ReleaseFiles", "open_release"]

_OF_ONE: Final = re.compile(r"(?P<store>.+)/releases/(?P<name>[^/]+)\.json")


def open_release(
    address: str,
    *,
    profile: str | None = None,
    endpoint_url: str | None = None,
    anonymous: bool = False,
) -> Archive:
    """Open a release; nothing but its manifest is fetched yet.

    Parameters
    ----------
    address
        Of the manifest, ``s3://bucket/prefix/releases/v1.0.json``, or of a store with one
        release; a folder, too.
    profile, endpoint_url, anonymous
        As in :func:`~fourmu.publish.open_store`.

    Raises
    ------
    InputError
        There is no such release, or it is not the only one.
    StorageError
        The store is not reached, or refuses.
    """
    match = _OF_ONE.fullmatch(address)
    store = open_store(
        address if match is None else match["store"],
        profile=profile,
        endpoint_url=endpoint_url,
        anonymous=anonymous,
    )
    manifest = find_release(store, None if match is None else match["name"])
    return Archive(address, ReleaseFiles(store, manifest))


class ReleaseFiles(Mapping[str, bytes]):
    """Files of a release by name, fetched and verified when they are asked for, and kept."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest
        self._read: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            self._manifest.files[name]  # a KeyError if there is none
            self._read[name] = verified_file(self._store, self._manifest, name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest.files)

    def __len__(self) -> int:
        return len(self._manifest.files)

    def __contains__(self, name: object) -> bool:
        return name in self._manifest.files
