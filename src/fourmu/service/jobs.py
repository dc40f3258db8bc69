"""Jobs: computations that take longer than a request may, asked for again until they are done."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

from .bodies import Body, BodyCache, json_bytes
from .lanes import Lane
from .problems import ProblemError, busy
from .worker import Task

__all__ = ["Job", "JobTable", "Status"]

_log = logging.getLogger("fourmu.service")

Status = Literal["queued", "running", "done", "failed"]


@dataclass(kw_only=True)
class Job:
    """State of one job, written by the thread of its lane."""

    id: str
    status: Status = "queued"
    progress: float = 0.0
    problem: dict[str, Any] | None = None

    @property
    def document(self) -> dict[str, Any]:
        """What is told of it as long as there is no result."""
        content = {"id": self.id, "status": self.status, "progress": self.progress}
        return content if self.problem is None else {**content, "problem": self.problem}


class JobTable:
    """Jobs by the digest of what was asked for: asking again gives the same job.

    Parameters
    ----------
    lane
        Where they run.
    cache
        Where results are kept; a job whose result was forgotten is forgotten too.
    most
        Jobs that are remembered.
    """

    def __init__(self, lane: Lane, cache: BodyCache, most: int) -> None:
        self._lane, self._cache, self._most = lane, cache, most
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def submit(self, digest: str, task: Task) -> Job:
        """Return the job of a request; start it if there is none, or the last one failed.

        Raises
        ------
        ProblemError
            Too many wait (429).
        """
        with self._lock:
            job = self._jobs.get(digest)
            if job is not None and job.status != "failed" and not self._is_forgotten(job):
                return job
            self._forget_old()
            job = Job(id=digest)

            def advance(share: float) -> None:
                job.status, job.progress = "running", share

            future = self._lane.submit(task, advance)
            self._jobs[digest] = job
            self._jobs.move_to_end(digest)
        future.add_done_callback(lambda future: self._finish(job, future))
        return job

    def body(self, identity: str) -> Body:
        """State of a job, with its result.

        Raises
        ------
        ProblemError
            There is no such job, or not any more (404).
        """
        with self._lock:
            job = self._jobs.get(identity)
        if job is not None and job.status == "done":
            kept = self._cache.get(("job", identity))
            if kept is not None:
                return kept
        elif job is not None:
            return Body.of(json_bytes(job.document))
        raise ProblemError(404, "there is no such job, or its result was forgotten", key="id")

    def counts(self) -> dict[str, int]:
        """Jobs by status."""
        found = dict.fromkeys(("queued", "running", "done", "failed"), 0)
        with self._lock:
            for job in self._jobs.values():
                found[job.status] += 1
        return found

    def _finish(self, job: Job, future: Future[bytes]) -> None:
        """Keep what a job ended with."""
        error = None if future.cancelled() else future.exception()
        if future.cancelled():
            error = ProblemError(503, "the service stopped before the job was done")
        if error is None:
            head = json_bytes({"id": job.id, "status": "done", "progress": 1.0})
            result = b'%s,"result":%s}' % (head[:-1], future.result())
            self._cache.put(("job", job.id), Body.of(result))
            job.progress, job.status = 1.0, "done"
            return
        if not isinstance(error, ProblemError):
            _log.error("job %s failed", job.id, exc_info=error)
            error = ProblemError(500, "the job failed; the log of the service says why")
        job.problem = error.document
        job.status = "failed"

    def _is_forgotten(self, job: Job) -> bool:
        return job.status == "done" and self._cache.get(("job", job.id)) is None

    def _forget_old(self) -> None:
        """Make room for one more job."""
        finished = [name for name, job in self._jobs.items() if job.status in ("done", "failed")]
        while len(self._jobs) >= self._most:
            if not finished:
                raise busy("too many jobs are not done yet")
            del self._jobs[finished.pop(0)]
