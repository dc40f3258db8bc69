"""Chunks of toys on disk: what was written is found, what was damaged is made again."""

import numpy as np

from fourmu.config.inference import Inference
from fourmu.inference import ExpectedBands, ToyLimits, limits, toy_limits
from fourmu.io.toy_chunks import (
    ChunkFolder,
    chunk_folder,
    read_chunk,
    remove_chunk_folders,
    write_chunk,
)
from fourmu.statmodel import batch_of, example_workspace


def toys(n=2):
    return ToyLimits(
        limit_observed=np.array([0.1, np.nan])[:n],
        limit_observed_error=np.array([0.01, np.nan])[:n],
        limit_expected=np.arange(10.0).reshape(2, 5)[:n],
        limit_expected_error=np.ones((2, 5))[:n],
        goodness_of_fit_p=np.array([0.5, 0.25])[:n],
        n_toys=np.array([100, 0])[:n],
        n_failed=np.array([1, 0])[:n],
        message=("", "no limit")[:n],
    )


def small_batch(windows=3):
    rng = np.random.default_rng(1)
    return batch_of(
        (f"w{i}", example_workspace(rng, bins=20, events_per_bin=2.0)) for i in range(windows)
    )


def test_records_come_back_to_the_last_bit(tmp_path):
    path = tmp_path / "deep" / "chunk.npz"
    write_chunk(path, toys())
    again = read_chunk(path, ToyLimits)
    assert again.message == ("", "no limit")
    for name in ("limit_observed", "limit_expected", "n_toys", "goodness_of_fit_p"):
        np.testing.assert_array_equal(getattr(again, name), getattr(toys(), name))


def test_damaged_and_missing_chunks_are_not_there(tmp_path):
    path = tmp_path / "chunk.npz"
    assert read_chunk(path, ToyLimits) is None
    write_chunk(path, toys())
    content = path.read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"x" * 100):
        path.write_bytes(damaged)
        assert read_chunk(path, ToyLimits) is None
    write_chunk(path, toys())
    assert read_chunk(path, ExpectedBands) is None


def test_finished_chunks_are_not_computed_again(tmp_path):
    batch = small_batch(17)
    asymptotic = limits(batch)
    settings = Inference(toys=50, goodness_of_fit_toys=100)
    whole = toy_limits(batch, asymptotic, settings, seed=1)
    store = ChunkFolder(tmp_path, ToyLimits)
    assert store.finished() == 0
    first = toy_limits(batch, asymptotic, settings, seed=1, store=store)
    assert store.finished() == 3
    # a chunk that is there is believed, one that is not is made
    store.save(0, _marked(store.load(0)))
    (tmp_path / "toylimits-000001.npz").unlink()
    resumed = toy_limits(batch, asymptotic, settings, seed=1, store=store)
    np.testing.assert_array_equal(whole.limit_observed, first.limit_observed)
    assert (resumed.limit_observed[:8] == -1.0).all()
    np.testing.assert_array_equal(resumed.limit_observed[8:], whole.limit_observed[8:])


def _marked(record):
    columns = {name: getattr(record, name) for name in record.__dataclass_fields__}
    columns["limit_observed"] = np.full_like(record.limit_observed, -1.0)
    return ToyLimits(**columns)


def test_the_folder_belongs_to_the_calculation(tmp_path):
    batch, other = small_batch(), small_batch(2)
    settings = Inference(toys=50)
    out = tmp_path / "out.json"
    found = limits(batch)
    names = {
        chunk_folder(out, batch, found, settings, 1),
        chunk_folder(out, batch, found, settings, 2),
        chunk_folder(out, batch, found, Inference(toys=60), 1),
        chunk_folder(out, other, limits(other), settings, 1),
    }
    assert len(names) == 4
    assert chunk_folder(out, batch, found, settings, 1) in names
    for name in names:
        assert name.parent == tmp_path
        assert name.name.startswith(".")
        ChunkFolder(name, ToyLimits).save(0, toys())
    beside = tmp_path / "out.json.keep"
    beside.mkdir()
    remove_chunk_folders(out)
    assert list(tmp_path.iterdir()) == [beside]
