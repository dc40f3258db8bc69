"""A blind analysis fits the expectation, shows nothing observed, and is lifted by --unblind."""

import shutil

import numpy as np
import pytest


@pytest.fixture(scope="module")
def blind(chain, fourmu, read_json, tmp_path_factory):
    """The finished run, blinded: events, networks and signal samples are those it has."""
    root = tmp_path_factory.mktemp("blind") / "chain"
    shutil.copytree(chain.root, root)
    configuration = root / "tiny.yaml"
    configuration.write_text("blind: true\n" + configuration.read_text())
    done = fourmu(root, "limits", "--config", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    stages = [line[3:].split(":")[0] for line in done.stderr.splitlines() if line.startswith("==")]
    assert stages == ["templates", "workspaces", "limits"]
    return root


def test_windows_hold_the_expectation_and_the_index_says_so(blind, read_json, model):
    index = read_json(blind / f"workspaces/{model}/index.json")
    assert index["blind"] is True
    for window in index["windows"]:
        if window["vetoed"]:
            continue
        workspace = read_json(blind / f"workspaces/{model}/{window['name']}.json")
        samples = workspace["channels"][0]["samples"]
        background = sum(np.array(s["data"]) for s in samples if s["name"] != "signal")
        np.testing.assert_allclose(workspace["observations"][0]["data"], background, rtol=1e-9)


def test_limits_are_expected_ones_alone(blind, chain, read_json, model):
    rows = read_json(blind / f"output/limits/{model}.json")["results"]
    open_rows = chain.json(f"output/limits/{model}.json")["results"]
    for row, other in zip(rows, open_rows, strict=True):
        for name in ("poi_hat", "poi_hat_error", "q0", "z_local", "p0", "limit_observed"):
            assert row[name] is None
            # at a boundary there is no error either way
            assert other[name] is not None or name == "poi_hat_error"
        assert "--unblind" in row["message"]
        assert np.all(np.diff(row["limit_expected"]) > 0)


def test_the_truth_is_refused_until_it_is_asked_for(blind, fourmu):
    refused = fourmu(blind, "truth", "--config", "tiny.yaml")
    assert refused.returncode == 2
    assert "blind" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    told = fourmu(blind, "truth", "--config", "tiny.yaml", "--unblind")
    assert (told.returncode, told.stdout) == (0, "there are no signals in the pseudo-data\n")


def test_unblinding_gives_the_limits_of_the_open_analysis(blind, chain, fourmu, read_json):
    done = fourmu(blind, "limits", "--config", "tiny.yaml", "--unblind")
    assert done.returncode == 0, done.stderr
    for name in ("zprime", "scalar"):
        rows = read_json(blind / f"output/limits/{name}.json")["results"]
        assert rows == chain.json(f"output/limits/{name}.json")["results"]
