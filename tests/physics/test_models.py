"""Widths, branching fractions and (g-2) of the models."""

import numpy as np
import pytest

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.models import (
    MODELS,
    SCALAR,
    ZPRIME,
    Couplings,
    model_by_name,
    model_from_couplings,
)


@pytest.mark.parametrize(
    ("mass", "fraction"),
    [(0.212, 0.107), (0.3, 0.470), (1.0, 0.500), (3.6, 0.447), (5.0, 0.347), (8.0, 0.335)],
)
def test_branching_fraction_of_the_zprime(mass, fraction):
    # PHYSICS 1, three digits
    assert ZPRIME.branching_fraction_mumu(mass) == pytest.approx(fraction, abs=5.1e-4)


def test_scalar_decays_to_photons_near_threshold():
    assert 1 - SCALAR.branching_fraction_mumu(0.212) == pytest.approx(0.005, abs=6e-4)
    assert 1 - SCALAR.branching_fraction_mumu(0.25) < 1e-4


def test_widths_scale_with_the_coupling_squared():
    mass = np.array([0.3, 4.0, 9.0])
    for model in MODELS.values():
        np.testing.assert_allclose(
            model.width_gev(mass, 0.01), 1e-4 * np.asarray(model.width_gev(mass)), rtol=1e-12
        )


def test_width_of_a_heavy_zprime():
    """Massless limit: two charged leptons m/(12 pi) each, two neutrinos m/(24 pi) each."""
    mass = 1e4
    expected = mass / (12 * np.pi) * (2 + 2 * 0.5)
    # corrections are of fourth order in m_tau / m
    assert ZPRIME.width_gev(mass) == pytest.approx(expected, rel=1e-10)


def test_axial_and_pseudoscalar_widths():
    mass = 0.5
    r = (MUON_MASS_GEV / mass) ** 2
    axial = model_from_couplings(Couplings(axial=2.0))
    pseudo = model_from_couplings(Couplings(pseudoscalar=2.0))
    assert axial.width_mumu_gev(mass) == pytest.approx(4 * mass / (12 * np.pi) * (1 - 4 * r) ** 1.5)
    assert pseudo.width_mumu_gev(mass) == pytest.approx(4 * mass / (8 * np.pi) * (1 - 4 * r) ** 0.5)
    assert ZPRIME.width_mumu_gev(0.2) == 0.0
    assert ZPRIME.branching_fraction_mumu(0.2) == 0.0


def test_limits_of_g_minus_2():
    light, heavy = 1e-5, 1e3
    # corrections are linear in m / m_mu, and (m_mu / m)^2 log
    assert ZPRIME.delta_a_mu(light) == pytest.approx(1 / (8 * np.pi**2), rel=1e-3)
    assert SCALAR.delta_a_mu(light) == pytest.approx(3 / (16 * np.pi**2), rel=1e-3)
    expected = MUON_MASS_GEV**2 / (12 * np.pi**2 * heavy**2)
    assert ZPRIME.delta_a_mu(heavy) == pytest.approx(expected, rel=1e-5)
    axial = model_from_couplings(Couplings(axial=1.0))
    # -5 times the vector (Leveille 1978)
    assert axial.delta_a_mu(heavy) == pytest.approx(-5 * expected, rel=1e-5)


def test_signs_of_g_minus_2():
    masses = np.array([0.25, 1.0, 9.0])
    assert np.all(np.asarray(ZPRIME.delta_a_mu(masses)) > 0)
    assert np.all(np.asarray(SCALAR.delta_a_mu(masses)) > 0)
    for couplings in (Couplings(axial=1.0), Couplings(pseudoscalar=1.0)):
        model = model_from_couplings(couplings)
        assert np.all(np.asarray(model.delta_a_mu(masses)) < 0)
        assert not model.has_g_minus_2_band


@pytest.mark.parametrize(
    ("model", "mass", "coupling"),
    [(ZPRIME, 0.8, 3.4e-3), (ZPRIME, 4.9, 2.0e-2), (SCALAR, 2.9, 4.1e-3), (SCALAR, 3.5, 4.8e-3)],
)
def test_couplings_at_the_edges_of_the_papers_exclusion(model, mass, coupling):
    """Lower two-sigma edge of 249(48)e-11; PHYSICS 12 gives two digits."""
    edge = np.sqrt((249 - 2 * 48) * 1e-11 / model.delta_a_mu(mass))
    assert edge == pytest.approx(coupling, rel=0.02)


@pytest.mark.parametrize("mass", [0.0, -1.0, np.nan])
def test_bad_masses(mass):
    with pytest.raises(DomainError):
        ZPRIME.width_gev(mass)


def test_unknown_model():
    with pytest.raises(DomainError, match="zprime, scalar"):
        model_by_name("higgs")


@pytest.mark.parametrize(
    "couplings", [{}, {"vector": np.inf}, {"vector": 1.0, "pseudoscalar": 1.0}]
)
def test_bad_couplings(couplings):
    with pytest.raises(DomainError):
        Couplings(**couplings)
