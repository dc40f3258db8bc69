"""Bodies of requests: how large, slow and rich they may be, before anything is made of them.

A body is counted while it arrives, and its parts before it is parsed, by a parser with a bound on
its own recursion.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Executor
from typing import Any

import pydantic_core
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from .problems import ProblemError, busy, validation_problem
from .settings import ServiceSettings

__all__ = ["CheckedRequest", "bounded_route", "parsed", "received"]


class CheckedRequest(Request):
    """A request whose body has arrived and was checked."""

    content: bytes = b""
    document: Any = None

    async def body(self) -> bytes:
        """Bytes of the body."""
        return self.content

    async def json(self) -> Any:
        """Content of the body."""
        return self.document


def bounded_route(settings: ServiceSettings, checks: Executor) -> type[APIRoute]:
    """Class of routes that take JSON within bounds.

    Parameters
    ----------
    settings
        The bounds.
    checks
        One thread in which bodies are parsed and checked, one after the other: bad ones stand in
        the way of each other and not of everybody.
    """

    class BoundedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()
            taken = 0
            field = self.body_field
            kind: Any = None if field is None else field.field_info.annotation
            adapter: TypeAdapter[Any] = TypeAdapter(kind)

            def check(content: bytes) -> Any:
                document = parsed(content, settings)
                try:
                    adapter.validate_python(document)
                except ValidationError as error:
                    found = error.errors(include_url=False, include_input=False)
                    raise validation_problem(found) from None
                return document

            async def bounded(request: Request) -> Response:
                nonlocal taken
                if taken >= settings.bodies:
                    raise busy("too many requests of this kind have no answer yet")
                taken += 1
                try:
                    checked = CheckedRequest(request.scope, request.receive)
                    checked.content = await received(request, settings)
                    loop = asyncio.get_running_loop()
                    checked.document = await loop.run_in_executor(checks, check, checked.content)
                    # who waits for an answer keeps its body
                    return await handle(checked)
                finally:
                    taken -= 1

            return bounded

    return BoundedRoute


async def received(request: Request, settings: ServiceSettings) -> bytes:
    """Receive a body.

    Raises
    ------
    ProblemError
        It is no JSON (415), larger than it says or may be (413), or slow (408).
    """
    headers = request.headers
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(415, "the content type must be application/json", key="Content-Type")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProblemError(415, "the body may not be compressed", key="Content-Encoding")
    most = settings.body_bytes
    too_large = ProblemError(413, f"the body may have {most} bytes")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 18 or int(length) > most:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_large
                parts.append(part)
    except TimeoutError as error:
        raise ProblemError(
            408, f"the body must arrive within {settings.body_seconds:g} s"
        ) from error
    return b"".join(parts)


def parsed(content: bytes, settings: ServiceSettings) -> Any:
    """Content of a JSON document without NaN, not too deep, and with not too much in it.

    Raises
    ------
    ProblemError
        It is not JSON, holds NaN or infinity, or is deep (400); or it has too many parts (413).
    """
    # those in texts count, too: nothing that is asked for has so many
    for what, found, most in (
        ("lists and objects", content.count(b"[") + content.count(b"{"), settings.json_containers),
        ("values", content.count(b","), settings.json_values),
    ):
        if found > most:
            raise ProblemError(413, f"the body may have {most} {what}")
    try:
        document = pydantic_core.from_json(content, allow_inf_nan=False)
    except ValueError as error:
        # the parser has a bound of its own on the depth, before the stack has one
        detail = str(error)
        raise ProblemError(400, f"the body is not valid JSON: {detail[:200]}") from error
    level = [document]
    while level:
        if max((len(holder) for holder in level if isinstance(holder, dict)), default=0) > (
            settings.json_keys
        ):
            raise ProblemError(413, f"an object of the body may have {settings.json_keys} keys")
        level = [entry for holder in level for entry in _holders(holder)]
    return document


def _holders(holder: Any) -> Iterable[Any]:
    """Lists and objects within one; a list that starts with something else is refused at that."""
    if isinstance(holder, dict):
        return (entry for entry in holder.values() if isinstance(entry, (dict, list)))
    if holder and isinstance(holder, list) and isinstance(holder[0], (dict, list)):
        return (entry for entry in holder if isinstance(entry, (dict, list)))
    return ()
