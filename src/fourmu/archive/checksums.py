"""The list of digests of an archive, as ``sha256sum --check`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fourmu.errors import InputError

__all__ = ["CHECKSUMS", "checksums_file", "parsed_checksums"]

CHECKSUMS: Final = "SHA256SUMS"
"""Name of the file."""


def checksums_file(digests: Mapping[str, str]) -> bytes:
    """Return the content of the file, sorted by name.

    Parameters
    ----------
    digests
        SHA-256 in hexadecimal by name of the file.
    """
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def parsed_checksums(content: bytes, where: str) -> dict[str, str]:
    """Digest by file name, of a file SHA256SUMS.

    Raises
    ------
    InputError
        A line is no digest and name, or a name stands twice.
    """
    sums: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), 1):
        digest, separator, name = line.partition("  ")
        is_hex = len(digest) == 64 and set(digest) <= set("0123456789abcdef")
        if not (separator and name and is_hex) or name in sums:
            raise InputError(
                "not a line of checksums, or a name that stands twice",
                where=f"{where}: {CHECKSUMS}",
                key=f"line {number}",
                found=line[:100],
            )
        sums[name] = digest
    return sums
