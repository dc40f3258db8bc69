"""Archives by their address: on the disk, in a store, behind a web server."""

import contextlib
import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fourmu.errors import InputError, StorageError
from fourmu.io.archives import write_tarball
from fourmu.publish import download_archive, find_release, open_archive_at, open_store
from fourmu.publish.remote import ReleaseFiles
from publish.faulty_proxy import running_proxy
from publish.synthetic_archive import archive_of, synthetic_archive, write_files
from publish.test_publishing import Watched, publish

NAME = "likelihoods.tar.gz"
SECRET = "X-Amz-Signature=s3cr3t"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """Folder of a web server, with an archive as a tarball and as a service has it."""
    write_files(synthetic_archive(3), tmp_path / "archive")
    folder = tmp_path / "site"
    (folder / "service/api").mkdir(parents=True)
    write_tarball(tmp_path / "archive", folder / NAME)
    (folder / "service/api/archive.tar.gz").write_bytes((folder / NAME).read_bytes())
    (folder / "service/index.html").write_text("<p>A page")
    return folder


@pytest.fixture
def server(site):
    """The web server, behind a proxy that fails on request."""
    handler = functools.partial(Quiet, directory=str(site))
    with contextlib.ExitStack() as stack:
        behind = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        thread = threading.Thread(target=behind.serve_forever, args=(0.02,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(behind.shutdown)
        yield stack.enter_context(running_proxy(f"http://127.0.0.1:{behind.server_port}"))


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Waits before other tries, which nobody waits for."""
    found = []
    monkeypatch.setattr("fourmu.publish.retrying.retried.__kwdefaults__", {"sleep": found.append})
    return found


@pytest.mark.parametrize("path", [NAME, f"{NAME}?{SECRET}", "service", "service/"])
def test_a_tarball_or_a_service_behind_a_web_server(server, path):
    archive = open_archive_at(f"{server.endpoint_url}/{path}")
    assert archive.index.title == "Archive 3"
    assert dict(archive.files) == dict(synthetic_archive(3).files)
    assert archive.source == f"{server.endpoint_url}/{path}".partition("?")[0]


@pytest.mark.parametrize("fault", [500, 503, "reset", "truncate"])
def test_trouble_that_passes(server, waits, fault):
    server.fail(fault, times=2)
    assert open_archive_at(f"{server.endpoint_url}/{NAME}").index.title == "Archive 3"
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("fault", "reason", "tries"),
    [
        (500, r"the server fails, again and again \(found 500\)", 4),
        (403, r"the server refuses \(found 403\)", 1),
        ("reset", "the server is not reached", 4),
        ("truncate", "the answer of the server ends too early", 4),
    ],
)
def test_trouble_that_stays_is_said_without_secrets(server, fault, reason, tries):
    server.fail(fault, times=100)
    with pytest.raises(StorageError, match=reason) as caught:
        open_archive_at(f"{server.endpoint_url}/{NAME}?{SECRET}")
    assert f"{server.endpoint_url}/{NAME}: " in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert server.count("GET") == tries


def test_there_is_nothing(server):
    for path in ("nothing.tar.gz", "nothing"):
        with pytest.raises(InputError, match="there is no archive of likelihoods"):
            open_archive_at(f"{server.endpoint_url}/{path}")


def test_something_else_that_is_packed(server, site, tmp_path):
    (site / "other.gz").write_bytes(b"\x1f\x8bnothing that gzip made")
    with pytest.raises(InputError, match="the tarball is damaged") as caught:
        open_archive_at(f"{server.endpoint_url}/other.gz")
    assert "/other.gz" in str(caught.value)
    write_files(archive_of({"x": b"y"}), tmp_path / "other")
    (tmp_path / "other/SHA256SUMS").unlink()
    write_tarball(tmp_path / "other", site / "other.gz")
    with pytest.raises(InputError, match="this is no archive of likelihoods"):
        open_archive_at(f"{server.endpoint_url}/other.gz")


def test_more_than_memory_should_hold(server, monkeypatch):
    monkeypatch.setattr("fourmu.publish.downloads._LARGEST", 1000)
    with pytest.raises(InputError, match=r"too large .*at most 1000 bytes"):
        download_archive(f"{server.endpoint_url}/{NAME}")


@pytest.mark.parametrize(
    "address", ["http://key:s3cr3t@host/x", "https://", "http://[::1/x", "http://host:99999/"]
)
def test_what_is_no_address(address):
    with pytest.raises(InputError, match="this is no address") as caught:
        open_archive_at(address)
    assert "s3cr3t" not in str(caught.value)


def test_nobody_listens():
    with pytest.raises(StorageError, match="the server is not reached"):
        open_archive_at("http://127.0.0.1:1/x.tar.gz")


def test_releases_and_archives_on_the_disk(store, tmp_path):
    publish(synthetic_archive(5), store, "v1")
    place = store.where().rstrip("/")
    for address in (place, f"{place}/releases/v1.json"):
        assert open_archive_at(address).index.title == "Archive 5"
    write_files(synthetic_archive(6), tmp_path / "archive")
    write_tarball(tmp_path / "archive", tmp_path / NAME)
    for address in ("archive", NAME):
        assert open_archive_at(str(tmp_path / address)).index.title == "Archive 6"
    with pytest.raises(InputError, match="there is no such folder or file"):
        open_archive_at(str(tmp_path / "nothing"))


def test_a_manifest_from_inside_its_store(tmp_path, monkeypatch):
    publish(synthetic_archive(5), open_store(str(tmp_path), writing=True), "v1.0")
    monkeypatch.chdir(tmp_path)
    for address in ("releases/v1.0.json", "./releases/v1.0.json", "."):
        assert open_archive_at(address).index.title == "Archive 5"


def test_who_reads_many_files_of_a_release_has_the_next_ones_fetched_together(tmp_path):
    """Half of the files are asked for, one after another; the others are of another kind."""
    archive = synthetic_archive(8, files=300)
    store = open_store(str(tmp_path), writing=True)
    publish(archive, store)
    watched = Watched(store)
    files = ReleaseFiles(watched, find_release(store))
    names = sorted(name for name in archive.files if name.endswith("BkgOnly.json"))
    seen = []
    for name in names:
        assert files[name] == archive.files[name]
        seen.append(watched.count("get", "objects/"))
    assert seen[:8] == [1, 2, 3, 4, 5, 6, 7, 8]  # one by one at first
    assert seen[8] == 8 + 128
    assert seen[-1] == 300
    assert "twin.json" not in str(watched.calls)
