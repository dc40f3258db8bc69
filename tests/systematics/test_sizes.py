"""From measured shifts to the sizes that workspaces take."""

import math

import numpy as np
import pytest

from fourmu.config.statmodel import Systematics
from fourmu.statmodel import systematic_sizes
from fourmu.systematics import (
    ClosureRow,
    MassShift,
    Measured,
    MeasuredSizes,
    closure_document,
    measured_section,
)

CONFIGURED = Systematics()


def shift(*pairs):
    return MassShift(
        mass_gev=np.array([0.5, 5.0]),
        shift=np.array([pair[0] for pair in pairs]),
        error=np.array([pair[1] for pair in pairs]),
    )


def test_nothing_measured_is_the_configuration():
    assert measured_section(MeasuredSizes(), CONFIGURED) == CONFIGURED


def test_a_shift_counts_with_its_error_at_each_mass():
    found = measured_section(MeasuredSizes(trigger=shift((-0.03, 0.04), (0.0, 0.01))), CONFIGURED)
    assert systematic_sizes(found, 0.5, 0)["trigger"] == pytest.approx(0.05)
    assert systematic_sizes(found, 5.0, 2)["trigger"] == pytest.approx(0.01)
    assert found.particle_id == CONFIGURED.particle_id


def test_parts_of_beam_background_add_in_quadrature_and_the_largest_holds():
    found = measured_section(
        MeasuredSizes(
            beam_background=[
                shift((-0.003, 0.0), (-0.006, 0.0)),
                shift((-0.004, 0.0), (0.0, 0.008)),
            ]
        ),
        CONFIGURED,
    )
    assert found.beam_background == pytest.approx(0.01)


def test_differences_from_one_become_sizes():
    ratios = [Measured(value=value, error=0.01) for value in (0.95, 1.02, math.nan, 1.0, 3.0)]
    found = measured_section(
        MeasuredSizes(
            mlp=ratios,
            fit_width=Measured(value=0.97, error=0.01),
            yield_bias=Measured(value=0.09, error=0.01),
            interpolation=Measured(value=0.012, error=0.001),
        ),
        CONFIGURED,
    )
    assert found.mlp == pytest.approx((0.05, 0.02, CONFIGURED.mlp[2], 0.0, 0.99))
    assert found.fit_bias == pytest.approx(0.03)
    assert found.mass_resolution == pytest.approx(0.09)
    assert found.interpolation == pytest.approx(0.012)
    # what no control sample of ours measures
    assert (found.tracking, found.luminosity) == (CONFIGURED.tracking, CONFIGURED.luminosity)


def test_a_measured_section_survives_its_file():
    found = measured_section(MeasuredSizes(trigger=shift((-0.03, 0.04), (0.0, 0.01))), CONFIGURED)
    assert Systematics.model_validate(found.model_dump(mode="json")) == found


def test_the_closure_counts_standard_deviations():
    row = ClosureRow(
        quantity="scale", put_in=1.25, measured=Measured(value=1.2, error=0.025), sample="peak"
    )
    assert row.pull == pytest.approx(-2.0)
    (content,) = closure_document([row])
    assert content["pull"] == pytest.approx(-2.0)
    assert (content["put_in"], content["measured_value"]) == (1.25, 1.2)
    nothing = ClosureRow(
        quantity="scale", put_in=0.0, measured=Measured(value=math.nan, error=0.0), sample="none"
    )
    assert closure_document([nothing])[0]["pull"] is None
