"""Counters of a service, and their text for Prometheus.

Few enough to write by hand: its client library would add a process-wide registry.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

__all__ = ["METRICS_TYPE", "Metrics", "Sample", "exposition"]

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, str, str, Mapping[str, str], float]
"""Name, type, help, labels and value."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What was answered, counted by route, method and status; safe in threads."""

    def __init__(self) -> None:
        self.active = 0
        """Requests at work."""
        self._started = time.time()
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._seconds: dict[str, float] = {}

    def record(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer.

        Parameters
        ----------
        route
            Pattern of the address, so that there are few of them.
        method, status, seconds
            Of the request.
        """
        key = (route, method if method in _METHODS else "other", status)
        with self._lock:
            self._requests[key] = self._requests.get(key, 0) + 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def samples(self) -> Iterator[Sample]:
        """Everything that was counted."""
        with self._lock:
            requests, seconds = dict(self._requests), dict(self._seconds)
        for (route, method, status), count in sorted(requests.items()):
            labels = {"route": route, "method": method, "status": str(status)}
            yield "fourmu_http_requests_total", "counter", "Requests answered.", labels, count
        for route, total in sorted(seconds.items()):
            yield (
                "fourmu_http_request_seconds_total",
                "counter",
                "Time from request to answer.",
                {"route": route},
                total,
            )
        yield "fourmu_http_requests_active", "gauge", "Requests at work.", {}, self.active
        yield (
            "process_start_time_seconds",
            "gauge",
            "Start of the service, Unix time.",
            {},
            self._started,
        )
        yield (
            "process_resident_memory_max_bytes",
            "gauge",
            "Largest resident memory of the process that answers.",
            {},
            1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        )


def exposition(samples: Iterable[Sample]) -> str:
    """Text format 0.0.4 of Prometheus; samples of one name stand together."""
    lines: list[str] = []
    last = ""
    for name, kind, text, labels, value in samples:
        if name != last:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
            last = name
        inside = ",".join(f'{key}="{_escaped(entry)}"' for key, entry in labels.items())
        lines.append(f"{name}{{{inside}}} {value:.17g}" if inside else f"{name} {value:.17g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
