"""Trees of basf2: the same events come back, whichever way their candidates were written."""

import dataclasses

import awkward as ak
import numpy as np
import pytest

from basf2_tree import ORDERS, columns_of, expected_truth, four_track_events, write_tree
from fourmu.config.detector import Detector
from fourmu.config.ntuples import Branches
from fourmu.config.selection import Selection
from fourmu.errors import InputError
from fourmu.io.basf2 import GeneratedX, holds_tree, read_basf2, survey_basf2
from fourmu.io.branch_names import branch_name
from fourmu.selection import select

EIGHT = Branches(photons={"number": 8})
X = GeneratedX(pdg=32, mass_gev=3.0)


@pytest.fixture(scope="module")
def four(events):
    return four_track_events(events)


@pytest.fixture(scope="module")
def columns(four):
    return columns_of(four)


def assert_same_measurements(found, events):
    for name in ("track_pt", "track_theta", "track_phi", "track_charge", "track_z0_cm"):
        assert np.array_equal(getattr(found, name), getattr(events, name)), name
    for name in ("track_is_muon", "track_is_electron", "track_offsets", "photon_offsets"):
        assert np.array_equal(getattr(found, name), getattr(events, name)), name
    for name in ("photon_energy", "photon_theta", "photon_phi", "weight"):
        assert np.array_equal(getattr(found, name), getattr(events, name)), name
    assert np.array_equal(found.track_d0_cm, np.abs(events.track_d0_cm))
    assert np.array_equal(found.trigger_three_track, events.trigger_three_track)
    assert np.array_equal(found.trigger_single_muon, events.trigger_single_muon)


@pytest.mark.parametrize("candidates", [1, 4])
def test_events_come_back_whole_from_the_rows_of_their_candidates(tmp_path, four, candidates):
    path = write_tree(tmp_path / "a.root", columns_of(four, candidates=candidates))
    found = read_basf2(path, EIGHT, generated_x=X)
    assert_same_measurements(found, four)
    assert np.array_equal(found.track_truth, expected_truth(four))
    assert np.all(found.x_mass_gev == 3.0)


def test_the_selection_finds_identical_candidates(tmp_path, four, columns):
    """The measured numbers are stored in double precision, so every digit stays."""
    path = write_tree(tmp_path / "a.root", columns)
    found = read_basf2(path, EIGHT, generated_x=X, first_event=0)
    direct = select(four, Selection(), Detector())
    read = select(found, Selection(), Detector())
    assert len(direct.candidates) > 300
    for field in dataclasses.fields(direct.candidates):
        if field.name not in ("event", "x_mass_gev"):
            before, after = (getattr(c.candidates, field.name) for c in (direct, read))
            assert np.array_equal(before, after, equal_nan=before.dtype.kind == "f"), field.name
    assert np.array_equal(four.event[read.candidates.event], direct.candidates.event)
    assert np.array_equal(direct.cutflow.events, read.cutflow.events)


def test_data_have_no_truth_and_numbers_made_of_run_and_event(tmp_path, four):
    path = write_tree(tmp_path / "a.root", columns_of(four, x_pdg=None, run=7))
    found = read_basf2(path, EIGHT)
    assert len(found.truth_pdg) == 0
    assert np.all(found.track_truth == -1)
    assert np.isnan(found.x_mass_gev).all()
    assert found.event[0] == (12 << 50) | (7 << 32) | 1
    survey = survey_basf2(path, EIGHT)
    assert (survey.rows, survey.events, survey.experiments) == (4 * len(four), len(four), (12,))
    assert np.array_equal(survey.event_numbers, found.event)


