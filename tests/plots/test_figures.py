"""Every figure renders and shows what it was given."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text

from fourmu.couplings import OverlayCurve
from fourmu.plots import (
    coupling_scan,
    draw_coupling_limits,
    draw_cross_section_limits,
    draw_efficiency,
    draw_histogram,
    draw_multiplicity,
    draw_plane,
    draw_rejection,
    draw_resolution,
    draw_roc,
    draw_significance,
    draw_spectrum,
    draw_trigger_efficiency,
    draw_window_fit,
    draw_working_points,
    rendered,
)


@pytest.fixture
def look(request):
    """Render; ``FOURMU_FIGURES=folder pytest tests/plots`` keeps the pictures."""

    def keep(figure, name=None):
        png = rendered(figure, "png")
        assert png.startswith(b"\x89PNG")
        assert len(png) > 10_000
        if folder := os.environ.get("FOURMU_FIGURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / f"{name or request.node.name}.png").write_bytes(png)
        return figure

    return keep


def words(figure):
    """Every text of a figure."""
    return " | ".join(t.get_text() for t in figure.findobj(Text))


def test_spectrum(made_spectrum, look):
    figure = look(
        draw_spectrum(made_spectrum, kind="pseudo-data", luminosity_ifb=178.0, paper_ratio=0.76)
    )
    text = words(figure)
    assert "pseudo-data" in text
    assert "178" in text
    assert "Candidates / 50 MeV" in text
    points = figure.axes[0].containers[-1].lines[0]
    assert np.sum(points.get_ydata()) == np.sum(made_spectrum.observed)


def test_spectrum_without_anything_simulated_in_a_bin(made_spectrum, look):
    simulated = {name: counts.copy() for name, counts in made_spectrum.simulated.items()}
    for counts in simulated.values():
        counts[:3] = 0.0
    look(
        draw_spectrum(
            dataclasses.replace(made_spectrum, simulated=simulated),
            kind="pseudo-data",
            luminosity_ifb=178.0,
        )
    )


def test_plane(made_plane, look):
    figure = look(draw_plane(made_plane, signal_title="$Z'$, 3 GeV", background_title=r"$4\mu$"))
    assert "simulation" in words(figure)
    assert "GeV" in figure.axes[0].get_xlabel()


def test_histogram(made_histogram, look):
    figure = look(
        draw_histogram(made_histogram, signal_title="$Z'$, 3 GeV", background_title=r"$4\mu$")
    )
    assert figure.axes[0].get_xlim() == (0.0, 5.3)


def test_efficiency(made_curves, look):
    figure = look(draw_efficiency(made_curves))
    assert "Signal efficiency" in words(figure)
    assert figure.axes[0].get_ylim()[0] == 0.0


def test_trigger_efficiency(made_curves, look):
    curves = [
        dataclasses.replace(c, value=0.9 + 0.2 * c.value, smooth_value=None) for c in made_curves
    ]
    assert "Paper" in words(look(draw_trigger_efficiency(curves)))


def test_resolution_is_drawn_in_mev(made_curves, look):
    curve = dataclasses.replace(
        made_curves[0],
        value=0.01 * made_curves[0].value,
        smooth_value=0.01 * made_curves[0].smooth_value,
        error=None,
    )
    figure = look(draw_resolution([curve]))
    drawn = figure.axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(drawn, 1e3 * curve.value)
    assert "MeV" in words(figure)


def test_rejection(made_curves, look):
    curve = dataclasses.replace(
        made_curves[0], title="Four muons", value=20 * made_curves[0].value, smooth_value=None
    )
    look(draw_rejection([curve]))


def test_multiplicity(made_curves, look):
    signal = [
        dataclasses.replace(c, value=1.2 + 3 * c.value, smooth_value=None) for c in made_curves
    ]
    background = dataclasses.replace(
        made_curves[0], title="Four muons", value=1.5 + made_curves[0].value, smooth_value=None
    )
    look(draw_multiplicity(signal, background))


def test_roc(made_rocs, look):
    assert "area 0.900" in words(look(draw_roc(made_rocs)))


def test_working_points(made_working_points, look):
    look(draw_working_points(made_working_points))


def test_window_fit(made_fit, look):
    text = words(look(draw_window_fit(made_fit, kind="pseudo-data")))
    assert "3.4" in text
    assert "0.213" in text
    assert "w1234" in text


def test_window_fit_with_a_veto_and_at_a_boundary(made_fit, look):
    keep = np.r_[0:70, 90:120]
    arrays = {
        name: getattr(made_fit, name)[keep]
        for name in ("bin_low", "bin_high", "observed", "signal", "background", "background_only")
    }
    fit = dataclasses.replace(made_fit, **arrays, xsec_error_fb=float("nan"))
    figure = look(draw_window_fit(fit, kind="pseudo-data"))
    assert "boundary" in words(figure)


@pytest.mark.parametrize("name", ["zprime", "scalar"])
def test_cross_section_limits(made_scan, look, name):
    content = made_scan(name)
    figure = look(draw_cross_section_limits(content, kind="pseudo-data", luminosity_ifb=178.0))
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    assert "90% CL" in words(figure)
    (observed,) = [line for line in axes.lines if line.get_label().startswith("Observed")]
    inside = (content.mass_gev > 3.07) & (content.mass_gev < 3.12)
    # the J/psi veto is a hole in the line
    assert inside.any()
    assert np.isnan(observed.get_ydata()[inside]).all()


def test_blind_limits_have_no_observed_line(made_scan):
    content = made_scan()
    blind = dataclasses.replace(content, observed=np.full_like(content.observed, np.nan))
    figure = draw_cross_section_limits(blind, kind="pseudo-data", luminosity_ifb=178.0)
    assert "Observed" not in words(figure)


def test_significance_marks_the_largest(made_scan, look):
    content = made_scan()
    figure = look(draw_significance(content, kind="pseudo-data"))
    top = np.nanargmax(content.z_local)
    assert f"{content.mass_gev[top]:.3f} GeV" in words(figure)


@pytest.mark.parametrize("name", ["zprime", "scalar"])
def test_coupling_limits(made_coupling_figure, look, name):
    figure = look(
        draw_coupling_limits(**made_coupling_figure(name), kind="pseudo-data", luminosity_ifb=178.0)
    )
    text = words(figure)
    assert "(g-2)" in text
    assert ("Tridents" in text) == (name == "zprime")
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


def test_band_that_contains_zero_is_an_upper_edge(made_coupling_figure, look):
    overlay = OverlayCurve(
        label="Other",
        confidence_level=0.95,
        mass_gev=np.array([0.3, 3.0]),
        coupling=np.array([1e-3, 3e-3]),
    )
    figure = look(
        draw_coupling_limits(
            **made_coupling_figure("zprime", "2025"),
            kind="pseudo-data",
            luminosity_ifb=178.0,
            overlays=[overlay],
        )
    )
    assert "upper edge" in words(figure)
    assert "Other 95% CL" in words(figure)


def test_windows_that_are_not_narrow_are_hatched(made_limits):
    limits, _ = made_limits()
    wide = limits.mass_gev > 7.0
    status = tuple(
        "width_not_negligible" if flag else entry
        for flag, entry in zip(wide, limits.status, strict=True)
    )
    content = coupling_scan(dataclasses.replace(limits, status=status))
    assert len(content.wide) == 1
    (low, high), *_ = content.wide
    # half a step of 4 MeV beyond the first and last window
    assert low == pytest.approx(limits.mass_gev[wide][0] - 0.002)
    assert high == pytest.approx(limits.mass_gev[-1] + 0.002)
    figure = draw_coupling_limits(content, kind="pseudo-data", luminosity_ifb=178.0)
    assert any(patch.get_hatch() for patch in figure.axes[0].patches)


def test_pdf_is_the_same_every_time(made_fit):
    first, second = (rendered(draw_window_fit(made_fit, kind="pseudo-data"), "pdf") for _ in "ab")
    assert first.startswith(b"%PDF")
    assert first == second


def test_no_figure_calls_the_results_those_of_an_experiment(
    made_spectrum, made_scan, made_coupling_figure, made_fit
):
    figures = [
        draw_spectrum(made_spectrum, kind="pseudo-data", luminosity_ifb=178.0),
        draw_cross_section_limits(made_scan(), kind="pseudo-data", luminosity_ifb=178.0),
        draw_coupling_limits(**made_coupling_figure(), kind="pseudo-data", luminosity_ifb=178.0),
        draw_window_fit(made_fit, kind="pseudo-data"),
        draw_significance(made_scan(), kind="pseudo-data"),
    ]
    for figure in figures:
        assert "pseudo-data" in words(figure)
        assert "Belle" not in words(figure)


def test_settings_of_the_process_are_left_alone(made_fit):
    before = mpl.rcParams.copy()
    rendered(draw_window_fit(made_fit, kind="pseudo-data"), "png")
    assert mpl.rcParams.copy() == before


def test_no_window_system_and_no_open_figures_are_needed():
    code = (
        "import fourmu.plots.style as s\n"
        "with s.style():\n"
        "    f = s.new_figure(); f.subplots().plot([1, 2])\n"
        "s.rendered(f, 'png')\n"
        "import matplotlib.pyplot as p; print(p.get_fignums())\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "MPLBACKEND"}}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
