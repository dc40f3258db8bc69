"""Archives that a web server answers with: a tarball at an address, or a service of fourmu."""

from __future__ import annotations

import http.client
import io
import urllib.error
import urllib.parse
import urllib.request
from typing import Final

import fourmu
from fourmu.archive import Archive
from fourmu.errors import FourMuError, InputError, StorageError
from fourmu.io.archives import TarballFiles

from .retrying import TransientError, retried

__all__ = ["download_archive"]

SERVICE_PATH: Final = "api/archive.tar.gz"
"""Where a service has the archive, below its own address."""
_LARGEST: Final = 256 * 2**20
_GZIP: Final = b"\x1f\x8b"
_TIMEOUT_S: Final = 30.0
_ATTEMPTS: Final = 4
_NOTHING: Final = (404, 405, 410)
_AGAIN: Final = (408, 425, 429, 500, 502, 503, 504)
_CHUNK: Final = 2**20


def download_archive(address: str) -> Archive:
    """Download an archive into memory; nothing is left on the disk.

    Parameters
    ----------
    address
        ``http(s)://`` of a tarball, or of a service (``fourmu serve``).

    Raises
    ------
    InputError
        There is neither at the address, or it is damaged.
    StorageError
        The server is not reached, or fails.
    """
    where = _without_secrets(address)
    content = retried(lambda: _downloaded(address, where), attempts=_ATTEMPTS)
    if content is None:
        inner = _below(address, SERVICE_PATH)
        content = retried(lambda: _downloaded(inner, where), attempts=_ATTEMPTS)
    if content is None:
        raise InputError(
            "there is no archive of likelihoods",
            where=where,
            expected="a .tar.gz, or the address of a service",
        )
    archive = Archive(where, TarballFiles(io.BytesIO(content), where))
    archive.index  # noqa: B018  something else that is packed is said at once
    return archive


def _without_secrets(address: str) -> str:
    """Address for messages: signatures stand after the question mark, passwords before the host."""
    try:
        parts = urllib.parse.urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError("this is no address", found=address[:8] + "...") from error
    if not host or parts.username is not None:
        raise InputError(
            "this is no address of an archive",
            found=f"{parts.scheme}://...",
            expected="http(s)://host/path, without user and password",
        )
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{'' if port is None else f':{port}'}{parts.path}"


def _below(address: str, path: str) -> str:
    """Address of a path below another one; its query stays."""
    parts = urllib.parse.urlsplit(address)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{path}", fragment="").geturl()


def _downloaded(address: str, where: str) -> bytes | None:
    """What is packed at an address; None if it is there not, or is something else."""
    try:
        request = urllib.request.Request(
            address, headers={"User-Agent": f"fourmu/{fourmu.__version__}"}
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            content = bytearray(answer.read(len(_GZIP)))
            if content != _GZIP:
                return None
            while len(content) <= _LARGEST and (chunk := answer.read(_CHUNK)):
                content += chunk
            size = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _NOTHING:
            return None
        raise _refusal(error.code, where) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failure(error, where) from None
    if len(content) > _LARGEST:
        raise InputError(
            "the archive is too large", where=where, expected=f"at most {_LARGEST} bytes"
        )
    if size is not None and size.isdecimal() and len(content) != int(size):
        raise TransientError(StorageError("the answer of the server ends too early", where=where))
    return bytes(content)


def _refusal(status: int, where: str) -> StorageError | TransientError:
    """A status that means trouble."""
    error = StorageError(
        "the server fails, again and again" if status >= 500 else "the server refuses",
        where=where,
        found=status,
    )
    return TransientError(error) if status in _AGAIN else error


def _failure(error: Exception, where: str) -> FourMuError | TransientError:
    """Trouble on the way, in our words; texts of errors may hold the address with its secrets."""
    reason = getattr(error, "reason", error)
    if isinstance(error, (ValueError, http.client.InvalidURL)):
        return InputError("this is no address of an archive", where=where)
    text = reason.strerror if isinstance(reason, OSError) else type(reason).__name__
    return TransientError(
        StorageError(f"the server is not reached: {text or type(reason).__name__}", where=where)
    )
