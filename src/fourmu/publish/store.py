"""What a place must be able to do to hold releases: four verbs, none of which overwrites."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Store", "Stored"]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a store says of an object without giving it."""

    size: int
    """Bytes."""
    sha256: str | None
    """Digest noted when it was written; None if the store keeps none."""


class Store(ABC):
    """Immutable objects by key; keys are relative paths with slashes.

    Methods may be called from several threads at once. Trouble with the place is a
    :class:`~fourmu.errors.StorageError`, trouble with how it was asked for an
    :class:`~fourmu.errors.InputError`; both name the place and never a secret.
    """

    @abstractmethod
    def where(self, key: str = "") -> str:
        """Address of an object, or of the store, for messages."""

    @abstractmethod
    def get(self, key: str, *, limit: int) -> bytes | None:
        """Content of an object; None if there is none.

        Parameters
        ----------
        key
            The object.
        limit
            Bytes that it may have. Of a larger one the first ``limit + 1`` come, so that its size
            is seen and nobody's memory is filled.
        """

    @abstractmethod
    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write an object whole, or leave what is there.

        Of several writers of one key exactly one writes.

        Returns
        -------
        bool
            Whether it was written. After an answer that was lost on the way it can be False
            although this call wrote it: look at what is there.
        """

    @abstractmethod
    def head(self, key: str) -> Stored | None:
        """Size and noted digest of an object; None if there is none."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys that begin with a prefix, and their sizes in bytes, in no order."""
