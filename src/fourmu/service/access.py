"""What happens around every request: count it, say it in a line, and never show what broke."""

from __future__ import annotations

import logging
import time
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import problem_response
from .headers import IS_HEAD
from .metrics import Metrics
from .problems import ProblemError, busy

__all__ = ["ACCESS_LOG", "AccessMiddleware", "log_access"]

ACCESS_LOG: Final = "fourmu.service.access"
"""Name of the logger: a line for each request, without what stands after the question mark."""

_log = logging.getLogger("fourmu.service")
_access = logging.getLogger(ACCESS_LOG)

_LONGEST: Final = 200


class AccessMiddleware:
    """Bounds the number of requests, logs and counts them, and answers for what was not caught.

    Parameters
    ----------
    app
        What answers.
    metrics
        Where it is counted.
    most
        Requests at a time.
    head_bytes
        Of the address and headers of a request.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, most: int, head_bytes: int) -> None:
        self.app = app
        self.metrics = metrics
        self.most = most
        self.head_bytes = head_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        status = size = 0

        async def counting_send(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        self.metrics.active += 1
        try:
            if self.metrics.active > self.most:
                error = busy("the service has too many requests at work")
                await problem_response(error)(scope, receive, counting_send)
            elif _head_bytes(scope) > self.head_bytes:  # one that came at once was not looked at
                error = ProblemError(431, f"the head of a request may have {self.head_bytes} bytes")
                await problem_response(error)(scope, receive, counting_send)
            else:
                await self.app(scope, receive, counting_send)
        except Exception:
            _log.exception("an error of the service")
            if status:  # half of an answer is sent: the connection has to end
                raise
            error = ProblemError(500, "the log of the service says what")
            await problem_response(error)(scope, receive, counting_send)
        finally:
            self.metrics.active -= 1
            seconds = time.perf_counter() - start
            method = "HEAD" if scope.get(IS_HEAD) else scope["method"]
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.record(route, method, status, seconds)
            log_access(scope.get("client"), method, scope["path"], status, size, seconds)


def _head_bytes(scope: Scope) -> int:
    """Size of the head of a request, without what is the same in all of them."""
    address = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return address + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


def log_access(
    client: tuple[str, int] | None, method: str, path: str, status: int, size: int, seconds: float
) -> None:
    """Write the line of a request."""
    _access.info(
        '%s "%s %s" %d %d %.1f ms',
        client[0] if client else "-",
        _printable(method),
        _printable(path),
        status,
        size,
        1e3 * seconds,
    )


def _printable(text: str) -> str:
    """Text of a client, which may hold anything, as one word of a line."""
    word = quote(text[:_LONGEST], safe="/:@!$&'()*+,;=~")
    return word + "..." * (len(text) > _LONGEST)
