"""Processes that compute: replaced archives, queues, results that are forgotten."""

import asyncio
import errno
import json
import multiprocessing
import shutil
import time
from concurrent.futures import Future

import pytest

from fourmu.archive import summary
from fourmu.errors import InputError
from fourmu.io.archives import open_archive
from fourmu.service import ServiceSettings, create_app
from fourmu.service.bodies import BodyCache
from fourmu.service.jobs import JobTable
from fourmu.service.lanes import Lane
from fourmu.service.problems import ProblemError
from fourmu.service.state import Service
from fourmu.service.worker import Task

TABLE = {
    "mass_gev": [2.01],
    "xsec_br_fb": [0.1],
    "xsec_fb": None,
    "br": None,
    "efficiency_from": "zprime",
    "coupling": 1.0,
    "level": "born",
    "every_window": False,
}
TASK = Task(name="table", arguments={"request": TABLE})


@pytest.fixture
def lane(archive):
    made = []

    def make(**options):
        chosen = {
            "source": archive.source,
            "digest": archive.digest,
            "seconds": 60.0,
            "waiting": 3,
            "most_bytes": 2**32,
        }
        made.append(Lane("test", **{**chosen, **options}))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def wait_for(table, done):
    end = time.monotonic() + 120.0
    while table.counts()["done"] < done:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_queue_has_an_end(lane):
    full = lane()
    waiting = [full.submit(TASK) for _ in range(3)]
    with pytest.raises(ProblemError) as error:
        full.submit(TASK)
    assert error.value.status == 429
    full.stop()
    assert not any(future.done() for future in waiting)
    with pytest.raises(ProblemError) as error:
        full.submit(TASK)
    assert error.value.status == 503


def test_what_waits_is_computed_in_turn_and_told_apart(lane):
    one = lane(seconds=60.0)
    wrong = Task(name="table", arguments={"request": {**TABLE, "coupling": -1.0}})
    broken = Task(name="table", arguments={"nothing": 1})
    futures = [one.submit(task) for task in (TASK, wrong, broken)]
    one.start()
    assert json.loads(futures[0].result(120.0))["results"][0]["status"] == "ok"
    assert futures[1].exception(60.0).status == 422
    assert futures[2].exception(60.0).status == 500


def test_an_archive_that_was_replaced_is_not_computed_with(archive_folder, lane):
    replaced = lane(digest="0" * 64)
    replaced.start()
    with pytest.raises(ProblemError) as error:
        replaced.submit(TASK).result(60.0)
    assert error.value.status == 503
    assert not replaced.ready.is_set()


def test_an_archive_that_is_replaced_under_a_process_is_not_computed_with(
    archive_folder, tmp_path, lane
):
    copy = shutil.copytree(archive_folder, tmp_path / "archive")
    one = lane(source=str(copy), warm=Task(name="warm_up"))
    one.start()
    assert json.loads(one.submit(TASK).result(120.0))["results"][0]["status"] == "ok"
    with (copy / "SHA256SUMS").open("a") as sums:
        sums.write("\n")
    with pytest.raises(ProblemError, match="replaced") as error:
        one.submit(TASK).result(60.0)
    assert error.value.status == 503


def test_a_process_that_cannot_be_started_is_tried_again(lane, monkeypatch):
    """No descriptors, say: the thread of the lane goes on, and so does computing later."""
    one, pipes = lane(), []
    monkeypatch.setattr("fourmu.service.lanes._TICK_SECONDS", 0.01)
    context = multiprocessing.get_context("spawn")
    pipe = context.Pipe

    def full():
        pipes.append(None)
        if len(pipes) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return pipe()

    monkeypatch.setattr(context, "Pipe", full)
    one.start()
    with pytest.raises(ProblemError) as error:
        one.submit(TASK).result(60.0)
    assert error.value.status == 503
    assert json.loads(one.submit(TASK).result(120.0))["results"][0]["status"] == "ok"
    assert one.ended == 1


def test_one_who_gives_up_does_not_take_the_answer_from_others(archive):
    """Two wait for one computation; it is given up with the second of them only."""
    service = Service(archive, ServiceSettings(compute_seconds=0.2))
    slow = Future()

    class Waiting:
        def submit(self, _task):
            return slow

    async def both():
        first = asyncio.create_task(service.computed(Waiting(), "key", TASK))
        await asyncio.sleep(0.6)
        second = asyncio.create_task(service.computed(Waiting(), "key", TASK))
        with pytest.raises(ProblemError) as error:
            await first
        assert error.value.status == 503
        assert not slow.cancelled()
        slow.set_result(b"{}")
        assert (await second).content == b"{}"

    asyncio.run(both())


def test_the_last_one_who_gives_up_ends_the_computation(archive):
    service = Service(archive, ServiceSettings(compute_seconds=0.1))
    slow = Future()

    class Waiting:
        def submit(self, _task):
            return slow

    with pytest.raises(ProblemError):
        asyncio.run(service.computed(Waiting(), "key", TASK))
    assert slow.cancelled()


def test_a_job_is_forgotten_with_its_result_and_can_be_asked_for_again(lane):
    one = lane()
    table = JobTable(one, BodyCache(10_000_000), most=2)
    first = table.submit("a", TASK)
    assert table.submit("a", TASK) is first
    assert json.loads(table.body("a").content)["status"] == "queued"
    one.start()
    wait_for(table, 1)
    assert json.loads(table.body("a").content)["result"]["method"] == "xsec"
    # two more push it out
    table.submit("b", TASK)
    table.submit("c", TASK)
    with pytest.raises(ProblemError) as error:
        table.body("a")
    assert error.value.status == 404
    wait_for(table, 2)
    assert table.submit("a", TASK) is not first


def test_a_job_that_cannot_be_done_says_why_and_may_be_tried_again(lane):
    one = lane()
    one.start()
    table = JobTable(one, BodyCache(10_000_000), most=2)
    wrong = Task(name="table", arguments={"request": {**TABLE, "coupling": -1.0}})
    job = table.submit("a", wrong)
    end = time.monotonic() + 120.0
    while json.loads(table.body("a").content)["status"] != "failed":
        assert time.monotonic() < end
        time.sleep(0.02)
    told = json.loads(table.body("a").content)
    assert told["problem"]["status"] == 422
    assert told["problem"]["key"] == "coupling"
    assert table.submit("a", TASK) is not job


def test_an_archive_with_a_file_too_few_is_not_served(archive_folder, tmp_path):
    copy = tmp_path / "archive"
    shutil.copytree(archive_folder, copy)
    (copy / "windows" / "w0001" / "patchset.json").unlink()
    with pytest.raises(InputError, match="patchset"):
        create_app(open_archive(copy))


def test_a_tarball_is_served_like_a_folder(tarball, archive, started):
    service = started(open_archive(tarball))
    service.wait_until_ready()
    assert service.get("/api/archive").json()["title"] == summary(archive.index)["title"]
    assert service.get("/api/archive.tar.gz").content == tarball.read_bytes()
    name = "/api/windows/w0002/workspace?model=zprime"
    assert service.get(name).status_code == 200
    fit = service.get("/api/windows/w0002/fit?model=zprime").json()
    assert fit["xsec_limit_fb"] == archive.index.table("zprime").xsec_limit_fb[2]
