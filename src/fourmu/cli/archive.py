"""``fourmu archive``: build, verify and show archives of likelihoods."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fourmu.errors import InputError

from .messages import complain
from .options import config_option, executor_option, unblind_option

__all__ = ["command"]

_PATH = click.Path(path_type=Path)


@click.group("archive")
def command() -> None:
    """Likelihoods of all windows and models in one folder and one tarball."""


@command.command("build")
@click.argument("path", type=_PATH, required=False)
@config_option
@executor_option
@unblind_option
def build(path: Path | None, config_path: Path, executor: str | None, unblind: bool) -> None:
    """Bring the archive of a configuration up to date, and all it needs.

    It lies in archive/ and fourmu-likelihoods.tar.gz of the output folder. With PATH a copy of it
    is written there too: of the tarball if PATH ends with .tar.gz, else of the folder.
    """
    from fourmu.pipeline import Layout  # noqa: PLC0415  the chain is imported where it is needed
    from fourmu.pipeline.layout import TARBALL  # noqa: PLC0415

    from .stages import run_stage  # noqa: PLC0415

    layout = Layout.of(run_stage("archive", config_path, executor, unblind=unblind))
    folder, tarball = layout.folder("archive"), layout.folder(TARBALL)
    if path is not None:
        from fourmu.io.archives import copy_archive  # noqa: PLC0415

        copy_archive(tarball if path.name.endswith(".tar.gz") else folder, path)
    click.echo(f"{folder}\n{tarball}  {tarball.stat().st_size / 1e6:.1f} MB")


@command.command("verify")
@click.argument("address", metavar="ARCHIVE")
@click.option(
    "--without-limits",
    is_flag=True,
    help="Check files, digests, schema and patches, but do not fit the windows again.",
)
def verify(address: str, without_limits: bool) -> None:
    """Check an archive wherever it is: exit status 0 only if everything holds.

    Digests, schema, workspaces and patches are checked, the numbers of the index against each
    other, and its limits against a new fit of every window.
    """
    from fourmu.archive import problems  # noqa: PLC0415
    from fourmu.pipeline.progress import Progress  # noqa: PLC0415
    from fourmu.publish import open_archive_at  # noqa: PLC0415

    archive = open_archive_at(address)
    with Progress("verify", len(archive.index.windows), "windows") as progress:
        found = list(problems(archive, refit=not without_limits, progress=progress.advance))
    for where, reason in found:
        complain(f"{where}: {reason}")
    if found:
        raise InputError(
            f"the archive does not hold: {len(found)} problem{'s' * (len(found) > 1)}",
            where=address,
        )
    index = archive.index
    fitted = int((~index.vetoed).sum())
    click.echo(
        f"{address}: holds: {len(archive.checksums)} files, {fitted} windows, "
        f"models {', '.join(index.models)}" + ("" if without_limits else ", limits fitted again")
    )


@command.command("show")
@click.argument("address", metavar="ARCHIVE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(address: str, as_json: bool) -> None:
    """What an archive holds; 'fourmu show ARCHIVE --mass M' shows a window of it."""
    from fourmu.archive import summary  # noqa: PLC0415
    from fourmu.publish import open_archive_at  # noqa: PLC0415

    content = summary(open_archive_at(address).index)
    if as_json:
        click.echo(json.dumps(content))
        return
    for key, value in content.items():
        click.echo(f"{key:24s} {value}")


@command.command("hs3")
@click.argument("address", metavar="ARCHIVE")
@click.option("--mass", type=float, required=True, help="Mass in GeV; the nearest window.")
@click.option("--model", required=True, help="Model whose signal is put in.")
@click.option("--out", "out_path", type=_PATH, required=True, help="HS3 document (JSON) to write.")
def hs3(address: str, mass: float, model: str, out_path: Path) -> None:
    """Export the likelihood of one window and model as HS3, for pyhs3 and ROOT."""
    import numpy as np  # noqa: PLC0415

    from fourmu.archive import window_numbers  # noqa: PLC0415
    from fourmu.io.json_files import write_json  # noqa: PLC0415
    from fourmu.publish import open_archive_at  # noqa: PLC0415
    from fourmu.statmodel import hs3_document  # noqa: PLC0415

    archive = open_archive_at(address)
    index = archive.index
    numbers = window_numbers(index, mass, model)
    window = str(numbers["window"])
    place = index.name.index(window)
    if index.vetoed[place]:
        raise InputError("the nearest window lies inside a veto", where=address, key=window)
    workspaces = {name: content for _, name, content in archive.window_workspaces(window)}
    low, high = np.array(index.bin_low[place]), np.array(index.bin_high[place])
    # an axis of HS3 has no gaps, which a veto leaves
    edges = np.append(low, high[-1]) if np.allclose(low[1:], high[:-1]) else None
    metadata = {
        "authors": list(index.authors),
        "description": f"{index.title} ({index.data_kind}), {window}, {model}",
    }
    write_json(out_path, hs3_document(workspaces[model], edges=edges, metadata=metadata), indent=1)
    click.echo(f"{out_path}: {window}, {numbers['mass_gev']:.4f} GeV, {model}")
