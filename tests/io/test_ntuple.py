import dataclasses
import json
import resource

import awkward as ak
import numpy as np
import pytest
import uproot

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import Events
from fourmu.errors import InputError, StorageError
from fourmu.io.ntuple import read_ntuple, write_ntuple
from fourmu.selection import select


@pytest.fixture
def written(tmp_path, events):
    path = tmp_path / "events.root"
    write_ntuple(path, events, {"seed": 5})
    return path


def test_round_trip(written, events):
    back, metadata = read_ntuple(written)
    for field in dataclasses.fields(Events):
        before, after = getattr(events, field.name), getattr(back, field.name)
        if isinstance(before, np.ndarray):
            assert after.dtype == before.dtype
            assert after.shape == before.shape
            # single precision on disk
            np.testing.assert_allclose(after, before, rtol=6e-8, atol=0)
        else:
            assert before == after
    assert metadata["seed"] == 5
    assert metadata["process"] == "lhe_x"


def test_selection_does_not_feel_the_precision_of_the_file(written, events):
    back, _ = read_ntuple(written)
    direct = select(events, Selection(), Detector()).candidates
    stored = select(back, Selection(), Detector()).candidates
    assert np.array_equal(direct.event, stored.event)
    # 6e-8 of momenta of up to 7 GeV
    assert stored.mass_gev == pytest.approx(direct.mass_gev, abs=2e-6)


def test_data_have_no_truth(tmp_path, events):
    bare = dataclasses.replace(
        events,
        truth_momenta=np.zeros((len(events), 0, 4), dtype=np.float32),
        truth_pdg=np.zeros(0, dtype=np.int64),
        x_mass_gev=np.full(len(events), np.nan),
        track_truth=np.full(len(events.track_pt), -1, dtype=np.int8),
    )
    write_ntuple(tmp_path / "data.root", bare)
    back, _ = read_ntuple(tmp_path / "data.root")
    assert back.truth_momenta.shape == (len(events), 0, 4)
    assert np.isnan(back.x_mass_gev).all()


def rewritten(source, target, change, described=None):
    """Copy an ntuple, with one change of its columns, or with other metadata."""
    with uproot.open(source) as file:
        columns = {
            name: file["events"][name].array()
            for name in file["events"].keys()  # noqa: SIM118 - a tree is no mapping
            if name not in ("ntrack", "nphoton")
        }
        metadata = str(file["metadata"]) if described is None else json.dumps(described)
    change(columns)
    branches = {}
    for kind in ("track", "photon"):
        names = [name for name in columns if name.startswith(kind)]
        branches[kind] = ak.zip({n.removeprefix(f"{kind}_"): columns.pop(n) for n in names})
    branches.update({name: ak.to_numpy(array) for name, array in columns.items()})
    types = {
        name: a.type if isinstance(a, ak.Array) else (a.dtype, a.shape[1:])
        for name, a in branches.items()
    }
    with uproot.recreate(target) as file:
        file.mktree("events", types)
        if len(branches["event"]):
            file["events"].extend(branches)
        file["metadata"] = metadata


def set_first(name, value):
    def change(columns):
        counts = ak.num(columns[name]) if columns[name].ndim > 1 else None
        flat = ak.to_numpy(ak.flatten(columns[name], axis=None)).copy()
        flat[0] = value
        columns[name] = ak.Array(flat) if counts is None else ak.unflatten(flat, counts)

    return change


@pytest.mark.parametrize(
    ("branch", "value"),
    [
        ("track_pt", np.nan),
        ("track_pt", -1.0),
        ("track_theta", 4.0),
        ("track_charge", 0),
        ("track_d0_cm", np.inf),
        ("photon_energy", -0.2),
        ("photon_energy", np.nan),
        ("weight", np.nan),
        ("x_mass_gev", -3.0),
        ("event", 1),
    ],
)
def test_numbers_outside_their_domain_are_named(written, tmp_path, branch, value):
    broken = tmp_path / "broken.root"
    rewritten(written, broken, set_first(branch, value))
    with pytest.raises(InputError) as caught:
        read_ntuple(broken)
    assert "broken.root" in str(caught.value)
    assert branch in str(caught.value)


