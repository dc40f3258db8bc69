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


def test_taken_events_keep_their_tracks_and_photons(gun, quiet):
    settings = quiet.model_copy(update={"background_photons_mean": 1.0})
    shots = gun(60, (13, 2.0, 60, 0.0), (-13, 0.07, 80, 2.0))
    events = simulate(shots, settings, np.random.default_rng(2))
    index = np.array([7, 3, 3, 59, 0])
    taken = events.take(index)
    assert taken.event.tolist() == index.tolist()
    for place, source in enumerate(index):
        for kind, name in (("track", "track_pt"), ("photon", "photon_energy")):
            mine = getattr(taken, f"{kind}_offsets")[place : place + 2]
            its = getattr(events, f"{kind}_offsets")[source : source + 2]
            assert np.array_equal(
                getattr(taken, name)[slice(*mine)], getattr(events, name)[slice(*its)]
            )
    assert np.array_equal(taken.truth_momenta, events.truth_momenta[index])


def test_a_mask_takes_as_its_places_do(gun, quiet):
    events = simulate(gun(40, (13, 0.07, 60, 0.0)), quiet, np.random.default_rng(3))
    mask = np.random.default_rng(4).random(40) < 0.4
    by_mask, by_place = events.take(mask), events.take(np.flatnonzero(mask))
    assert np.array_equal(by_mask.track_pt, by_place.track_pt)
    assert np.array_equal(by_mask.event, by_place.event)
    assert len(events.take(np.zeros(40, dtype=bool))) == 0
    with pytest.raises(ConsistencyError, match="another length"):
        events.take(mask[:10])


def test_processes_are_mixed_without_truth(gun, quiet):
    muons = simulate(gun(5, (13, 2.0, 60, 0.0)), quiet, np.random.default_rng(1))
    shots = gun(3, (11, 2.0, 60, 0.0), (22, 1.0, 90, 0.0))
    object.__setattr__(shots, "process", "electrons")
    object.__setattr__(shots, "x_mass_gev", np.full(3, 3.0))
    electrons = simulate(shots, quiet, np.random.default_rng(1))
    mixed = Events.mixed([muons, electrons], "pseudo_data")
    assert mixed.event.tolist() == list(range(8))
    assert mixed.process == "pseudo_data"
    assert np.array_equal(mixed.track_pt, np.concatenate([muons.track_pt, electrons.track_pt]))
    assert mixed.truth_momenta.shape == (8, 0, 4)
    assert mixed.truth_pdg.size == 0
    assert np.all(mixed.track_truth == -1)
    assert np.all(np.isnan(mixed.x_mass_gev))
    with pytest.raises(ConsistencyError):
        Events.mixed([], "pseudo_data")
