"""Figures of the coverage study."""

import numpy as np

from fourmu.plots import CoverageCurve, ToyRatios, draw_coverage, draw_toy_ratios


def test_coverages_are_drawn_with_their_expectation():
    curve = CoverageCurve(
        title="3 events per bin",
        deviations=np.array([1.0, 3.0]),
        cls=np.array([1.0, 0.9]),
        p_sb=np.array([0.9, 0.9]),
        asymptotic=np.array([0.99, 0.89]),
        experiments=100,
    )
    strengths = np.linspace(0.1, 5.0, 5)
    figure = draw_coverage([curve], expected=(strengths, np.full(5, 0.9)), level=0.9)
    first, second, third = figure.axes
    assert first.get_ylim() == third.get_ylim()
    assert [len(axes.containers) for axes in figure.axes] == [1, 1, 1]
    assert third.get_xlabel().startswith("True signal")
    labels = [text.get_text() for text in first.get_legend().get_texts()]
    assert labels == ["Gaussian best fit", "3 events per bin"]
    assert second.texts[0].get_text() == "CLs, asymptotic"


def test_ratios_are_drawn_against_the_outcome():
    sample = ToyRatios(
        title="0.3 events per bin",
        outcome=np.array([0.5, 2.0]),
        ratio=np.array([1.1, 1.0]),
        error=np.array([0.01, 0.02]),
    )
    (axes,) = draw_toy_ratios([sample]).axes
    assert axes.get_ylabel() == "Limit by toys / asymptotic limit"
    np.testing.assert_array_equal(axes.containers[0].lines[0].get_xdata(), sample.outcome)