@pytest.mark.parametrize("branch", ["track_pt", "photon_energy", "trigger_single_muon", "event"])
def test_a_missing_branch_is_named(written, tmp_path, branch):
    broken = tmp_path / "broken.root"
    if branch == "event":
        with uproot.recreate(broken) as file:
            file.mktree("events", {"x": np.dtype(float)})
            file["events"].extend({"x": np.ones(3)})
    else:
        rewritten(written, broken, lambda columns: columns.pop(branch))
    with pytest.raises(InputError, match=branch):
        read_ntuple(broken)


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.95])
def test_a_truncated_file_is_one_clear_error(written, tmp_path, share):
    content = written.read_bytes()
    broken = tmp_path / "broken.root"
    broken.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"broken\.root"):
        read_ntuple(broken)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.root").write_text("no ROOT file\n" * 100)
    (tmp_path / "empty.root").write_bytes(b"")
    with uproot.recreate(tmp_path / "other.root") as file:
        file["metadata"] = "{}"
    for name, words in (
        ("text.root", "damaged"),
        ("empty.root", "empty"),
        ("other.root", "no such tree"),
        ("none.root", "No such file"),
    ):
        with pytest.raises(InputError, match=words):
            read_ntuple(tmp_path / name)


def test_a_tree_without_entries_is_refused(written, tmp_path):
    def nothing(columns):
        for name in columns:
            columns[name] = columns[name][:0]

    rewritten(written, tmp_path / "none.root", nothing)
    with pytest.raises(InputError, match="no entries"):
        read_ntuple(tmp_path / "none.root")


def test_metadata_must_be_a_mapping(written, tmp_path):
    path = tmp_path / "broken.root"
    for content in ("[1, 2]", "{half"):
        with uproot.recreate(path) as file:
            file["metadata"] = content
        with pytest.raises(InputError, match="metadata"):
            read_ntuple(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sqrt_s_gev", "many"),
        ("sqrt_s_gev", None),
        ("sqrt_s_gev", True),
        ("sqrt_s_gev", -10.58),
        ("sqrt_s_gev", float("nan")),
        ("sqrt_s_gev", 10**400),
        ("truth_pdg", "muons"),
        ("truth_pdg", [[13], [13, -13]]),
        ("truth_pdg", [10**30]),
        ("truth_pdg", [13.5]),
    ],
)
def test_metadata_of_another_type_are_named(written, tmp_path, key, value):
    broken = tmp_path / "broken.root"
    rewritten(written, broken, lambda _: None, {key: value})
    with pytest.raises(InputError, match=key):
        read_ntuple(broken)


def test_a_branch_of_single_numbers_is_not_one_of_tracks(written, tmp_path):
    broken = tmp_path / "broken.root"
    names = uproot.open(written)["events"].keys()
    with uproot.recreate(broken) as file:
        file.mktree("events", {name: np.dtype(float) for name in names})
        file["events"].extend({name: np.ones(3) for name in names})
    with pytest.raises(InputError, match="one list per event"):
        read_ntuple(broken)


def test_a_full_disk_leaves_the_earlier_file(written, events):
    before = written.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        with pytest.raises(StorageError, match=r"events\.root"):
            write_ntuple(written, events)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == ["events.root"]


def test_the_bit_of_the_reference_trigger_may_be_absent(written, tmp_path):
    without = tmp_path / "without.root"
    rewritten(written, without, lambda columns: columns.pop("trigger_calorimeter"))
    events, _ = read_ntuple(without)
    assert not events.trigger_calorimeter.any()
    assert len(events.trigger_calorimeter) == len(events)
