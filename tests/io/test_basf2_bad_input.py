"""Trees of basf2 that do not hold what the map promises: one clear error each."""

import numpy as np
import pytest

from basf2_tree import columns_of, four_track_events, write_tree
from fourmu.config.ntuples import Branches
from fourmu.errors import InputError
from fourmu.io.basf2 import GeneratedX, read_basf2, survey_basf2

EIGHT = Branches(photons={"number": 8})


@pytest.fixture
def columns(events):
    return columns_of(four_track_events(events.take(np.arange(200))))


def refused(path, columns, branches=EIGHT, **options):
    """The one line that reading such a tree gives."""
    write_tree(path, columns)
    with pytest.raises(InputError) as caught:
        read_basf2(path, branches, **options)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    return text


def test_a_missing_branch_is_named_with_its_key_and_the_nearest_one(tmp_path, columns):
    columns["daughter(2, pT)"] = columns.pop("daughter(2, pt)")
    text = refused(tmp_path / "a.root", columns)
    assert "ntuples.branches.tracks.pt" in text
    assert "daughter(2, pt) = daughter__bo2__cm__sppt__bc" in text
    assert "nearest daughter__bo2__cm__sppT__bc" in text


def test_a_branch_that_two_names_lead_to_is_refused(tmp_path, columns):
    branches = Branches(tracks={"dr": "daughter__bo{i}__cm__sppt__bc"}, photons={"form": "none"})
    text = refused(tmp_path / "a.root", columns, branches)
    assert "tracks.pt and tracks.dr" in text


@pytest.mark.parametrize(
    ("branch", "value", "words"),
    [
        ("__weight__", np.nan, ["events.weight", "__weight__", "found nan", "a finite number"]),
        ("daughter(1, pt)", np.nan, ["tracks.pt", "daughter__bo1__cm__sppt__bc", "found nan"]),
        ("daughter(1, pt)", -0.5, ["tracks.pt", "found -0.5", "positive"]),
        ("daughter(1, theta)", 4.0, ["angle_unit: rad", "found 4", "between 0 and pi"]),
        ("daughter(3, charge)", 0.0, ["tracks.charge", "daughter__bo3", "found 0.0", "1 or -1"]),
        ("daughter(0, dz)", np.inf, ["tracks.dz", "found inf"]),
        ("photon1_E", -0.3, ["photons.energy", "found -0.3"]),
        ("L1PSNM(ffy)", np.nan, ["triggers.three_track", "L1PSNM__boffy__bc", "found nan"]),
    ],
)
def test_numbers_outside_their_domain_are_named(tmp_path, columns, branch, value, words):
    columns[branch][:4] = value  # all candidates of the first event
    text = refused(tmp_path / "a.root", columns)
    for word in words:
        assert word in text


def test_rows_that_were_cut_away_are_noticed(tmp_path, columns):
    kept = np.ones(len(columns["__event__"]), dtype=np.bool_)
    kept[5] = False
    text = refused(tmp_path / "a.root", {name: c[kept] for name, c in columns.items()})
    assert "__ncandidates__" in text
    assert "found 3 rows of experiment 12, run 3, event 2" in text
    assert "expected 4" in text


def test_candidates_that_are_not_counted_from_zero_are_noticed(tmp_path, columns):
    columns["__candidate__"] += 1
    text = refused(tmp_path / "a.root", columns)
    assert "__candidate__" in text
    assert "found 1 in experiment 12, run 3, event 1, expected 0" in text


def test_rows_of_an_event_that_stand_apart_are_noticed(tmp_path, columns):
    order = np.arange(len(columns["__event__"]))
    order[[3, -1]] = order[[-1, 3]]
    text = refused(tmp_path / "a.root", {name: c[order] for name, c in columns.items()})
    assert "stand apart" in text


