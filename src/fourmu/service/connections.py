"""Connections of clients that do not keep going: slow heads, answers left unread, too many at once.

uvicorn leaves a connection alone until its first request is complete, and while a client does not
read. What is refused here never reaches the application; it is a problem document all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from .access import log_access
from .headers import SECURITY_HEADERS
from .metrics import Metrics
from .problems import PROBLEM_TYPE, ProblemError, problem_bytes
from .settings import ServiceSettings

__all__ = ["guarded_protocol"]

_LINGER_SECONDS: Final = 5.0


class LingeringTransport:
    """A transport that does not close while the other side is still sending.

    Data that arrive at a closed socket reset the connection, and a client that is told no while it
    sends would never read why. So the answer is ended, what comes after it is thrown away, and a
    little later the connection is gone.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        stalled_seconds: float,
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._stalled_seconds = stalled_seconds
        self.is_sending: Callable[[], bool] = lambda: False
        """Whether the other side has not finished."""
        self.lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether nothing more can be answered."""
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        """Close now, or soon."""
        if self.is_closing():
            return
        if self.is_sending() and self._transport.can_write_eof():
            self.lingers = True
            self._transport.write_eof()
            self._transport.resume_reading()
            self._loop.call_later(_LINGER_SECONDS, self._transport.abort)
        else:
            self._transport.close()
            self._watch(self._transport.get_write_buffer_size())

    def _watch(self, left: int) -> None:
        """Drop a reader that leaves the rest of an answer where it is: closing waits for it."""
        if left:
            self._loop.call_later(self._stalled_seconds, self._look, left)

    def _look(self, left: int) -> None:
        now = self._transport.get_write_buffer_size()  # 0 once the connection is gone
        if now >= left:
            self._transport.abort()
        else:
            self._watch(now)


def guarded_protocol(settings: ServiceSettings, metrics: Metrics) -> type[H11Protocol]:
    """HTTP/1.1 of uvicorn with bounds on what a connection may take.

    Parameters
    ----------
    settings
        The bounds.
    metrics
        Where refusals are counted.
    """

    class GuardedProtocol(H11Protocol):
        """One connection."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._timers: dict[str, asyncio.TimerHandle] = {}

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            lingering = LingeringTransport(transport, self.loop, settings.stalled_seconds)
            super().connection_made(cast(asyncio.Transport, lingering))
            if len(self.connections) > settings.connections:
                self._refuse(ProblemError(503, "the service has too many connections"))
                return
            lingering.is_sending = lambda: self.conn.their_state in (h11.SEND_BODY, h11.ERROR)
            self._arm("head", settings.head_seconds, self._slow_head)

        def connection_lost(self, exc: Exception | None) -> None:
            for name in list(self._timers):
                self._disarm(name)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            super().data_received(data)
            if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
                self._disarm("head")
            elif self.timeout_keep_alive_task is None:
                self._arm("head", settings.head_seconds, self._slow_head)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing() and self.conn.their_state is h11.SEND_BODY:
                self._arm("rest", _LINGER_SECONDS, self.transport.close)

        def handle_events(self) -> None:
            super().handle_events()
            if self.conn.their_state is not h11.SEND_BODY:
                self._disarm("rest")

        def pause_writing(self) -> None:
            super().pause_writing()
            self._arm("stalled", settings.stalled_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._disarm("stalled")

        def send_400_response(self, msg: str) -> None:
            if len(self.conn.trailing_data[0]) > settings.head_bytes:
                self._refuse(ProblemError(431, "the head of the request is too large"))
            else:
                self._refuse(ProblemError(400, msg))

        def _slow_head(self) -> None:
            detail = f"the head must arrive within {settings.head_seconds:g} s"
            if self.conn.trailing_data[0]:
                self._refuse(ProblemError(408, detail))
            else:  # nothing was asked
                self.transport.close()

        def _refuse(self, error: ProblemError) -> None:
            """Answer without the application, and close."""
            metrics.record("refused", "other", error.status, 0.0)
            log_access(self.client, "-", "-", error.status, 0, 0.0)
            if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                self.transport.abort()  # half of another answer is out
                return
            content = problem_bytes(error)
            headers = [
                *SECURITY_HEADERS,
                (b"content-type", PROBLEM_TYPE.encode()),
                (b"content-length", str(len(content)).encode()),
                (b"connection", b"close"),
            ]
            response = h11.Response(
                status_code=error.status, headers=headers, reason=STATUS_PHRASES[error.status]
            )
            for event in (response, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event))
            self.transport.close()
            if self.cycle is not None and not self.cycle.response_complete:
                # what the application answers goes nowhere
                self.cycle.disconnected = True
                self.cycle.message_event.set()

        def _arm(self, name: str, seconds: float, action: Callable[[], None]) -> None:
            if name not in self._timers:
                self._timers[name] = self.loop.call_later(seconds, self._fire, name, action)

        def _fire(self, name: str, action: Callable[[], None]) -> None:
            self._timers.pop(name, None)
            if not self.transport.is_closing():
                action()

        def _disarm(self, name: str) -> None:
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()

    return GuardedProtocol
