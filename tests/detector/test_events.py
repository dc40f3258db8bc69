import numpy as np
import pytest

from fourmu.detector import Events, simulate
from fourmu.errors import ConsistencyError


def test_joined_chunks_are_the_whole(gun, quiet):
    shots = gun(50, (13, 2.0, 60, 0.0), (-13, 0.1, 80, 2.0))
    rng = np.random.default_rng(1)
    first = simulate(shots, quiet, rng)
    second = simulate(shots, quiet, rng, first_event=50)
    whole = Events.concatenate([first, second])
    assert len(whole) == 100
    assert whole.event.tolist() == list(range(100))
    assert whole.track_offsets[-1] == len(whole.track_pt)
    start, stop = whole.track_offsets[50], whole.track_offsets[51]
    expected = second.track_pt[: second.track_offsets[1]]
    assert np.array_equal(whole.track_pt[start:stop], expected)


def test_samples_of_different_processes_are_not_joined(gun, quiet):
    shots = gun(2, (13, 2.0, 60, 0.0))
    first = simulate(shots, quiet, np.random.default_rng(1))
    object.__setattr__(shots, "process", "other")
    second = simulate(shots, quiet, np.random.default_rng(1))
    with pytest.raises(ConsistencyError, match="not joined"):
        Events.concatenate([first, second])
    with pytest.raises(ConsistencyError):
        Events.concatenate([])


def test_without_photons_nothing_else_changes(gun, quiet):
    shots = gun(5, (13, 2.0, 60, 0.0), photons=[(1.0, 90.0, 0.0)])
    events = simulate(shots, quiet, np.random.default_rng(1))
    bare = events.without_photons()
    assert len(events.photon_energy) == 5
    assert len(bare.photon_energy) == 0
    assert np.array_equal(bare.track_pt, events.track_pt)
