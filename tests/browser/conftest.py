"""The service on an archive in a process of its own, and a browser that looks at its page."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

STARTED_SECONDS = 300.0  # kernels may have to be compiled
SHOWN_MS = 60_000.0
SERVE = "from fourmu.cli.serve import command; command()"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Served:
    """Address of a running service, and what its interface says."""

    def __init__(self, base):
        self.base = base

    def get(self, path):
        with urllib.request.urlopen(f"{self.base}{path}", timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def archive_path(tmp_path_factory):
    """Archive of FOURMU_ARCHIVE; without it, a small one of some windows and a veto."""
    if given := os.environ.get("FOURMU_ARCHIVE"):
        return Path(given)
    from service.example_archive import write_archive  # noqa: PLC0415  compiles kernels

    folder = tmp_path_factory.mktemp("browser") / "archive"
    write_archive(folder)
    return folder


@pytest.fixture(scope="session")
def served(archive_path, tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("service") / "log"
    arguments = [sys.executable, "-c", SERVE, str(archive_path), "--port", str(port)]
    with log.open("w") as stream:
        process = subprocess.Popen(arguments, stdout=stream, stderr=stream)
    service = Served(f"http://127.0.0.1:{port}/")
    try:
        end = time.monotonic() + STARTED_SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, f"the service does not get ready: {log.read_text()}"
            with contextlib.suppress(urllib.error.URLError):
                if service.get("api/health")["status"] == "ok":
                    break
            time.sleep(0.2)
        yield service
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  may not be installed

    path = os.environ.get("FOURMU_CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM)), None
    )
    if path is None:
        pytest.skip("there is no chromium: apt-get install chromium, or make test-browser")
    with sync_playwright() as playwright:
        # root has no sandbox, and containers often have a small /dev/shm
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


@pytest.fixture
def visit(browser, served):
    """Open the page, as often as wanted; whatever it complains of fails the test at its end.

    ``expected`` are words of complaints that a test provokes: browsers write a line for every
    answer that is an error.
    """
    contexts, complaints, outside = [], [], []

    def open_page(fragment="", *, expected=(), before=None, **options):
        options = {"viewport": {"width": 1360, "height": 900}, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(SHOWN_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))

        def hear(message):
            if message.type in ("error", "warning") and not any(
                words in message.text for words in expected
            ):
                complaints.append(f"{message.type}: {message.text}")

        def watch(request):
            if not request.url.startswith((served.base, "blob:", "data:")):
                outside.append(request.url)

        page.on("console", hear)
        page.on("request", watch)
        if before is not None:
            before(page)
        page.goto(f"{served.base}{fragment}")
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert not outside
