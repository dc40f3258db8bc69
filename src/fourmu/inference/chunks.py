"""Long calculations in chunks of windows: threads, progress, and what is already done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["WINDOWS_PER_CHUNK", "Store", "chunks_of", "run_chunks"]

WINDOWS_PER_CHUNK = 8
"""Windows of a chunk, the unit of work of a thread and of what survives an interruption."""

Result = TypeVar("Result")
Kept = TypeVar("Kept")


class Store(Protocol[Kept]):
    """A place where finished chunks survive an interruption."""

    def load(self, chunk: int) -> Kept | None:
        """Return a finished chunk, None if it is not there."""
        ...

    def save(self, chunk: int, result: Kept) -> None:
        """Keep a finished chunk."""
        ...


def chunks_of(places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut a list of windows into chunks."""
    return [
        places[first : first + WINDOWS_PER_CHUNK]
        for first in range(0, places.size, WINDOWS_PER_CHUNK)
    ]


def run_chunks(
    function: Callable[[NDArray[np.int64]], Result],
    chunks: Sequence[NDArray[np.int64]],
    *,
    threads: int | None,
    progress: Callable[[int], None] | None,
    store: Store[Result] | None,
) -> list[Result]:
    """Apply a pure function to chunks of windows.

    Parameters
    ----------
    function
        Takes the windows of a chunk; what it returns must depend on them alone.
    chunks
        The chunks.
    threads
        Number of threads; numba's (``NUMBA_NUM_THREADS``) if None.
    progress
        Called with the number of windows after each chunk.
    store
        Where finished chunks are found and kept.

    Returns
    -------
    list
        Results in the order of the chunks.

    Notes
    -----
    An exception, Ctrl-C among them, ends the chunks that run and starts no others.
    """

    def work(number: int) -> Result:
        found = store.load(number) if store is not None else None
        if found is None:
            found = function(chunks[number])
            if store is not None:
                store.save(number, found)
        return found

    def report(number: int) -> None:
        if progress is not None:
            progress(chunks[number].size)

    threads = numba.get_num_threads() if threads is None else threads
    results: list[Result] = []
    if not chunks:
        return results
    results.append(work(0))  # compiles once, before threads would do so side by side
    report(0)
    if threads <= 1:
        for number in range(1, len(chunks)):
            results.append(work(number))
            report(number)
        return results
    pool = ThreadPoolExecutor(threads)
    try:
        for number, result in enumerate(pool.map(work, range(1, len(chunks))), start=1):
            results.append(result)
            report(number)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return results