def test_pairs_and_their_recoil_give_the_four_tracks_once(tmp_path, four):
    """A list of dimuons: each of the four rows of an event has two of its tracks."""
    whole = columns_of(four, photons=0)
    halves = {n: c for n, c in whole.items() if not n.startswith(("daughter(2", "daughter(3"))}
    path = write_tree(tmp_path / "a.root", halves)
    branches = Branches(tracks={"number": 2}, photons={"form": "none"})
    found = read_basf2(path, branches)
    # first slots of the rows: tracks 0 1, 2 1, 3 2, 1 3 - all four, each more than once
    assert {int(track) for row in ORDERS for track in row[:2]} == {0, 1, 2, 3}
    assert np.all(np.diff(found.track_offsets) == 4)
    assert np.array_equal(
        np.sort(found.track_pt.reshape(-1, 4), axis=1),
        np.sort(four.track_pt.reshape(-1, 4), axis=1),
    )
    assert len(found.photon_energy) == 0


def test_a_fifth_track_is_one_more_and_fails_the_cut_on_four(tmp_path, four):
    columns = columns_of(four, candidates=2)
    for name in ("pt", "theta", "phi"):  # another track in one slot of the second candidate
        columns[f"daughter(0, {name})"][1] *= 1.01
    columns["__weight__"] = np.ones_like(columns["__weight__"])
    found = read_basf2(write_tree(tmp_path / "a.root", columns), EIGHT)
    assert np.diff(found.track_offsets)[:2].tolist() == [5, 4]


def test_identifiers_say_which_tracks_are_the_same(tmp_path, four):
    columns = columns_of(four, candidates=2)
    for slot in range(4):
        number = np.tile(ORDERS[:2, slot], len(four)).astype(float)
        columns[f"daughter({slot}, mdstIndex)"] = number
    branches = Branches(tracks={"identifier": "daughter({i}, mdstIndex)"}, photons={"number": 8})
    path = write_tree(tmp_path / "a.root", columns)
    assert_same_measurements(read_basf2(path, branches), four)
    columns["daughter(1, phi)"][1] += 1e-6  # as after a vertex fit of this candidate
    path = write_tree(tmp_path / "b.root", columns)
    with pytest.raises(InputError, match="differ in the same track") as caught:
        read_basf2(path, branches)
    assert "before any vertex fit" in str(caught.value)


def test_events_with_more_tracks_than_candidates_hold_are_left_out(tmp_path, four):
    columns = columns_of(four)
    columns["nTracks"] = np.full(4 * len(four), 4.0)
    columns["nTracks"][:4] = 6.0
    path = write_tree(tmp_path / "a.root", columns)
    branches = Branches(events={"tracks_in_event": "nTracks"}, photons={"number": 8})
    assert len(read_basf2(path, branches)) == len(four) - 1
    columns["nTracks"][:] = 5.0
    with pytest.raises(InputError, match="no event has the tracks of its candidates"):
        read_basf2(write_tree(tmp_path / "b.root", columns), branches)


def test_weights_are_kept_and_multiplied(tmp_path, four):
    columns = columns_of(four)
    columns["__weight__"] = np.repeat(np.linspace(0.5, 2.0, len(four)), 4)
    columns["PIDWeight"] = np.repeat(np.linspace(1.1, 0.9, len(four)), 4)
    path = write_tree(tmp_path / "a.root", columns)
    branches = Branches(events={"weight": ("__weight__", "PIDWeight")}, photons={"number": 8})
    assert np.array_equal(
        read_basf2(path, branches).weight,
        np.linspace(0.5, 2.0, len(four)) * np.linspace(1.1, 0.9, len(four)),
    )
    assert np.all(read_basf2(path, Branches(events={"weight": ()})).weight == 1.0)


def test_parts_of_a_file_are_its_events_once_and_in_order(tmp_path, four, columns):
    path = write_tree(tmp_path / "a.root", columns)
    parts = [read_basf2(path, EIGHT, part=(k, 3), first_event=100) for k in range(3)]
    numbers = np.concatenate([part.event for part in parts])
    assert np.array_equal(numbers, np.arange(100, 100 + len(four)))
    assert np.array_equal(np.concatenate([part.track_pt for part in parts]), four.track_pt)


