"""Tables of corrections: what is in the file is in the table, and bad ones are one clear error."""

import numpy as np
import pytest

from fourmu.config.corrections import Correction
from fourmu.errors import InputError
from fourmu.io.correction_tables import read_correction

HEADER = "p_min_gev,p_max_gev,theta_min_deg,theta_max_deg,factor,error"
ROWS = (
    "0.0,0.7,17,90,0.95,0.02",
    "0.7,7.5,17,90,0.98,0.01",
    "0.0,7.5,90,150,0.97,0.015",  # one bin beside two
)
GOOD = "\n".join(("# made by hand", HEADER, *ROWS)) + "\n"


def read(folder, text, kind="muon_id"):
    (folder / "table.csv").write_text(text, encoding="utf-8")
    return read_correction(Correction(name="muons", kind=kind, path="table.csv"), folder)


def refused(folder, text, kind="muon_id"):
    with pytest.raises(InputError) as caught:
        read(folder, text, kind)
    message = str(caught.value)
    assert "table.csv" in message
    assert "\n" not in message
    return message


def test_bins_of_unlike_sizes_cover_their_places(tmp_path):
    table = read(tmp_path, GOOD).table
    bins, beyond = table.bins(np.array([0.5, 2.0, 0.5, 9.0]), np.radians([60.0, 60.0, 120.0, 60.0]))
    assert table.factor[bins].tolist() == [0.95, 0.98, 0.97, 0.98]
    assert table.error[bins].tolist() == [0.02, 0.01, 0.015, 0.01]
    assert beyond.tolist() == [False, False, False, True]
    assert not table.knows_efficiency
    assert not table.statistical_error.any()


def test_columns_stand_in_any_order_and_some_may_be_left_out(tmp_path):
    lines = ["efficiency,statistical_error," + HEADER]
    lines += [f"0.9{k},0.00{k}," + row for k, row in enumerate(ROWS, start=1)]
    table = read(tmp_path, "\n".join(lines)).table
    assert table.efficiency.tolist() == [0.91, 0.92, 0.93]
    assert table.statistical_error.tolist() == [0.001, 0.002, 0.003]


def test_edges_that_are_the_same_but_for_rounding_touch(tmp_path):
    text = GOOD.replace("0.7,7.5,17,90", "0.70000000000001,7.5,17,90")
    assert read(tmp_path, text).table.bin_of_cell.shape == (2, 2)


@pytest.mark.parametrize(
    ("found", "instead", "words"),
    [
        (ROWS[1], "", ["hole", "0.7 < p < 7.5 GeV, 17 < theta < 90 deg"]),
        (ROWS[0], "0.0,0.8,17,90,0.95,0.02", ["overlap", "bins 1 and 2"]),
        (ROWS[0], "0.0,0.6,17,90,0.95,0.02", ["hole", "0.6 < p < 0.7 GeV"]),
        (ROWS[0], "0.0,0.7,17,90,much,0.02", ["line 3", "factor", "found much"]),
        (ROWS[0], "0.0,0.7,17,90,nan,0.02", ["line 3", "factor", "found nan"]),
        (ROWS[0], "0.0,0.7,17,90,0.95", ["line 3", "found 5", "expected 6"]),
        (ROWS[0], "0.0,0.7,17,90,-0.95,0.02", ["bin 1", "factor", "found -0.95"]),
        (ROWS[0], "0.0,0.7,17,90,0.95,-0.02", ["bin 1", "error", "found -0.02"]),
        (ROWS[0], "0.7,0.0,17,90,0.95,0.02", ["bin 1", "p_max_gev", "above p_min_gev"]),
        (HEADER, HEADER.replace("_deg", "_rad"), ["theta_min_rad", "theta_min_deg"]),
        (HEADER, HEADER.replace("factor", "error"), ["column twice", "error"]),
        (HEADER, HEADER.replace(",error", ""), ["lacks a column", "error"]),
        ("\n".join(ROWS), "", ["empty"]),
    ],
)
def test_a_bad_table_is_one_clear_error(tmp_path, found, instead, words):
    message = refused(tmp_path, GOOD.replace(found, instead))
    for word in words:
        assert word in message, message


def test_angles_in_radians_are_noticed(tmp_path):
    text = f"{HEADER}\n0,7,0.3,2.6,0.9,0.01"
    assert "polar angles are in radians" in refused(tmp_path, text)


def test_a_factor_cannot_make_an_efficiency_above_one(tmp_path):
    text = "\n".join((HEADER + ",efficiency", "0,7,17,150,1.05,0.01,0.98"))
    assert "times the efficiency of at most 1" in refused(tmp_path, text)


def test_kinds_that_need_the_efficiency_name_the_file(tmp_path):
    message = refused(tmp_path, GOOD, kind="single_muon_trigger")
    assert "need the efficiency" in message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_correction(Correction(name="a", kind="tracking", path="none.csv"), tmp_path)
