"""``fourmu publish``: an archive becomes a release in a folder or an object store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fourmu.config import load_analysis
from fourmu.errors import InputError

from .messages import complain
from .options import config_option

__all__ = ["command", "default_store", "megabytes", "store_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

_PATH = click.Path(path_type=Path)


def store_options(function: Command) -> Command:
    """Options of commands that talk to a store."""
    for option in (
        click.option("--profile", help="Profile of the AWS configuration, for s3://."),
        click.option(
            "--endpoint-url", metavar="URL", help="Another S3 than Amazon's (AWS_ENDPOINT_URL)."
        ),
    ):
        function = option(function)
    return function


def default_store(config_path: Path) -> str:
    """Folder in which a configuration publishes, without another destination."""
    from fourmu.pipeline import Layout  # noqa: PLC0415  the chain is imported where it is needed

    return str(Layout.of(load_analysis(config_path)).folder("published"))


def megabytes(size: int) -> str:
    """Size for people."""
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size} bytes"


@click.command("publish")
@click.argument("dest", required=False)
@click.option(
    "--archive", "archive_path", type=_PATH, help="Folder or tarball; output/archive without it."
)
@click.option("--name", help="Of the release, v1.0 say; the first digits of its digest without it.")
@click.option("--verify", is_flag=True, help="Fit all windows again before, too.")
@click.option("--dry-run", is_flag=True, help="Say what would be uploaded, and write nothing.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Uploads at a time."
)
@store_options
@config_option
def command(
    dest: str | None,
    archive_path: Path | None,
    name: str | None,
    verify: bool,
    dry_run: bool,
    jobs: int,
    profile: str | None,
    endpoint_url: str | None,
    config_path: Path,
) -> None:
    """Publish an archive in DEST: a folder (output/published without it) or s3://bucket/prefix.

    Files become objects that never change, and the release is one more object that is written
    last and once. An interrupted call is completed by calling again.
    """
    from fourmu.io.archives import is_archive, open_archive  # noqa: PLC0415  needs numpy
    from fourmu.pipeline import Layout  # noqa: PLC0415
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.publish import (  # noqa: PLC0415
        is_remote,
        open_store,
        prepare_release,
        publish_release,
        require_publishable,
        windows_without_limit,
    )
    from fourmu.publish.disk_errors import reading, require_outside  # noqa: PLC0415
    from fourmu.publish.folder_store import FolderStore  # noqa: PLC0415
    from fourmu.publish.manifest import checked_name  # noqa: PLC0415

    if name is not None:
        checked_name(name)
    if dest is None:
        dest = default_store(config_path)
    with reading(dest):
        if not is_remote(dest) and is_archive(Path(dest)):
            raise InputError(
                "an archive is what is published, not where",
                where=dest,
                expected=f"fourmu publish DEST --archive {dest}",
            )
    store = open_store(dest, profile=profile, endpoint_url=endpoint_url, writing=True, jobs=jobs)
    if archive_path is None:
        archive_path = Layout.of(load_analysis(config_path)).folder("archive")
        if not archive_path.exists():
            raise InputError(
                "there is no archive yet", where=archive_path, expected="fourmu archive build first"
            )
    with reading(archive_path):
        archive = open_archive(archive_path)
    if isinstance(store, FolderStore):
        require_outside(store.root, archive_path, "the archive")
    preparation = prepare_release(archive, store, name)  # says at once what is wrong with DEST
    with Progress("verify", len(archive.index.windows), "windows") as progress:
        require_publishable(archive, refit=verify, progress=progress.advance)
    for model, counts in windows_without_limit(archive.index).items():
        shown = ", ".join(f"{count} {status}" for status, count in counts.items())
        complain(f"warning: {model}: windows without a limit are published as such: {shown}")
    manifest, missing = preparation.manifest, preparation.missing
    size = sum(entry.size for entry in missing.values())
    click.echo(f"{manifest.title} ({manifest.data_kind})")
    click.echo(
        f"release {manifest.name}: {len(manifest.files)} files, {megabytes(manifest.size)}, "
        f"archive SHA-256 {manifest.archive_sha256}"
    )
    if dry_run:
        click.echo(
            f"would upload {len(missing)} objects, {megabytes(size)}; "
            f"{len(preparation.present)} are there already"
            + (", and so is the release" if preparation.is_published else "")
        )
        return
    with Progress("publish", len(manifest.objects), "bytes") as progress:
        done = publish_release(preparation, store, jobs=jobs, progress=progress.advance)
    click.echo(
        f"{store.where()}: {done.uploaded} objects uploaded, {megabytes(done.uploaded_bytes)}; "
        f"{len(manifest.objects) - done.uploaded} were there"
        + (", and so was the release" if done.was_published else "")
    )
