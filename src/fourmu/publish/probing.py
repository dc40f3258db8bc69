"""Doubts about a store: it must refuse a second write, also of writers who come together."""

from __future__ import annotations

import threading
from typing import Final

from fourmu.errors import StorageError

from .manifest import sha256_of
from .parallel import in_threads
from .store import Store

__all__ = ["require_immutable"]

_WRITERS: Final = 4


def require_immutable(store: Store, name: str) -> None:
    """Refuse a store that lets an object be overwritten.

    Some accept conditional writes and do not look at the condition; others look, but not
    atomically. So a few writers come together, of whom at most one may write, and one comes
    after them, who may not. They write the same thing, a line of text under the address of its
    content, so there is one probe per release, however often it is published.

    Parameters
    ----------
    store
        The store.
    name
        Of the release that is to be published.

    Raises
    ------
    StorageError
        More than one writer was let through, or what was written cannot be read.

    Notes
    -----
    A race that passes proves nothing; one that fails proves that the store is unsafe.
    """
    content = f"A probe of fourmu, before the release {name}: may this be written twice?\n".encode()
    key = f"probes/sha256/{sha256_of(content)}"
    together = threading.Barrier(_WRITERS)

    def write(_: int) -> bool:
        together.wait()
        return store.put_if_absent(key, content)

    written = sum(in_threads(write, range(_WRITERS), _WRITERS))
    if written > 1 or store.put_if_absent(key, content):
        raise StorageError(
            "the store lets an object be overwritten, so nothing is published there",
            where=store.where(key),
            found=f"{written} of {_WRITERS} writers let through, or one after them",
            expected="conditional writes (If-None-Match: *) with one winner",
        )
    if store.get(key, limit=len(content)) != content:
        raise StorageError("what was written cannot be read again", where=store.where(key))
