"""``fourmu diagnostics``: from workspace files to a table and figures."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from fourmu.cli.diagnostics import command
from fourmu.errors import ConfigError, InputError
from fourmu.statmodel import example_workspace


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(4)
    place = tmp_path / "ws"
    place.mkdir()
    for i in range(2):
        spec = example_workspace(rng, bins=30, injected=0.3 * i, shape=False)
        (place / f"w{i:04d}.json").write_text(json.dumps(spec))
    (place / "w0009.json").write_text("{")
    return place


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=True)


def test_rows_hold_parameters_and_impacts(folder, tmp_path):
    out, figures = tmp_path / "out.json", tmp_path / "figures"
    result = run("--workspaces", folder, "--json", out, "--figures", figures)
    assert result.exit_code == 0, result.output
    rows = json.loads(out.read_text())["results"]
    assert [row["status"] for row in rows] == ["ok", "ok", "invalid"]
    assert rows[2]["parameters"] is None
    entries = {entry["name"]: entry for entry in rows[1]["parameters"]}
    assert entries["xsec_fb"]["error"] == pytest.approx(rows[1]["poi_hat_error"])
    assert entries["xsec_fb"]["correlation_with_poi"] == pytest.approx(1.0)
    assert entries["background_0"]["pull"] is None
    tracking = entries["tracking"]
    assert (tracking["measured"], tracking["uncertainty"]) == (0.0, 1.0)
    assert 0.0 < tracking["impact_on_limit_expected"] < rows[1]["impact_on_limit_expected"]
    up, down = tracking["impact_on_poi_postfit"]
    assert up * down < 0.0
    assert sorted(path.name for path in figures.iterdir()) == ["0_w0000.png", "1_w0001.png"]


def test_many_windows_share_a_figure(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("fourmu.cli.diagnostics._FIGURE_PER_WINDOW_UP_TO", 1)
    figures = tmp_path / "figures"
    assert run(folder, "--json", tmp_path / "o.json", "--figures", figures).exit_code == 0
    assert [path.name for path in figures.iterdir()] == ["all_windows.png"]


def test_nothing_to_read_is_an_error(folder, tmp_path):
    out = tmp_path / "out.json"
    assert isinstance(run("--json", out).exception, ConfigError)
    assert isinstance(run(folder / "w0009.json", "--json", out).exception, InputError)
    wrong = run(folder, "--json", out, "--confidence-level", "nan")
    assert wrong.exit_code != 0


def test_interpolations_are_chosen_and_others_refused(tmp_path):
    spec = example_workspace(np.random.default_rng(4), bins=10)
    path, out = tmp_path / "w.json", tmp_path / "out.json"
    path.write_text(json.dumps(spec))

    def limit(*options):
        assert run("--workspaces", path, "--json", out, *options).exit_code == 0
        return json.loads(out.read_text())["results"][0]["limit_observed"]

    assert len({limit(), limit("--normsys-code", "code1"), limit("--histosys-code", "code0")}) == 3
    for option in ("--normsys-code", "--histosys-code"):
        refused = run("--workspaces", path, "--json", out, option, "code3").exception
        assert isinstance(refused, ConfigError)
        assert option in str(refused)
