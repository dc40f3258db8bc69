"""The application behind uvicorn, until it is asked to stop."""

from __future__ import annotations

import uvicorn

from fourmu.archive import Archive

from .app import create_app
from .connections import guarded_protocol
from .settings import ServiceSettings

__all__ = ["make_server", "serve"]


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
    config = uvicorn.Config(
        create_app(archive, settings),
        host=host,
        port=port,
        http=guarded_protocol(settings),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=settings.connections,
        h11_max_incomplete_event_size=settings.head_bytes,
        timeout_keep_alive=round(settings.idle_seconds),
        timeout_graceful_shutdown=round(settings.stop_seconds),
    )
    return uvicorn.Server(config)


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
