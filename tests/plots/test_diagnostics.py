"""Figures of diagnostics show what they were given."""

import numpy as np
import pytest
from matplotlib.text import Text

from fourmu.inference.diagnostics import diagnostics
from fourmu.plots import rendered
from fourmu.plots.diagnostics import draw_overview, draw_p_values, draw_ranking, overview, ranking
from fourmu.plots.studies import (
    BackgroundFit,
    Linearity,
    MassCurve,
    WidthScan,
    draw_against_mass,
    draw_background_fits,
    draw_linearity,
    draw_widths,
)
from fourmu.statmodel import batch_of, example_workspace


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(2)
    specs = [example_workspace(rng, bins=30, injected=0.5, shape=i == 1) for i in range(3)]
    specs[2]["observations"][0]["data"][0] = -1.0
    return diagnostics(batch_of((f"w{i}.json", spec) for i, spec in enumerate(specs)), threads=1)


def words(figure):
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def test_a_ranking_is_ordered_by_impact_and_knows_its_window(found):
    content = ranking(found, 1)
    size = np.abs(content.postfit).max(axis=1)
    assert (np.diff(size) <= 0.0).all()
    assert "mass_resolution" in content.names  # the second window alone has it
    assert "mass_resolution" not in ranking(found, 0).names
    assert content.pull_error.max() <= 1.0 + 1e-6  # data cannot loosen a constraint
    figure = draw_ranking(content)
    assert "w1" in words(figure)
    assert "mass resolution" in words(figure)
    assert rendered(figure, "png").startswith(b"\x89PNG")
    assert len(ranking(found, 1, at_most=2).names) == 2


def test_an_overview_has_all_sources_and_all_together_last(found):
    content = overview(found)
    assert set(content.names[:-1]) == set(found.on_limits.sources)
    assert content.names[-1] == "all together"
    np.testing.assert_array_equal(content.limit_impact[-1], found.on_limits.expected_all)
    assert "2 windows" in words(draw_overview(content, kind="simulation"))


def test_a_window_without_sources_can_be_drawn():
    spec = example_workspace(np.random.default_rng(2), bins=20, shape=False)
    signal = spec["channels"][0]["samples"][0]
    signal["modifiers"] = signal["modifiers"][:1]
    bare = diagnostics(batch_of([("bare", spec)]), threads=1)
    assert ranking(bare, 0).names == ()
    draw_ranking(ranking(bare, 0))
    draw_overview(overview(bare))


def test_p_values_are_counted_relative_to_uniform_ones():
    p_values = np.append((np.arange(40) + 0.5) / 40.0, np.nan)
    figure = draw_p_values({"even": p_values}, kind="pseudo-data", title="t", bins=10)
    assert "even, 40 windows" in words(figure)
    points = figure.axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(points, 1.0)


def test_figures_of_studies_render():
    mass = np.linspace(0.3, 9.0, 50)
    curve = MassCurve(title="a", mass_gev=mass, value=np.sin(mass))
    points = MassCurve(title="b", mass_gev=mass, value=np.cos(mass), points=True)
    edges = np.linspace(0.5, 0.7, 21)
    scan = WidthScan(
        title="w", width_sigmas=mass[:3], limit=np.array([1.1, 1.0, 0.9]), bias=np.zeros(3)
    )
    lines = Linearity(
        title="l",
        injected=np.arange(3.0),
        fitted=np.arange(3.0),
        fitted_error=np.full(3, 0.1),
        pull_mean=np.zeros(3),
        pull_width=np.ones(3),
        count=np.full(3, 100.0),
    )
    figures = (
        draw_against_mass(
            [curve, points],
            ylabel="y",
            kind="simulation",
            band=True,
            spans=((-0.1, 0.1, "span"),),
            borders_gev=(1.0, 3.75),
        ),
        draw_background_fits(
            edges[:-1],
            edges[1:],
            np.full(20, 9.0),
            [BackgroundFit(title="flat", expected=np.full(20, 9.0))],
            kind="simulation",
        ),
        draw_widths([scan], used_sigmas=60.0),
        draw_linearity([lines]),
    )
    for figure in figures:
        assert len(rendered(figure, "png")) > 10_000
