"""Building with cabinetry."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyhf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.config.statmodel import Systematics
from fourmu.errors import ConfigError, ConsistencyError, StorageError
from fourmu.statmodel import (
    build_workspace,
    build_workspaces,
    keep_workspace,
    systematic_sizes,
    validate_workspace,
    workspace_bytes,
)

# pyhf 0.7 uses a class that jsonschema has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated")


def samples_of(workspace):
    return {sample["name"]: sample for sample in workspace["channels"][0]["samples"]}


def test_workspace_holds_the_window(cabinetry_template, make_window):
    window = make_window(0.5, degree=2)
    workspace = build_workspace(cabinetry_template, window, Systematics())
    samples = samples_of(workspace)
    assert list(samples) == ["signal", "background_0", "background_1", "background_2"]
    assert samples["signal"]["data"] == window.signal.tolist()
    for k in range(3):
        sample = samples[f"background_{k}"]
        assert sample["data"] == window.background[k].tolist()
        assert sample["modifiers"] == [
            {"name": f"background_{k}", "type": "normfactor", "data": None}
        ]
    (observation,) = workspace["observations"]
    assert observation["data"] == window.observed.tolist()
    sizes = systematic_sizes(Systematics(), 0.5, 0)
    poi, *normsys = samples["signal"]["modifiers"]
    assert poi == {"name": "xsec_fb", "type": "normfactor", "data": None}
    assert {m["name"]: m["data"] for m in normsys} == {
        name: {"hi": 1 + size, "lo": 1 - size} for name, size in sizes.items()
    }
    (measurement,) = workspace["measurements"]
    assert measurement["config"]["poi"] == "xsec_fb"
    bounds = {p["name"]: p["bounds"] for p in measurement["config"]["parameters"]}
    assert bounds == {
        "xsec_fb": [[0, 20]],
        "background_0": [[0, 50]],
        "background_1": [[0, 50]],
        "background_2": [[0, 50]],
    }


@pytest.mark.parametrize("shape", [False, True])
def test_pyhf_model_has_the_expected_yield(cabinetry_template, make_window, shape):
    window = make_window(shape=shape)
    model = pyhf.Workspace(build_workspace(cabinetry_template, window, Systematics())).model()
    assert "lumi" not in model.config.parameters
    assert sorted(model.config.parameters) == sorted(
        ["xsec_fb", "background_0", "background_1", *systematic_sizes(Systematics(), 3.0, 1)]
    )
    parameters = np.array(model.config.suggested_init())
    parameters[model.config.poi_index] = 0.7
    expected = model.expected_actualdata(parameters)
    # 242 sums of doubles
    assert np.sum(expected) == pytest.approx(
        0.7 * np.sum(window.signal) + np.sum(window.background), rel=1e-12
    )


def test_resolution_as_a_shape_reaches_both_widths(cabinetry_template, make_window):
    window = make_window(shape=True)
    workspace = build_workspace(cabinetry_template, window, Systematics())
    (histosys,) = [
        m for m in samples_of(workspace)["signal"]["modifiers"] if m["type"] == "histosys"
    ]
    assert histosys["name"] == "mass_resolution"
    model = pyhf.Workspace(workspace).model()
    parameters = np.array(model.config.suggested_init())
    parameters[model.config.poi_index] = 1.0
    place = model.config.par_slice("mass_resolution")
    for pull, signal in ((1.0, window.signal_wide), (-1.0, window.signal_narrow)):
        parameters[place] = pull
        expected = model.expected_actualdata(parameters) - window.background.sum(axis=0)
        # differences of numbers of order ten
        np.testing.assert_allclose(expected, signal, atol=1e-11)


def test_serialised_workspace_comes_back(cabinetry_template, make_window):
    workspace = build_workspace(cabinetry_template, make_window(), Systematics())
    file = workspace_bytes(workspace)
    assert json.loads(file) == workspace
    assert workspace_bytes(json.loads(file)) == file


@settings(max_examples=15, deadline=None)
@given(
    scale=st.floats(1e-6, 1e6),
    n_bins=st.integers(2, 130),
    degree=st.integers(0, 3),
    seed=st.integers(0, 1000),
)
def test_any_window_survives_the_round_trip(cabinetry_template, make_window, **choice):
    window = make_window(**choice)
    workspace = json.loads(
        workspace_bytes(build_workspace(cabinetry_template, window, Systematics()))
    )
    samples = samples_of(workspace)
    assert samples["signal"]["data"] == window.signal.tolist()
    assert sum(samples["signal"]["data"]) == pytest.approx(window.signal.sum(), rel=1e-12)
    background = [samples[f"background_{k}"]["data"] for k in range(choice["degree"] + 1)]
    assert background == window.background.tolist()


def test_signal_in_other_units_changes_the_signal_alone(cabinetry_template, make_window):
    one, thousand = (
        build_workspace(cabinetry_template, make_window(scale=scale), Systematics())
        for scale in (1.0, 1000.0)
    )
    signal = samples_of(one)["signal"]
    np.testing.assert_allclose(
        samples_of(thousand)["signal"].pop("data"), 1000 * np.array(signal.pop("data")), rtol=1e-14
    )
    assert one == thousand


def test_many_windows_are_as_each_alone(cabinetry_template, make_window):
    windows = [
        make_window(0.5, degree=2),
        make_window(3.0, seed=2),
        make_window(3.1, n_bins=90, seed=3),
        make_window(9.0, seed=4, shape=True),
    ]
    many = list(build_workspaces(cabinetry_template, windows, Systematics()))
    assert many == [build_workspace(cabinetry_template, w, Systematics()) for w in windows]
    for workspace in many:
        validate_workspace(workspace, "here")


@pytest.mark.parametrize("shape", [False, True])
def test_plain_cabinetry_makes_the_same_workspace(cabinetry_template, make_window, tmp_path, shape):
    window = make_window(0.5, degree=2, shape=shape)
    folder = tmp_path / "w0123"
    kept = keep_workspace(cabinetry_template, window, Systematics(), folder)
    # the command of the same environment, run as a user would
    command = Path(sys.executable).parent / "cabinetry"
    subprocess.run(
        [command, "workspace", "config.yml", "ws.json"], cwd=folder, check=True, capture_output=True
    )
    plain = json.loads((folder / "ws.json").read_text())
    assert plain == kept == json.loads((folder / "w0123.json").read_text())
    assert kept == build_workspace(cabinetry_template, window, Systematics())
    assert workspace_bytes(plain) == (folder / "w0123.json").read_bytes()


def test_cabinetry_refusing_is_a_configuration_error(zprime_template, make_window):
    zprime_template["Samples"][0].pop("Data")
    with pytest.raises(ConfigError, match=r"w0123.*exactly one data sample"):
        build_workspace(zprime_template, make_window(), Systematics())
    zprime_template["Surprise"] = 1
    with pytest.raises(ConfigError, match="Surprise"):
        build_workspace(zprime_template, make_window(), Systematics())


def test_pyhf_refusing_is_a_consistency_error(cabinetry_template, make_window):
    workspace = build_workspace(cabinetry_template, make_window(), Systematics())
    workspace["observations"][0]["data"].append(1.0)
    workspace["channels"][0]["samples"][0]["data"].append("1")
    with pytest.raises(ConsistencyError, match="pyhf refuses"):
        validate_workspace(workspace, "w0123")


def test_a_folder_that_cannot_be_written_is_one_clear_error(zprime_template, make_window, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match="taken"):
        keep_workspace(zprime_template, make_window(), Systematics(), tmp_path / "taken")


def test_nothing_global_is_left_behind(cabinetry_template, make_window, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    backend = pyhf.get_backend()
    handlers, level = list(logging.root.handlers), logging.root.level
    names = ("cabinetry", "pyhf")
    levels = [logging.getLogger(name).level for name in names]
    build_workspace(cabinetry_template, make_window(), Systematics())
    assert pyhf.get_backend() == backend
    assert logging.root.handlers == handlers
    assert logging.root.level == level
    assert [logging.getLogger(name).level for name in names] == levels
    assert list(tmp_path.iterdir()) == []


def test_the_package_does_not_import_cabinetry():
    # reading workspaces must not pay for the libraries that build them
    code = "import sys, fourmu.statmodel; print({'cabinetry', 'pyhf'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
