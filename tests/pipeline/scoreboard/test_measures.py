"""Measures give what hand-made products hold, and say why they cannot."""

import json

import numpy as np
import pytest

from fourmu.config import Analysis
from fourmu.pipeline.layout import Layout
from fourmu.pipeline.scoreboard import Entry, Run, measure_group
from fourmu.pipeline.scoreboard.processes import plain_title


def result(mass, limit, coupling, status="ok"):
    """A row of results with the fields that the scoreboard reads."""
    return {
        "mass_gev": mass,
        "sigma_gev": 0.5,
        "xsec_limit_fb": limit,
        "xsec_limit_expected_fb": [limit / 2, limit / 1.5, 1.1 * limit, 2 * limit, 3 * limit],
        "xsec_limit_expected_pseudo_fb": None,
        "coupling_limit": coupling,
        "coupling_limit_expected": [coupling] * 5,
        "status": status,
    }


@pytest.fixture
def products(tmp_path):
    """Results of one model in a folder of their own."""

    def make(rows, **settings) -> Run:
        analysis = Analysis(source=tmp_path / "analysis.yaml", models=("zprime",), **settings)
        layout = Layout.of(analysis)
        folder = layout.folder("results")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "zprime.json").write_text(json.dumps({"results": rows}))
        return Run(analysis=analysis, layout=layout, limits_folder=layout.folder("limits"))

    return make


def measured(run, group) -> dict[str, Entry]:
    return {entry.id.partition(".")[2]: entry for entry in measure_group(run, group)}


ROWS = [
    result(1.0, 0.2, 0.004),
    result(2.0, 0.05, 0.002),
    result(5.0, 0.9, 0.03),
    result(8.0, 0.4, 0.1, "width_not_negligible"),
]


def test_ranges_of_limits_are_those_of_the_rows(products):
    found = measured(products(ROWS), "limit")
    assert found["observed_zprime"].found.values == (0.05, 0.9)
    assert found["observed_zprime"].verdict == "close"  # 0.9 instead of 0.97: within 10 %
    assert found["expected_zprime"].found.values == pytest.approx((0.055, 0.99))


def test_coupling_ranges_leave_out_high_masses_and_wide_particles(products):
    found = measured(products(ROWS), "coupling")
    assert found["range_zprime"].found.values == (0.002, 0.03)
    assert found["width_not_negligible"].found.values == (8.0,)
    assert found["limit_zprime_4.9"].found.values == (0.03,)  # the nearest mass


def test_the_g_minus_2_band_is_excluded_where_the_limit_is_below_it(products):
    # lower edge of the band: 3.4e-3 at 0.8 GeV and about proportional to the mass, notes 12
    masses = np.linspace(0.5, 6.0, 12)
    rows = [result(float(m), 0.1, 0.001 if 1.9 < m < 4.1 else 1.0) for m in masses]
    found = measured(products(rows), "coupling")["g_minus_2_zprime"]
    assert found.found.values == pytest.approx((2.0, 4.0))
    nowhere = measured(products([result(float(m), 0.1, 1.0) for m in masses]), "coupling")
    assert nowhere["g_minus_2_zprime"].verdict == "differs"
    assert nowhere["g_minus_2_zprime"].ours.startswith("no: none")


def test_formulas_agree_with_the_notes(products):
    found = measured(products(ROWS), "coupling")
    formulas = [e for name, e in found.items() if name.startswith(("band_edge", "branching"))]
    assert len(formulas) == 10
    assert {entry.verdict for entry in formulas} == {"agrees"}


def test_models_that_are_not_searched_for_are_said_so(products):
    found = measured(products(ROWS), "coupling")["range_scalar"]
    assert (found.verdict, found.message) == (
        "not measured",
        "the analysis does not search for 'scalar'",
    )


def test_while_blind_the_data_have_no_numbers(products):
    run = products(ROWS, blind=True)
    for group, names in (
        ("limit", ("observed_zprime",)),
        ("coupling", ("range_zprime", "g_minus_2_zprime", "limit_zprime_0.8")),
        ("significance", ("largest", "global", "above_three")),
        ("data", ("ratio_before", "above_one_after", "area_jpsi", "resonances_visible")),
    ):
        found = measured(run, group)
        for name in names:
            assert found[name].verdict == "not measured", name
            assert found[name].found is None
    assert measured(run, "limit")["expected_zprime"].verdict == "no number"


def test_missing_products_are_no_paths_of_this_machine(products, tmp_path):
    for entry in measured(products(ROWS), "measured").values():
        assert str(tmp_path) not in entry.message


def test_the_detector_is_measured_as_it_is_configured(products):
    report = Analysis().report.model_copy(update={"single_particles": 40_000})
    detector = Analysis().detector.model_copy(update={"resolution_scale": 2.0})
    worse = measured(products(ROWS, report=report, detector=detector), "response")
    nominal = measured(products(ROWS, report=report), "response")
    assert {e.verdict for e in nominal.values()} <= {"agrees", "close", "no number"}
    for name in ("pt_slope", "pt_constant"):
        ratio = worse[name].found.values[0] / nominal[name].found.values[0]
        error = ratio * worse[name].found.errors[0] / worse[name].found.values[0]
        assert ratio == pytest.approx(2.0, abs=5.0 * error)  # two errors, of similar size each
        assert worse[name].verdict == "differs"


def test_equal_seeds_give_equal_rows(products):
    report = Analysis().report.model_copy(update={"single_particles": 5_000})
    first, again = (measure_group(products(ROWS, report=report), "response") for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (r"$e^+e^-\to\mu^+\mu^-\tau^+\tau^-$", "e⁺e⁻ → μ⁺μ⁻τ⁺τ⁻"),
        (r"$J/\psi\,\pi^+\pi^-$", "J/ψ π⁺π⁻"),
        (r"$e^+e^-\to q\bar q$", "e⁺e⁻ → qq̄"),
    ],
)
def test_titles_of_processes_are_text(title, text):
    assert plain_title(title) == text
