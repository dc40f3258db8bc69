"""Chunks of windows: order, progress, what is kept, and how work ends early."""

import threading

import numpy as np
import pytest

from fourmu.inference.chunks import WINDOWS_PER_CHUNK, chunks_of, run_chunks
from fourmu.inference.toy_results import ExpectedBands, joined


class Memory:
    """A store in memory."""

    def __init__(self):
        self.kept = {}

    def load(self, chunk):
        return self.kept.get(chunk)

    def save(self, chunk, result):
        self.kept[chunk] = result


@pytest.mark.parametrize("threads", [1, 2, None])
def test_results_come_in_order_and_progress_counts_windows(threads):
    chunks = chunks_of(np.arange(3 * WINDOWS_PER_CHUNK + 1))
    seen = []
    found = run_chunks(
        lambda places: int(places[0]), chunks, threads=threads, progress=seen.append, store=None
    )
    assert found == [0, 8, 16, 24]
    assert seen == [8, 8, 8, 1]
    assert run_chunks(len, [], threads=threads, progress=seen.append, store=None) == []


def test_an_interruption_keeps_whole_chunks_and_starts_no_others():
    chunks = chunks_of(np.arange(50 * WINDOWS_PER_CHUNK))
    started, store, gate = [], Memory(), threading.Event()

    def work(places):
        number = int(places[0]) // WINDOWS_PER_CHUNK
        started.append(number)
        if number == 2:
            raise KeyboardInterrupt
        gate.wait(0.05)
        return number

    with pytest.raises(KeyboardInterrupt):
        run_chunks(work, chunks, threads=2, progress=None, store=store)
    assert len(started) < 20
    assert set(store.kept) == set(started) - {2}
    again = []

    def rest(places):
        again.append(int(places[0]) // WINDOWS_PER_CHUNK)
        return again[-1]

    found = run_chunks(rest, chunks, threads=1, progress=None, store=store)
    assert found == list(range(50))
    assert set(again) == set(range(50)) - (set(started) - {2})


def test_records_of_chunks_are_put_in_their_places():
    part = ExpectedBands(
        limit_expected=np.arange(10.0).reshape(2, 5),
        limit_expected_error=np.ones((2, 5)),
        n_experiments=np.array([50, 50]),
        n_failed=np.array([0, 3]),
        message=("", "three"),
    )
    whole = joined(ExpectedBands, [np.array([3, 1])], [part], 4)
    assert whole.message == ("", "three", "", "")
    assert whole.n_experiments.tolist() == [0, 50, 0, 50]
    np.testing.assert_array_equal(whole.limit_expected[3], part.limit_expected[0])
    assert np.isnan(whole.limit_expected[[0, 2]]).all()
    assert len(joined(ExpectedBands, [], [], 3)) == 3
