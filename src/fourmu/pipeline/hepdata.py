"""Stage ``hepdata``: the archive as a submission to HEPData."""

from __future__ import annotations

from fourmu.io.archives import open_archive
from fourmu.publish.hepdata import write_submission

from .context import Context
from .layout import SUBMISSION, TARBALL
from .progress import Progress

__all__ = ["run"]


def run(context: Context) -> None:
    """Check the archive, and write tables, figures and the file to upload."""
    source = context.source(TARBALL)
    archive = open_archive(source)
    with Progress("check", len(archive.index), "windows") as progress:
        write_submission(
            archive,
            source,
            context.target("hepdata"),
            context.work / SUBMISSION,
            failed_windows=context.analysis.archive.failed_windows,
            progress=progress.advance,
        )
