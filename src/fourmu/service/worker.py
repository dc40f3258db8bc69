"""The process that computes: it opens the archive once and does what it is told until it is ended.

Nothing in it can be interrupted, compiled kernels least of all: whoever waits for too long ends
the process.
"""

from __future__ import annotations

import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from fourmu.errors import ConsistencyError, DomainError, InputError

from .problems import ProblemError, refused, unavailable

__all__ = ["CRASHED", "DONE", "PROGRESS", "READY", "REFUSED", "Task", "work"]

READY, PROGRESS, DONE, REFUSED, CRASHED = "ready", "progress", "done", "refused", "crashed"
"""First part of what a process says; the second is a share, a result or an error."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something to compute: a function of :mod:`fourmu.service.tasks` and what it takes."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


def work(
    connection: Connection, source: str, digest: str, warm: Task | None, most_bytes: int
) -> None:
    """Do tasks until the other side hangs up; the function of a process.

    Parameters
    ----------
    connection
        Brings tasks, takes answers.
    source, digest
        The archive, and what it has to be: one that was built anew is refused.
    warm
        What to do first, so that nothing is compiled while somebody waits.
    most_bytes
        Of data that the process may take.
    """
    # Ctrl-C reaches all processes of a terminal; the service ends its own ones
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))
    try:
        from fourmu.io.archives import open_archive  # noqa: PLC0415  after the limit is set

        archive = open_archive(source)
        _check(archive, digest)
        if warm is not None:
            _run(archive, warm, lambda _: None)
        connection.send((READY, None))
        while True:
            task: Task = connection.recv()
            connection.send(_answered(archive, digest, task, connection))
    except (EOFError, BrokenPipeError):
        return  # the service is gone
    except Exception:  # noqa: BLE001  whatever keeps it from starting is told, and ends it
        connection.send((CRASHED, traceback.format_exc()))


def _check(archive: Any, digest: str) -> None:
    """Refuse an archive that is not the one that the service answers from."""
    if archive.digest != digest:
        raise ConsistencyError("the archive was replaced: start the service again")


def _run(archive: Any, task: Task, progress: Callable[[float], None]) -> bytes:
    from . import tasks  # noqa: PLC0415  numba takes a second to import

    function = tasks.TASKS[task.name]
    return function(archive, progress, **task.arguments)


def _answered(archive: Any, digest: str, task: Task, connection: Connection) -> tuple[str, Any]:
    """Do one task; whatever it ends with is told."""
    try:
        _check(archive, digest)
    except (ConsistencyError, InputError):
        return REFUSED, unavailable("the archive was replaced: the service has to start again")
    try:
        return DONE, _run(archive, task, lambda share: connection.send((PROGRESS, share)))
    except ProblemError as error:
        return REFUSED, error
    except (DomainError, InputError) as error:
        # trouble with the archive itself is not the client's
        if error.where is not None and archive.source in error.where:
            return CRASHED, traceback.format_exc()
        return REFUSED, refused(error)
    except BrokenPipeError:
        raise
    except Exception:  # noqa: BLE001  a task may fail in any way; the process goes on
        return CRASHED, traceback.format_exc()
