"""What bounds the service: sizes, numbers and times."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fourmu.config.section import Section

__all__ = ["ServiceSettings"]

Count = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0.0)]


class ServiceSettings(Section):
    """Bounds of one service; none of them changes a result."""

    connections: Count = 1000
    """Open connections; one more is told 503 and closed."""
    requests: Count = 500
    """Requests at work or waiting at a time; one more is told 429."""
    head_bytes: Count = 2**14
    """Of the head of a request: its address and headers."""
    head_seconds: Seconds = 10.0
    """Within which the head of a request must have arrived."""
    bodies: Count = 32
    """Of requests of one kind that have no answer yet; one more is told 429."""
    body_bytes: Count = 4 * 2**20
    """Of the body of a request."""
    body_seconds: Seconds = 10.0
    """Within which the body of a request must have arrived."""
    idle_seconds: Seconds = 20.0
    """That a connection without requests stays open."""
    stalled_seconds: Seconds = 30.0
    """That a reader may leave an answer where it is before its connection is dropped."""
    json_containers: Count = 40_000
    """Lists and objects of a body."""
    json_keys: Count = 64
    """Keys of an object: refusing a body costs time for each one that is wrong."""
    json_values: Count = 400_000
    """Values of a body."""
    compute_seconds: Seconds = 10.0
    """Wall-clock time of a request that computes; the process behind it is ended then."""
    job_seconds: Seconds = 1800.0
    """Wall-clock time of a job."""
    waiting_requests: Count = 16
    """That wait for one of the processes that compute; one more is told 429."""
    waiting_jobs: Count = 4
    """That wait for the one that runs; one more is told 429."""
    kept_jobs: Count = 64
    """Whose state can be asked for; the oldest finished ones are forgotten first."""
    job_threads: Annotated[int, Field(ge=0)] = 0
    """Threads that a job takes; 0 is the number of processors."""
    cache_bytes: Count = 128 * 2**20
    """Of answers that are kept, those of jobs among them."""
    worker_bytes: Count = 6 * 2**30
    """Of data of a process that computes; a job takes about 1 GB."""
    stop_seconds: Seconds = 10.0
    """That running requests have to finish when the service is asked to stop."""
