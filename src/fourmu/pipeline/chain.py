"""Running the stages that are out of date, in their order.

A stage is a module of this package with ``run(context)``. It is run when its key changed: the
configuration sections it uses, the code of the modules it imports, or the contents of the stages
it reads. It writes into a work folder named after the key, which is found again after an
interruption, and is moved into place when complete; until then the earlier output stays whole.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import fourmu
from fourmu.config import Analysis
from fourmu.errors import ConfigError, StorageError
from fourmu.io.files import remove_temporaries

from .context import Context
from .file_digests import file_digests
from .layout import SUBMISSION, TARBALL, Layout
from .progress import say
from .records import StageRecord, digest_of
from .sources import code_digest
from .stages import STAGES, Stage
from .workers import Workers

__all__ = ["locked", "run_chain"]


def run_chain(analysis: Analysis, last: str) -> None:
    """Bring a stage and all it needs up to date.

    Parameters
    ----------
    analysis
        The configuration.
    last
        Name of the stage to end with.

    Raises
    ------
    ConfigError
        The stage is unknown.
    StorageError
        The output cannot be written, or another run is using it.
    """
    if last not in STAGES:
        raise ConfigError(f"unknown stage '{last}'", expected=f"one of {', '.join(STAGES)}")
    if analysis.blind and STAGES[last].publishes_data:
        raise ConfigError(
            f"the analysis is blind: {last} would publish likelihoods without data",
            where=analysis.source,
            key="blind",
            found="true",
            expected="false, or --unblind",
        )
    layout = Layout.of(analysis)
    with locked(layout), Workers(analysis.execution) as workers:
        records: dict[str, StageRecord] = {}
        needed = _needed(analysis, last)
        for name in needed:  # a file that is missing is said before the work starts
            _file_digests(STAGES[name], analysis, layout)
        for name in needed:
            stage = STAGES[name]
            records[name] = _up_to_date(stage, analysis, layout, workers, records)


def _needed(analysis: Analysis, last: str) -> list[str]:
    """Stages that ``last`` depends on, itself included, in chain order."""
    wanted = {last}
    for name in reversed(STAGES):
        if name in wanted:
            wanted.update(STAGES[name].needs(analysis))
    return [name for name in STAGES if name in wanted]


@dataclass(frozen=True, kw_only=True)
class _State:
    """A stage with what decides whether it is up to date."""

    stage: Stage
    settings: dict[str, Any]
    inputs: dict[str, str]
    taken_along: frozenset[str]
    code: str
    key: str
    folders: dict[str, Path]
    path: Path

    def record(self) -> StageRecord | None:
        """Return the record of finished products if they are up to date."""
        earlier = StageRecord.read(self.path)
        if earlier is None or earlier.key != self.key:
            return None
        verified = earlier.verified(self.folders)
        if verified is not None and verified is not earlier:
            verified.write(self.path)
        return verified


def _state(
    stage: Stage, analysis: Analysis, layout: Layout, records: Mapping[str, StageRecord]
) -> _State:
    """Collect what the products of a stage depend on."""
    settings = analysis.model_dump(mode="json", include=set(stage.sections))
    inputs = {name: records[name].digest for name in stage.needs(analysis)}
    taken_along = {
        name: record.digest
        for name in stage.takes_along
        if (record := _state(STAGES[name], analysis, layout, records).record()) is not None
    }
    inputs.update(taken_along)
    inputs.update(_file_digests(stage, analysis, layout))
    code = code_digest(f"{__package__}.{stage.module}")
    return _State(
        stage=stage,
        settings=settings,
        inputs=inputs,
        taken_along=frozenset(taken_along),
        code=code,
        key=digest_of({"stage": stage.name, "settings": settings, "code": code, "inputs": inputs}),
        folders={name: layout.folder(name) for name in stage.folders(analysis)},
        path=layout.records / f"{stage.name}.json",
    )


def _up_to_date(
    stage: Stage,
    analysis: Analysis,
    layout: Layout,
    workers: Workers,
    records: dict[str, StageRecord],
) -> StageRecord:
    """Return the record of a stage, running it first if it is out of date."""
    state = _state(stage, analysis, layout, records)
    finished = state.record()
    if finished is not None:
        return finished
    key, folders = state.key, state.folders
    provenance = {
        "stage": stage.name,
        "key": key,
        "fourmu_version": fourmu.__version__,
        "code_sha256": state.code,
        "config_sha256": digest_of(state.settings),
        "seed": analysis.seed,
        "inputs_sha256": state.inputs,
    }
    work = layout.work / f"{stage.name}-{key[:16]}"
    context = Context(
        analysis=analysis,
        layout=layout,
        work=work,
        workers=workers,
        provenance=provenance,
        taken_along=state.taken_along,
    )
    # imported late: an up-to-date chain needs nothing of it
    importlib.import_module(f"{__package__}.compilation").compile_kernels(analysis, workers)
    say(f"== {stage.name}: {stage.title}")
    start = time.monotonic()
    for name in folders:
        if name not in (SUBMISSION, TARBALL):
            context.target(name)
    importlib.import_module(f"{__package__}.{stage.module}").run(context)
    _move_into_place(work, folders)
    record = StageRecord.of_folders(stage.name, key, provenance, folders)
    record.write(state.path)
    _remove_leftovers(layout, stage.name)
    say(f"   {stage.name} took {time.monotonic() - start:.1f} s")
    return record


def _file_digests(stage: Stage, analysis: Analysis, layout: Layout) -> dict[str, str]:
    """SHA-256 of the files that a stage reads beside products, by name."""
    paths = stage.files(analysis, layout)
    return file_digests(paths, layout.configuration, layout.records / "inputs.json")


def _move_into_place(work: Path, folders: dict[str, Path]) -> None:
    """Swap finished folders in.

    An interruption between the two renames leaves the folder absent: the record does not fit
    then, and the next call finds the finished jobs of this run, or makes them again.
    """
    for name, final in folders.items():
        fresh = work / name
        remove_temporaries(fresh)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            if fresh.stat().st_dev != final.parent.stat().st_dev:  # a rename needs one file system
                fresh = _copied(fresh, final.with_name(f".{final.name}.new"))
            if final.exists():
                old = fresh.with_name(f".{final.name}.replaced")
                _remove(old)
                final.rename(old)
                fresh.rename(final)
                _remove(old)
            else:
                fresh.rename(final)
        except OSError as error:
            raise StorageError(f"cannot be replaced: {error.strerror}", where=final) from error


def _copied(source: Path, target: Path) -> Path:
    """Copy a folder or a file to another file system."""
    if source.is_dir():
        return Path(shutil.copytree(source, target, dirs_exist_ok=True))
    return Path(shutil.copy2(source, target))


def _remove(path: Path) -> None:
    """Delete a folder or a file, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _remove_leftovers(layout: Layout, stage: str) -> None:
    """Delete work folders of finished and of superseded runs of a stage."""
    for folder in layout.work.glob(f"{stage}-*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(layout: Layout) -> Iterator[TextIO]:
    """Hold the output folder: two runs at once would move folders under each other."""
    try:
        layout.output.mkdir(parents=True, exist_ok=True)
        lock = (layout.output / ".lock").open("a", encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"the output folder cannot be written: {error.strerror}", where=layout.output
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StorageError(
                "another run is using this output folder", where=layout.output
            ) from error
        if not os.access(layout.output, os.W_OK):
            raise StorageError("the output folder is read-only", where=layout.output)
        yield lock
