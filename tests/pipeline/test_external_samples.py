"""Somebody's own files run through the same chain by configuration alone."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from basf2_tree import columns_of, four_track_events, write_tree
from fourmu.config import load_analysis
from fourmu.errors import ConfigError, InputError
from fourmu.io.candidates import read_candidate_metadata, read_candidates
from fourmu.io.ntuple import read_ntuple
from fourmu.pipeline import run_chain
from fourmu.pipeline.corrections import correction_curves
from fourmu.pipeline.layout import Layout
from fourmu.pipeline.samples import background_split, data_sample, grid_masses, sample_files
from fourmu.selection import Cutflow

MASSES = [0.5, 1.0, 2.0, 4.0, 6.0]
SAMPLES = {
    "luminosity_ifb": 2.0,
    "zprime_masses_gev": MASSES,
    "scalar_masses_gev": MASSES,
    "events_per_mass": 150,
    "events_per_mass_no_isr": 100,
    "training_range_gev": [0.5, 6.0],
    "training_step_gev": 0.5,
    "training_events_per_mass": 20,
    "four_muon_events": 1500,
    "chunk_events": 500,
    "backgrounds": {"mumu_gamma": 0, "ee_mumu": 0, "mumu_tautau": 0},
    "pseudo_data": {"fsr": False, "backgrounds": False, "resonances": []},
}
BRANCHES = {"photons": {"number": 8, "count": "nPhotons"}, "events": {"x_mass": "genMass"}}
TABLE = (
    "p_min_gev,p_max_gev,theta_min_deg,theta_max_deg,factor,error\n"
    "0,1,17,150,0.9,0.02\n1,8,17,150,0.98,0.01\n"
)


def load(folder, name, **sections):
    """Write a configuration with an output of its own, and load it."""
    content = {
        "models": ["zprime"],
        "paths": {"output": name, "workspaces": f"{name}/workspaces"},
        "execution": {"executor": "threads", "workers": 1},
        "samples": SAMPLES,
        **sections,
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_analysis(path)


def as_tree(source, target, **options):
    """One of our ntuples as basf2 would have written it; the events that it holds."""
    events = four_track_events(read_ntuple(source)[0])
    columns = columns_of(events, **options)
    columns["genMass"] = np.repeat(np.nan_to_num(events.x_mass_gev, nan=1.0), 4)
    write_tree(target, columns)
    return events


@dataclasses.dataclass(frozen=True)
class World:
    """Our own samples, the same as trees of basf2, and both selected."""

    folder: Path
    own: object
    ntuples: dict
    analysis: object


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    own = load(folder, "own")
    run_chain(own, "select")
    events = Layout.of(own).folder("events")
    signals = []
    for file in sample_files(own):
        source = file.path(events, ".root")
        target = folder / "mine" / file.sample / f"{file.chunk}.root"
        truth = {"x_pdg": None} if file.sample == "pseudo_data" else {}
        run = file.index if file.model is None else 1
        as_tree(source, target, run=run, **truth)
        if file.mass_gev is not None:
            signals.append(
                {
                    "model": file.model,
                    "mass_gev": file.mass_gev,
                    "files": [f"mine/{file.sample}/{file.chunk}.root"],
                    "generated": file.events,
                    "isr": file.isr,
                }
            )
    born = read_ntuple(events / "four_muon" / "c000.root")[1]["xsec_fb"]
    ntuples = {
        "data": {"files": ["mine/pseudo_data/*.root"]},
        "backgrounds": [
            {
                "name": "four_muon",
                "files": ["mine/four_muon/*.root"],
                "generated": 1500,
                "xsec_fb": born,
                "parts": 1,
            }
        ],
        "signals": signals,
        "training": [{"files": ["mine/zprime_training/*.root"]}],
        "branches": BRANCHES,
    }
    analysis = load(folder, "mine_out", ntuples=ntuples)
    run_chain(analysis, "select")
    return World(folder=folder, own=own, ntuples=ntuples, analysis=analysis)


def selected_pairs(world):
    """Files of candidates of the direct path, and of that through trees."""
    own, mine = (Layout.of(a).folder("selected") for a in (world.own, world.analysis))
    for file in sample_files(world.own):
        name = "data" if file.sample == "pseudo_data" else file.sample
        yield file, file.path(own, ".parquet"), mine / name / f"{file.chunk}.parquet"


def test_candidates_are_identical_to_those_of_the_direct_path(world):
    compared = 0
    for file, direct, mine in selected_pairs(world):
        (before, _), (after, _) = read_candidates(direct), read_candidates(mine)
        compared += len(before)
        for field in dataclasses.fields(before):
            if field.name != "event":
                one, other = getattr(before, field.name), getattr(after, field.name)
                floating = one.dtype.kind == "f"
                assert np.array_equal(one, other, equal_nan=floating), (file, field.name)
        # the same events in the same order, under other numbers
        assert np.array_equal(
            np.unique(before.event, return_inverse=True)[1],
            np.unique(after.event, return_inverse=True)[1],
        )
    assert compared > 1000


def test_cut_flows_start_from_the_generated_events_and_meet_after_four_tracks(world):
    for file, direct, mine in selected_pairs(world):
        before, after = (
            Cutflow.from_dict(read_candidate_metadata(p)["cutflow"]) for p in (direct, mine)
        )
        place = before.names.index("four_tracks")
        assert np.array_equal(before.events[place:], after.events[place:])
        if file.mass_gev is not None:
            assert after.weights[0] == before.weights[0] == file.events
    metadata = [
        read_candidate_metadata(p) for f, _, p in selected_pairs(world) if f.sample == "four_muon"
    ]
    assert sum(content["generated"] for content in metadata) == 1500
    assert {content["external"] for content in metadata} == {True}


def test_data_keep_their_numbers_and_are_blind(world):
    assert world.analysis.blind
    assert data_sample(world.analysis) == "data"
    assert data_sample(world.own) == "pseudo_data"
    files = [file for file in sample_files(world.analysis) if file.sample == "data"]
    events = Layout.of(world.analysis).folder("events")
    numbers = np.concatenate([read_ntuple(f.path(events, ".root"))[0].event for f in files])
    assert len(np.unique(numbers)) == len(numbers)
    assert set((numbers >> 50).tolist()) == {12}
    assert not [f for f in sample_files(world.analysis) if f.sample == "pseudo_data"]


def test_a_second_call_reads_nothing_and_a_changed_file_is_read_again(world, capsys):
    run_chain(world.analysis, "select")
    assert "convert" not in capsys.readouterr().err
    path = world.folder / "mine" / "zprime" / "m01.0000.root"
    kept = path.read_bytes()
    as_tree(Layout.of(world.own).folder("events") / "zprime" / "m02.0000.root", path)
    try:
        run_chain(world.analysis, "select")
        assert "convert" in capsys.readouterr().err
    finally:
        path.write_bytes(kept)
        run_chain(world.analysis, "select")


def test_samples_that_are_not_given_are_generated(world):
    some = load(world.folder, "some", ntuples={"branches": BRANCHES, "data": world.ntuples["data"]})
    external = {file.sample for file in sample_files(some) if file.source is not None}
    assert external == {"data"}
    assert {f.sample for f in sample_files(some)} - external == {
        "four_muon",
        "zprime",
        "zprime_no_isr",
        "zprime_training",
    }
    with_isr = [entry for entry in world.ntuples["signals"] if entry["isr"]]
    moved = [{**entry, "mass_gev": entry["mass_gev"] + 0.25} for entry in with_isr]
    some = load(world.folder, "some", ntuples={"signals": moved})
    # masses of the files are the grid, of what is generated beside them too
    assert grid_masses(some, "zprime") == tuple(mass + 0.25 for mass in MASSES)
    beside = [f.mass_gev for f in sample_files(some) if f.sample == "zprime_no_isr"]
    assert beside == [mass + 0.25 for mass in MASSES]


def test_parts_of_a_file_train_and_expect(world):
    background = {**world.ntuples["backgrounds"][0], "parts": 2, "luminosity_ifb": 3.0}
    del background["xsec_fb"], background["generated"]
    background["files"] = ["mine/four_muon/c000.root"]
    some = load(world.folder, "parts", ntuples={**world.ntuples, "backgrounds": [background]})
    training, expectation = background_split(some)
    assert [(f.chunk, f.source.part) for f in training] == [("c000", (0, 2))]
    assert [(f.chunk, f.source.part) for f in expectation] == [("c001", (1, 2))]
    run_chain(some, "generate")
    metadata = [
        read_ntuple(f.path(Layout.of(some).folder("events"), ".root"))[1]
        for f in (*training, *expectation)
    ]
    total = sum(content["generated"] for content in metadata)
    assert {content["xsec_fb"] for content in metadata} == {total / 3.0}
    alone = {**background, "parts": 1}
    with pytest.raises(ConfigError, match="at least two parts") as caught:
        background_split(
            load(world.folder, "parts", ntuples={**world.ntuples, "backgrounds": [alone]})
        )
    assert caught.value.key == "ntuples.backgrounds.0.parts"


def test_corrections_weight_simulation_and_their_errors_become_sizes(world):
    (world.folder / "muons.csv").write_text(TABLE)
    table = {"name": "muons", "kind": "tracking", "path": "muons.csv"}
    some = load(world.folder, "corrected", ntuples=world.ntuples, corrections=[table])
    shutil.copytree(world.folder / "mine_out" / "events", world.folder / "corrected" / "events")
    run_chain(some, "select")
    plain, weighted = (Layout.of(a).folder("selected") for a in (world.analysis, some))
    for name, changes in (
        ("data/c000", False),
        ("four_muon/c001", True),
        ("zprime/m02.0000", True),
    ):
        before, _ = read_candidates(plain / f"{name}.parquet")
        after, metadata = read_candidates(weighted / f"{name}.parquet")
        assert np.array_equal(before.mass_gev, after.mass_gev, equal_nan=True)
        if not changes:
            assert np.all(after.weight == 1.0)
            assert "corrections" not in metadata
            continue
        # four tracks, each with 0.9 or 0.98
        assert np.all((after.weight >= 0.9**4 - 1e-12) & (after.weight <= 0.98**4 + 1e-12))
        (effect,) = metadata["corrections"]
        assert effect["mean_weight"] == pytest.approx(after.weight.mean(), rel=1e-9)
        # all bins move together: between four times 1/98 and four times 2/90
        assert 4 * 0.01 / 0.98 - 1e-3 < effect["shift"] < 4 * 0.02 / 0.9 + 1e-3
        flow = Cutflow.from_dict(metadata["cutflow"])
        assert flow.weights[0] == flow.events[0] == metadata["generated"]
        assert flow.weights[-1] < flow.events[-1]
    curves = correction_curves(some, weighted, "zprime")
    assert list(curves) == ["tracking"]
    assert curves["tracking"].mass_gev == tuple(MASSES)
    assert all(0.03 < size < 0.1 for size in curves["tracking"].size)


def refused(world, name, error, **changes):
    """The one line that the chain ends with."""
    analysis = load(world.folder, name, ntuples={**world.ntuples, **changes})
    with pytest.raises(error) as caught:
        run_chain(analysis, "generate")
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_mixed_experiments_are_refused_unless_they_are_listed(world):
    events = Layout.of(world.own).folder("events")
    tree = world.folder / "other" / "c009.root"
    as_tree(events / "pseudo_data" / "c000.root", tree, experiment=14, run=9, x_pdg=None)
    files = ["mine/pseudo_data/*.root", "other/c009.root"]
    text = refused(world, "bad", InputError, data={"files": files})
    assert "mix experiments" in text
    assert "c009.root" in text
    assert "found 12 in c000.root and 14 in c009.root, expected [12, 14]" in text
    text = refused(world, "bad", InputError, data={"files": files, "experiments": [12, 18]})
    assert "found 14, expected one of 12, 18" in text
    run_chain(
        load(
            world.folder,
            "both",
            ntuples={**world.ntuples, "data": {"files": files, "experiments": [12, 14]}},
        ),
        "generate",
    )


def test_an_event_of_data_that_stands_in_two_files_is_refused(world):
    copy = world.folder / "other" / "copy.root"
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(world.folder / "mine" / "pseudo_data" / "c000.root", copy)
    files = ["mine/pseudo_data/*.root", "other/copy.root"]
    text = refused(world, "bad", InputError, data={"files": files})
    assert "an event of data stands twice" in text
    assert "copy.root" in text
    assert "found 12, 0, 1, also in c000.root" in text


def test_lists_of_files_that_cannot_be_used_name_their_key(world):
    background = world.ntuples["backgrounds"][0]
    for changes, words in (
        ({"data": {"files": ["none/*.root"]}}, ["no file fits", "ntuples.data.files", "none/*"]),
        ({"data": {"files": ["none.root"]}}, ["no such file", "ntuples.data.files"]),
        (
            {"data": {"files": ["mine/four_muon/c000.root"]}},
            ["stands in two places", "ntuples.data.files and ntuples.backgrounds.0.files"],
        ),
        (
            {"signals": [{**e, "model": "dilaton"} for e in world.ntuples["signals"]]},
            ["unknown model 'dilaton'", "ntuples.signals"],
        ),
    ):
        text = refused(world, "bad", ConfigError, **changes)
        for word in words:
            assert word in text, text
    few = {**background, "generated": 3}
    text = refused(world, "bad", InputError, backgrounds=[few])
    assert "fewer events of four_muon were generated than are in the files" in text
    assert "found 3" in text
