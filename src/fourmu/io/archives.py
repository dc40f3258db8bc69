"""Archives of likelihoods as folders and tarballs; what a stranger packed is not trusted.

A tarball has no top-level folder, and its checksums and index come first, so that what needs
nothing else stops reading there.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from fourmu.archive import Archive, checksums_file
from fourmu.archive.checksums import CHECKSUMS
from fourmu.archive.record import INDEX
from fourmu.errors import FourMuError, InputError, StorageError

from .files import atomic_path

__all__ = [
    "FolderFiles",
    "TarballFiles",
    "copy_archive",
    "is_archive",
    "open_archive",
    "pack_files",
    "write_checksums",
    "write_tarball",
]

_LARGEST_FILE: Final = 64 * 2**20
_LARGEST_ARCHIVE: Final = 256 * 2**20
_MOST_FILES: Final = 50_000
_DEEPEST: Final = 16
_LARGEST_HEADER: Final = 2**20
_LARGEST_HEADERS: Final = _MOST_FILES * 2 * tarfile.BLOCKSIZE
_DAMAGE: Final = (tarfile.TarError, EOFError, zlib.error, OSError)
_FIRST: Final = (CHECKSUMS, INDEX)
_COMPRESSION: Final = 6


def is_archive(path: Path) -> bool:
    """Whether a path is a tarball or a folder with checksums, rather than workspaces."""
    if path.is_dir():
        return (path / CHECKSUMS).is_file() and (path / INDEX).is_file()
    return path.name.endswith((".tar.gz", ".tgz", ".tar"))


def open_archive(path: str | Path) -> Archive:
    """Open an archive, a folder or a tarball; nothing but its index is read yet.

    Parameters
    ----------
    path
        The folder, or a ``.tar.gz`` file.

    Raises
    ------
    InputError
        There is nothing there, it is no archive, or one of another schema version.

    Examples
    --------
    ::

        archive = open_archive("fourmu-likelihoods.tar.gz")
        archive.index.table("zprime").xsec_limit_fb
    """
    path = Path(path)
    files: Mapping[str, bytes]
    if path.is_dir():
        files = FolderFiles(path)
    elif path.is_file():
        files = TarballFiles(path, str(path))
    else:
        raise InputError("there is no such folder or file", where=path)
    archive = Archive(str(path), files)
    archive.index  # noqa: B018  a folder or file of something else is said at once
    return archive


class FolderFiles(Mapping[str, bytes]):
    """Files of a folder by their names below it, read when asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sizes: dict[str, int] = {}
        for folder, folders, names in os.walk(root):
            if len(Path(folder).relative_to(root).parts) > _DEEPEST:
                raise InputError("the folders lie too deep", where=root, expected=_DEEPEST)
            for name in (*folders, *names):
                path = Path(folder) / name
                if path.is_symlink():
                    raise InputError("an archive has no links", where=path)
            for name in names:
                path = Path(folder) / name
                if not path.is_file():  # reading a pipe would never end
                    raise InputError("an archive has files and folders only", where=path)
                self._sizes[path.relative_to(root).as_posix()] = path.stat().st_size
                if len(self._sizes) > _MOST_FILES:
                    raise InputError(
                        "the folder has too many files", where=root, expected=_MOST_FILES
                    )

    def __getitem__(self, name: str) -> bytes:
        size = self._sizes[name]
        path = self._root / name
        if size > _LARGEST_FILE:
            raise InputError(
                "a file of the archive is too large",
                where=path,
                found=f"{size} bytes",
                expected=f"at most {_LARGEST_FILE}",
            )
        try:
            # it may have become something else since: opening a pipe would never end
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            with open(handle, "rb") as stream:  # noqa: PTH123  a descriptor
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise InputError("an archive has files and folders only", where=path)
                return stream.read(_LARGEST_FILE)
        except OSError as error:
            raise InputError(f"the file cannot be read: {error.strerror}", where=path) from error

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._sizes))

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, name: object) -> bool:
        return name in self._sizes


