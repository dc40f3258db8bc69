"""The level of beam background is counted, and costs the signal what it truly costs."""

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import beam_frame, simulate
from fourmu.selection.cuts import EVENT_CUTS
from fourmu.selection.quantities import event_quantities
from fourmu.systematics import (
    PHOTON_CUTS,
    background_level,
    background_shift,
    overlay_background,
    threshold_shift,
)
from fourmu.systematics.control_samples import random_triggers
from fourmu.systematics.photons import with_photon_threshold

QUIET = Detector()
NOISY = Detector(background_photons_mean=1.0)
FRAME = beam_frame(QUIET)


def passing(events, names):
    quantities = event_quantities(events, FRAME)
    passed = np.ones(len(events), dtype=bool)
    for name, cut in EVENT_CUTS:
        if name in names:
            passed &= cut(quantities, Selection())
    return passed


@pytest.fixture(scope="module")
def but_photons(signal_events):
    others = [name for name, _ in EVENT_CUTS if name not in PHOTON_CUTS]
    return signal_events.take(passing(signal_events, others))


@pytest.mark.parametrize("detector", [QUIET, NOISY])
def test_random_triggers_count_the_photons_of_beam_background(rng, detector):
    found = background_level(random_triggers(20_000, detector, 10.58, rng))
    assert found.error < 0.01
    assert abs(found.pull(detector.background_photons_mean)) < 3.5


def test_overlaid_photons_are_those_of_the_detector(rng, signal_events):
    """As many, as hard and where the response itself puts them."""
    bare = signal_events.without_photons()
    added = overlay_background(bare, 0.5, QUIET, rng)
    true = random_triggers(len(bare), QUIET, 10.58, rng)
    assert abs(len(added.photon_energy) - len(true.photon_energy)) < 4 * np.sqrt(len(bare))
    for name in ("photon_energy", "photon_theta", "photon_phi"):
        one, other = np.sort(getattr(added, name)), np.sort(getattr(true, name))
        grid = np.sort(np.concatenate([one, other]))
        distance = np.max(
            np.abs(
                np.searchsorted(one, grid) / len(one) - np.searchsorted(other, grid) / len(other)
            )
        )
        assert distance < 1.9 * np.sqrt(1 / len(one) + 1 / len(other)), name  # p = 0.001


def test_overlaying_keeps_the_photons_that_were_there(rng, signal_events):
    more = overlay_background(signal_events, 1.0, QUIET, rng)
    first = np.flatnonzero(np.diff(signal_events.photon_offsets) > 0)[:50]
    for place in first:
        old = signal_events.photon_energy[slice(*signal_events.photon_offsets[place : place + 2])]
        new = more.photon_energy[slice(*more.photon_offsets[place : place + 2])]
        assert set(old) <= set(new)


def test_a_raised_threshold_drops_photons(signal_events):
    found = with_photon_threshold(signal_events, 0.15)
    assert found.photon_energy.min() >= 0.15
    assert len(found.photon_energy) == np.count_nonzero(signal_events.photon_energy >= 0.15)


def test_the_shift_is_that_of_a_detector_with_more_background(rng, signal_partons, but_photons):
    """Truth: the same events in a detector with twice the level."""
    levels = [
        background_level(random_triggers(20_000, detector, 10.58, rng))
        for detector in (NOISY, QUIET)
    ]
    found = background_shift({3.0: but_photons}, *levels, Selection(), QUIET, FRAME, rng)
    efficiency = []
    for detector in (NOISY, QUIET):
        events = simulate(signal_partons, detector, rng)
        others = [name for name, _ in EVENT_CUTS if name not in PHOTON_CUTS]
        chosen = events.take(passing(events, others))
        passed = passing(chosen, PHOTON_CUTS)
        efficiency.append((passed.mean(), passed.std() / np.sqrt(len(passed))))
    (noisy, noisy_error), (quiet, quiet_error) = efficiency
    error = np.hypot(noisy_error, quiet_error) / quiet
    assert found.shift[0] < -0.01
    assert abs(found.shift[0] - (noisy / quiet - 1.0)) < 3.0 * np.hypot(error, found.error[0])


def test_equal_levels_shift_nothing_and_the_threshold_little(rng, but_photons):
    level = background_level(random_triggers(20_000, QUIET, 10.58, rng))
    none = background_shift({3.0: but_photons}, level, level, Selection(), QUIET, FRAME, rng)
    assert none.shift[0] == 0.0
    assert none.error[0] > 0.0
    threshold = threshold_shift({3.0: but_photons}, Selection(), QUIET, FRAME)
    assert 0.0 < threshold.size[0] < 0.01  # Table I: below 1 %
