"""What a stage read and wrote: the memory that lets a second call do nothing.

A record holds the key of the run (configuration sections, code, digests of the inputs) and, for
every file written, its SHA-256 with the size and time at which it was computed. A digest is
recomputed only when size or time changed, so checking thousands of files costs milliseconds.
Nothing heavy is imported here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fourmu.errors import StorageError

__all__ = ["FileState", "StageRecord", "digest_of"]


@dataclass(frozen=True, kw_only=True)
class FileState:
    """SHA-256 of a file, and the size and modification time for which it holds."""

    sha256: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """Read the file."""
        status = path.stat()
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return cls(sha256=digest.hexdigest(), size=status.st_size, mtime_ns=status.st_mtime_ns)


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """One finished stage.

    ``files`` maps folder names of the layout to their files: {folder: {relative path: state}}.
    """

    stage: str
    key: str
    provenance: dict[str, Any]
    files: dict[str, dict[str, FileState]]

    @property
    def digest(self) -> str:
        """Digest of all contents: what a later stage depends on."""
        return digest_of(
            {
                folder: {name: state.sha256 for name, state in files.items()}
                for folder, files in self.files.items()
            }
        )

    @classmethod
    def of_folders(
        cls, stage: str, key: str, provenance: dict[str, Any], folders: dict[str, Path]
    ) -> StageRecord:
        """Digest everything in the folders of a finished stage."""
        paths = {name: list(_files_in(folder)) for name, folder in folders.items()}
        with ThreadPoolExecutor() as pool:  # hashing releases the interpreter lock
            files = {
                name: dict(
                    zip(
                        (str(path.relative_to(folders[name])) for path in found),
                        pool.map(FileState.of, found),
                        strict=True,
                    )
                )
                for name, found in paths.items()
            }
        return cls(stage=stage, key=key, provenance=provenance, files=files)

    @classmethod
    def read(cls, path: Path) -> StageRecord | None:
        """Read a record; an absent or damaged one counts as none."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                stage=content["stage"],
                key=content["key"],
                provenance=content["provenance"],
                files={
                    folder: {
                        name: FileState(sha256=sha, size=size, mtime_ns=time)
                        for name, (sha, size, time) in files.items()
                    }
                    for folder, files in content["files"].items()
                },
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        content = {
            "stage": self.stage,
            "key": self.key,
            "provenance": self.provenance,
            "files": {
                folder: {
                    name: [state.sha256, state.size, state.mtime_ns]
                    for name, state in sorted(files.items())
                }
                for folder, files in self.files.items()
            },
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(json.dumps(content), encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise StorageError(f"cannot write: {error.strerror}", where=path) from error

    def verified(self, folders: dict[str, Path]) -> StageRecord | None:
        """Return the record if every file still has its content, with times brought up to date."""
        if set(folders) != set(self.files):
            return None
        changed = False
        files: dict[str, dict[str, FileState]] = {}
        for folder, root in folders.items():
            files[folder] = {}
            for name, state in self.files[folder].items():
                try:
                    status = (root / name).stat()
                    if (status.st_size, status.st_mtime_ns) != (state.size, state.mtime_ns):
                        now = FileState.of(root / name)
                        if now.sha256 != state.sha256:
                            return None
                        state, changed = now, True
                except OSError:
                    return None
                files[folder][name] = state
        if not changed:
            return self
        return StageRecord(stage=self.stage, key=self.key, provenance=self.provenance, files=files)


def _files_in(folder: Path) -> Iterable[Path]:
    """Return all files below a folder, sorted, without temporary ones."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")


def digest_of(content: object) -> str:
    """SHA-256 of the canonical JSON of plain content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
