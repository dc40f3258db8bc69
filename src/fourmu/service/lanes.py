"""Lanes of computing: one process each, a short queue before it, and a bound on time.

A process that takes too long is ended and another one started, since compiled code cannot be
interrupted. Kinds of work have lanes of their own, so that none stands in the way of another.
"""

from __future__ import annotations

import logging
import multiprocessing
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from .problems import ProblemError, busy, unavailable
from .worker import CRASHED, DONE, PROGRESS, READY, REFUSED, Task, work

__all__ = ["Lane"]

_log = logging.getLogger("fourmu.service")

_TICK_SECONDS = 0.2  # how often a thread that waits for a process looks whether to stop
_LOOK_SECONDS = 2.0  # how often it looks whether an idle process still lives
_LONGEST_LOOK_SECONDS = 64.0  # where one after the other dies


@dataclass(frozen=True, kw_only=True)
class _Item:
    """A task in the queue."""

    task: Task
    progress: Callable[[float], None]
    future: Future[bytes] = field(default_factory=Future)


class Lane:
    """One process that computes, with the thread that talks to it.

    Parameters
    ----------
    name
        For messages and metrics.
    source, digest
        The archive, and the digest that it has to have.
    seconds
        Wall-clock time of a task.
    waiting
        Most tasks that wait.
    most_bytes
        Of data of the process.
    warm
        First task of a new process; one is started at once then. Without it a process is started
        for each task, and ended after it: it gives its memory back.
    after
        Do not start before this has happened.
    """

    def __init__(
        self,
        name: str,
        *,
        source: str,
        digest: str,
        seconds: float,
        waiting: int,
        most_bytes: int,
        warm: Task | None = None,
        after: threading.Event | None = None,
    ) -> None:
        self.name = name
        self.ready = threading.Event()
        """Whether a process is warm."""
        self.ended = 0
        """Processes that were ended because they took too long, or died."""
        self._source, self._digest = source, digest
        self._seconds, self._waiting, self._most_bytes = seconds, waiting, most_bytes
        self._warm, self._after = warm, after
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stopping = False
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._serve, name=f"lane-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread, and the process if it is to be warm."""
        self._thread.start()

    def stop(self) -> None:
        """End the process with whatever it does; what waits is cancelled."""
        self._stopping = True
        self._queue.put(None)
        self._end()
        if self._thread.is_alive():
            self._thread.join(5.0)

    @property
    def waiting(self) -> int:
        """Tasks that wait."""
        return self._queue.qsize()

    def submit(
        self, task: Task, progress: Callable[[float], None] = lambda _: None
    ) -> Future[bytes]:
        """Put a task into the queue.

        Parameters
        ----------
        task
            What to compute.
        progress
            Called in another thread with the share that is done.

        Raises
        ------
        ProblemError
            Too many wait already (429), or the service is about to stop (503).
        """
        with self._lock:
            if self._stopping:
                raise unavailable("the service is about to stop")
            if self._queue.qsize() >= self._waiting:
                raise busy("too many requests wait for an answer already")
            item = _Item(task=task, progress=progress)
            self._queue.put(item)
            return item.future

    def _serve(self) -> None:
        while self._after is not None and not self._after.wait(_TICK_SECONDS):
            if self._stopping:
                return
        if self._warm is not None:
            self._prepare()
        while (item := self._next()) is not None:
            if self._stopping:
                item.future.cancel()
            elif item.future.set_running_or_notify_cancel():
                try:
                    item.future.set_result(self._perform(item))
                except Exception as error:  # noqa: BLE001  whoever waits is told
                    item.future.set_exception(error)
            if self._warm is None:
                self._end()
            elif self._process is None:
                self._prepare()

    def _next(self) -> _Item | None:
        """Wait for a task; a process that died meanwhile is replaced, less and less eagerly."""
        seconds = _LOOK_SECONDS
        while True:
            try:
                return self._queue.get(timeout=seconds)
            except queue.Empty:
                if self._warm is None or self._is_alive():
                    seconds = _LOOK_SECONDS
                    continue
                self._replace()
                seconds = min(2.0 * seconds, _LONGEST_LOOK_SECONDS)

    def _is_alive(self) -> bool:
        process = self._process
        return process is not None and process.is_alive()

    def _replace(self) -> None:
        """Start another process in the place of one that died."""
        if self._process is not None:
            self.ended += 1
            self._end()
        self._prepare()

    def _prepare(self) -> None:
        """Start a process and wait until it is warm."""
        try:
            self._launch()
        except OSError as error:  # no descriptors or memory: it may be better later
            self.ended += 1
            _log.error("a process for %s cannot be started: %s", self.name, error)
            time.sleep(_TICK_SECONDS)
            return
        kind, content = self._heard(time.monotonic() + 3600.0)
        if kind == READY:
            self.ready.set()
        elif not self._stopping:
            self.ended += 1
            _log.error("a process for %s does not start: %s", self.name, content)
            self._end()
            time.sleep(_TICK_SECONDS)  # whatever it is will not be better at once

    def _launch(self) -> None:
        """Start a process, unless the service is about to stop."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work,
            args=(theirs, self._source, self._digest, self._warm, self._most_bytes),
            name=f"fourmu-{self.name}",
            daemon=True,
        )
        with self._lock:
            if self._stopping:
                return
            try:
                process.start()
            except OSError:
                ours.close()
                raise
            finally:
                theirs.close()
            self._process, self._connection = process, ours

    def _perform(self, item: _Item) -> bytes:
        """Let the process do a task.

        Raises
        ------
        ProblemError
            It was refused, took too long, or the process died.
        """
        item.progress(0.0)
        if not self._is_alive():
            self._replace()
        if self._connection is None:
            raise unavailable("nothing can be computed now")
        deadline = time.monotonic() + self._seconds
        try:
            self._connection.send(item.task)
        except OSError as error:
            self._end()
            raise unavailable("the computation was broken off") from error
        while True:
            kind, content = self._heard(deadline)
            if kind == PROGRESS:
                item.progress(content)
            elif kind == DONE:
                result: bytes = content
                return result
            elif kind == REFUSED:
                raise content
            elif kind == CRASHED and content is not None:
                _log.error("%s failed: %s", item.task.name, content)
                raise ProblemError(500, "the computation failed; the log of the service says why")
            elif kind == CRASHED:
                self.ended += 1
                self._end()
                raise unavailable("the computation was broken off")
            else:
                self.ended += 1
                self._end()
                raise unavailable(
                    f"the computation took longer than {self._seconds:g} s and was ended"
                )

    def _heard(self, deadline: float) -> tuple[str, Any]:
        """Wait for what the process says; an empty kind after the deadline, or on the way out."""
        connection = self._connection
        try:
            while connection is not None and not self._stopping:
                left = deadline - time.monotonic()
                if left <= 0.0:
                    break
                if connection.poll(min(left, _TICK_SECONDS)):
                    heard: tuple[str, Any] = connection.recv()
                    return heard
        except (EOFError, OSError):
            return CRASHED, None
        return "", None

    def _end(self) -> None:
        """End the process, whatever it does."""
        with self._lock:
            process, connection = self._process, self._connection
            self._process = self._connection = None
            self.ready.clear()
        if process is not None:
            process.kill()
            process.join()
        if connection is not None:
            connection.close()
