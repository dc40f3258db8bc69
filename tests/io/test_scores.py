"""Scores beside their candidates: row by row, null where a network has none."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from fourmu.errors import InputError
from fourmu.io.candidates import SCORES, read_scores, write_candidates, write_scores


def test_scores_come_back_row_by_row(tmp_path):
    scores = np.random.default_rng(1).random((50, 5), dtype=np.float32)
    scores[::7, 1] = np.nan
    scores[:, 4] = np.nan
    path = tmp_path / "new" / "scores.parquet"
    write_scores(path, scores)
    back = read_scores(path)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, scores)
    table = pq.read_table(path)
    assert table.column_names == list(SCORES)
    assert [table.column(name).null_count for name in SCORES] == [0, 8, 0, 0, 50]


def test_no_candidates_have_no_scores(tmp_path):
    path = tmp_path / "scores.parquet"
    write_scores(path, np.empty((0, 5), dtype=np.float32))
    assert read_scores(path).shape == (0, 5)


def test_candidates_without_scores_are_refused(tmp_path, selected):
    path = tmp_path / "candidates.parquet"
    write_candidates(path, selected.candidates)
    with pytest.raises(InputError, match=r"candidates\.parquet.*score_0"):
        read_scores(path)
