"""Working points maximise the figure of merit."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from fourmu.classifiers import (
    MlpRange,
    ScoredSpectrum,
    WorkingPoint,
    optimise_working_point,
    passes,
    punzi,
)
from fourmu.config.classifiers import Classifiers
from fourmu.errors import DomainError

RANGE = MlpRange(index=0, low_gev=1.0, high_gev=3.0, interval_low_gev=0.9, interval_high_gev=3.1)


def sigma(mass):
    return np.full_like(mass, 0.004)


@given(efficiency=st.floats(0.01, 1.0), background=st.floats(0.0, 1e4), more=st.floats(1e-3, 1e3))
def test_more_background_is_worse_and_more_signal_better(efficiency, background, more):
    value = punzi(efficiency, background, 1.2816)
    assert punzi(efficiency, background + more, 1.2816) < value
    assert punzi(0.5 * efficiency, background, 1.2816) == pytest.approx(0.5 * value)


def spectra(rng, per_window, masses, n=40_000):
    """Score u of signal with density 2u and of background 2(1-u): both efficiencies known."""
    signal = {
        mass: ScoredSpectrum(
            mass_gev=np.full(n, mass),
            score=np.sqrt(rng.random(n)).astype(np.float32),
            weight=np.ones(n),
        )
        for mass in masses
    }
    m = 400_000
    background = ScoredSpectrum(
        mass_gev=rng.uniform(0.9, 3.1, m),
        score=(1.0 - np.sqrt(rng.random(m))).astype(np.float32),
        # 4 sigma of 4 MeV in a spectrum of 2.2 GeV, flat in mass
        weight=np.full(m, per_window * 2.2 / (0.016 * m)),
    )
    return signal, background


@pytest.mark.parametrize("per_window", [3.0, 60.0, 1500.0])
def test_the_cut_of_an_analytic_case_is_found(per_window):
    rng = np.random.default_rng(1)
    masses = np.arange(1.0, 3.01, 0.25)
    config = Classifiers(background_count_sigmas=60.0)
    point = optimise_working_point(RANGE, *spectra(rng, per_window, masses), sigma, config)
    a = config.punzi_sigmas

    def merit(cut):
        return (1 - cut**2) / (0.5 * a + np.sqrt(per_window) * (1 - cut))

    best = minimize_scalar(lambda cut: -merit(cut), bounds=(0, 1), method="bounded")
    # half the counting error of what passes among at least 36,000 (+-0.1 GeV), three times,
    # and 1 % because dM = M_R / M dM_R
    left = 36_000 * point.background / point.background_before
    tolerance = 0.01 + 1.5 / np.sqrt(left)
    assert np.all(np.abs(point.figure_of_merit / -best.fun - 1.0) < tolerance)
    # 0.2 % plateau, and second order in the counting error, which is up to 10 % here
    np.testing.assert_allclose(merit(point.cut), -best.fun, rtol=0.01)
    np.testing.assert_allclose(point.efficiency, 1 - point.cut**2, atol=0.01)
    np.testing.assert_allclose(point.background_before, per_window, rtol=0.05)
    assert np.all(point.background < point.background_before)


def test_cuts_are_interpolated_and_constant_beyond():
    point = WorkingPoint(
        mlp_range=0,
        mass_gev=np.array([1.0, 2.0]),
        cut=np.array([0.5, 0.9]),
        cut_raw=np.array([0.5, 0.9]),
        efficiency=np.ones(2),
        background=np.ones(2),
        background_before=np.ones(2),
        figure_of_merit=np.ones(2),
    )
    np.testing.assert_allclose(
        point.threshold(np.array([0.1, 1.0, 1.25, 9.0])), [0.5, 0.5, 0.6, 0.9]
    )
    again = WorkingPoint.from_dict(json.loads(json.dumps(point.to_dict())))
    np.testing.assert_array_equal(again.cut, point.cut)
    scores = np.array([[0.55], [0.55], [np.nan], [0.55]], dtype=np.float32)
    mass = np.array([1.0, 2.0, 1.0, np.nan])
    np.testing.assert_array_equal(passes([point], scores, mass)[:, 0], [True, False, False, False])


def test_a_range_without_signal_is_refused():
    rng = np.random.default_rng(2)
    signal, background = spectra(rng, 10.0, [5.0], n=1000)
    with pytest.raises(DomainError, match="no signal mass"):
        optimise_working_point(RANGE, signal, background, sigma, Classifiers())
