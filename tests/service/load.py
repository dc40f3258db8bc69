"""Many clients at once: requests per second, errors, latencies and memory of a real server.

Run by hand, or by ``test_load.py``::

    PYTHONPATH=src:tests python -m service.load ARCHIVE [--clients 200] [--seconds 30]
"""

import argparse
import asyncio
import itertools
import json
import time
import urllib.request
from dataclasses import dataclass, field

from service.real_server import RealServer

WARM_UP_SECONDS = 5.0


@dataclass
class Load:
    """What was measured."""

    requests: int = 0
    received_bytes: int = 0
    errors: list[str] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)
    resident_before: int = 0
    resident_after: int = 0
    seconds: float = 0.0

    @property
    def growth_bytes(self):
        return self.resident_after - self.resident_before

    def latency_s(self, share):
        ordered = sorted(self.latencies_s)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    def __str__(self):
        return (
            f"{self.requests} requests in {self.seconds:.1f} s ({self.requests / self.seconds:.0f} "
            f"per second, {self.received_bytes / self.seconds / 1e6:.1f} MB/s), "
            f"{len(self.errors)} errors; latency {1e3 * self.latency_s(0.5):.0f} ms median, "
            f"{1e3 * self.latency_s(0.99):.0f} ms for 99 %, {1e3 * self.latency_s(1.0):.0f} ms "
            f"at most; memory {self.resident_before / 1e6:.1f} MB before, "
            f"{self.resident_after / 1e6:.1f} MB after"
        )


def addresses(server):
    """What is asked for: all kinds of GET, of some windows."""
    windows = [
        entry["name"] for entry in json.loads(server.read("/api/windows")) if not entry["vetoed"]
    ]
    chosen = windows[:: max(len(windows) // 20, 1)][:20]
    of_windows = [
        f"/api/windows/{name}{what}"
        for name in chosen
        for what in ("", "/background", "/workspace?model=zprime", "/fit?model=scalar")
    ]
    return [
        "/api/archive",
        "/api/models",
        "/api/models/zprime/limits",
        "/api/models/scalar/limits.csv",
        "/api/windows?mass=2.01",
        "/api/health",
        "/api/metrics",
        *of_windows,
    ]


async def _read(reader):
    """Status, ETag and number of bytes of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    body = await reader.readexactly(int(lines.get("content-length", "0")))
    return int(head.split(" ", 2)[1]), lines.get("etag"), len(head) + len(body)


async def _client(port, turn, load, until):
    """Ask for one thing after the other over one connection; every third time with its ETag."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    tags = {}
    for count, path in enumerate(turn):
        if time.monotonic() > until:
            break
        condition = f"if-none-match: {tags[path]}\r\n" if path in tags and count % 3 == 0 else ""
        start = time.perf_counter()
        writer.write(
            f"GET {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n{condition}\r\n".encode()
        )
        try:
            status, tag, size = await _read(reader)
        except (OSError, EOFError, ValueError) as error:
            load.errors.append(f"{path}: {error!r}")
            break
        load.latencies_s.append(time.perf_counter() - start)
        load.requests += 1
        load.received_bytes += size
        if status not in (200, 304):
            load.errors.append(f"{path}: {status}")
        if tag is not None:
            tags[path] = tag
    writer.close()


async def _crowd(port, paths, clients, seconds, load):
    until = time.monotonic() + seconds
    turns = [
        itertools.cycle([*paths[shift % len(paths) :], *paths[: shift % len(paths)]])
        for shift in range(clients)
    ]
    await asyncio.gather(*(_client(port, turn, load, until) for turn in turns))


def measured(server, *, clients, seconds):
    """Load of a server after a warm-up by as many clients."""
    paths = addresses(server)
    asyncio.run(_crowd(server.port, paths, clients, WARM_UP_SECONDS, Load()))
    load = Load(resident_before=server.resident_bytes())
    start = time.monotonic()
    asyncio.run(_crowd(server.port, paths, clients, seconds, load))
    load.seconds = time.monotonic() - start
    load.resident_after = server.resident_bytes()
    return load


def timed_tables(server, repeated=20):
    """Rows of a table over all windows; seconds of its first answer, and of kept ones."""
    limits = json.loads(server.read("/api/models/zprime/limits"))
    table = {"mass_gev": limits["mass_gev"], "efficiency_from": "zprime"}
    table["xsec_br_fb"] = [0.1] * len(table["mass_gev"])
    request = urllib.request.Request(
        server.address + "/api/reinterpret/table",
        json.dumps(table).encode(),
        {"content-type": "application/json", "accept-encoding": "gzip"},
    )
    seconds = []
    for _ in range(1 + repeated):
        start = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60.0) as answer:
            answer.read()
        seconds.append(time.perf_counter() - start)
    return len(table["mass_gev"]), seconds[0], sorted(seconds[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    server = RealServer(options.archive, "--no-access-log")
    try:
        server.wait_until_ready()
        rows, first, kept = timed_tables(server)
        load = measured(server, clients=options.clients, seconds=options.seconds)
    finally:
        server.stop()
    print(
        f"table of {rows} masses: {1e3 * first:.0f} ms, kept {1e3 * kept[len(kept) // 2]:.0f} ms "
        f"median, {1e3 * kept[-1]:.0f} ms at most"
    )
    print(load)
    for error in load.errors[:20]:
        print("  " + error)


if __name__ == "__main__":
    main()
