"""Who is told to end does so, also while the other side stalls."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fourmu.errors import StorageError
from fourmu.publish import find_release, open_store
from fourmu.publish.manifest import object_key
from fourmu.publish.parallel import in_threads
from publish.synthetic_archive import synthetic_archive
from publish.test_publishing import publish

COMMAND = Path(sys.executable).parent / "fourmu"
PATIENCE_S = 60.0
PROMPT_S = 10.0
"""Far below the time after which a read is given up, which is a minute."""
PUBLISH = """
import sys
sys.path.insert(0, sys.argv[1])
from fourmu.publish import open_store
from publish.synthetic_archive import synthetic_archive
from publish.test_publishing import publish
publish(synthetic_archive(), open_store(sys.argv[2], writing=True), "v1")
"""


def end(arguments, number, stalled):
    """Run a process, send it a signal once it is stalled; its status, and what it says."""
    process = subprocess.Popen(
        [*map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,  # noqa: PLW1509  it does nothing else
    )
    try:
        begun = time.monotonic()
        while not stalled():
            assert process.poll() is None
            assert time.monotonic() - begun < PATIENCE_S
            time.sleep(0.05)
        process.send_signal(number)
        begun = time.monotonic()
        _, said = process.communicate(timeout=PATIENCE_S)
        assert time.monotonic() - begun < PROMPT_S
    finally:
        process.kill()
        process.wait()
    return process.returncode, said


def _heed_interrupts():
    """Shells have what runs in the background ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_fetch_from_a_server_that_stalls(bucket, proxy, tmp_path, number, status):
    store = open_store(f"s3://{bucket}/p", writing=True)
    publish(synthetic_archive(), store, "v1")
    manifest = find_release(store)
    for key in set(manifest.objects) - {object_key(manifest.archive_sha256)}:
        proxy.fail("stall", method="GET", path=key, times=10**6)
    arguments = (COMMAND, "fetch", f"s3://{bucket}/p", "--out", tmp_path / "out")
    found, said = end(
        (*arguments, "--endpoint-url", proxy.endpoint_url),
        number,
        lambda: proxy.count("GET", "/p/objects/") > 3,
    )
    assert found == status
    assert "fourmu: interrupted" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["probes", "objects"])
def test_publishing_in_a_store_that_stalls(bucket, proxy, monkeypatch, place):
    """A program of one's own that is interrupted does not wait for its threads either."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint_url)
    proxy.fail("stall", method="PUT", path=f"/p/{place}/", times=10**6)
    tests = Path(__file__).parents[1]
    found, said = end(
        (sys.executable, "-c", PUBLISH, tests, f"s3://{bucket}/p"),
        signal.SIGINT,
        lambda: proxy.count("PUT", f"/p/{place}/") >= 4,
    )
    assert found == -signal.SIGINT
    assert "KeyboardInterrupt" in said


def test_after_an_error_nothing_goes_on(tmp_path):
    """What has begun is waited for, and what has not never begins."""
    begun, together = [], threading.Barrier(2)

    def work(item):
        begun.append(item)
        if item < 2:
            together.wait(PATIENCE_S)
        if item == 0:
            raise StorageError("no")
        time.sleep(0.2)
        (tmp_path / str(item)).write_text("")

    with pytest.raises(StorageError, match="no"):
        list(in_threads(work, range(100), 2))
    done = sorted(path.name for path in tmp_path.iterdir())
    assert done == [str(item) for item in sorted(begun) if item != 0]
    assert len(begun) < 10


def test_results_of_more_items_than_threads():
    assert sorted(in_threads(lambda item: item**2, range(50), 3)) == [n**2 for n in range(50)]
    assert list(in_threads(lambda item: item, [], 3)) == []
