"""Spread independent jobs over processes or threads; a lost worker costs only its jobs."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Self, TypeVar

from fourmu.config.execution import Execution
from fourmu.errors import ConsistencyError

from .progress import Progress

__all__ = ["Workers"]

_ATTEMPTS = 3

Job = TypeVar("Job")


class Workers:
    """A pool that lives as long as the chain runs, started at the first job.

    Jobs are pure functions of their argument that write their files themselves, whole or not
    at all; they return the number of units they handled.
    """

    def __init__(self, settings: Execution) -> None:
        self.kind = settings.executor
        self.count = settings.workers or len(os.sched_getaffinity(0))
        self._pool: Executor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop(wait=kind is None)

    def run(
        self, function: Callable[[Job], int], jobs: Sequence[Job], *, label: str, unit: str
    ) -> None:
        """Run all jobs with a progress display; the first error ends the rest and is raised."""
        with Progress(label, len(jobs), unit) as progress:
            remaining = list(range(len(jobs)))
            for attempt in range(_ATTEMPTS):
                remaining = self._attempt(function, jobs, remaining, progress)
                if not remaining:
                    return
                self._stop(wait=False)
                if attempt == _ATTEMPTS - 1:
                    raise ConsistencyError(
                        f"{label}: workers died {_ATTEMPTS} times",
                        found=f"{len(remaining)} of {len(jobs)} jobs not done",
                        expected="enough memory; try execution.workers: 1",
                    )

    def _attempt(
        self,
        function: Callable[[Job], int],
        jobs: Sequence[Job],
        remaining: list[int],
        progress: Progress,
    ) -> list[int]:
        """Run jobs; return those that a dying worker left undone."""
        if len(remaining) == 1 or self.count == 1:
            for index in remaining:
                progress.advance(function(jobs[index]))
            return []
        pool = self._started()
        with _interrupts_held():  # workers start with the first job
            futures = {pool.submit(function, jobs[index]): index for index in remaining}
        lost = set(remaining)
        try:
            for future in as_completed(futures):
                progress.advance(future.result())
                lost.discard(futures[future])
        except BrokenProcessPool:
            return sorted(lost)
        return []

    def _started(self) -> Executor:
        if self._pool is None:
            if self.kind == "threads":
                self._pool = ThreadPoolExecutor(self.count)
            else:
                self._pool = ProcessPoolExecutor(
                    self.count,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_start_worker,
                )
        return self._pool

    def _stop(self, *, wait: bool) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        processes = list((getattr(pool, "_processes", None) or {}).values())
        # first: a pool whose workers die before it knows that it ends trips over cancelled jobs
        pool.shutdown(wait=wait, cancel_futures=True)
        if not wait:
            # a job may run for a minute: end it now, its file is written whole or not at all
            for process in processes:
                process.terminate()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait, for a new process would write about one that comes while it starts.

    Processes inherit what is held, and ignore it later; here it arrives at the end.
    """
    resource_tracker.ensure_running()  # its start would end the hold
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, end with it, use one thread per worker, and write no noise."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # as in the command itself: fonts without a date make the PDF writer warn once per figure
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True).start()
