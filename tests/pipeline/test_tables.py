"""Tables are Markdown that any reader renders, and contents come back from them."""

import numpy as np
import pytest

from fourmu.pipeline.tables import Table, as_markdown, efficiency_table
from fourmu.templates.efficiency import EfficiencyCurve
from fourmu.templates.shape_curves import ShapeCurves
from fourmu.templates.signal_model import RangeModel, SignalModel
from fourmu.templates.smoothing import SmoothCurve


def parsed(text):
    """Titles, rows and notes of the Markdown tables in a text."""
    found = []
    for block in text.split("## ")[1:]:
        title, _, rest = block.partition("\n\n")
        body, _, note = rest.rstrip("\n").partition("\n\n")
        lines = body.splitlines()
        assert set(lines[1]) <= {"|", "-"}
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        found.append((title, cells[0], cells[2:], note.strip()))
    return found


def test_contents_come_back():
    tables = [
        Table(
            title="Efficiency",
            columns=("mass (GeV)", "ours"),
            rows=(("0.212", "0.5"), ("10", "a long cell ± 0.001")),
            note="Paper: more.",
        ),
        Table(title="Empty", columns=("a", "b"), rows=()),
    ]
    assert parsed(as_markdown(tables)) == [
        (table.title, list(table.columns), [list(row) for row in table.rows], table.note)
        for table in tables
    ]


def test_columns_are_aligned():
    table = Table(title="T", columns=("m", "x"), rows=(("1", "long cell"), ("22222", "y")))
    lines = as_markdown([table]).splitlines()[2:6]
    assert len({len(line) for line in lines}) == 1
    bars = [[place for place, letter in enumerate(line) if letter == "|"] for line in lines]
    assert all(places == bars[0] for places in bars)


def signal_model(left_out):
    """Efficiency 0.4 everywhere, with two measured masses."""
    two = np.array([1.0, 5.0])
    efficiency = EfficiencyCurve(
        mass_gev=two,
        efficiency=np.full(2, 0.4),
        error=np.full(2, 0.01),
        curve=SmoothCurve(
            low=0.0,
            high=10.0,
            coefficients=np.array([0.4]),
            covariance=np.array([[1e-4]]),
            chi2_per_dof=1.0,
        ),
        left_out=np.array(left_out),
    )
    shape = ShapeCurves(
        curves={},
        covariance=np.empty((0, 0)),
        mass_gev=two,
        n_candidates=np.full(2, 100.0),
        chi2_per_dof=np.ones(2),
        valid=True,
    )
    part = RangeModel(
        mlp_range=0,
        low_gev=0.21,
        high_gev=10.0,
        shape=shape,
        efficiency=efficiency,
        efficiency_no_isr=None,
    )
    return SignalModel(model="zprime", ranges=(part,))


@pytest.mark.parametrize(
    ("left_out", "said"),
    [([np.nan, np.nan], "not measured"), ([0.01, np.nan], "1.0%"), ([0.01, -0.034], "3.4%")],
)
def test_the_largest_deviation_of_the_interpolation_ignores_what_was_not_measured(left_out, said):
    table = efficiency_table({"zprime": signal_model(left_out)}, (0.5, 5.0))
    assert f"largest deviation {said} " in table.note
    assert [row[:2] for row in table.rows] == [("0.5", "0.400"), ("5", "0.400")]
