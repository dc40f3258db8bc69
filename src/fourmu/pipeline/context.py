"""What a stage gets to work with: configuration, folders, workers, randomness, provenance."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from fourmu.config import Analysis
from fourmu.errors import StorageError

from .layout import Layout
from .workers import Workers

__all__ = ["Context", "seed_sequence"]

Job = TypeVar("Job")


@dataclass(frozen=True, kw_only=True)
class Context:
    """One run of one stage.

    Attributes
    ----------
    work
        Folder of this run; what lies there under the name of a layout folder is moved into
        place when the stage is complete, and is found again after an interruption.
    provenance
        Plain record for the products: stage, key, version, seed, digests of the inputs.
    taken_along
        Stages run on request whose products are up to date and are to be used.
    """

    analysis: Analysis
    layout: Layout
    work: Path
    workers: Workers
    provenance: dict[str, Any]
    taken_along: frozenset[str] = frozenset()

    def source(self, folder: str) -> Path:
        """Final place of a folder that an earlier stage wrote."""
        return self.layout.folder(folder)

    @property
    def limits(self) -> Path:
        """Folder with the limits; where they are up to date, those that have toys beside."""
        return self.source("toys" if "toys" in self.taken_along else "limits")

    def target(self, folder: str) -> Path:
        """Folder of this run for a product, created if needed."""
        path = self.work / folder
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot be created: {error.strerror}", where=path) from error
        return path

    def run(
        self,
        function: Callable[[Job], int],
        jobs: Sequence[tuple[Job, Path]],
        *,
        label: str,
        unit: str,
    ) -> None:
        """Run the jobs whose file does not exist yet, in the workers.

        Parameters
        ----------
        function
            Pure function of a job that writes the job's file, whole or not at all, and returns
            how many units it handled.
        jobs
            Pairs of job and the file that proves it done.
        """
        missing = [job for job, path in jobs if not path.exists()]
        if len(missing) < len(jobs):
            label = f"{label} (resumed, {len(jobs) - len(missing)} were done)"
        if missing:
            self.workers.run(function, missing, label=label, unit=unit)


def seed_sequence(seed: int, *names: str | int) -> tuple[int, ...]:
    """Entropy of the random stream of a stage, sample and chunk: ``default_rng`` takes it.

    Streams of different names are independent; a name enters by its CRC-32.
    """
    return (seed, *(zlib.crc32(name.encode()) if isinstance(name, str) else name for name in names))
