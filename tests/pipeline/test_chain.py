"""Stages run when something changed, never otherwise, and survive interruptions."""

import os
import sys
import tempfile
import types
from dataclasses import replace
from pathlib import Path

import pytest

from fourmu.config import Analysis
from fourmu.config.execution import Execution, Paths
from fourmu.errors import ConfigError, StorageError
from fourmu.pipeline import chain
from fourmu.pipeline.layout import Layout


def write_square(job):
    """A job of the test stage: square a number into a file."""
    number, path = job
    path.write_text(str(number**2))
    return 1


class Recorder:
    """Counts runs of two test stages: numbers -> total."""

    def __init__(self, monkeypatch):
        self.runs = []
        self.fail_after = None
        numbers = types.ModuleType("fourmu.pipeline.test_numbers")
        numbers.run = self.numbers
        total = types.ModuleType("fourmu.pipeline.test_total")
        total.run = self.total
        monkeypatch.setitem(sys.modules, numbers.__name__, numbers)
        monkeypatch.setitem(sys.modules, total.__name__, total)
        stage = lambda name, sections, needs: chain.Stage(  # noqa: E731
            name=name,
            title=name,
            module=f"test_{name}",
            sections=sections,
            needs=lambda _: needs,
            folders=lambda _: (name,),
        )
        stages = {
            "numbers": stage("numbers", ("seed",), ()),
            "total": stage("total", ("models",), ("numbers",)),
        }
        monkeypatch.setattr(chain, "STAGES", stages)
        # these two stages have no source file
        monkeypatch.setattr(chain, "code_digest", lambda module: module)

    def numbers(self, context):
        self.runs.append("numbers")
        folder = context.target("numbers")
        jobs = [((n, folder / f"{n}.txt"), folder / f"{n}.txt") for n in range(4)]
        if self.fail_after is not None:
            context.run(write_square, jobs[: self.fail_after], label="numbers", unit="files")
            raise KeyboardInterrupt
        context.run(write_square, jobs, label="numbers", unit="files")

    def total(self, context):
        self.runs.append("total")
        files = sorted(context.source("numbers").glob("*.txt"))
        total = sum(int(path.read_text()) for path in files)
        (context.target("total") / "sum.txt").write_text(str(total))


@pytest.fixture
def recorder(monkeypatch):
    return Recorder(monkeypatch)


@pytest.fixture
def analysis(tmp_path):
    return Analysis(
        source=tmp_path / "analysis.yaml",
        paths=Paths(output="output"),
        execution=Execution(executor="threads", workers=2),
    )


