"""A HEPData submission out of an archive: tables, figures, and the likelihoods themselves.

The archive is the one source of numbers. HEPData does not look inside likelihoods, so the archive
is checked before: all but fitting its windows again, which ``fourmu archive verify`` does. Equal
archives give equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from fourmu.archive import Archive, ArchiveIndex
from fourmu.errors import ConvergenceError, InputError, StorageError
from fourmu.io.archives import write_tarball
from fourmu.io.files import atomic_path
from fourmu.publish.readiness import require_publishable

from .columns import DataTable
from .figures import figure_notes, figures, images
from .record import (
    LIKELIHOODS,
    PROVENANCE,
    README,
    provenance,
    readme,
    record,
    table_record,
)
from .systematics import signal_uncertainties
from .tables import data_tables
from .yaml_files import documents_yaml, table_yaml

__all__ = [
    "LARGEST_TABLE",
    "LARGEST_UPLOAD",
    "SUBMISSION",
    "refuse_failures",
    "submission_files",
    "write_submission",
]

SUBMISSION: Final = "submission.yaml"
LARGEST_UPLOAD: Final = 50 * 10**6
"""Bytes that HEPData takes in one upload."""
LARGEST_TABLE: Final = 10 * 2**20
"""Bytes of one data file."""
_WITH_NUMBERS: Final = ("ok", "width_not_negligible", "vetoed")


def write_submission(
    archive: Archive,
    source: Path,
    folder: Path,
    tarball: Path,
    *,
    failed_windows: Literal["refuse", "record"] = "refuse",
    progress: Callable[[int], None] | None = None,
) -> list[DataTable]:
    """Check an archive and write its submission, as a folder and as the file to upload.

    Parameters
    ----------
    archive
        The archive.
    source
        The folder or tarball that it was opened from.
    folder
        Where the files go.
    tarball
        The same in one ``.tar.gz`` file.
    failed_windows
        What a window without a limit does: refuse, or stand in the tables with its status.
    progress
        Called with the number of windows looked at since the last call.

    Returns
    -------
    tables
        What was written.

    Raises
    ------
    ConvergenceError
        A window has no limit.
    ConsistencyError
        The archive does not hold.
    InputError
        It is too large for HEPData.
    StorageError
        A file cannot be written.
    """
    if failed_windows == "refuse":
        refuse_failures(archive.index)
    require_publishable(archive, progress=progress)
    tables = data_tables(archive.index, signal_uncertainties(archive))
    for name, content in submission_files(archive, tables, _tarball_of(source, folder)).items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    write_tarball(folder, tarball)
    size = tarball.stat().st_size
    if size > LARGEST_UPLOAD:
        raise InputError(
            "the submission is too large for HEPData",
            where=archive.source,
            found=f"{size} bytes",
            expected=f"at most {LARGEST_UPLOAD}",
        )
    return tables


def refuse_failures(index: ArchiveIndex) -> None:
    """Nobody publishes a window without a limit unseen.

    Raises
    ------
    ConvergenceError
        A window has none; the first one is named.
    """
    for model, table in index.models.items():
        for window, status, message in zip(index.name, table.status, table.message, strict=True):
            if status not in _WITH_NUMBERS:
                raise ConvergenceError(
                    f"a window has no limit: {status}: {message}",
                    where=f"{model}, {window}",
                    key="failed_windows",
                    found="refuse",
                    expected="record, to publish its status",
                )


def submission_files(
    archive: Archive, tables: list[DataTable], likelihoods: bytes
) -> Mapping[str, bytes]:
    """Content of all files of a submission by name, every one referenced by the first.

    Parameters
    ----------
    archive
        The archive.
    tables
        Its tables.
    likelihoods
        The archive as a tarball.

    Raises
    ------
    InputError
        A table is too large for HEPData.
    """
    index = archive.index
    data = {f"{table.stem}.yaml": table_yaml(table) for table in tables}
    for name, content in data.items():
        if len(content) > LARGEST_TABLE:
            raise InputError(
                "a table is too large for HEPData",
                where=name,
                found=f"{len(content)} bytes",
                expected=f"at most {LARGEST_TABLE}",
            )
    notes = figure_notes(archive)
    documents = [
        record(index),
        *(table_record(index, table, notes.get(table.stem, "")) for table in tables),
    ]
    return {
        SUBMISSION: documents_yaml(documents),
        README: readme(index, tables),
        PROVENANCE: provenance(archive, likelihoods),
        LIKELIHOODS: likelihoods,
        **data,
        **images(figures(archive)),
    }


def _tarball_of(source: Path, folder: Path) -> bytes:
    """Bytes of the archive as a tarball; a folder is packed first."""
    if source.is_dir():
        packed = folder / LIKELIHOODS
        write_tarball(source, packed)
        source = packed
    try:
        return source.read_bytes()
    except OSError as error:
        raise StorageError(f"the file cannot be read: {error.strerror}", where=source) from error
