"""What a release says of itself: its files by path, each with the address of its content."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

import pydantic_core
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from fourmu.archive import Archive
from fourmu.archive.checksums import CHECKSUMS
from fourmu.errors import InputError

__all__ = [
    "LARGEST_MANIFEST",
    "OBJECTS",
    "RELEASES",
    "FileEntry",
    "Manifest",
    "checked_name",
    "manifest_key",
    "manifest_of",
    "object_key",
    "same_release",
    "sha256_of",
]

OBJECTS: Final = "objects/sha256/"
RELEASES: Final = "releases/"
LARGEST_MANIFEST: Final = 32 * 2**20

_SCHEMA_VERSION: Final = "1.0.0"
"""Of the manifests that this version writes; the first number changes with what readers need."""
_LARGEST_FILE: Final = 64 * 2**20
_LARGEST_RELEASE: Final = 512 * 2**20
_MOST_FILES: Final = 50_000
_LONGEST_PATH: Final = 1024
_LONGEST_PART: Final = 200
_DIGITS_OF_NAME: Final = 12
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _printable(text: str) -> str:
    """Refuse what a terminal would take for a command."""
    if not text.isprintable():
        raise ValueError("a line has characters that cannot be printed")
    return text


Line = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def sha256_of(content: bytes) -> str:
    """Digest of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def object_key(sha256: str) -> str:
    """Key of the object with a content."""
    return f"{OBJECTS}{sha256[:2]}/{sha256}"


def manifest_key(name: str) -> str:
    """Key of the manifest of a release."""
    return f"{RELEASES}{name}.json"


def checked_name(name: str) -> str:
    """Name of a release, if it can be one.

    Raises
    ------
    InputError
        It is too long, or has a character that a file name or address should not have.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "this cannot be the name of a release",
            key="--name",
            found=name[:100],
            expected="up to 64 letters, digits, '.', '_' and '-', a letter or digit first",
        )
    return name


class _Record(BaseModel):
    """Frozen and strict; keys that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class FileEntry(_Record):
    """One file of a release."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0, le=_LARGEST_FILE)]
    """Bytes."""


class Manifest(_Record):
    """A release: equal archives and names give equal bytes, so it holds no time and no place."""

    schema_version: Annotated[str, Field(pattern=r"^1\.[0-9]+\.[0-9]+$")] = _SCHEMA_VERSION
    name: Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
    archive_sha256: Sha256
    """Of its file SHA256SUMS, which holds the digests of all others."""
    title: Line
    data_kind: Line
    licence: Line
    authors: list[str]
    citation: str
    doi: Line | None
    hepdata: Line | None
    status: dict[str, dict[str, int]]
    """Windows by status, for each model."""
    provenance: dict[str, Any]
    """As in the index of the archive."""
    files: Annotated[dict[str, FileEntry], Field(min_length=1, max_length=_MOST_FILES)]
    """By path below the archive."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        """Refuse files outside the archive or too large together; strangers write manifests."""
        for path in self.files:
            if not _is_inside(path):
                raise ValueError(f"a path leaves the archive: {path[:200]}")
            if any(folder in self.files for folder in _folders(path)):
                raise ValueError(f"a folder of this path is a file too: {path[:200]}")
        if self.size > _LARGEST_RELEASE:
            raise ValueError(f"{self.size} bytes, more than {_LARGEST_RELEASE}")
        checksums = self.files.get(CHECKSUMS)
        if checksums is None or checksums.sha256 != self.archive_sha256:
            raise ValueError(f"archive_sha256 is not the digest of {CHECKSUMS}")
        return self

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files.values())

    @property
    def objects(self) -> dict[str, FileEntry]:
        """Objects by key; files with the same content share one."""
        return {object_key(entry.sha256): entry for entry in self.files.values()}

    def to_bytes(self) -> bytes:
        """Return the manifest as it is stored."""
        text = json.dumps(self.model_dump(), indent=1, sort_keys=True, allow_nan=False)
        return text.encode() + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> Manifest:
        """Read a manifest.

        Raises
        ------
        InputError
            It is damaged, of another version, or names files that an archive cannot have.
        """
        try:
            document = pydantic_core.from_json(content, allow_inf_nan=False)
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise InputError(
                f"no manifest of a release that this version reads: {first['msg']}",
                where=where,
                key=".".join(str(part)[:200] for part in first["loc"]) or None,
            ) from error
        except ValueError as error:
            raise InputError(f"the manifest is not valid JSON: {error}", where=where) from error


def manifest_of(archive: Archive, name: str | None = None) -> Manifest:
    """Manifest of the release that an archive would be.

    Parameters
    ----------
    archive
        The archive; all its files are read, and their digests checked.
    name
        Of the release; without it, the first digits of the digest of the archive.

    Raises
    ------
    InputError
        The name cannot be one, or the archive has a file that no release can have.
    """
    digest, index = archive.digest, archive.index
    name = checked_name(digest[:_DIGITS_OF_NAME] if name is None else name)
    sums = {**archive.checksums, CHECKSUMS: digest}
    try:
        return Manifest(
            name=name,
            archive_sha256=digest,
            title=index.title,
            data_kind=index.data_kind,
            licence=index.licence,
            authors=list(index.authors),
            citation=index.citation,
            doi=index.doi,
            hepdata=index.hepdata,
            status={
                model: dict(sorted(Counter(table.status).items()))
                for model, table in index.models.items()
            },
            provenance=dict(index.provenance),
            files={
                path: FileEntry(sha256=sums[path], size=len(archive.read(path)))
                for path in sorted(sums)
            },
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InputError(
            f"this archive cannot be a release: {first['msg']}",
            where=archive.source,
            key=".".join(str(part)[:200] for part in first["loc"]) or None,
        ) from error


def _is_inside(path: str) -> bool:
    """Whether a path lies below the archive and is the only way to write it."""
    parts = path.split("/")
    return (
        len(path) <= _LONGEST_PATH
        and path.isprintable()
        and "\\" not in path
        and all(part[:1] not in ("", ".") for part in parts)
        and all(len(part.encode()) <= _LONGEST_PART for part in parts)
    )


def _folders(path: str) -> list[str]:
    """Folders above a path."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def same_release(first: Manifest, second: Manifest) -> bool:
    """Whether two manifests describe one release: what else they say follows from the files."""
    return first.name == second.name and _digests(first.files) == _digests(second.files)


def _digests(files: Mapping[str, FileEntry]) -> dict[str, str]:
    return {path: entry.sha256 for path, entry in files.items()}
