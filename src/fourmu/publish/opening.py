"""An archive wherever it is: on the disk, in a store, or behind a web server."""

from __future__ import annotations

from pathlib import Path

from fourmu.archive import Archive
from fourmu.io.archives import open_archive

from .disk_errors import reading
from .downloads import download_archive
from .manifest import RELEASES
from .remote import open_release

__all__ = ["is_remote", "open_archive_at"]


def is_remote(address: str) -> bool:
    """Whether an address is that of a store or web server, rather than a path."""
    return address.lower().startswith(("s3://", "http://", "https://"))


def open_archive_at(address: str) -> Archive:
    """Open an archive by its address.

    Parameters
    ----------
    address
        One of

        - a folder or tarball;
        - ``s3://bucket/prefix`` of a store with one release, or of the manifest of one
          (``s3://bucket/prefix/releases/v1.0.json``); likewise of a folder that is a store;
        - ``http(s)://`` of a tarball or of a service.

        Profile, endpoint and credentials of ``s3://`` are those of the environment.

    Raises
    ------
    InputError
        There is no archive, or it is damaged.
    StorageError
        The store or server is not reached, or refuses.

    Examples
    --------
    ::

        archive = open_archive_at("s3://bucket/prefix/releases/v1.0.json")
        archive.index.table("zprime").xsec_limit_fb
    """
    scheme = address.partition("://")[0].lower()
    if scheme in ("http", "https"):
        return download_archive(address)
    if scheme == "s3" or _is_store(Path(address)):
        archive = open_release(address)
        archive.index  # noqa: B018  a release of something else is said at once
        return archive
    with reading(address):
        return open_archive(address)


def _is_store(path: Path) -> bool:
    """Whether a path is a folder with releases, or the manifest of one."""
    folder = RELEASES.rstrip("/")
    with reading(path):
        return (path / folder).is_dir() or (path.is_file() and path.parent.name == folder)