def test_other_units_and_components_are_converted(tmp_path, four):
    columns = columns_of(four)
    for slot in range(4):
        pt, theta, phi = (
            columns.pop(f"daughter({slot}, {name})") for name in ("pt", "theta", "phi")
        )
        columns[f"mu{slot}_px"] = 1e3 * pt * np.cos(phi)
        columns[f"mu{slot}_py"] = 1e3 * pt * np.sin(phi)
        columns[f"mu{slot}_pz"] = 1e3 * pt / np.tan(theta)
        columns[f"daughter({slot}, dr)"] *= 10.0
        columns[f"daughter({slot}, dz)"] *= 10.0
    for k in range(1, 9):
        columns[f"photon{k}_E"] *= 1e3
    path = write_tree(tmp_path / "a.root", columns)
    branches = Branches(
        momentum_unit="MeV",
        length_unit="mm",
        tracks={"pt": None, "theta": None, "phi": None}
        | {name: f"mu{{i}}_{name}" for name in ("px", "py", "pz")},
        photons={"number": 8},
    )
    found = read_basf2(path, branches)
    for name in ("track_pt", "track_theta", "track_phi", "track_z0_cm", "photon_energy"):
        # a few roundings of doubles
        np.testing.assert_allclose(
            getattr(found, name), getattr(four, name), rtol=1e-13, atol=1e-13, err_msg=name
        )


def test_photons_in_lists_are_those_in_slots(tmp_path, four):
    columns = columns_of(four, photons=0)
    for name, values in (
        ("E", four.photon_energy),
        ("theta", four.photon_theta),
        ("phi", four.photon_phi),
    ):
        lists = ak.unflatten(values, np.diff(four.photon_offsets))
        columns[f"gamma_{name}"] = lists[np.repeat(np.arange(len(four)), 4)]
    branches = Branches(
        photons={"form": "jagged", "energy": "gamma_E", "theta": "gamma_theta", "phi": "gamma_phi"}
    )
    path = write_tree(tmp_path / "a.root", columns)
    assert_same_measurements(read_basf2(path, branches), four)
    threshold = float(np.median(four.photon_energy))
    above = read_basf2(path, branches, photon_energy_min_gev=threshold)
    assert np.array_equal(above.photon_energy, four.photon_energy[four.photon_energy >= threshold])


def test_a_tree_of_events_needs_no_candidates(tmp_path, four):
    columns = columns_of(four, candidates=1)
    for name in ("__candidate__", "__ncandidates__"):
        del columns[name]
    path = write_tree(tmp_path / "a.root", columns)
    branches = Branches(events={"candidate": None, "candidates": None}, photons={"number": 8})
    assert_same_measurements(read_basf2(path, branches), four)


def test_names_of_branches_may_stand_for_those_of_variables(tmp_path, four, columns):
    path = write_tree(tmp_path / "a.root", columns)
    branches = Branches(tracks={"pt": "daughter__bo{i}__cm__sppt__bc"}, photons={"number": 8})
    assert_same_measurements(read_basf2(path, branches), four)
    assert (
        branch_name("useRestFrame(daughter(0, p))")
        == "useRestFrame__bodaughter__bo0__cm__spp__bc__bc"
    )


def test_the_mass_of_x_can_come_event_by_event(tmp_path, four):
    columns = columns_of(four)
    mass = np.round(np.linspace(0.3, 9.0, len(four)), 3)
    columns["genMass"] = np.repeat(mass, 4)
    path = write_tree(tmp_path / "a.root", columns)
    branches = Branches(events={"x_mass": "genMass"}, photons={"number": 8})
    found = read_basf2(path, branches, generated_x=GeneratedX(pdg=32, mass_gev=None))
    assert np.array_equal(found.x_mass_gev, mass)


def test_a_file_says_which_trees_it_holds(tmp_path, columns):
    path = write_tree(tmp_path / "a.root", columns)
    assert holds_tree(path, "ntuple")
    assert not holds_tree(path, "events")
    (tmp_path / "b.root").write_text("no ROOT file\n" * 100)
    with pytest.raises(InputError, match=r"b\.root"):
        holds_tree(tmp_path / "b.root", "events")
