"""Measured numbers, and what JSON makes of them."""

import math

import numpy as np
import pytest

from fourmu.errors import InputError
from fourmu.systematics import MassShift, Measured, combined, ratio


def test_pulls_count_standard_deviations():
    assert Measured(value=1.3, error=0.1).pull(1.0) == pytest.approx(3.0)
    assert math.isnan(Measured(value=1.3, error=0.0).pull(1.0))


def test_a_ratio_adds_relative_errors_in_quadrature():
    found = ratio(Measured(value=2.0, error=0.06), Measured(value=4.0, error=0.16))
    assert found.value == 0.5
    assert found.error == pytest.approx(0.5 * math.hypot(0.03, 0.04))
    assert math.isnan(ratio(found, Measured(value=0.0, error=1.0)).value)


def test_the_combination_weighs_with_inverse_variances():
    found = combined([Measured(value=1.0, error=1.0), Measured(value=4.0, error=2.0)])
    assert found.value == pytest.approx(1.6)
    assert found.error == pytest.approx(math.sqrt(0.8))
    assert math.isnan(combined([]).value)


def test_numbers_come_back_from_json():
    nothing = Measured(value=math.nan, error=1.0)
    assert nothing.to_dict() == {"value": None, "error": 1.0}
    assert math.isnan(Measured.from_dict(nothing.to_dict()).value)
    shift = MassShift(
        mass_gev=np.array([1.0, 2.0]), shift=np.array([0.03, -0.01]), error=np.array([0.04, 0.0])
    )
    assert MassShift.from_dict(shift.to_dict()).size == pytest.approx([0.05, 0.01])
    with pytest.raises(InputError):
        MassShift.from_dict({"mass_gev": [1.0]})
