"""Killed at any moment and called again, with either kind of workers: the same results."""

import os
import subprocess
import time
from dataclasses import dataclass

import pytest

SECONDS = 60.0


@dataclass
class Killed:
    status: int
    group: int


def everyone_ended(group):
    """Wait until no process of the group is alive: workers must not outlive the command."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def resumed(new_root, command):
    """A second root: killed twice, then finished; processes, threads, processes."""
    root = new_root()

    def start_and_kill(pattern, count, executor):
        """Kill the command, and nothing else, once ``count`` files are there."""
        arguments = [command, "limits", "--config", "tiny.yaml", "--executor", executor]
        with (root / "stderr.txt").open("a") as stderr:
            process = subprocess.Popen(arguments, cwd=root, stderr=stderr, start_new_session=True)
            end = time.monotonic() + SECONDS
            while process.poll() is None and time.monotonic() < end:
                if len(list(root.glob(pattern))) >= count:
                    break
                time.sleep(0.01)
            process.kill()
            return Killed(status=process.wait(), group=process.pid)

    work = "output/.work"
    kills = (
        start_and_kill(f"{work}/generate-*/events/*/*.root", 8, "processes"),
        start_and_kill(f"{work}/train-*/mlp/network_*.json", 2, "threads"),
    )
    ended = [everyone_ended(killed.group) for killed in kills]
    done = subprocess.run(
        [command, "limits", "--config", "tiny.yaml", "--executor", "processes"],
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    said = (root / "stderr.txt").read_text() + done.stderr
    return root, kills, ended, done, said


def test_the_command_was_killed_in_the_middle_and_then_finished(resumed):
    _, kills, _, done, _ = resumed
    assert [killed.status for killed in kills] == [-9, -9]
    assert done.returncode == 0, done.stderr


def test_workers_end_with_the_command(resumed):
    _, _, ended, _, _ = resumed
    assert ended == [True, True]


def test_finished_files_are_not_made_again(resumed):
    *_, said = resumed
    assert said.count("== generate:") == 2
    assert "generate (resumed, " in said
    assert said.count("== select:") == 1
    assert "train (resumed, " in said
    assert said.count("== templates:") == 1


def test_candidates_and_scores_are_the_same_bytes(chain, resumed):
    root, *_ = resumed
    for folder, suffix in (("selected", "parquet"), ("mlp", "parquet"), ("mlp", "json")):
        ours = sorted((root / "output" / folder).rglob(f"*.{suffix}"))
        assert len(ours) >= 6
        for path in ours:
            other = chain.root / path.relative_to(root)
            if path.name != "working_points.json":  # holds its provenance
                assert path.read_bytes() == other.read_bytes(), path.name


def test_workspaces_are_the_same_bytes(chain, resumed, model):
    root, *_ = resumed
    for window in chain.fitted(model):
        name = f"workspaces/{model}/{window['name']}.json"
        assert (root / name).read_bytes() == (chain.root / name).read_bytes()


def test_limits_are_the_same_numbers(chain, resumed, model, read_json):
    root, *_ = resumed
    name = f"output/limits/{model}.json"
    assert read_json(root / name)["results"] == chain.json(name)["results"]


def test_nothing_unfinished_is_left(resumed):
    root, *_ = resumed
    assert list((root / "output" / ".work").iterdir()) == []
    hidden = [p for p in (root / "output").rglob(".*") if p.name not in {".stages", ".work"}]
    assert [path.name for path in hidden] == [".lock"]
