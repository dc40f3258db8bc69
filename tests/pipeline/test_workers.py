"""Jobs are spread over processes or threads; a lost worker costs only its jobs."""

import os
from pathlib import Path

import pytest

from fourmu.config.execution import Execution
from fourmu.errors import ConsistencyError, InputError
from fourmu.pipeline.context import seed_sequence
from fourmu.pipeline.workers import Workers
from tests_support import die_always, die_once, fail, write_number

KINDS = ["processes", "threads"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_job_is_done_once(kind, tmp_path, capsys):
    jobs = [(n, tmp_path / str(n)) for n in range(7)]
    with Workers(Execution(executor=kind, workers=2)) as workers:
        workers.run(write_number, jobs, label="numbers", unit="files")
    assert sorted(int(path.read_text()) for path in tmp_path.iterdir()) == list(range(7))
    assert "7/7" in capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_of_a_job_arrives_with_its_fields(kind, tmp_path):
    with (
        Workers(Execution(executor=kind, workers=2)) as workers,
        pytest.raises(InputError) as caught,
    ):
        workers.run(fail, [tmp_path, tmp_path], label="failing", unit="files")
    assert caught.value.key == "branch"


def test_a_lost_worker_costs_only_its_jobs(tmp_path):
    jobs = [(n, tmp_path / str(n)) for n in range(5)]
    with Workers(Execution(executor="processes", workers=2)) as workers:
        workers.run(die_once, jobs, label="dying", unit="files")
    assert len(list(tmp_path.glob("[0-9]"))) == 5


def test_workers_that_keep_dying_are_reported(tmp_path):
    with (
        Workers(Execution(executor="processes", workers=2)) as workers,
        pytest.raises(ConsistencyError, match="workers died 3 times"),
    ):
        workers.run(die_always, [Path(tmp_path), Path(tmp_path)], label="dying", unit="files")


def test_random_streams_differ_by_name_and_are_stable():
    streams = {seed_sequence(1, name, chunk) for name in ("zprime", "scalar") for chunk in (0, 1)}
    assert len(streams) == 4
    assert seed_sequence(1, "zprime", 0) == seed_sequence(1, "zprime", 0)
    assert os.getpid() not in seed_sequence(1, "zprime", 0)
