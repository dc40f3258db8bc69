"""``fourmu releases``: what a folder or an object store has."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fourmu.errors import InputError, StorageError

from .messages import complain
from .options import config_option
from .publish import default_store, megabytes, store_options

__all__ = ["command"]


@click.command("releases")
@click.argument("src", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all but the files.")
@click.option("--anonymous", is_flag=True, help="Read a public bucket without credentials.")
@store_options
@config_option
def command(
    src: str | None,
    as_json: bool,
    anonymous: bool,
    profile: str | None,
    endpoint_url: str | None,
    config_path: Path,
) -> None:
    """List the releases in SRC: a folder (output/published without it) or s3://bucket/prefix."""
    from fourmu.publish import open_store, read_manifest, release_names  # noqa: PLC0415  pydantic
    from fourmu.publish.folder_store import FolderStore  # noqa: PLC0415

    store = open_store(
        default_store(config_path) if src is None else src,
        profile=profile,
        endpoint_url=endpoint_url,
        anonymous=anonymous,
    )
    manifests = []
    names = release_names(store)
    for name in names:
        try:
            manifest = read_manifest(store, name)
        except (InputError, StorageError) as error:
            # one damaged manifest does not hide the others, nor does one that cannot be read; a
            # server that fails would fail again
            if isinstance(error, StorageError) and not isinstance(store, FolderStore):
                raise
            complain(f"fourmu: {error}")
        else:
            manifests += [] if manifest is None else [manifest]
    if as_json:
        rows = [
            {**m.model_dump(exclude={"files"}), "n_files": len(m.files), "size": m.size}
            for m in manifests
        ]
        click.echo(json.dumps({"releases": rows}))
    elif not names:
        click.echo(f"{store.where()}: no releases")
    else:
        width = max(len(name) for name in names)
        for m in manifests:
            click.echo(
                f"{m.name:{width}s}  {len(m.files)} files  {megabytes(m.size)}  {m.data_kind}  "
                f"doi {m.doi or 'none'}  {m.archive_sha256}  {m.title}"
            )
    if len(manifests) < len(names):
        raise InputError(
            "not all releases could be read",
            where=store.where(),
            found=len(manifests),
            expected=len(names),
        )
