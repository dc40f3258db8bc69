"""A small archive, and the service on it."""

import importlib.util
from pathlib import Path

import pytest

from fourmu.io.archives import open_archive, write_tarball
from fourmu.service import ServiceSettings
from service.example_archive import write_archive

NEEDED = ("fastapi", "httpx", "uvicorn")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

# they could not even be imported; test_installed.py says so
collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if MISSING and path.name != "test_installed.py"
]


@pytest.fixture(scope="session")
def archive_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service") / "archive"
    write_archive(folder)
    return folder


@pytest.fixture(scope="session")
def tarball(archive_folder):
    path = archive_folder.with_name("likelihoods.tar.gz")
    write_tarball(archive_folder, path)
    return path


@pytest.fixture(scope="session")
def archive(archive_folder):
    return open_archive(archive_folder)


@pytest.fixture(scope="session")
def client(archive):
    from service.in_process import InProcess  # noqa: PLC0415  what it needs may be missing

    running = InProcess(archive)
    running.wait_until_ready()
    yield running
    running.close()


@pytest.fixture
def started(archive):
    """Start services with bounds of their own."""
    from service.in_process import InProcess  # noqa: PLC0415

    running = []

    def start(chosen=archive, **bounds):
        running.append(InProcess(chosen, ServiceSettings(**bounds)))
        return running[-1]

    yield start
    for one in running:
        one.close()