def times(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_a_second_run_does_nothing_and_touches_no_file(recorder, analysis, tmp_path):
    chain.run_chain(analysis, "total")
    before = times(tmp_path)
    chain.run_chain(analysis, "total")
    assert recorder.runs == ["numbers", "total"]
    assert times(tmp_path) == before
    assert (tmp_path / "output/total/sum.txt").read_text() == "14"


def test_only_stages_that_use_a_changed_section_run_again(recorder, analysis):
    chain.run_chain(analysis, "total")
    chain.run_chain(analysis.model_copy(update={"models": ("zprime",)}), "total")
    assert recorder.runs == ["numbers", "total", "total"]


def test_unchanged_products_stop_the_cascade(recorder, analysis):
    chain.run_chain(analysis, "total")
    chain.run_chain(analysis.model_copy(update={"seed": 5}), "total")
    # the numbers do not depend on the seed, so their contents and the total stay
    assert recorder.runs == ["numbers", "total", "numbers"]


def test_an_interrupted_stage_resumes_and_leaves_the_earlier_output_whole(
    recorder, analysis, tmp_path
):
    chain.run_chain(analysis, "total")
    recorder.fail_after = 2
    changed = analysis.model_copy(update={"seed": 5})
    with pytest.raises(KeyboardInterrupt):
        chain.run_chain(changed, "total")
    assert (tmp_path / "output/numbers/3.txt").read_text() == "9"
    work = next((tmp_path / "output/.work").glob("numbers-*"))
    kept = work / "numbers/1.txt"
    stamp = kept.stat().st_mtime_ns
    recorder.fail_after = None
    chain.run_chain(changed, "total")
    assert (tmp_path / "output/numbers/1.txt").stat().st_mtime_ns == stamp
    assert not list((tmp_path / "output/.work").iterdir())


def test_a_changed_or_deleted_product_is_made_again(recorder, analysis, tmp_path):
    chain.run_chain(analysis, "total")
    product = tmp_path / "output/numbers/3.txt"
    product.write_text("8")
    chain.run_chain(analysis, "total")
    assert product.read_text() == "9"
    product.unlink()
    chain.run_chain(analysis, "total")
    assert product.read_text() == "9"
    assert recorder.runs.count("total") == 1  # same contents again


def test_a_touched_product_is_digested_again_but_not_remade(recorder, analysis, tmp_path):
    chain.run_chain(analysis, "total")
    os.utime(tmp_path / "output/numbers/3.txt", ns=(1, 1))
    chain.run_chain(analysis, "total")
    assert recorder.runs == ["numbers", "total"]


def test_two_runs_at_once_are_refused(recorder, analysis):
    layout = Layout.of(analysis)
    with chain.locked(layout), pytest.raises(StorageError, match="another run"):
        chain.run_chain(analysis, "total")
    assert recorder.runs == []


def test_an_output_folder_that_is_a_file_is_one_clear_error(recorder, analysis, tmp_path):
    (tmp_path / "output").write_text("in the way")
    with pytest.raises(StorageError, match="output folder cannot be written"):
        chain.run_chain(analysis, "total")
    assert recorder.runs == []


def test_an_unknown_stage_is_refused(recorder, analysis):
    with pytest.raises(ConfigError, match="unknown stage"):
        chain.run_chain(analysis, "nonsense")
    assert recorder.runs == []


def test_what_a_killed_writer_left_does_not_become_a_product(recorder, analysis, tmp_path):
    chain.run_chain(analysis, "numbers")
    recorder.fail_after = 2
    changed = analysis.model_copy(update={"seed": 5})
    with pytest.raises(KeyboardInterrupt):
        chain.run_chain(changed, "total")
    work = next((tmp_path / "output/.work").glob("numbers-*"))
    (work / "numbers" / ".3.txt.abcd1234.part").write_text("half a num")
    recorder.fail_after = None
    chain.run_chain(changed, "total")
    assert [path.name for path in sorted((tmp_path / "output/numbers").iterdir())] == [
        f"{n}.txt" for n in range(4)
    ]


@pytest.mark.parametrize("earlier", [False, True])
def test_products_reach_a_folder_on_another_file_system(tmp_path, earlier):
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    fresh = tmp_path / "workspaces" / "zprime"
    fresh.mkdir(parents=True)
    (fresh / "new.json").write_text("new")
    with tempfile.TemporaryDirectory(dir=memory) as other:
        final = Path(other) / "workspaces" / "zprime"
        if earlier:
            final.mkdir(parents=True)
            (final / "old.json").write_text("old")
        chain._move_into_place(tmp_path, {"workspaces/zprime": final})
        assert [path.name for path in final.parent.rglob("*")] == ["zprime", "new.json"]


def test_products_made_on_request_are_taken_along_while_they_are_up_to_date(
    recorder, analysis, monkeypatch
):
    def extra(context):
        recorder.runs.append("extra")
        (context.target("extra") / "extra.txt").write_text("extra")

    def total(context):
        recorder.runs.append(f"total with {sorted(context.taken_along)}")
        (context.target("total") / "total.txt").write_text(str(sorted(context.taken_along)))

    module = types.ModuleType("fourmu.pipeline.test_extra")
    module.run = extra
    monkeypatch.setitem(sys.modules, module.__name__, module)
    sys.modules["fourmu.pipeline.test_total"].run = total
    numbers, last = chain.STAGES["numbers"], chain.STAGES["total"]
    on_request = replace(last, name="extra", module="test_extra", folders=lambda _: ("extra",))
    stages = {"numbers": numbers, "extra": on_request}
    stages["total"] = replace(last, takes_along=("extra",))
    monkeypatch.setattr(chain, "STAGES", stages)

    for name in ("total", "extra", "total", "total"):
        chain.run_chain(analysis, name)
    assert recorder.runs == ["numbers", "total with []", "extra", "total with ['extra']"]
    recorder.runs.clear()
    chain.run_chain(analysis.model_copy(update={"models": ("zprime",)}), "total")
    assert recorder.runs == ["total with []"]


def test_what_a_stage_needs_may_depend_on_the_configuration(recorder, analysis, monkeypatch):
    stages = dict(chain.STAGES)
    stages["total"] = replace(
        stages["total"], needs=lambda a: ("numbers",) if a.seed == 5 else (), sections=("seed",)
    )
    monkeypatch.setattr(chain, "STAGES", stages)
    sys.modules["fourmu.pipeline.test_total"].run = lambda context: (
        recorder.runs.append("total"),
        (context.target("total") / "sum.txt").write_text("0"),
    )
    chain.run_chain(analysis, "total")
    assert recorder.runs == ["total"]
    chain.run_chain(analysis.model_copy(update={"seed": 5}), "total")
    assert recorder.runs == ["total", "numbers", "total"]
