"""The kinematic fit takes a wrong momentum scale out, but not a wrong beam energy."""

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.systematics import scale_effect, scaled_momenta, shifted_beam_energy


def effect(nominal, changed):
    return scale_effect(nominal, changed, 3.0, Selection(), Detector())


def test_before_the_fit_masses_follow_the_momenta(signal_events):
    found = effect(signal_events, scaled_momenta(signal_events, 1.001))
    assert found.prefit_shift_gev.value == pytest.approx(0.003, rel=0.05)


def test_the_fit_takes_most_of_it_out(signal_events):
    found = effect(signal_events, scaled_momenta(signal_events, 1.001))
    assert abs(found.shift_gev.value) < 0.3 * found.prefit_shift_gev.value
    assert abs(found.efficiency.value) < 0.01


def test_a_wrong_beam_energy_moves_the_mass_by_a_part_of_itself(signal_events):
    found = effect(signal_events, shifted_beam_energy(signal_events, 0.002))
    assert found.prefit_shift_gev.value == 0.0
    assert 0.0 < found.shift_gev.value < 0.002
    assert abs(found.efficiency.value) < 0.001  # only the line of the radiated photon moves


def test_nothing_changed_changes_nothing(signal_events):
    found = effect(signal_events, signal_events)
    assert found.shift_gev.value == 0.0
    assert found.efficiency.value == 0.0
    assert np.isfinite(found.efficiency.error)
