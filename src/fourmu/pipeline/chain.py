"""The order of the stages, and running those that are out of date.

A stage is a module of this package with ``run(context)``. It is run when its key changed: the
configuration sections it uses, the code of the modules it imports, or the contents of the stages
it reads. It writes into a work folder named after the key, which is found again after an
interruption, and is moved into place when complete; until then the earlier output stays whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import fourmu
from fourmu.config import Analysis
from fourmu.errors import ConfigError, InputError, StorageError
from fourmu.io.files import remove_temporaries

from .context import Context
from .layout import Layout
from .progress import say
from .records import StageRecord, digest_of
from .sources import code_digest
from .workers import Workers

__all__ = ["STAGES", "Stage", "locked", "run_chain"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of the chain.

    Attributes
    ----------
    module
        Module of this package that holds ``run(context)``; imported only when it runs.
    sections
        Configuration sections that its products depend on.
    needs
        Stages whose products it reads.
    folders
        Layout folders it writes, given the configuration.
    files
        Files beside the configuration whose contents it depends on.
    """

    name: str
    title: str
    module: str
    sections: tuple[str, ...]
    needs: tuple[str, ...]
    folders: Callable[[Analysis], tuple[str, ...]]
    files: Callable[[Analysis, Layout], tuple[Path, ...]] = lambda _analysis, _layout: ()


def _fixed(*names: str) -> Callable[[Analysis], tuple[str, ...]]:
    return lambda _: names


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            name="generate",
            title="events: generation and detector",
            module="generate",
            sections=("seed", "models", "samples", "generation", "detector"),
            needs=(),
            folders=_fixed("events"),
        ),
        Stage(
            name="select",
            title="selection, kinematic fit, variables",
            module="select",
            sections=("seed", "models", "samples", "detector", "selection"),
            needs=("generate",),
            folders=_fixed("selected"),
        ),
        Stage(
            name="train",
            title="networks and working points",
            module="train",
            sections=("seed", "samples", "classifiers", "signal_model"),
            needs=("select",),
            folders=_fixed("mlp"),
        ),
        Stage(
            name="templates",
            title="signal model, windows, templates",
            module="templates",
            sections=("seed", "models", "samples", "classifiers", "signal_model", "templates"),
            needs=("select", "train"),
            folders=_fixed("templates"),
        ),
        Stage(
            name="workspaces",
            title="workspaces by cabinetry",
            module="workspaces",
            sections=("models", "statmodel"),
            needs=("templates",),
            folders=lambda analysis: tuple(f"workspaces/{model}" for model in analysis.models),
            files=lambda analysis, layout: tuple(
                layout.cabinetry_configs / f"{model}.yaml" for model in analysis.models
            ),
        ),
        Stage(
            name="limits",
            title="limits in every window",
            module="limits",
            sections=("seed", "blind", "models", "inference"),
            needs=("workspaces",),
            folders=_fixed("limits"),
        ),
        Stage(
            name="look-elsewhere",
            title="global significances by pseudo-scans",
            module="look_elsewhere",
            sections=("seed", "blind", "models", "samples", "inference", "look_elsewhere"),
            needs=("select", "train", "workspaces"),
            folders=_fixed("look_elsewhere"),
        ),
        Stage(
            name="couplings",
            title="cross sections and coupling limits",
            module="couplings",
            sections=("seed", "models", "samples", "generation", "couplings", "inference"),
            needs=("workspaces", "limits"),
            folders=_fixed("results"),
        ),
        Stage(
            name="figures",
            title="figures and tables",
            module="figures",
            sections=(
                "seed",
                "models",
                "samples",
                "generation",
                "detector",
                "selection",
                "classifiers",
                "templates",
                "statmodel",
                "inference",
                "couplings",
            ),
            needs=(
                "generate",
                "select",
                "train",
                "templates",
                "workspaces",
                "limits",
                "look-elsewhere",
                "couplings",
            ),
            folders=_fixed("figures"),
        ),
    )
}


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
    layout = Layout.of(analysis)
    with locked(layout), Workers(analysis.execution) as workers:
        records: dict[str, StageRecord] = {}
        for name in _needed(last):  # a file that is missing is said before the work starts
            _file_digests(STAGES[name].files(analysis, layout))
        for name in _needed(last):
            stage = STAGES[name]
            records[name] = _up_to_date(stage, analysis, layout, workers, records)


def _needed(last: str) -> list[str]:
    """Stages that ``last`` depends on, itself included, in chain order."""
    wanted = {last}
    for name in reversed(STAGES):
        if name in wanted:
            wanted.update(STAGES[name].needs)
    return [name for name in STAGES if name in wanted]


def _up_to_date(
    stage: Stage,
    analysis: Analysis,
    layout: Layout,
    workers: Workers,
    records: dict[str, StageRecord],
) -> StageRecord:
    """Return the record of a stage, running it first if it is out of date."""
    settings = analysis.model_dump(mode="json", include=set(stage.sections))
    inputs = {name: records[name].digest for name in stage.needs}
    inputs.update(_file_digests(stage.files(analysis, layout)))
    code = code_digest(f"{__package__}.{stage.module}")
    key = digest_of({"stage": stage.name, "settings": settings, "code": code, "inputs": inputs})
    folders = {name: layout.folder(name) for name in stage.folders(analysis)}
    path = layout.records / f"{stage.name}.json"
    earlier = StageRecord.read(path)
    if earlier is not None and earlier.key == key:
        verified = earlier.verified(folders)
        if verified is not None:
            if verified is not earlier:
                verified.write(path)
            return verified
    provenance = {
        "stage": stage.name,
        "key": key,
        "fourmu_version": fourmu.__version__,
        "code_sha256": code,
        "config_sha256": digest_of(settings),
        "seed": analysis.seed,
        "inputs_sha256": inputs,
    }
    work = layout.work / f"{stage.name}-{key[:16]}"
    context = Context(
        analysis=analysis, layout=layout, work=work, workers=workers, provenance=provenance
    )
    # imported late: an up-to-date chain needs nothing of it
    importlib.import_module(f"{__package__}.compilation").compile_kernels(analysis, workers)
    say(f"== {stage.name}: {stage.title}")
    start = time.monotonic()
    for name in folders:
        context.target(name)
    importlib.import_module(f"{__package__}.{stage.module}").run(context)
    _move_into_place(work, folders)
    record = StageRecord.of_folders(stage.name, key, provenance, folders)
    record.write(path)
    _remove_leftovers(layout, stage.name)
    say(f"   {stage.name} took {time.monotonic() - start:.1f} s")
    return record


def _file_digests(paths: tuple[Path, ...]) -> dict[str, str]:
    """SHA-256 of small files by name."""
    digests = {}
    for path in paths:
        try:
            digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}",
                where=path,
                expected="a file that the configuration needs; the repository has them",
            ) from error
    return digests


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
                fresh = Path(
                    shutil.copytree(
                        fresh, final.with_name(f".{final.name}.new"), dirs_exist_ok=True
                    )
                )
            if final.exists():
                old = fresh.with_name(f".{final.name}.replaced")
                shutil.rmtree(old, ignore_errors=True)
                final.rename(old)
                fresh.rename(final)
                shutil.rmtree(old, ignore_errors=True)
            else:
                fresh.rename(final)
        except OSError as error:
            raise StorageError(f"cannot be replaced: {error.strerror}", where=final) from error


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
