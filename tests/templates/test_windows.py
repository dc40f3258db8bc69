"""The grid of hypotheses and its bins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.config.templates import Templates
from fourmu.errors import DomainError
from fourmu.physics.kinematics import reduced_mass
from fourmu.templates import build_windows

EDGES = (0.21, 1.00, 3.75, 6.25, 8.25, 10.00)


def sigma(mass):
    """The paper's resolution (Sec. V), by straight lines."""
    return np.interp(mass, [0.2, 1.0, 5.0, 9.0], [0.002, 0.0025, 0.005, 0.0025])


@pytest.fixture(scope="module")
def windows():
    return build_windows(sigma, EDGES, Templates())


def test_each_step_is_one_sigma_of_the_hypothesis_it_leaves(windows):
    position = np.array([w.reduced_mass_gev for w in windows])
    width = np.array([w.sigma_gev for w in windows])
    np.testing.assert_allclose(np.diff(position), width[:-1], rtol=1e-9)
    np.testing.assert_allclose(width, sigma(np.array([w.mass_gev for w in windows])), rtol=1e-12)
    assert windows[0].mass_gev == pytest.approx(0.212, abs=1e-9)
    assert 9.0 - 0.0026 < windows[-1].mass_gev <= 9.0


def test_the_number_of_hypotheses_is_the_integral_of_one_over_sigma(windows):
    mass = np.linspace(0.212, 9.0, 100_001)
    steps = np.diff(reduced_mass(mass)) / sigma(0.5 * (mass[1:] + mass[:-1]))
    # a step starts at the width of its lower end: first-order in the slope of sigma
    assert len(windows) == pytest.approx(steps.sum() + 1, abs=3)


def test_bins_are_half_a_sigma_and_fill_the_window(windows):
    for window in windows[60:200:7]:
        np.testing.assert_allclose(
            window.bin_high - window.bin_low, 0.5 * window.sigma_gev, rtol=1e-6
        )
        assert window.n_bins == 120
        assert window.bin_high[-1] - window.bin_low[0] == pytest.approx(60 * window.sigma_gev)
        np.testing.assert_array_equal(window.bin_low[1:], window.bin_high[:-1])


def test_windows_at_threshold_start_at_zero_with_no_sliver(windows):
    cut = [w for w in windows if w.reduced_mass_gev < 30 * w.sigma_gev]
    assert len(cut) == pytest.approx((0.06 - 0.017) / 0.002, abs=2)
    for window in cut:
        assert window.bin_low[0] == 0.0
        assert window.bin_high[0] > 0.24 * window.sigma_gev
        assert window.bin_high[0] < 0.751 * window.sigma_gev
        high = window.reduced_mass_gev + 30 * window.sigma_gev
        assert window.bin_high[-1] == pytest.approx(high)


def test_vetoes_drop_hypotheses_and_bins_but_change_no_name(windows):
    free = build_windows(sigma, EDGES, Templates(veto_gev=()))
    assert [w.name for w in free] == [w.name for w in windows]
    assert [w.mass_gev for w in free] == [w.mass_gev for w in windows]
    low, high = reduced_mass(3.07), reduced_mass(3.12)
    for window, whole in zip(windows, free, strict=True):
        assert window.vetoed == (3.07 <= window.mass_gev <= 3.12)
        overlap = (whole.bin_high > low) & (whole.bin_low < high)
        np.testing.assert_array_equal(window.bin_low, whole.bin_low[~overlap])
    assert not any(w.vetoed for w in free)
    assert sum(w.vetoed for w in windows) == pytest.approx(0.05 / sigma(3.1), abs=1)


def test_the_mlp_range_is_that_of_the_central_mass(windows):
    for window in windows:
        assert EDGES[window.mlp_range] <= window.mass_gev < EDGES[window.mlp_range + 1]


@settings(max_examples=25, deadline=None)
@given(
    width=st.floats(0.002, 0.02),
    slope=st.floats(-0.4, 0.4),
    bins=st.sampled_from([60, 120, 180]),
    window_sigmas=st.sampled_from([30.0, 60.0]),
)
def test_properties_hold_for_any_resolution(width, slope, bins, window_sigmas):
    config = Templates(
        bins=bins, window_sigmas=window_sigmas, mass_range_gev=(0.212, 4.0), veto_gev=()
    )
    windows = build_windows(lambda m: width * (1.0 + slope * np.sin(m)), EDGES, config)
    for window in windows:
        assert np.all(window.bin_low >= 0.0)
        assert np.all(window.bin_high > window.bin_low)
        np.testing.assert_array_equal(window.bin_low[1:], window.bin_high[:-1])
        assert window.bin_low[0] <= window.reduced_mass_gev < window.bin_high[-1]
    names = [w.name for w in windows]
    assert names == sorted(names)
    assert names[0] == "w0000"


def test_a_resolution_that_is_not_positive_is_refused():
    with pytest.raises(DomainError, match="positive"):
        build_windows(lambda m: 0.0 * m, EDGES, Templates())


def test_a_scan_beyond_the_networks_is_refused():
    with pytest.raises(DomainError, match="MLP ranges"):
        build_windows(sigma, EDGES[:3], Templates())
