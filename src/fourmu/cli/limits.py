"""``fourmu limits``: the stage, or limits of any pyhf workspaces."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from fourmu.config.inference import Inference
from fourmu.errors import ConfigError, InputError

from .messages import complain
from .options import (
    config_option,
    executor_option,
    histosys_code_option,
    normsys_code_option,
    refuse_other_interpolations,
    unblind_option,
)

if TYPE_CHECKING:  # these need numpy and numba
    from fourmu.inference import ToyLimits
    from fourmu.io.likelihoods import Likelihoods

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_SEED = 1


@click.command("limits")
@click.option(
    "--workspaces",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    help="Folder or file of pyhf workspaces, or archive, may be given several times (or followed "
    "by more paths); without it the stage is brought up to date.",
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
@click.option(
    "--toys",
    type=int,
    default=0,
    help="Limits by toys: at most so many per tested value and hypothesis.",
)
@click.option(
    "--toys-rel-error",
    type=float,
    default=0.02,
    show_default=True,
    help="Relative error of the limits with which the toys of a window end.",
)
@click.option(
    "--pseudo-experiments",
    type=int,
    default=0,
    help="Expected limits as quantiles over so many background-only pseudo-experiments.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=None,
    help="Of toys and pseudo-experiments; 1 without it.",
)
@click.option("--strict", is_flag=True, help="Exit status 1 unless every row is ok.")
@click.option("--measurement", default=None, help="Name; the first one of each by default.")
@normsys_code_option
@histosys_code_option
@config_option
@executor_option
@unblind_option
def command(
    workspaces: tuple[Path, ...],
    more_workspaces: tuple[Path, ...],
    json_path: Path | None,
    confidence_level: float,
    toys: int,
    toys_rel_error: float,
    pseudo_experiments: int,
    seed: int | None,
    strict: bool,
    measurement: str | None,
    normsys_code: str,
    histosys_code: str,
    config_path: Path,
    executor: str | None,
    unblind: bool,
) -> None:
    """Upper limits on the parameter of interest in every window.

    With --workspaces: of any pyhf workspaces, into one JSON table. Without: bring the stage
    (observed and expected limits of all models) up to date.
    """
    paths = (*workspaces, *more_workspaces)
    if paths and unblind:
        raise ConfigError("this option belongs to the stage, without --workspaces", key="--unblind")
    if not paths:
        _refuse_what_needs_workspaces()
        from .stages import run_stage  # noqa: PLC0415  the chain is imported where it is needed

        run_stage("limits", config_path, executor, unblind=unblind)
        return
    if json_path is None:
        raise ConfigError("a file for the results is needed", key="--json")
    settings = _settings(confidence_level, toys, toys_rel_error, pseudo_experiments)
    refuse_other_interpolations(normsys_code, histosys_code)
    from fourmu.io.likelihoods import read_likelihoods  # noqa: PLC0415  needs numpy

    start = time.perf_counter()
    likelihoods = read_likelihoods(
        paths, measurement=measurement, normsys_code=normsys_code, histosys_code=histosys_code
    )
    batch = likelihoods.batch
    click.echo(f"read {len(batch)} windows in {time.perf_counter() - start:.2f} s", err=True)
    failed = _limits_of(likelihoods, json_path, settings, seed)
    if all(batch.unread):
        raise InputError("no workspace could be read", where=", ".join(str(path) for path in paths))
    if failed and strict:
        raise SystemExit(1)


def _refuse_what_needs_workspaces() -> None:
    """An option that the stage does not take is said to be so, never ignored."""
    context = click.get_current_context()
    for name in context.params:
        given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in ("config_path", "executor", "unblind", "more_workspaces"):
            raise ConfigError(
                "this option belongs to --workspaces; the stages limits and toys take the "
                "section inference of the configuration",
                key="--json" if name == "json_path" else "--" + name.replace("_", "-"),
            )


def _settings(
    confidence_level: float, toys: int, toys_rel_error: float, pseudo_experiments: int
) -> Inference:
    """Settings of the fits; a value that makes no sense is one clear error."""
    try:
        return Inference(
            confidence_level=confidence_level,
            toys=toys,
            toys_rel_error=toys_rel_error,
            pseudo_experiments=pseudo_experiments,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(
            first["msg"],
            key="--" + str(first["loc"][0]).replace("_", "-"),
            found=first["input"],
        ) from error


def _limits_of(
    likelihoods: Likelihoods,
    json_path: Path,
    settings: Inference,
    seed: int | None,
) -> int:
    """Fit and write; return the number of windows without a limit."""
    import fourmu  # noqa: PLC0415  (the rest of this function needs numpy and numba)
    from fourmu.inference import WINDOWS_PER_TASK, limits  # noqa: PLC0415
    from fourmu.io.results import write_limits_json  # noqa: PLC0415
    from fourmu.io.toy_chunks import chunk_folder, remove_chunk_folders  # noqa: PLC0415
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.pipeline.pseudo_experiments import pseudo_experiments  # noqa: PLC0415

    batch = likelihoods.batch
    tasks = -(-batch.usable.size // WINDOWS_PER_TASK)
    with Progress("limits", tasks, "windows") as progress:
        found = limits(batch, settings, progress=progress.advance)
    for name, patch, status, message in zip(
        found.workspaces, likelihoods.patches, found.status, found.message, strict=True
    ):
        if status != "ok":
            complain(f"{name if patch is None else f'{name} {patch}'}: {status}: {message}")
    random = settings.toys > 0 or settings.pseudo_experiments > 0
    drawn_with = _SEED if seed is None else seed
    toys, bands = pseudo_experiments(
        batch,
        found,
        settings,
        seed=drawn_with,
        folder=chunk_folder(json_path, batch, found, settings, drawn_with),
    )
    if toys is not None:
        _tell_precision(toys, settings)
    write_limits_json(
        json_path,
        found,
        toys=toys,
        bands=bands,
        seed=drawn_with if random else seed,
        provenance={"fourmu_version": fourmu.__version__},
        patches=likelihoods.patches,
    )
    if random:
        remove_chunk_folders(json_path)
    return int((~found.ok).sum())


def _tell_precision(toys: ToyLimits, settings: Inference) -> None:
    """Say how good the limits by toys are, and where the largest number of toys cut them short."""
    import numpy as np  # noqa: PLC0415

    relative = toys.limit_observed_error / toys.limit_observed
    known = np.isfinite(relative)
    if known.any():
        short = int((relative[known] > settings.toys_rel_error).sum())
        text = f"limits by toys: median error {100 * np.median(relative[known]):.2g} %"
        if short:
            text += f"; above the wanted one in {short} windows, where --toys {settings.toys} ended"
        click.echo(text, err=True)
