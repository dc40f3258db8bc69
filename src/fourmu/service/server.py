"""The application behind uvicorn, until it is asked to stop."""

from __future__ import annotations

import logging
import resource
from typing import Final

import uvicorn

from fourmu.archive import Archive

from .app import create_app
from .connections import guarded_protocol
from .settings import ServiceSettings

__all__ = ["make_server", "serve"]

_log = logging.getLogger("fourmu.service")

_BACKLOG: Final = 128
_OTHER_FILES: Final = 128
"""Open files beside connections and what is sent on them."""


def make_server(
    archive: Archive, settings: ServiceSettings, *, host: str, port: int
) -> uvicorn.Server:
    """Server of an archive, not started yet.

    Parameters
    ----------
    archive
        What is served.
    settings
        Bounds.
    host, port
        Where; a port of 0 takes a free one.
    """
    settings = _within_descriptors(settings)
    app = create_app(archive, settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=guarded_protocol(settings, app.state.service.metrics),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=min(settings.connections, _BACKLOG),
        h11_max_incomplete_event_size=settings.head_bytes,
        timeout_keep_alive=round(settings.idle_seconds),
        timeout_graceful_shutdown=round(settings.stop_seconds),
    )
    return uvicorn.Server(config)


def _within_descriptors(settings: ServiceSettings) -> ServiceSettings:
    """Have descriptors for all connections, or fewer connections: computing needs some, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * settings.connections + _OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft >= wanted:
        return settings
    connections = max((soft - _OTHER_FILES) // 2, 1)
    _log.warning("the system allows %d open files: %d connections at most", soft, connections)
    return settings.model_copy(update={"connections": connections})


def serve(archive: Archive, settings: ServiceSettings, *, host: str, port: int) -> bool:
    """Serve an archive until SIGTERM or Ctrl-C; requests that run may finish within a bound.

    uvicorn raises the signal again when everything has ended, for whoever handles it. Parameters
    are those of :func:`make_server`.

    Returns
    -------
    bool
        Whether it was served at all: the address may be taken.
    """
    server = make_server(archive, settings, host=host, port=port)
    server.run()
    return bool(server.started)
