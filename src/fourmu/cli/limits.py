"""``fourmu limits``: the stage, or limits of any pyhf workspaces."""

from __future__ import annotations

import math
import time
from pathlib import Path

import click

from fourmu.errors import ConfigError, InputError

from .messages import complain
from .options import config_option, executor_option

__all__ = ["command"]

_PATH = click.Path(path_type=Path)


@click.command("limits")
@click.option(
    "--workspaces",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    help="Folder or file of pyhf workspaces, may be given several times (or followed by more "
    "paths); without it the stage is brought up to date.",
)
@click.argument("more_workspaces", nargs=-1, type=_PATH, metavar="[PATH]...")
@click.option("--json", "json_path", type=_PATH, help="File for the results.")
@click.option(
    "--confidence-level",
    type=click.FloatRange(0.5, 1.0, max_open=True),
    default=0.90,
    show_default=True,
    help="Of the upper limits.",
)
@click.option("--toys", type=click.IntRange(0), default=0, help="Pseudo-experiments per value.")
@click.option("--toys-rel-error", type=float, default=0.02, help="Where toys may end.")
@click.option("--pseudo-experiments", type=click.IntRange(0), default=0, help="For the bands.")
@click.option("--seed", type=click.IntRange(0), default=None, help="Recorded with the results.")
@click.option("--strict", is_flag=True, help="Exit status 1 unless every row is ok.")
@click.option("--measurement", default=None, help="Name; the first one of each by default.")
@click.option("--normsys-code", default="code4", show_default=True, help="Interpolation.")
@click.option("--histosys-code", default="code4p", show_default=True, help="Interpolation.")
@config_option
@executor_option
def command(
    workspaces: tuple[Path, ...],
    more_workspaces: tuple[Path, ...],
    json_path: Path | None,
    confidence_level: float,
    toys: int,
    toys_rel_error: float,  # noqa: ARG001  belongs to --toys
    pseudo_experiments: int,
    seed: int | None,
    strict: bool,
    measurement: str | None,
    normsys_code: str,
    histosys_code: str,
    config_path: Path,
    executor: str | None,
) -> None:
    """Upper limits on the parameter of interest in every window.

    With --workspaces: of any pyhf workspaces, into one JSON table. Without: bring the stage
    (observed and expected limits of all models) up to date.
    """
    paths = (*workspaces, *more_workspaces)
    if not paths:
        from .stages import run_stage  # noqa: PLC0415  the chain is imported where it is needed

        run_stage("limits", config_path, executor)
        return
    if json_path is None:
        raise ConfigError("a file for the results is needed", key="--json")
    if math.isnan(confidence_level):  # passes every comparison with a range
        raise ConfigError("not a number", key="--confidence-level", found=confidence_level)
    _refuse_later_options(toys, pseudo_experiments, normsys_code, histosys_code)
    failed = _limits_of(paths, json_path, confidence_level, measurement, seed)
    if failed and strict:
        raise SystemExit(1)


def _refuse_later_options(toys: int, pseudo: int, normsys_code: str, histosys_code: str) -> None:
    """An option that is not supported is said to be so, never ignored."""
    if toys or pseudo:
        raise ConfigError(
            "limits by pseudo-experiments are not available, only asymptotic ones",
            key="--toys" if toys else "--pseudo-experiments",
        )
    for key, found, expected in (
        ("--normsys-code", normsys_code, "code4"),
        ("--histosys-code", histosys_code, "code4p"),
    ):
        if found != expected:
            raise ConfigError(
                "this interpolation is not supported", key=key, found=found, expected=expected
            )


def _limits_of(
    paths: tuple[Path, ...],
    json_path: Path,
    confidence_level: float,
    measurement: str | None,
    seed: int | None,
) -> int:
    """Read, fit, write; return the number of windows without a limit."""
    import fourmu  # noqa: PLC0415  (the rest of this function needs numpy and numba)
    from fourmu.config.inference import Inference  # noqa: PLC0415
    from fourmu.inference import WINDOWS_PER_TASK, limits  # noqa: PLC0415
    from fourmu.io.results import write_limits_json  # noqa: PLC0415
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.statmodel.reading import read_workspaces  # noqa: PLC0415

    start = time.perf_counter()
    batch = read_workspaces(paths, measurement=measurement)
    click.echo(f"read {len(batch)} windows in {time.perf_counter() - start:.2f} s", err=True)
    tasks = -(-batch.usable.size // WINDOWS_PER_TASK)
    with Progress("limits", tasks, "windows") as progress:
        found = limits(
            batch,
            Inference(confidence_level=confidence_level),
            progress=progress.advance,
        )
    for name, status, message in zip(found.workspaces, found.status, found.message, strict=True):
        if status != "ok":
            complain(f"{name}: {status}: {message}")
    write_limits_json(
        json_path, found, seed=seed, provenance={"fourmu_version": fourmu.__version__}
    )
    if all(status == "invalid" for status in found.status):
        raise InputError("no workspace could be read", where=", ".join(str(path) for path in paths))
    return int((~found.ok).sum())
