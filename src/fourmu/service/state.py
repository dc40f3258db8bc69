"""What one service holds: the archive, what was computed from it, and who computes."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from fourmu.archive import Archive
from fourmu.errors import InputError

from .bodies import JSON, Body, BodyCache
from .jobs import JobTable
from .lanes import Lane
from .metrics import Metrics, Sample
from .page import page_files
from .problems import unavailable
from .settings import ServiceSettings
from .tarball import PackedArchive, Tarball
from .views import window_entries
from .worker import Task

__all__ = ["Service"]

_log = logging.getLogger("fourmu.service")


class Service:
    """State of a service between its start and its stop.

    Parameters
    ----------
    archive
        As :func:`fourmu.io.archives.open_archive` returns it: processes that compute open it again
        by its source.
    settings
        Bounds.
    """

    def __init__(self, archive: Archive, settings: ServiceSettings) -> None:
        self.archive = archive
        self.settings = settings
        self.digest = archive.digest
        self.entries = window_entries(archive.index)
        """Every hypothesis of the scan."""
        self.places = {name: place for place, name in enumerate(archive.index.name)}
        self.cache = BodyCache(settings.cache_bytes)
        self.metrics = Metrics()
        self.tarball = Tarball(archive)
        self.page = page_files()
        self.checks = ThreadPoolExecutor(1, thread_name_prefix="checks")
        """Where bodies of requests are parsed and checked."""
        missing = set(archive.checksums) - set(archive.files)
        if missing:
            raise InputError("a file of the archive is missing", where=archive.where(min(missing)))

        def lane(name: str, **options: Any) -> Lane:
            shared: dict[str, Any] = {
                "source": archive.source,
                "digest": self.digest,
                "seconds": settings.compute_seconds,
                "waiting": settings.waiting_requests,
                "most_bytes": settings.worker_bytes,
            }
            return Lane(name, **{**shared, **options})

        warm = Task(name="warm_up")
        self.quick = lane("quick", warm=warm)
        """Tables, and fits of the archive's own windows: a second at most."""
        self.fits = lane("fits", warm=warm, after=self.quick.ready)
        """Workspaces of others, which may take as long as they are let."""
        self.heavy = lane("jobs", seconds=settings.job_seconds, waiting=settings.waiting_jobs)
        """Jobs, one at a time; each in a process of its own."""
        self.jobs = JobTable(self.heavy, self.cache, settings.kept_jobs)
        self._pending: dict[Hashable, Future[bytes]] = {}
        self._packing: asyncio.Task[PackedArchive] | None = None
        self._waiters: Counter[Hashable] = Counter()

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All of them."""
        return (self.quick, self.fits, self.heavy)

    def start(self) -> None:
        """Start whoever computes; does not wait until they are ready."""
        self.tarball.open()
        for lane in self.lanes:
            lane.start()

    def stop(self) -> None:
        """End whoever computes, and delete temporary files."""
        for lane in self.lanes:
            lane.stop()
        self.checks.shutdown(wait=False)
        self.tarball.close()

    async def kept(self, key: Hashable, make: Callable[[], bytes], media_type: str = JSON) -> Body:
        """Answer that is made of the archive in this process, once.

        Parameters
        ----------
        key
            Of the cache.
        make
            Returns the content; runs in a thread.
        media_type
            Of the content.
        """
        found = self.cache.get(key)
        if found is None:
            found = await asyncio.to_thread(lambda: Body.of(make(), media_type))
            self.cache.put(key, found)
        return found

    async def packed(self) -> PackedArchive:
        """Return the archive as one file, which is made once however many wait for it."""
        failed = (
            self._packing is not None
            and self._packing.done()
            and (self._packing.cancelled() or self._packing.exception() is not None)
        )
        if self._packing is None or failed:
            self._packing = asyncio.create_task(asyncio.to_thread(self.tarball.packed))
        return await asyncio.shield(self._packing)

    async def computed(self, lane: Lane, key: Hashable, task: Task) -> Body:
        """Answer that takes a process, once.

        Parameters
        ----------
        lane
            Where it is computed.
        key
            Of the cache.
        task
            What is computed.

        Raises
        ------
        ProblemError
            Too many wait, it took too long, or it was refused.
        """
        found = self.cache.get(key)
        if found is not None:
            return found
        future = self._pending.get(key)
        if future is None or future.done():
            future = self._pending[key] = lane.submit(task)
            future.add_done_callback(lambda _: self._pending.pop(key, None))
        # the bound holds for the time in the queue, too
        seconds = self.settings.compute_seconds + 1.0
        waited = asyncio.wrap_future(future)
        waited.add_done_callback(_seen)
        self._waiters[key] += 1
        try:
            async with asyncio.timeout(seconds):
                content = await asyncio.shield(waited)
        except TimeoutError as error:
            if self._waiters[key] == 1:  # nobody else wants it
                future.cancel()
            raise unavailable(
                "the service is busy or about to start, and had no answer in time"
            ) from error
        except asyncio.CancelledError as error:
            if not future.cancelled():
                raise
            raise unavailable("the computation was given up") from error
        finally:
            self._waiters[key] -= 1
            if not self._waiters[key]:
                del self._waiters[key]
        return self.cache.put(key, await asyncio.to_thread(Body.of, content))

    def samples(self) -> Iterator[Sample]:
        """Everything that is counted."""
        yield from self.metrics.samples()
        cache = self.cache
        for result, count in (("hit", cache.hits), ("miss", cache.misses)):
            labels = {"result": result}
            yield "fourmu_cache_lookups_total", "counter", "Answers looked up.", labels, count
        yield "fourmu_cache_bytes", "gauge", "Bytes of answers that are kept.", {}, cache.bytes
        for status, count in self.jobs.counts().items():
            yield "fourmu_jobs", "gauge", "Jobs by status.", {"status": status}, count
        for lane in self.lanes:
            labels = {"lane": lane.name}
            yield "fourmu_lane_waiting", "gauge", "Tasks that wait.", labels, lane.waiting
        for lane in self.lanes:
            labels = {"lane": lane.name}
            text = "Processes that took too long or died."
            yield "fourmu_lane_ended_total", "counter", text, labels, lane.ended


def _seen(future: asyncio.Future[bytes]) -> None:
    """Look at an error that nobody waits for any more, so that asyncio does not warn of it."""
    if not future.cancelled():
        future.exception()
