import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourmu.config.detector import Detector
from fourmu.detector import beam_frame, cm_from_lab, lab_from_cm
from fourmu.physics.kinematics import boost, energy_momentum, invariant_mass

FRAME = beam_frame(Detector())
component = st.floats(-6.0, 6.0)
four_vectors = st.tuples(component, component, component).map(
    lambda p: energy_momentum(np.array(p), 0.1056583755)
)


def test_velocity_is_that_of_the_page():
    # (0.0415, 0, 0.2725) as rounded there
    assert FRAME.beta == pytest.approx([0.0415, 0.0, 0.2725], abs=5e-5)


@pytest.mark.parametrize(("sign", "energy"), [(1.0, 7.004), (-1.0, 4.002)])
def test_beams_come_out_along_their_true_directions(sign, energy):
    s = 2.0 * 7.004 * 4.002 * (1.0 + np.cos(2 * 0.0415))
    half = 0.5 * np.sqrt(s)
    lab = lab_from_cm(np.array([half, 0.0, 0.0, sign * half]), FRAME)
    expected = energy * np.array([1.0, np.sin(0.0415), 0.0, sign * np.cos(0.0415)])
    assert lab == pytest.approx(expected, abs=1e-12)


def test_a_boost_alone_leaves_the_electron_beam_six_mrad_off():
    along_z = np.array([5.29, 0.0, 0.0, 5.29])
    lab = boost(along_z, FRAME.beta)
    # 6 mrad in the c.m. frame, the page's number, is the tilt
    assert abs(FRAME.tilt_rad) == pytest.approx(0.006, abs=5e-4)
    assert np.arctan2(lab[1], lab[3]) != pytest.approx(0.0415, abs=2e-3)


@given(four_vectors)
def test_there_and_back(p):
    assert cm_from_lab(lab_from_cm(p, FRAME), FRAME) == pytest.approx(p, abs=1e-13 * 20)


@given(four_vectors, four_vectors)
def test_the_boost_keeps_invariant_masses(p, q):
    # E^2 of at most (20 GeV)^2 loses 400 x 2e-16 / m
    total = lab_from_cm(p, FRAME) + lab_from_cm(q, FRAME)
    assert float(invariant_mass(total)) == pytest.approx(float(invariant_mass(p + q)), abs=1e-11)
