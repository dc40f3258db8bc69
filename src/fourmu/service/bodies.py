"""Answers as bytes that can be sent as often as asked, and the ones that are kept."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["JSON", "Body", "BodyCache", "digest_of", "json_bytes"]

JSON: Final = "application/json"

_WORTH_PACKING: Final = 1024
_COMPRESSION: Final = 5


def json_bytes(content: Any) -> bytes:
    """Compact JSON; NaN is refused, because JSON has none."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def digest_of(*parts: str | bytes) -> str:
    """SHA-256 of some parts, each with its length, so that nothing moves between them."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Body:
    """Content of an answer, plain and packed, with the digest that its ETag is made of."""

    content: bytes
    packed: bytes | None
    """By gzip; None where that is not worth it."""
    media_type: str
    digest: str

    @classmethod
    def of(cls, content: bytes, media_type: str = JSON, digest: str | None = None) -> Body:
        """Pack a content.

        Parameters
        ----------
        content
            What is sent.
        media_type
            Of it.
        digest
            SHA-256 of the content, or of what it was made from; computed if None.
        """
        packed = None
        if len(content) > _WORTH_PACKING and not media_type.startswith(("image/png", "font/")):
            packed = gzip.compress(content, _COMPRESSION, mtime=0)
        return cls(
            content=content,
            packed=packed if packed is not None and len(packed) < len(content) else None,
            media_type=media_type,
            digest=hashlib.sha256(content).hexdigest() if digest is None else digest,
        )

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.content) + len(self.packed or b"")


class BodyCache:
    """Bodies by key, those not asked for longest are forgotten first; safe in threads.

    Parameters
    ----------
    most_bytes
        Of all bodies together.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bodies: OrderedDict[Hashable, Body] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    @property
    def bytes(self) -> int:
        """That the bodies take."""
        return self._bytes

    def __len__(self) -> int:
        """Return the number of bodies."""
        return len(self._bodies)

    def get(self, key: Hashable) -> Body | None:
        """Body of a key, if it is still there."""
        with self._lock:
            body = self._bodies.get(key)
            if body is None:
                self.misses += 1
                return None
            self._bodies.move_to_end(key)
            self.hits += 1
            return body

    def put(self, key: Hashable, body: Body) -> Body:
        """Keep a body, unless it alone is too large, and return it."""
        with self._lock:
            earlier = self._bodies.pop(key, None)
            if earlier is not None:
                self._bytes -= earlier.size
            if body.size <= self._most:
                self._bodies[key] = body
                self._bytes += body.size
            while self._bytes > self._most:
                _, forgotten = self._bodies.popitem(last=False)
                self._bytes -= forgotten.size
        return body
