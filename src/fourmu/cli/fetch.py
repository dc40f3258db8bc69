"""``fourmu fetch``: an archive out of a release, verified."""

from __future__ import annotations

from pathlib import Path

import click

from fourmu.errors import ConsistencyError

from .publish import megabytes, store_options

__all__ = ["command"]


@click.command("fetch")
@click.argument("src")
@click.option("--name", help="Of the release; not needed where there is only one.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder to make, or an empty one."
)
@click.option(
    "--sha256", metavar="HEX", help="Digest of the archive as cited; another one is refused."
)
@click.option("--anonymous", is_flag=True, help="Read a public bucket without credentials.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Downloads at a time."
)
@store_options
def command(
    src: str,
    name: str | None,
    out: Path,
    sha256: str | None,
    anonymous: bool,
    jobs: int,
    profile: str | None,
    endpoint_url: str | None,
) -> None:
    """Fetch a release from SRC, a folder or s3://bucket/prefix, into a folder.

    Every object is checked against its SHA-256, and the files appear when all of them are there.
    An interrupted call is completed by calling again.
    """
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.publish import fetch_release, find_release, open_store  # noqa: PLC0415  pydantic

    store = open_store(
        src, profile=profile, endpoint_url=endpoint_url, anonymous=anonymous, jobs=jobs
    )
    manifest = find_release(store, name)
    if sha256 is not None and sha256.lower() != manifest.archive_sha256:
        raise ConsistencyError(
            "the release is that of another archive",
            where=store.where(),
            key=manifest.name,
            found=manifest.archive_sha256,
            expected=sha256,
        )
    with Progress("fetch", len(manifest.objects), "bytes") as progress:
        is_new = fetch_release(store, manifest, out, jobs=jobs, progress=progress.advance)
    click.echo(f"{manifest.title} ({manifest.data_kind}), licence {manifest.licence}")
    click.echo(
        f"{out}: release {manifest.name}, {len(manifest.files)} files, {megabytes(manifest.size)}, "
        f"archive SHA-256 {manifest.archive_sha256}" + ("" if is_new else "; it was there")
    )
