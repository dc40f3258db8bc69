"""``fourmu serve``: answer from an archive over HTTP."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

import click

from fourmu.errors import ConfigError, InputError, StorageError

from .options import config_option

__all__ = ["command"]


@click.command("serve")
@click.argument("archive", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "--workers-threads",
    type=click.IntRange(1, 256),
    help="Threads that a job takes; the number of processors without it.",
)
@click.option(
    "--access-log/--no-access-log", default=True, show_default=True, help="A line per request."
)
@config_option
def command(
    archive: str | None,
    host: str,
    port: int,
    workers_threads: int | None,
    access_log: bool,
    config_path: Path,
) -> None:
    """Serve an ARCHIVE of likelihoods, folder or tarball; that of the configuration without it.

    Its page, its files, and limits on models of one's own. It listens on this machine only,
    unless --host says otherwise. SIGTERM and Ctrl-C end it; requests that run may finish.
    """
    try:
        from fourmu.service import ServiceSettings, serve  # noqa: PLC0415  heavy, and optional
    except ModuleNotFoundError as error:
        if error.name not in ("fastapi", "starlette", "uvicorn", "h11"):
            raise
        raise ConfigError(
            f"the service needs {error.name}", where="fourmu serve", expected="fourmu[service]"
        ) from error
    from fourmu.io.archives import open_archive  # noqa: PLC0415
    from fourmu.publish import is_remote  # noqa: PLC0415

    if archive is not None and is_remote(archive):
        raise InputError(
            "a service reads a folder or tarball of its own disk",
            found=f"{archive.partition('://')[0]}://...",
            expected="fourmu fetch first",
        )
    opened = open_archive(_archive_of(config_path) if archive is None else archive)
    _log_to_stderr(access_log=access_log)
    settings = ServiceSettings(job_threads=workers_threads or 0)
    # uvicorn stops at SIGTERM, and raises it again when everything has ended
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        served = serve(opened, settings, host=host, port=port)
    except KeyboardInterrupt:
        return  # it was asked to end and has done so
    except SystemExit as error:  # uvicorn has said why
        raise StorageError("the service cannot start", where=f"{host}:{port}") from error
    if not served:
        raise StorageError("the service cannot start", where=f"{host}:{port}")


def _archive_of(config_path: Path) -> Path:
    """Archive that a configuration builds."""
    from fourmu.config import load_analysis  # noqa: PLC0415  for those who have one
    from fourmu.pipeline import Layout  # noqa: PLC0415

    path = Layout.of(load_analysis(config_path)).folder("archive")
    if not path.exists():
        raise InputError(
            "there is no archive yet", where=path, expected="fourmu archive build, or an ARCHIVE"
        )
    return path


def _log_to_stderr(*, access_log: bool) -> None:
    """Set logging up for a process of its own: what the service and uvicorn say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("fourmu.service", "uvicorn"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    logging.getLogger("fourmu.service.access").disabled = not access_log
