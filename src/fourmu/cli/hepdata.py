"""``fourmu hepdata``: a submission to HEPData."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
from click.core import ParameterSource

from fourmu.errors import ConfigError, InputError

from .messages import complain
from .options import config_option, executor_option, unblind_option

__all__ = ["command"]

_PATH = click.Path(path_type=Path)


@click.command("hepdata")
@config_option
@executor_option
@unblind_option
@click.option(
    "--archive",
    "archive_path",
    type=_PATH,
    help="Archive, folder or tarball, to take instead of that of the configuration.",
)
@click.option(
    "--failed-windows",
    type=click.Choice(["refuse", "record"]),
    default="refuse",
    show_default=True,
    help="With --archive: a window without a limit is refused, or stands there with its status.",
)
@click.option(
    "--out",
    "out_path",
    type=_PATH,
    help="New or empty folder for the submission; the tarball, new too, goes beside it, its name "
    "with -submission.",
)
@click.option("--validate", is_flag=True, help="Run hepdata-validator on it (extra 'hepdata').")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    config_path: Path,
    executor: str | None,
    unblind: bool,
    archive_path: Path | None,
    failed_windows: Literal["refuse", "record"],
    out_path: Path | None,
    validate: bool,
) -> None:
    """Make a HEPData submission: tables, figures and likelihoods, checked before.

    It lies in hepdata/ and hepdata-submission.tar.gz, the file to upload, of the output folder.
    With --out it is written there (a copy of it, without --archive).
    """
    _refuse_other_options(ctx, "archive_path" if archive_path is not None else "config_path")
    if archive_path is None:
        folder, tarball = _of_configuration(config_path, executor, unblind, out_path)
    elif out_path is None:
        raise ConfigError("--archive needs a folder to write to", key="--out")
    else:
        folder, tarball = _of_archive(archive_path, out_path, failed_windows)
    click.echo(f"{folder}\n{tarball}  {tarball.stat().st_size / 1e6:.1f} MB")
    if validate:
        from fourmu.publish.hepdata import validation_messages  # noqa: PLC0415

        found = validation_messages(tarball)
        for message in found:
            complain(message)
        if found:
            raise InputError("hepdata-validator refuses the submission", where=tarball)
        click.echo("hepdata-validator takes it")


def _refuse_other_options(ctx: click.Context, way: str) -> None:
    """An option that belongs to the other way is refused, not ignored."""
    others = {
        "archive_path": {
            "config_path": "--config",
            "executor": "--executor",
            "unblind": "--unblind",
        },
        "config_path": {"failed_windows": "--failed-windows"},
    }[way]
    for name, option in others.items():
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise ConfigError(
                "this option does not go with --archive"
                if way == "archive_path"
                else "the configuration says it: archive.failed_windows",
                key=option,
            )


def _of_configuration(
    config_path: Path, executor: str | None, unblind: bool, out_path: Path | None
) -> tuple[Path, Path]:
    """Bring the submission of a configuration up to date, and copy it if asked to."""
    from fourmu.pipeline import Layout  # noqa: PLC0415  the chain is imported where it is needed
    from fourmu.pipeline.layout import SUBMISSION  # noqa: PLC0415

    from .stages import run_stage  # noqa: PLC0415

    if out_path is not None:
        from fourmu.publish.hepdata import require_new_record  # noqa: PLC0415  draws figures

        require_new_record(out_path)  # before the stage, which may take long
    layout = Layout.of(run_stage("hepdata", config_path, executor, unblind=unblind))
    folder, tarball = layout.folder("hepdata"), layout.folder(SUBMISSION)
    if out_path is None:
        return folder, tarball
    from fourmu.io.archives import copy_archive  # noqa: PLC0415
    from fourmu.publish.hepdata import new_record  # noqa: PLC0415

    with new_record(out_path, outside=folder, what="the submission") as record:
        copy_archive(folder, record.files)
        copy_archive(tarball, record.packed)
    return record.folder, record.tarball


def _of_archive(
    archive_path: Path, out_path: Path, failed_windows: Literal["refuse", "record"]
) -> tuple[Path, Path]:
    """Make the submission of an archive from elsewhere."""
    from fourmu.io.archives import open_archive  # noqa: PLC0415  needs numpy
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.publish.disk_errors import reading  # noqa: PLC0415
    from fourmu.publish.hepdata import (  # noqa: PLC0415
        new_record,
        require_new_record,
        write_submission,
    )

    require_new_record(out_path)
    with reading(archive_path):
        archive = open_archive(archive_path)
    with (
        new_record(out_path, outside=archive_path, what="the archive") as record,
        Progress("check", len(archive.index), "windows") as progress,
    ):
        write_submission(
            archive,
            archive_path,
            record.files,
            record.packed,
            failed_windows=failed_windows,
            progress=progress.advance,
        )
    return record.folder, record.tarball
