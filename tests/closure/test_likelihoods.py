"""Workspaces of the chain: valid, reproducible with plain cabinetry, and of the right yields."""

import hashlib
import importlib
import json
import subprocess
import sys
import warnings
from pathlib import Path

import cabinetry
import numpy as np
import pyhf
import pytest
import yaml
from click.testing import CliRunner

from fourmu.classifiers import WorkingPoint
from fourmu.cli.workspaces import command as workspaces_command
from fourmu.config import load_analysis
from fourmu.io.candidates import read_candidates, read_scores
from fourmu.io.templates import read_templates
from fourmu.pipeline.samples import (
    PSEUDO_DATA,
    background_names,
    background_split,
    sample_files,
)
from fourmu.statmodel import render
from fourmu.templates import SignalModel, build_windows
from fourmu.templates.resolution import Resolution

# pyhf 0.7 validates with a part of jsonschema that newer versions deprecate
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated")

KEPT_WINDOWS = 5


def samples_of(workspace):
    (channel,) = workspace["channels"]
    return {sample["name"]: np.array(sample["data"]) for sample in channel["samples"]}


def background_of(workspace):
    return sum(v for name, v in samples_of(workspace).items() if name != "signal")


def gaps(window):
    """Whether bins are missing in the window: a veto or M_R = 0 cut it."""
    low, high = np.array(window["bin_low"]), np.array(window["bin_high"])
    return len(low) != 120 or not np.allclose(low[1:], high[:-1], rtol=0.0, atol=1e-9)


def passing(chain, files, window_range):
    """M_R and weights of the candidates of some files that pass the cut of one range."""
    output = chain.root / "output"
    points = chain.json("output/mlp/working_points.json")["working_points"]
    point = WorkingPoint.from_dict(points[window_range])
    reduced, weights, generated, xsec = [], [], 0, np.nan
    for file in files:
        candidates, metadata = read_candidates(file.path(output / "selected", ".parquet"))
        scores = read_scores(file.path(output / "mlp" / "scores", ".parquet"))[:, window_range]
        # a score that is not there (NaN) passes nothing
        rows = scores > point.threshold(candidates.mass_gev)
        reduced.append(candidates.reduced_mass_gev[rows])
        weights.append(candidates.weight[rows])
        generated += metadata["generated"]
        xsec = metadata.get("xsec_fb", np.nan)
    return np.concatenate(reduced), np.concatenate(weights), generated, xsec


@pytest.fixture(scope="module")
def analysis(chain):
    return load_analysis(chain.config)


