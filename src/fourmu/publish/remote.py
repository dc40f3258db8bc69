"""A release as an archive that is read where it lies: only what is asked for is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from fourmu.archive import Archive

from .addresses import open_store
from .fetching import verified_file
from .manifest import Manifest
from .parallel import in_threads
from .releases import find_release
from .store import Store

__all__ = ["ReleaseFiles", "open_release"]

_OF_ONE: Final = re.compile(r"(?:(?P<store>.*)/)?releases/(?P<name>[^/]+)\.json")
_ONE_BY_ONE: Final = 8
"""Files that are fetched when they are asked for; who asks for more wants many."""
_AHEAD: Final = 128
_JOBS: Final = 16


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
    place = address
    if match is not None:
        place = {None: ".", "": "/"}.get(match["store"], match["store"])
    store = open_store(
        place,
        profile=profile,
        endpoint_url=endpoint_url,
        anonymous=anonymous,
        jobs=_JOBS,
    )
    manifest = find_release(store, None if match is None else match["name"])
    return Archive(address, ReleaseFiles(store, manifest))


class ReleaseFiles(Mapping[str, bytes]):
    """Files of a release by name, fetched and verified when they are asked for, and kept.

    Stores answer after milliseconds, and a scan has thousands of windows: after some files, those
    of the same kind that come next are fetched together.
    """

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest
        self._read: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            self._manifest.files[name]  # a KeyError if there is none
            names = [name] if len(self._read) < _ONE_BY_ONE else self._like(name)
            self._read.update(in_threads(self._fetched, names, _JOBS))
        return self._read[name]

    def _fetched(self, name: str) -> tuple[str, bytes]:
        return name, verified_file(self._store, self._manifest, name)

    def _like(self, name: str) -> list[str]:
        """Return a file and those of its kind that come next in the order of names."""
        kind = PurePosixPath(name).name
        return sorted(
            other
            for other in self._manifest.files
            if other >= name and other not in self._read and PurePosixPath(other).name == kind
        )[:_AHEAD]

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest.files)

    def __len__(self) -> int:
        return len(self._manifest.files)

    def __contains__(self, name: object) -> bool:
        return name in self._manifest.files
