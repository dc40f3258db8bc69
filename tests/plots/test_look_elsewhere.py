"""Figures of global significances show what they were given."""

import numpy as np
import pytest

from fourmu.inference import ScanBins, look_elsewhere
from fourmu.pipeline.look_elsewhere_figures import look_elsewhere_figures
from fourmu.pipeline.look_elsewhere_table import look_elsewhere_table
from fourmu.plots import rendered


def made(observed_largest, scans=200):
    n = 60
    centre = 1.0 + 0.01 * np.arange(n)
    bins = ScanBins(
        start=np.arange(n + 1),
        low=centre,
        high=centre + 0.01,
        centre=centre,
        sigma=np.full(n, 0.01),
        mass_gev=centre,
        mlp_range=np.arange(n) // 30,
    )
    rng = np.random.default_rng(2)
    z = np.maximum(rng.standard_normal((scans, n)), 0.0).astype(np.float32)
    observed = np.maximum(rng.standard_normal(n), 0.0)
    observed[40] = observed_largest
    return look_elsewhere([f"zprime/w{i:04d}.json" for i in range(n)], bins, observed, z)


def texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_largest_excess_is_shown_in_the_full_scan_and_in_its_range():
    figures = look_elsewhere_figures("zprime", made(3.1), kind="pseudo-data")
    assert set(figures) == {"global_significance_zprime", "largest_significance_zprime"}
    full, near = figures["largest_significance_zprime"].axes
    assert "200 pseudo-scans, full" in texts(full)
    assert "200 pseudo-scans, range 1" in texts(near)
    assert any(text.startswith("observed 3.10: p = 0.") for text in texts(full))
    assert full.lines[-1].get_xdata()[0] == pytest.approx(3.1)
    assert sum(bar.get_height() for bar in full.patches) == 200


def test_a_p_value_that_is_only_bounded_is_shown_as_a_bound():
    figures = look_elsewhere_figures("zprime", made(6.0), kind="pseudo-data")
    full, _ = figures["largest_significance_zprime"].axes
    assert any("p = < 0.015" in text for text in texts(full))


def test_global_levels_rise_and_are_dashed_where_scans_are_too_few():
    figure = look_elsewhere_figures("zprime", made(3.1), kind="pseudo-data")[
        "global_significance_zprime"
    ]
    levels = [line for line in figure.axes[0].lines if len(set(line.get_ydata())) == 1]
    heights = [line.get_ydata()[0] for line in levels]
    assert heights == sorted(heights)
    # of 200 scans 4.6 are beyond 2 sigma, fewer than the ten that are asked for
    assert [line.get_linestyle() for line in levels] == ["-", "-", "--", "--", "--"]
    np.testing.assert_allclose(figure.axes[1].get_yticks(), heights)


def test_the_figures_render():
    for figure in look_elsewhere_figures("scalar", made(3.1), kind="pseudo-data").values():
        assert rendered(figure, "png").startswith(b"\x89PNG")


def test_the_table_labels_limits_and_extrapolations():
    rows = look_elsewhere_table({"zprime": made(3.1), "scalar": made(6.0)}).rows
    assert rows[0][:3] == ("zprime", "3.10 at 1.400 GeV", "full")
    assert rows[1][2] == "range 1"
    assert "±" in rows[0][3]
    scalar = next(row for row in rows if row[0] == "scalar")
    assert scalar[3] == "< 0.015"
    assert scalar[4].startswith("> ")
    assert "extrapolated" in scalar[5]
