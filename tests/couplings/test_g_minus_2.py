"""(g-2) bands, excluded intervals, tridents and the running coupling."""

from __future__ import annotations

import numpy as np
import pytest

from fourmu.couplings import (
    delta_alpha,
    excluded_intervals,
    g_minus_2_band,
    gaps,
    running_alpha_factor,
    trident_coupling,
)
from fourmu.couplings.running_alpha import delta_alpha_hadrons, delta_alpha_leptons
from fourmu.errors import DomainError
from fourmu.physics.constants import ALPHA, MUON_MASS_GEV
from fourmu.physics.models import SCALAR, ZPRIME, Couplings, model_from_couplings

MASS = np.geomspace(0.212, 9.0, 50)


@pytest.mark.parametrize(
    ("model", "mass_gev", "lower_edge"),
    [(ZPRIME, 0.8, 3.4e-3), (ZPRIME, 4.9, 2.0e-2), (SCALAR, 2.9, 4.1e-3), (SCALAR, 3.5, 4.8e-3)],
)
def test_lower_edge_where_the_paper_ends_its_exclusions(model, mass_gev, lower_edge):
    # PHYSICS.md 12, two digits
    band = g_minus_2_band(model, np.array([mass_gev]))
    assert band.coupling_low[0] == pytest.approx(lower_edge, rel=0.02)


@pytest.mark.parametrize("model", [ZPRIME, SCALAR])
def test_edges_give_back_the_measurement(model):
    band = g_minus_2_band(model, MASS, measurement="2021", n_sigma=1.0)
    for edge, value in ((band.coupling_low, 192e-11), (band.coupling_high, 310e-11)):
        moved = [model.delta_a_mu(m, g) for m, g in zip(MASS, edge, strict=True)]
        np.testing.assert_allclose(moved, value, rtol=1e-10)


def test_heavy_zprime_follows_its_limit():
    band = g_minus_2_band(ZPRIME, np.array([100.0]))
    expected = np.sqrt(153e-11 * 12 * np.pi**2) * 100.0 / MUON_MASS_GEV
    # corrections are of order (m_mu/m)^2 ln
    assert band.coupling_low[0] == pytest.approx(expected, rel=1e-4)


def test_new_measurement_has_an_upper_edge_only():
    band = g_minus_2_band(ZPRIME, MASS, measurement="2025")
    assert np.all(band.coupling_low == 0.0)
    assert np.all(band.coupling_high > 0.0)
    assert "upper edge" in band.message
    assert excluded_intervals(band, np.zeros_like(MASS), np.full_like(MASS, 0.1)) == []


@pytest.mark.parametrize("couplings", [Couplings(axial=1.0), Couplings(pseudoscalar=1.0)])
def test_couplings_of_the_wrong_sign_have_no_band(couplings):
    band = g_minus_2_band(model_from_couplings(couplings), MASS)
    assert np.isnan(band.coupling_low).all()
    assert "no band" in band.message


def test_unknown_measurement_is_refused():
    with pytest.raises(DomainError, match="2031"):
        g_minus_2_band(ZPRIME, MASS, measurement="2031")


def test_intervals_end_where_the_limit_crosses_and_at_a_veto():
    mass = np.concatenate([np.arange(1.0, 3.07, 0.01), np.arange(3.13, 5.0, 0.01)])
    band = g_minus_2_band(ZPRIME, mass)
    limit = np.where((mass > 2.0) & (mass < 4.0), 0.5, 2.0) * band.coupling_low
    limit[50] = np.nan
    intervals = excluded_intervals(band, limit, np.full_like(mass, 0.01))
    np.testing.assert_allclose(intervals, [(2.01, 3.06), (3.13, 3.99)], atol=1e-9 + 0.0100001)
    assert len(intervals) == 2


def scanned(step):
    """Masses and resolutions of a scan in steps of M_R, with and without the J/psi veto."""
    reduced, sigma = [0.01], []
    while reduced[-1] < 8.99:
        sigma.append(0.002 + 0.0005 * reduced[-1])
        reduced.append(reduced[-1] + step * sigma[-1])
    mass = np.hypot(reduced[:-1], 2.0 * MUON_MASS_GEV)
    tested = (mass < 3.07) | (mass > 3.12)
    return mass, np.array(sigma), tested


@pytest.mark.parametrize("step", [0.5, 1.0, 3.0, 12.0])
def test_only_the_veto_is_a_gap_whatever_the_step(step):
    mass, sigma, tested = scanned(step)
    assert len(gaps(mass, sigma)) == 0
    kept = mass[tested]
    assert len(kept) < len(mass)
    assert kept[gaps(kept, sigma[tested])].tolist() == [kept[kept > 3.1][0]]
    band = g_minus_2_band(ZPRIME, kept)
    intervals = excluded_intervals(band, 0.5 * band.coupling_low, sigma[tested])
    assert intervals == [(kept[0], kept[kept < 3.1][-1]), (kept[kept > 3.1][0], kept[-1])]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_windows_have_no_gap(count):
    assert len(gaps(np.linspace(1.0, 2.0, count), np.full(count, 0.01))) == 0


def test_one_excluded_window_is_an_interval():
    band = g_minus_2_band(ZPRIME, np.array([1.0, 1.01]))
    limit = band.coupling_low * np.array([2.0, 0.5])
    assert excluded_intervals(band, limit, np.full(2, 0.01)) == [(1.01, 1.01)]


def test_trident_curve_has_its_two_ends():
    # light: constant; heavy: g' / m = 1.63e-3 per GeV sqrt(1 + m0/m), PHYSICS.md 1
    light, heavy = trident_coupling(np.array([0.013, 12.0]))
    assert light == pytest.approx(8.454e-4, rel=0.04)
    assert heavy == pytest.approx(1.6265e-3 * 12.0 * np.sqrt(1 + 1.9667 / 12.0), rel=1e-3)
    assert np.all(np.diff(trident_coupling(MASS)) > 0.0)
    with pytest.raises(DomainError):
        trident_coupling(np.array([0.01]))


def test_leptons_at_the_z_mass():
    # Steinhauser, Phys. Lett. B 429, 158 (1998), one loop: 314.19e-4
    assert delta_alpha_leptons(91.187) == pytest.approx(314.19e-4, rel=2e-4)


def test_alpha_at_the_z_mass():
    # Burkhardt and Pietrzyk (2001): hadrons 0.02761(36), 1/alpha 128.936(46); no top here
    assert delta_alpha_hadrons(91.1876) == pytest.approx(0.02761, abs=0.00036)
    assert (1.0 - delta_alpha(91.1876)) / ALPHA == pytest.approx(128.936, abs=0.046)


def test_leptons_decouple_at_low_scales():
    assert delta_alpha_leptons(1e-5) == pytest.approx(0.0, abs=1e-6)


def test_running_raises_cross_sections_at_the_upsilon():
    # 2 (0.0213 of leptons + 0.0150 of hadrons) and the second order
    assert running_alpha_factor(10.58) == pytest.approx(1.077, abs=0.002)


@pytest.mark.parametrize("scale_gev", [0.0, -1.0, 200.0])
def test_scale_outside_the_parametrisation_is_refused(scale_gev):
    with pytest.raises(DomainError):
        delta_alpha_hadrons(scale_gev)
