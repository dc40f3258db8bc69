"""Bodies as HTTP answers: conditional, packed where the client takes that, sent in slices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .bodies import Body
from .problems import PROBLEM_TYPE, ProblemError, problem_bytes

__all__ = ["NOT_KEPT", "REVALIDATED", "answer", "matches", "problem_response"]

REVALIDATED: Final = "public, no-cache"
"""May be kept, and is asked for again with its ETag: addresses do not change with the archive."""
NOT_KEPT: Final = "no-store"

_SLICE: Final = 64 * 1024


class SlicedResponse(Response):
    """A response whose body is handed over in slices, so that a slow reader does not pile it up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        for part, more in _slices(bytes(self.body)):
            await send({"type": "http.response.body", "body": part, "more_body": more})


def _slices(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """Slices of a content, and whether another one follows."""
    last = max(len(content) - 1, 0) // _SLICE
    for place in range(last + 1):
        yield content[place * _SLICE : (place + 1) * _SLICE], place < last


def answer(
    body: Body,
    asked: Mapping[str, str],
    *,
    status: int = 200,
    cache_control: str = REVALIDATED,
    filename: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer a request with a body, or tell that the client has it already.

    Parameters
    ----------
    body
        The content.
    asked
        Headers of the request.
    status
        HTTP status of the answer with content.
    cache_control
        Header of this name; with :data:`NOT_KEPT` there is no ETag.
    filename
        Name under which browsers are to save it.
    headers
        More of them.
    """
    packed = body.packed is not None and _takes_gzip(asked.get("accept-encoding", ""))
    content = body.packed if packed and body.packed is not None else body.content
    found = {"Cache-Control": cache_control, "Vary": "Accept-Encoding", **(headers or {})}
    if cache_control != NOT_KEPT:
        # two encodings are two representations
        found["ETag"] = f'"{body.digest}-gzip"' if packed else f'"{body.digest}"'
        if matches(asked.get("if-none-match"), body.digest):
            return Response(status_code=304, headers=found)
    if packed:
        found["Content-Encoding"] = "gzip"
    if filename is not None:
        found["Content-Disposition"] = f'attachment; filename="{filename}"'
    return SlicedResponse(content, status, found, media_type=body.media_type)


def matches(given: str | None, digest: str) -> bool:
    """Whether a header If-None-Match names a digest, in either encoding.

    The content is the same in both, so one stands for the other (RFC 9110, 13.1.2: weak
    comparison).
    """
    if given is None:
        return False
    if given.strip() == "*":
        return True
    tags = re.findall(r'"([^"]*)"', given)
    return digest in tags or f"{digest}-gzip" in tags


def _takes_gzip(accepted: str) -> bool:
    """Whether a header Accept-Encoding takes gzip."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False


def problem_response(error: ProblemError) -> Response:
    """Answer with a problem document."""
    return Response(
        problem_bytes(error),
        error.status,
        {"Cache-Control": NOT_KEPT, **error.headers},
        media_type=PROBLEM_TYPE,
    )
