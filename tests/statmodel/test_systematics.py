"""Table I."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from fourmu.config.statmodel import MassCurve, Systematics
from fourmu.statmodel import systematic_sizes, systematics_table, total_size

SCAN = [
    (mass, int(np.searchsorted([1.0, 3.75, 6.25, 8.25], mass, side="right")))
    for mass in np.linspace(0.212, 9.0, 500)
]


def test_every_range_is_that_of_table_one():
    # the paper rounds to 0.1 %
    for row in systematics_table(Systematics(), SCAN):
        assert row.smallest == pytest.approx(row.paper_smallest, abs=0.0005), row.source
        assert row.largest == pytest.approx(row.paper_largest, abs=0.0005), row.source


def test_total_is_smallest_where_the_mlp_is_best_and_largest_at_threshold():
    totals = [total_size(systematic_sizes(Systematics(), *point)) for point in SCAN]
    assert SCAN[int(np.argmin(totals))][1] == 2
    assert int(np.argmax(totals)) == 0
    assert 0.0945 < min(totals) < 0.0955
    assert 0.1285 < max(totals) < 0.1295


def test_total_is_the_quadratic_sum():
    assert total_size({"a": 0.03, "b": 0.04}) == pytest.approx(0.05)


def test_curve_is_constant_beyond_its_points_and_straight_between():
    curve = MassCurve(mass_gev=(1.0, 3.0), size=(0.02, 0.04))
    section = Systematics(trigger=curve)
    at = [systematic_sizes(section, mass, 1)["trigger"] for mass in (0.3, 1.0, 2.0, 3.0, 9.0)]
    assert at == pytest.approx([0.02, 0.02, 0.03, 0.04, 0.04])


@pytest.mark.parametrize(
    "curve",
    [
        {"mass_gev": (1.0, 1.0), "size": (0.1, 0.1)},
        {"mass_gev": (1.0,), "size": (0.1, 0.1)},
        {"mass_gev": (), "size": ()},
        {"mass_gev": (1.0,), "size": (float("nan"),)},
        {"mass_gev": (1.0,), "size": (1.0,)},
    ],
)
def test_a_curve_that_is_none_is_refused(curve):
    with pytest.raises(ValidationError):
        MassCurve(**curve)