class TarballFiles(Mapping[str, bytes]):
    """Files of a tarball by name; it is unpacked in memory, as far as it is asked for.

    Parameters
    ----------
    file
        The tarball, a path or what it holds.
    where
        Where it is, for messages.
    """

    def __init__(self, file: Path | IO[bytes], where: str) -> None:
        self._file = file
        self._where = where
        self._read: dict[str, bytes] = {}
        self._total = 0
        self._count = 0
        self._members = self._unpacked()

    def __getitem__(self, name: str) -> bytes:
        while name not in self._read:
            if not self._advance():
                raise KeyError(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        while self._advance():
            pass
        return iter(sorted(self._read))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        while name not in self._read:
            if not self._advance():
                return False
        return True

    def _advance(self) -> bool:
        """Unpack the next file; tell whether there was one."""
        for name, content in self._members:
            self._read[name] = content
            return True
        return False

    def _unpacked(self) -> Iterator[tuple[str, bytes]]:
        try:
            with gzip.open(self._file, "rb") as unpacked:
                # headers of a bomb are as large and as many as they like
                bounded = _Bounded(unpacked, self._where)
                with tarfile.open(fileobj=cast(IO[bytes], bounded), mode="r|") as tar:
                    for member in tar:
                        name = self._checked(member)
                        bounded.expect(member.size)
                        stream = tar.extractfile(member) if member.isreg() else None
                        if stream is not None:
                            yield name, stream.read()
                        bounded.expect(0)
        except FourMuError:
            raise
        # tarfile takes numbers of headers as they are, and calls itself for a header of a header
        except (*_DAMAGE, ValueError, RecursionError) as error:
            raise InputError(
                f"the tarball is damaged, truncated or none: {error}", where=self._where
            ) from error

    def _checked(self, member: tarfile.TarInfo) -> str:
        """Name of a member that is a file or folder below the archive and not too large."""
        where = f"{self._where}: {member.name[:200]}"
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise InputError("a path leaves the archive", where=where)
        if not (member.isreg() or member.isdir()) or member.issparse() or member.size < 0:
            raise InputError("an archive has files and folders only", where=where)
        self._count += 1
        if self._count > _MOST_FILES:
            raise InputError("the archive has too many files", where=where, expected=_MOST_FILES)
        self._total += member.size
        if member.size > _LARGEST_FILE or self._total > _LARGEST_ARCHIVE:
            raise InputError(
                "the archive is too large when unpacked",
                where=where,
                found=f"{max(member.size, self._total)} bytes",
                expected=f"files of {_LARGEST_FILE} bytes, {_LARGEST_ARCHIVE} together",
            )
        name = path.as_posix()
        if name in self._read:
            raise InputError("a file stands twice in the archive", where=where)
        return name


class _Bounded:
    """A stream that ends with an error where headers are larger than those of an archive."""

    def __init__(self, stream: gzip.GzipFile, where: str) -> None:
        self._stream = stream
        self._where = where
        self._read = 0
        self._files = 0
        self._end = _LARGEST_HEADER

    def expect(self, size: int) -> None:
        """Be told that so many bytes of a file come next; 0 for a header."""
        self._files += size
        self._end = self._read + size + _LARGEST_HEADER

    def read(self, size: int) -> bytes:
        """Read at most so many bytes."""
        content = self._stream.read(size)
        self._read += len(content)
        if self._read > min(self._end, self._files + _LARGEST_HEADERS):
            raise InputError(
                "a header of the tarball is too large",
                where=self._where,
                expected=f"at most {_LARGEST_HEADER} bytes, {_LARGEST_HEADERS} together",
            )
        return content


def copy_archive(source: Path, target: Path) -> None:
    """Copy an archive; a folder that is there already must be empty.

    Raises
    ------
    StorageError
        The target holds something else, or cannot be written.
    """
    if source.is_file():
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StorageError(
            "something is there already", where=target, expected="a new or empty folder"
        )
    try:
        shutil.copytree(source, target, dirs_exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", where=target) from error


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` of everything in a folder.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    paths = [path for path in paths if path != folder / CHECKSUMS]

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    with ThreadPoolExecutor() as pool:
        found = dict(
            zip(
                (path.relative_to(folder).as_posix() for path in paths),
                pool.map(digest, paths),
                strict=True,
            )
        )
    with atomic_path(folder / CHECKSUMS) as temporary:
        temporary.write_bytes(checksums_file(found))


def write_tarball(folder: Path, path: Path) -> None:
    """Pack an archive; equal contents give equal bytes.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    names = [
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and file.name[0] != "."
    ]
    with atomic_path(path) as temporary:
        pack_files(names, lambda name: (folder / name).read_bytes(), temporary)


def pack_files(names: Iterable[str], read: Callable[[str], bytes], path: Path) -> None:
    """Write a tarball of files, those first that tell what it is; without times and owners.

    Parameters
    ----------
    names
        Files of an archive, in any order.
    read
        Returns the content of one.
    path
        The tarball.
    """
    order = sorted(names, key=lambda n: (_FIRST.index(n) if n in _FIRST else len(_FIRST), n))
    with (
        path.open("wb") as raw,
        gzip.GzipFile(
            filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=raw, mtime=0
        ) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in order:
            content = read(name)
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), 0o644, 0
            tar.addfile(member, io.BytesIO(content))
