"""The command in a process of its own, on a free port of the loopback."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

STARTED_SECONDS = 240.0  # kernels may have to be compiled

_COMMAND = "from fourmu.cli.serve import command; command()"


class RealServer:
    """``fourmu serve`` with what it says, until it is asked to stop."""

    def __init__(self, archive, *options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(archive), "--port", "0", *options],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.line_with(r"running on http://127\.0\.0\.1:(\d+)")[1])
        self.address = f"http://127.0.0.1:{self.port}"

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def line_with(self, pattern, seconds=STARTED_SECONDS):
        """Wait for a line, and return its match."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in list(self.lines):
                if match := re.search(pattern, line):
                    return match
            assert self.process.poll() is None, self.lines
            time.sleep(0.02)
        raise AssertionError(f"no line with {pattern}: {self.lines}")

    def wait_until_ready(self):
        end = time.monotonic() + STARTED_SECONDS
        while b'"ok"' not in self.read("/api/health"):
            assert time.monotonic() < end, self.lines
            time.sleep(0.1)

    def read(self, path):
        with urllib.request.urlopen(self.address + path, timeout=60.0) as answer:
            return answer.read()

    def children(self):
        """Processes that it started."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(pid) for pid in found.stdout.split()]

    def resident_bytes(self):
        """Memory of the process that answers."""
        with open(f"/proc/{self.process.pid}/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, number=signal.SIGTERM, seconds=30.0):
        """Ask it to stop, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(5.0)
            self.process.stderr.close()
