"""Amplitudes and totals against MadGraph5_aMC@NLO (sources in tests/reference)."""

import json
from pathlib import Path

import numpy as np
import pytest

from fourmu.generator import cross_section
from fourmu.generator.reference_points import evaluate_points

REFERENCE = Path(__file__).parents[1] / "reference"
POINTS = json.loads((REFERENCE / "matrix_elements.json").read_text())
TOTALS = json.loads((REFERENCE / "cross_sections.json").read_text())["cases"]


@pytest.mark.parametrize("name", POINTS["results"])
def test_matrix_elements(name):
    table = {**POINTS, "results": {name: POINTS["results"][name]}}
    values, unknown = evaluate_points(table)
    expected = [point["me2"] for point in POINTS["results"][name]["points"]]
    assert not unknown
    # rounding grows with the cancellation in peaks, 1e-12 there
    np.testing.assert_allclose(values[name], expected, rtol=1e-11)


@pytest.mark.parametrize("part", ["conversion", "annihilation"])
def test_classes_of_four_muon_diagrams(part):
    values, unknown = evaluate_points(POINTS, part=part)
    assert set(values) == {"4mu_flat", "4mu_peaked"}
    assert not unknown
    for name, row in values.items():
        expected = [point[f"me2_{part}_nosym"] for point in POINTS["results"][name]["points"]]
        np.testing.assert_allclose(row, expected, rtol=1e-11)


@pytest.mark.parametrize(
    "case", TOTALS, ids=lambda case: f"{case['process']}-{case.get('mass_gev')}"
)
def test_total_cross_sections(case):
    ours = cross_section(case["process"], case.get("mass_gev"), rel_error=0.001)
    assert ours.error_fb <= 0.001 * ours.xsec_fb
    # 3 combined standard deviations
    assert abs(ours.xsec_fb - case["xsec_fb"]) < 3 * np.hypot(ours.error_fb, case["error_fb"])
