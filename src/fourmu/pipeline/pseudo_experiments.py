"""Limits by toys and bands by pseudo-experiments with progress, kept chunk by chunk."""

from __future__ import annotations

from pathlib import Path

from fourmu.config.inference import Inference
from fourmu.inference import (
    ExpectedBands,
    Limits,
    ToyLimits,
    chunks_of,
    expected_bands,
    toy_limits,
)
from fourmu.io.toy_chunks import ChunkFolder
from fourmu.statmodel import Batch

from .progress import Progress

__all__ = ["pseudo_experiments"]


def pseudo_experiments(
    batch: Batch,
    found: Limits,
    settings: Inference,
    *,
    seed: int,
    folder: Path,
    model: str = "",
    threads: int | None = None,
) -> tuple[ToyLimits | None, ExpectedBands | None]:
    """Throw what the settings ask for; None for what they do not.

    Parameters
    ----------
    batch, found
        The windows and their asymptotic limits.
    settings
        Numbers of toys and pseudo-experiments, 0 for none.
    seed
        Of all that is drawn.
    folder
        Finished chunks are found and kept here, so that an interrupted calculation goes on.
    model
        Named in the progress display.
    threads
        Number of threads; numba's if None.
    """
    toys, bands = None, None
    if settings.toys:
        thrown = ChunkFolder(folder, ToyLimits)
        with _progress(f"toys {model}", found, thrown.finished()) as progress:
            toys = toy_limits(
                batch,
                found,
                settings,
                seed=seed,
                threads=threads,
                progress=progress.advance,
                store=thrown,
            )
    if settings.pseudo_experiments:
        drawn = ChunkFolder(folder, ExpectedBands)
        with _progress(f"pseudo-experiments {model}", found, drawn.finished()) as progress:
            bands = expected_bands(
                batch,
                found,
                settings,
                seed=seed,
                threads=threads,
                progress=progress.advance,
                store=drawn,
            )
    return toys, bands


def _progress(label: str, found: Limits, finished: int) -> Progress:
    chunks = len(chunks_of(found.ok.nonzero()[0]))
    resumed = f" (resumed, {finished} of {chunks} chunks were done)" if finished else ""
    return Progress(f"{label.strip()}{resumed}", chunks, "windows")
