"""The door ``fourmu limits``."""

import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

from fourmu.cli.limits import command
from fourmu.errors import ConfigError, InputError, StorageError
from fourmu.statmodel import example_workspace


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    target = tmp_path / "workspaces"
    target.mkdir()
    for name in ("w0001", "w0000"):
        (target / f"{name}.json").write_text(json.dumps(example_workspace(rng, bins=30)))
    (target / "index.json").write_text("{}")
    return target


def call(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_rows_come_in_the_order_of_names(folder, tmp_path):
    out = tmp_path / "out.json"
    assert call("--workspaces", folder, "--json", out).exit_code == 0
    rows = json.loads(out.read_text())["results"]
    assert [row["workspace"] for row in rows] == [
        str(folder / "w0000.json"),
        str(folder / "w0001.json"),
    ]
    assert {row["status"] for row in rows} == {"ok"}


def test_several_paths_and_a_level(folder, tmp_path):
    out = tmp_path / "out.json"
    first, second = folder / "w0001.json", folder / "w0000.json"
    call("--workspaces", first, second, "--json", out, "--confidence-level", "0.95")
    content = json.loads(out.read_text())
    assert content["confidence_level"] == 0.95
    assert [row["workspace"] for row in content["results"]] == [str(first), str(second)]


def test_bad_windows_are_rows_and_lines(folder, tmp_path):
    out = tmp_path / "out.json"
    (folder / "w0002.json").write_text('{"channels": ')
    result = call("--workspaces", folder, "--json", out)
    assert result.exit_code == 0
    assert [row["status"] for row in json.loads(out.read_text())["results"]][2] == "invalid"
    lines = [line for line in result.stderr.splitlines() if "w0002.json" in line]
    assert len(lines) == 1
    assert call("--workspaces", folder, "--json", out, "--strict").exit_code == 1


def test_nothing_readable_is_an_error_with_the_rows_written(tmp_path):
    bad, out = tmp_path / "bad.json", tmp_path / "out.json"
    bad.write_text("{")
    with pytest.raises(InputError, match="no workspace could be read"):
        call("--workspaces", bad, "--json", out)
    assert json.loads(out.read_text())["results"][0]["status"] == "invalid"


def test_a_file_that_was_read_is_a_row_however_wrong_its_content(tmp_path):
    bad, out = tmp_path / "bad.json", tmp_path / "out.json"
    bad.write_text("{}")
    assert call("--workspaces", bad, "--json", out).exit_code == 0
    assert json.loads(out.read_text())["results"][0]["status"] == "invalid"
    assert call("--workspaces", bad, "--json", out, "--strict").exit_code == 1


def test_interpolations_are_chosen(folder, tmp_path):
    def limit(*options):
        out = tmp_path / "out.json"
        call("--workspaces", folder / "w0000.json", "--json", out, *options)
        return json.loads(out.read_text())["results"][0]["limit_observed"]

    chosen = {limit(), limit("--normsys-code", "code1"), limit("--histosys-code", "code0")}
    assert len(chosen) == 3


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--normsys-code", "code0"], "--normsys-code"),
        (["--histosys-code", "code4"], "--histosys-code"),
    ],
)
def test_options_that_are_not_supported_are_refused(folder, tmp_path, options, key):
    out = tmp_path / "out.json"
    with pytest.raises(ConfigError, match=key):
        call("--workspaces", folder, "--json", out, *options)
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--toys", "1"], "--toys"),
        (["--toys", "-5"], "--toys"),
        (["--toys-rel-error", "nan"], "--toys-rel-error"),
        (["--toys-rel-error", "-0.1"], "--toys-rel-error"),
        (["--toys-rel-error", "inf"], "--toys-rel-error"),
        (["--pseudo-experiments", "10"], "--pseudo-experiments"),
        (["--confidence-level", "nan"], "--confidence-level"),
    ],
)
def test_senseless_values_are_one_error(folder, tmp_path, options, key):
    out = tmp_path / "out.json"
    with pytest.raises(ConfigError, match=key) as caught:
        call("--workspaces", folder, "--json", out, *options)
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_toys_and_pseudo_experiments_fill_their_fields(folder, tmp_path):
    out = tmp_path / "out.json"
    options = ("--toys", 100, "--toys-rel-error", 0.1, "--pseudo-experiments", 50)
    result = call("--workspaces", folder, "--json", out, *options)
    assert result.exit_code == 0
    assert "limits by toys: median error" in result.stderr
    content = json.loads(out.read_text())
    assert content["seed"] == 1
    for row in content["results"]:
        assert row["limit_observed_toys_error"] < 0.2 * row["limit_observed_toys"]
        assert len(row["limit_expected_toys"]) == len(row["limit_expected_toys_error"]) == 5
        assert sorted(row["limit_expected_pseudo"]) == row["limit_expected_pseudo"]
        assert row["n_toys"] > 500
        assert 0.0 <= row["goodness_of_fit_p"] <= 1.0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    again = tmp_path / "again.json"
    call("--workspaces", folder, "--json", again, *options, "--seed", 1)
    assert json.loads(again.read_text())["results"] == content["results"]
    call("--workspaces", folder, "--json", again, *options, "--seed", 2)
    assert json.loads(again.read_text())["results"] != content["results"]


def test_a_killed_calculation_goes_on_where_it_was(tmp_path):
    """A real process is killed between chunks; the next one finds them and ends as if nothing."""
    rng = np.random.default_rng(3)
    source = tmp_path / "workspaces"
    source.mkdir()
    for place in range(18):
        spec = example_workspace(rng, bins=30, events_per_bin=2.0)
        (source / f"w{place:04d}.json").write_text(json.dumps(spec))
    options = ["--workspaces", source, "--toys", "2000", "--toys-rel-error", "0.05", "--seed", "7"]
    whole, out = tmp_path / "whole.json", tmp_path / "out.json"
    call(*options, "--json", whole)
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1"}  # the test itself used its default
    command_line = [
        sys.executable,
        "-c",
        "from fourmu.cli import main; main()",
        "limits",
        *map(str, options),
    ]
    process = subprocess.Popen(
        [*command_line, "--json", str(out)], env=environment, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 300.0
    chunks = []
    while not chunks and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
        chunks = list(tmp_path.glob(".out.json.toys-*/toylimits-*.npz"))
    process.kill()
    process.wait()
    assert chunks
    assert not out.exists()
    result = call(*options, "--json", out)
    assert "chunks were done" in result.stderr
    assert json.loads(out.read_text()) == json.loads(whole.read_text())
    assert list(tmp_path.glob(".out.json*")) == []


def test_an_unwritable_place_leaves_earlier_output(folder, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("earlier")
    with pytest.raises(StorageError):
        call("--workspaces", folder, "--json", blocked / "out.json")
    assert blocked.read_text() == "earlier"


def test_missing_folder_and_missing_output_are_errors(folder):
    with pytest.raises(ConfigError, match="--json"):
        call("--workspaces", folder)
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="no such file"):
        call("--workspaces", folder, "--json", "out.json")


@pytest.mark.parametrize("options", [["--toys", "500"], ["--json", "out.json"], ["--strict"]])
def test_an_option_that_the_stage_does_not_take_is_refused(options):
    with pytest.raises(ConfigError, match="belongs to --workspaces") as caught:
        command.main(options, standalone_mode=False)
    assert caught.value.key == options[0]