@pytest.mark.parametrize("branch", ["__weight__", "L1PSNM(cdcklm1)", "photon1_E"])
def test_candidates_that_disagree_about_their_event_are_noticed(tmp_path, columns, branch):
    columns[branch][1] = 0.71
    text = refused(tmp_path / "a.root", columns)
    assert "differs between its candidates" in text
    assert "0.71" in text


def test_more_photons_than_slots_are_refused(tmp_path, columns):
    columns["nPhotons"][:4] = 9.0
    branches = Branches(photons={"number": 8, "count": "nPhotons"})
    text = refused(tmp_path / "a.root", columns, branches)
    assert "found 9, expected at most 8 (ntuples.branches.photons.number)" in text


def test_momenta_in_another_unit_are_noticed(tmp_path, columns):
    for slot in range(4):
        columns[f"daughter({slot}, pt)"] *= 1e3
    text = refused(tmp_path / "a.root", columns)
    assert "momentum_unit: GeV" in text
    promised = EIGHT.model_copy(update={"momentum_unit": "MeV"})
    read_basf2(tmp_path / "a.root", promised)
    for slot in range(4):
        columns[f"daughter({slot}, pt)"] *= 1e-3
    text = refused(tmp_path / "b.root", columns, promised)
    assert "momentum_unit: MeV" in text


def test_angles_in_another_unit_are_noticed(tmp_path, columns):
    text = refused(tmp_path / "a.root", columns, EIGHT.model_copy(update={"angle_unit": "deg"}))
    assert "these are radians" in text
    for slot in range(4):
        columns[f"daughter({slot}, theta)"] = np.degrees(columns[f"daughter({slot}, theta)"])
    text = refused(tmp_path / "b.root", columns)
    assert "angle_unit: rad" in text


def test_signal_files_say_which_muons_come_from_x(tmp_path, columns):
    other = GeneratedX(pdg=9000007, mass_gev=3.0)
    text = refused(tmp_path / "a.root", columns, generated_x=other)
    assert "no muon comes from X" in text
    assert "found mothers 32, 10022" in text or "found mothers 10022, 32" in text
    for slot in range(4):
        del columns[f"daughter({slot}, genMotherPDG)"]
    text = refused(tmp_path / "b.root", columns, generated_x=other)
    assert "ntuples.branches.tracks.mother_pdg" in text


def test_a_tree_without_entries_or_of_another_name_is_refused(tmp_path, columns):
    empty = {name: column[:0] for name, column in columns.items()}
    assert "no entries" in refused(tmp_path / "a.root", empty)
    write_tree(tmp_path / "b.root", columns, tree="candidates")
    with pytest.raises(InputError, match="no such tree") as caught:
        survey_basf2(tmp_path / "b.root", EIGHT)
    assert "candidates" in str(caught.value)


def test_more_parts_than_events_are_refused(tmp_path, columns):
    few = {name: column[:8] for name, column in columns.items()}
    text = refused(tmp_path / "a.root", few, part=(0, 3))
    assert "found 2 events, expected at least 3" in text


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.95])
def test_a_truncated_file_is_one_clear_error(tmp_path, columns, share):
    content = write_tree(tmp_path / "a.root", columns).read_bytes()
    broken = tmp_path / "broken.root"
    broken.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"broken\.root"):
        read_basf2(broken, EIGHT)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.root").write_text("no ROOT file\n" * 100)
    (tmp_path / "empty.root").write_bytes(b"")
    for name, words in (
        ("text.root", "damaged"),
        ("empty.root", "empty"),
        ("none.root", "No such file"),
    ):
        with pytest.raises(InputError, match=words):
            read_basf2(tmp_path / name, EIGHT)


def test_a_branch_of_lists_is_not_one_of_numbers(tmp_path, columns):
    branches = Branches(
        photons={
            "form": "jagged",
            "energy": "photon1_E",
            "theta": "photon1_theta",
            "phi": "photon1_phi",
        }
    )
    text = refused(tmp_path / "a.root", columns, branches)
    assert "not one list per row" in text
