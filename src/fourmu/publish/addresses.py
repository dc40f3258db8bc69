"""Addresses of stores: a folder, or ``s3://bucket/prefix``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fourmu.errors import InputError, StorageError

from .disk_errors import reading
from .folder_store import FolderStore
from .store import Store

__all__ = ["open_store"]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/|([sS]3):")
_S3: Final = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,254})(?P<prefix>/[^?#]*)?")
_EXPECTED: Final = "a folder or s3://bucket/prefix"


def open_store(
    address: str,
    *,
    profile: str | None = None,
    endpoint_url: str | None = None,
    anonymous: bool = False,
    writing: bool = False,
    jobs: int = 8,
) -> Store:
    """Open the store at an address; nothing is read or written yet.

    Parameters
    ----------
    address
        A folder, or ``s3://bucket/prefix``.
    profile, endpoint_url
        Of the AWS configuration, and of another S3 than Amazon's; for ``s3://`` only.
    anonymous
        Read a public bucket without credentials; so it is read too if there are none.
    writing
        Objects will be written: a folder need not be there, but credentials must.
    jobs
        Connections that are kept open.

    Raises
    ------
    InputError
        This is no such address, or the AWS configuration cannot be used.
    StorageError
        There is no such folder.
    """
    if not address:
        raise InputError("this is no address of a store", found="nothing", expected=_EXPECTED)
    scheme = _SCHEME.match(address)
    if scheme is None:
        return _folder(Path(address), writing)
    match = _S3.fullmatch(address)
    if match is None:
        # the rest may hold a password, as addresses of some other tools do
        raise InputError(
            "this is no address of a store",
            found=f"{scheme[1] or scheme[2]}:...",
            expected=_EXPECTED,
        )
    prefix = (match["prefix"] or "").strip("/")
    if any(part in ("", ".", "..") for part in prefix.split("/")) and prefix:
        raise InputError("the prefix is no path", found=prefix[:200], expected=_EXPECTED)
    from .s3_store import S3Store  # noqa: PLC0415  boto3 takes a second to import

    return S3Store.connect(
        bucket=match["bucket"],
        prefix=prefix,
        profile=profile,
        endpoint_url=endpoint_url,
        anonymous=anonymous,
        writing=writing,
        jobs=jobs,
    )


def _folder(path: Path, writing: bool) -> FolderStore:
    with reading(path):
        if path.exists() and not path.is_dir():
            raise StorageError("this is no folder", where=path, expected=_EXPECTED)
        if not writing and not path.exists():
            raise StorageError("there is no such folder", where=path, expected=_EXPECTED)
    return FolderStore(path)
