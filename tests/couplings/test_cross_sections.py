"""Interpolation of cross sections with errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from fourmu.couplings import interpolate_cross_sections
from fourmu.errors import ConsistencyError, DomainError

MASS = np.linspace(0.212, 9.0, 400)


def test_table_masses_are_dense_enough(make_table, born_fb, k_factor):
    # far below the 0.3 % asked of each cross section
    got = interpolate_cross_sections(make_table(), MASS)
    np.testing.assert_allclose(got.xsec_born_fb, born_fb(MASS), rtol=5e-4)
    np.testing.assert_allclose(got.k_factor, k_factor(MASS), rtol=5e-4)


def test_table_is_met_at_its_own_masses(make_table):
    table = make_table()
    got = interpolate_cross_sections(table, table.mass_gev)
    for name in ("xsec_born_fb", "xsec_born_error_fb", "xsec_isr_fb", "k_factor_error"):
        np.testing.assert_allclose(getattr(got, name), getattr(table, name), rtol=1e-10)


def test_errors_are_those_of_repeated_tables(make_table):
    table, rng = make_table(rel_error=0.003), np.random.default_rng(5)
    mass = np.array([0.23, 0.9, 2.2, 5.6, 8.9])
    n = 4000
    noisy = np.log(table.xsec_isr_fb) + 0.003 * rng.standard_normal((n, len(table.mass_gev)))
    spline = CubicSpline(np.log(table.mass_gev), noisy, axis=1)
    spread = np.std(spline(np.log(mass)), axis=0)
    got = interpolate_cross_sections(table, mass)
    # the standard deviation of n draws is known to 1 / sqrt(2 n); 4 sigma for five masses
    np.testing.assert_allclose(
        got.xsec_isr_error_fb / got.xsec_isr_fb, spread, rtol=4 / np.sqrt(2 * n)
    )


@pytest.mark.parametrize("mass_gev", [0.1, 9.5, np.nan])
def test_nothing_is_extrapolated(make_table, mass_gev):
    with pytest.raises(DomainError, match="outside the cross-section table"):
        interpolate_cross_sections(make_table(), np.array([1.0, mass_gev]))


def test_a_table_without_sense_is_refused(make_table):
    table = make_table()
    with pytest.raises(ConsistencyError, match="xsec_isr_fb"):
        dataclasses.replace(table, xsec_isr_fb=-table.xsec_isr_fb)
    with pytest.raises(ConsistencyError, match="increasing"):
        dataclasses.replace(table, mass_gev=table.mass_gev[::-1])
    with pytest.raises(ConsistencyError, match="wrong length"):
        dataclasses.replace(table, xsec_born_fb=table.xsec_born_fb[:-1])
