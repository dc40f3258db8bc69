"""Coupling limits."""

from __future__ import annotations

import numpy as np
import pytest

from fourmu.config.couplings import Couplings
from fourmu.couplings import (
    coupling_limits,
    coupling_rows,
    interpolate_cross_sections,
    quoted_range,
    running_alpha_factor,
)
from fourmu.errors import ConsistencyError
from fourmu.physics.models import SCALAR, ZPRIME

MASS = np.array([0.3, 1.0, 3.0, 5.0, 8.5])


@pytest.fixture
def limits(make_table):
    def make(model=ZPRIME, table=None, section=None, status=None, scale=1.0):
        observed = scale * np.array([0.3, 0.1, 0.1, 0.08, 0.5])
        return coupling_limits(
            model=model,
            table=table or make_table(model.name),
            section=section or Couplings(),
            window=[f"w{i:04d}" for i in range(5)],
            mass_gev=MASS,
            sigma_gev=np.full(5, 0.004),
            xsec_limit_fb=observed,
            xsec_limit_expected_fb=observed[:, None] * np.array([0.5, 0.7, 1.0, 1.4, 2.0]),
            status=status or ["ok"] * 5,
            message=[""] * 5,
        )

    return make


@pytest.mark.parametrize("model", [ZPRIME, SCALAR])
def test_prediction_at_the_limit_is_the_limit(limits, make_table, model):
    got = limits(model)
    xsec = interpolate_cross_sections(make_table(model.name), MASS)
    branching = model.branching_fraction_mumu(MASS)
    # the formula of Sec. VII, written with K and the Born cross section
    again = got.coupling_limit**2 * xsec.k_factor * xsec.xsec_born_fb * branching
    np.testing.assert_allclose(again, got.xsec_limit_fb, rtol=1e-12)
    np.testing.assert_allclose(
        got.coupling_limit**2 * got.xsec_br_born_fb, got.xsec_limit_born_fb, rtol=1e-12
    )
    np.testing.assert_allclose(
        got.coupling_limit_expected**2 * got.xsec_br_fb[:, None],
        got.xsec_limit_expected_fb,
        rtol=1e-12,
    )


def test_coupling_goes_with_the_root_of_the_cross_section(limits):
    np.testing.assert_allclose(
        limits(scale=9.0).coupling_limit, 3.0 * limits().coupling_limit, rtol=1e-12
    )


def test_result_does_not_depend_on_the_reference_coupling(limits, make_table):
    other = limits(table=make_table(coupling=0.02))
    np.testing.assert_allclose(other.coupling_limit, limits().coupling_limit, rtol=1e-12)


def test_error_is_half_that_of_the_cross_section(limits, make_table):
    got = limits()
    xsec = interpolate_cross_sections(make_table(), MASS)
    np.testing.assert_allclose(
        got.coupling_limit_error / got.coupling_limit,
        0.5 * xsec.xsec_isr_error_fb / xsec.xsec_isr_fb,
        rtol=1e-12,
    )


def test_status_is_carried_on_and_only_numbers_of_good_windows_appear(limits):
    got = limits(status=["ok", "not_converged", "ok", "unsupported", "no_signal"])
    assert got.status == ("ok", "not_converged", "ok", "unsupported", "no_signal")
    assert np.isfinite(got.coupling_limit).tolist() == [True, False, True, False, False]
    assert np.isnan(got.coupling_limit_expected[1]).all()
    rows = coupling_rows(got)
    assert rows[1]["coupling_limit"] is None
    assert rows[1]["coupling_limit_expected"] == [None] * 5
    assert rows[0]["coupling_limit"] == got.coupling_limit[0]


def test_width_above_half_the_resolution_is_flagged(limits):
    got = limits(scale=200.0)
    wide = ZPRIME.width_gev(MASS, 1.0) * got.coupling_limit**2 > 0.002
    assert wide.any()
    assert not wide.all()
    assert [entry == "width_not_negligible" for entry in got.status] == wide.tolist()
    assert all(("MeV" in text) == flag for text, flag in zip(got.message, wide, strict=True))
    assert np.isfinite(got.coupling_limit).all()


def test_without_observed_limit_the_expected_one_decides_about_the_width(make_table):
    got = coupling_limits(
        model=ZPRIME,
        table=make_table(),
        section=Couplings(),
        window=["w0000"],
        mass_gev=np.array([8.5]),
        sigma_gev=np.array([0.003]),
        xsec_limit_fb=np.array([np.nan]),
        xsec_limit_expected_fb=np.full((1, 5), 400.0),
        status=["ok"],
        message=[""],
    )
    assert got.status == ("width_not_negligible",)
    assert np.isnan(got.coupling_limit[0])


def test_running_alpha_lowers_the_limits(limits):
    fixed, running = limits(), limits(section=Couplings(alpha_production="running"))
    np.testing.assert_allclose(
        running.coupling_limit,
        fixed.coupling_limit / np.sqrt(running_alpha_factor(10.58)),
        rtol=1e-12,
    )


def test_quoted_range_leaves_out_high_masses_and_bad_windows(limits):
    got = limits(status=["not_converged", "ok", "ok", "ok", "ok"])
    assert quoted_range(got, below_gev=6.0) == (
        got.coupling_limit[1:4].min(),
        got.coupling_limit[1:4].max(),
    )
    assert np.isnan(quoted_range(got, below_gev=0.5)).all()


def test_table_of_another_model_is_refused(limits, make_table):
    with pytest.raises(ConsistencyError, match="another model"):
        limits(SCALAR, table=make_table("zprime"))


def test_columns_of_different_length_are_refused(limits):
    with pytest.raises(ConsistencyError, match="length"):
        limits(status=["ok"] * 4)
