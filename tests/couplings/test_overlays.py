"""Limits of other experiments from CSV (read by fourmu.io.overlays)."""

from __future__ import annotations

import pytest

from fourmu.config.couplings import Overlay
from fourmu.errors import InputError
from fourmu.io.overlays import read_overlay

OVERLAY = Overlay(path="other.csv", label="Other", confidence_level=0.95, model="zprime")


def test_columns_are_found_by_name(tmp_path):
    (tmp_path / "other.csv").write_text(
        "# a comment\ncoupling, name, mass_gev\n1e-3,a,0.5\n\n2e-3,b,1.5\n"
    )
    curve = read_overlay(OVERLAY, tmp_path)
    assert curve.label == "Other"
    assert curve.mass_gev.tolist() == [0.5, 1.5]
    assert curve.coupling.tolist() == [1e-3, 2e-3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("", "empty"),
        ("mass_gev,coupling\n", "no points"),
        ("mass_gev,g\n1,2\n", "lacks a column"),
        ("mass_gev,coupling\n1,0.1\n1,nan\n", "line 3"),
        ("mass_gev,coupling\n1,-0.1\n", "above zero"),
        ("mass_gev,coupling\n1\n", "found nothing"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path, text, said):
    if text is not None:
        (tmp_path / "other.csv").write_text(text)
    with pytest.raises(InputError, match=said) as raised:
        read_overlay(OVERLAY, tmp_path)
    assert "other.csv" in str(raised.value)
