"""CSV: full precision, five columns per band, empty fields where there is no number."""

import csv

import pytest

from fourmu.io.csv_files import BANDS, write_csv


def lines_of(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_every_digit_is_written(tmp_path):
    values = [0.1 + 0.2, 1.0 / 3.0, 5e-324, 1.7976931348623157e308, -0.0]
    write_csv(tmp_path / "x.csv", [{"value": value} for value in values])
    header, *rows = lines_of(tmp_path / "x.csv")
    assert header == ["value"]
    assert [float(cell) for (cell,) in rows] == values


def test_a_band_becomes_five_columns_in_its_place(tmp_path):
    rows = [
        {"name": "w0000", "limit": [1.0, 2.0, 3.0, 4.0, 5.0], "status": "ok"},
        {"name": "w0001", "limit": None, "status": "not_converged"},
    ]
    write_csv(tmp_path / "x.csv", rows)
    header, first, second = lines_of(tmp_path / "x.csv")
    assert header == ["name", *(f"limit_{band}" for band in BANDS), "status"]
    assert first == ["w0000", "1.0", "2.0", "3.0", "4.0", "5.0", "ok"]
    assert second == ["w0001", "", "", "", "", "", "not_converged"]


def test_a_band_is_one_also_where_the_first_row_has_none(tmp_path):
    rows = [{"limit": None}, {"limit": [1.0, 2.0, 3.0, 4.0, 5.0]}]
    write_csv(tmp_path / "x.csv", rows)
    header, first, second = lines_of(tmp_path / "x.csv")
    assert header == [f"limit_{band}" for band in BANDS]
    assert (first, second) == ([""] * 5, ["1.0", "2.0", "3.0", "4.0", "5.0"])


def test_a_band_that_no_row_has_keeps_its_columns(tmp_path):
    write_csv(tmp_path / "x.csv", [{"limit": None}], bands=("limit",))
    assert lines_of(tmp_path / "x.csv") == [[f"limit_{band}" for band in BANDS], [""] * 5]


def test_separators_and_quotes_in_text_come_back(tmp_path):
    text = 'a, "b"\nand c'
    write_csv(tmp_path / "x.csv", [{"message": text, "n": 1}])
    assert lines_of(tmp_path / "x.csv")[1] == [text, "1"]


def test_rows_of_other_columns_or_bands_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("earlier")
    for rows in ([{"a": 1}, {"b": 2}], [{"a": [1.0, 2.0]}]):
        with pytest.raises(ValueError, match=r"fields not in fieldnames|shorter|longer"):
            write_csv(path, rows)
    assert path.read_text() == "earlier"