@pytest.fixture(scope="module")
def cabinetry_command():
    """The command ``cabinetry`` as a function; its import uses a name that click deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("cabinetry.cli").cabinetry


def test_the_index_names_every_file_with_its_digest(chain, model):
    folder = chain.root / "workspaces" / model
    for window in chain.fitted(model):
        content = (folder / f"{window['name']}.json").read_bytes()
        assert hashlib.sha256(content).hexdigest() == window["digest"]
    names = {f"{window['name']}.json" for window in chain.fitted(model)}
    assert {path.name for path in folder.iterdir()} == names | {"index.json"}


def test_vetoed_hypotheses_keep_their_number_and_have_no_file(chain, analysis, model):
    windows = chain.index(model)
    assert [window["name"] for window in windows] == [f"w{i:04d}" for i in range(len(windows))]
    low, high = analysis.templates.veto_gev[0]
    vetoed = [window["name"] for window in windows if window["vetoed"]]
    assert vetoed == [w["name"] for w in windows if low <= w["mass_gev"] <= high]
    assert len(vetoed) >= 1
    for window in windows:
        assert (window["digest"] is None) == (window["efficiency"] is None) == window["vetoed"]
    # the same names and masses as without a veto
    resolution = Resolution.from_dict(chain.json("output/mlp/resolution.json"))
    without = analysis.templates.model_copy(update={"veto_gev": ()})
    whole = build_windows(resolution, analysis.classifiers.range_edges_gev, without)
    assert [(w["name"], w["mass_gev"]) for w in windows] == [(w.name, w.mass_gev) for w in whole]


def test_no_bin_lies_in_the_veto(chain, analysis, model):
    veto = [np.sqrt(edge**2 - 4 * 0.1056583755**2) for edge in analysis.templates.veto_gev[0]]
    cut = 0
    for window in chain.fitted(model):
        low, high = np.array(window["bin_low"]), np.array(window["bin_high"])
        assert np.all((high <= veto[0]) | (low >= veto[1]))
        cut += gaps(window) and window["mass_gev"] > 1.0
    assert cut >= 1


def test_every_workspace_is_valid_for_pyhf(chain, model):
    for window in chain.fitted(model):
        workspace = chain.workspace(model, window["name"])
        pyhf.schema.validate(workspace, "workspace.json")
        assert len(workspace["observations"][0]["data"]) == len(window["bin_low"])


def test_every_configuration_is_valid_for_cabinetry(chain, analysis, model):
    _, templates = read_templates(chain.root / "output" / "templates" / f"{model}.npz")
    text = (chain.root / "cabinetry_configs" / f"{model}.yaml").read_text(encoding="utf-8")
    for template in templates:
        config = render(yaml.safe_load(text), template, analysis.statmodel.systematics)
        assert cabinetry.configuration.validate(config)


def test_plain_cabinetry_makes_the_published_workspaces(
    chain, fourmu, cabinetry_command, model, tmp_path, monkeypatch
):
    windows = chain.fitted(model)
    chosen = windows[:: len(windows) // KEPT_WINDOWS][:KEPT_WINDOWS]
    assert len({window["mlp_range"] for window in chosen}) > 2
    for place, window in enumerate(chosen):
        name = window["name"]
        arguments = ["--window", name, "--model", model, "--keep", str(tmp_path / "kept")]
        folder = tmp_path / "kept" / model / name
        if place == 0:  # the commands themselves once, then the same functions without imports
            done = fourmu(chain.root, "workspaces", "--config", "tiny.yaml", *arguments)
            assert done.returncode == 0, done.stderr
            assert window["digest"] in done.stdout
            subprocess.run(
                [Path(sys.executable).parent / "cabinetry", "workspace", "config.yml", "ws.json"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
        else:
            config = ["--config", str(chain.config)]
            done = CliRunner().invoke(workspaces_command, [*arguments, *config])
            assert done.exit_code == 0, done.exception
            assert window["digest"] in done.stdout
            monkeypatch.chdir(folder)
            done = CliRunner().invoke(cabinetry_command, ["workspace", "config.yml", "ws.json"])
            assert done.exit_code == 0, done.exception
        published = chain.workspace(model, name)
        assert json.loads((folder / "ws.json").read_text(encoding="utf-8")) == published
        kept = (folder / f"{name}.json").read_bytes()
        assert hashlib.sha256(kept).hexdigest() == window["digest"]
        assert {path.name for path in folder.iterdir()} == {
            *("config.yml", "histograms", "ws.json", f"{name}.json")
        }


def test_the_signal_is_luminosity_times_efficiency_times_its_share_of_the_window(
    chain, analysis, model
):
    content = chain.json(f"output/templates/signal_{model}.json")["signal_model"]
    signal_model = SignalModel.from_dict(content)
    for window in chain.fitted(model):
        mass = window["mass_gev"]
        assert window["efficiency"] == pytest.approx(signal_model.efficiency(mass)[0], rel=1e-12)
        # the ends of each run of touching bins
        low, high = np.array(window["bin_low"]), np.array(window["bin_high"])
        starts = np.append(True, low[1:] - high[:-1] > 1e-9)
        ends = np.append(starts[1:], True)
        shape = signal_model.shape(mass)
        share = np.sum(shape.cdf(high[ends]) - shape.cdf(low[starts]))
        assert 0.0 < share < 1.0
        expected = analysis.samples.luminosity_ifb * window["efficiency"] * share / 1.07
        signal = samples_of(chain.workspace(model, window["name"]))["signal"]
        # differences of integrals near 1 lose a few digits in the smallest bins
        assert signal.sum() == pytest.approx(expected, rel=1e-9)


def test_the_background_templates_add_up_to_the_expectation(chain, analysis, model):
    _, expectation = background_split(analysis)
    ranges = sorted({window["mlp_range"] for window in chain.fitted(model)})
    assert ranges == [0, 1, 2, 3, 4]
    empty = 0
    for place in ranges:
        masses, weights = [], []
        for sample in background_names(analysis):
            files = [file for file in expectation if file.sample == sample]
            found, weight, generated, xsec = passing(chain, files, place)
            masses.append(found)
            weights.append(analysis.samples.luminosity_ifb * xsec / generated * weight)
        reduced, weight = np.concatenate(masses), np.concatenate(weights)
        for window in chain.fitted(model):
            # where bins are missing, templates keep their height and lose these bins
            if window["mlp_range"] != place or gaps(window):
                continue
            inside = (reduced >= window["bin_low"][0]) & (reduced < window["bin_high"][-1])
            expected = weight[inside].sum()
            empty += expected < 1.0
            background = background_of(chain.workspace(model, window["name"]))
            # a candidate on an edge of the window may fall to either side of a rounding
            assert background.sum() == pytest.approx(max(expected, 1.0), rel=1e-9)
    assert empty < len(chain.fitted(model)) / 2


def test_the_observed_counts_are_those_of_the_pseudo_data(chain, analysis, model):
    files = [file for file in sample_files(analysis) if file.sample == PSEUDO_DATA]
    total = 0
    for place in range(5):
        reduced, weight, _, _ = passing(chain, files, place)
        assert np.all(weight == 1.0)
        for window in chain.fitted(model):
            if window["mlp_range"] != place:
                continue
            counts = [
                np.count_nonzero((reduced >= low) & (reduced < high))
                for low, high in zip(window["bin_low"], window["bin_high"], strict=True)
            ]
            workspace = chain.workspace(model, window["name"])
            assert workspace["observations"][0]["data"] == counts
            total += sum(counts)
    assert total > 1000
