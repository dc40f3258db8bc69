import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fourmu.errors import ConsistencyError, InputError
from fourmu.io.candidates import SCORES, read_candidates, read_scores, write_candidates
from fourmu.selection import VARIABLES, Candidates, Cutflow


@pytest.fixture
def written(tmp_path, selected):
    path = tmp_path / "candidates.parquet"
    write_candidates(
        path, selected.candidates, metadata={"cutflow": selected.cutflow.to_dict(), "seed": 3}
    )
    return path


def test_round_trip_is_exact(written, selected):
    back, metadata = read_candidates(written)
    for field in dataclasses.fields(Candidates):
        before, after = getattr(selected.candidates, field.name), getattr(back, field.name)
        assert after.dtype == before.dtype
        np.testing.assert_array_equal(after, before)
    flow = Cutflow.from_dict(metadata["cutflow"])
    assert flow.to_dict() == selected.cutflow.to_dict()
    assert metadata["seed"] == 3


def test_columns_carry_the_names_of_the_variables(written):
    assert set(VARIABLES) <= set(pq.read_schema(written).names)


def test_scores_are_null_where_a_network_has_none(tmp_path, selected):
    scores = np.random.default_rng(1).random((len(selected.candidates), 5)).astype(np.float32)
    scores[::3, 2] = np.nan
    path = tmp_path / "scored.parquet"
    write_candidates(path, selected.candidates, scores=scores)
    assert pq.read_table(path).column(SCORES[2]).null_count == len(scores[::3])
    np.testing.assert_array_equal(read_scores(path), scores)


def test_scores_of_other_candidates_are_refused(tmp_path, selected):
    with pytest.raises(ConsistencyError):
        write_candidates(
            tmp_path / "x.parquet", selected.candidates, scores=np.zeros((3, 5), np.float32)
        )


def test_no_candidates_are_a_table_too(tmp_path, selected):
    path = tmp_path / "none.parquet"
    write_candidates(path, selected.candidates.take(np.zeros(0, dtype=np.int64)))
    back, _ = read_candidates(path)
    assert len(back) == 0


@pytest.mark.parametrize("column", ["mass_gev", "pair_momentum"])
def test_a_missing_column_is_named(written, tmp_path, column):
    pq.write_table(pq.read_table(written).drop_columns([column]), tmp_path / "broken.parquet")
    with pytest.raises(InputError, match=column):
        read_candidates(tmp_path / "broken.parquet")
    with pytest.raises(InputError, match="score_0"):
        read_scores(written)


@pytest.mark.parametrize(
    ("column", "values"),
    [("four_muon_mass_gev", np.nan), ("pair_pt", np.inf), ("weight", None), ("event", "x")],
)
def test_bad_numbers_are_named(written, tmp_path, column, values):
    table = pq.read_table(written)
    bad = pa.array([values] * len(table))
    table = table.set_column(table.column_names.index(column), column, bad)
    pq.write_table(table, tmp_path / "broken.parquet")
    with pytest.raises(InputError, match=column):
        read_candidates(tmp_path / "broken.parquet")


def test_changed_bytes_are_noticed(written, tmp_path):
    content = bytearray(written.read_bytes())
    for place in range(len(content) // 3, len(content) // 3 + 50):
        content[place] ^= 0x55
    (tmp_path / "changed").write_bytes(content)
    with pytest.raises(InputError, match="changed"):
        read_candidates(tmp_path / "changed")


def test_damaged_files_are_refused(written, tmp_path):
    content = written.read_bytes()
    for name, data in (("half", content[: len(content) // 2]), ("text", b"no parquet at all")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            read_candidates(tmp_path / name)
