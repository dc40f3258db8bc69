"""The door ``fourmu simulate``."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fourmu.cli.simulate import command
from fourmu.errors import ConfigError, InputError, StorageError
from fourmu.io.ntuple import read_ntuple

LHE = Path(__file__).parents[1] / "reference" / "lhe"
SIGNAL = LHE / "scalar_m3_undecayed_1k.lhe.gz"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def call(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_an_ntuple_comes_out(tmp_path):
    result = call("--lhe", SIGNAL, "--out", tmp_path / "a.root", "--seed", 7)
    assert result.exit_code == 0
    assert "1000 events" in result.output
    events, metadata = read_ntuple(tmp_path / "a.root")
    assert len(events) == 1000
    assert metadata["generated"] == 1000
    assert metadata["seed"] == 7
    assert np.allclose(events.x_mass_gev, 3.0, atol=1e-5)


def test_several_files_in_either_way(tmp_path):
    call("--lhe", SIGNAL, "--lhe", SIGNAL, "--out", tmp_path / "a.root")
    call("--lhe", SIGNAL, SIGNAL, "--out", tmp_path / "b.root")
    first, second = (read_ntuple(tmp_path / name)[0] for name in ("a.root", "b.root"))
    assert len(first) == len(second) == 2000
    assert np.array_equal(first.track_pt, second.track_pt)
    assert len(np.unique(first.event)) == 2000


def test_the_detector_is_that_of_the_configuration(tmp_path):
    (tmp_path / "blind.yaml").write_text("detector: {track_theta_deg: [80.0, 81.0]}\n")
    call("--lhe", SIGNAL, "--out", tmp_path / "a.root", "--config", tmp_path / "blind.yaml")
    events, _ = read_ntuple(tmp_path / "a.root")
    assert len(events.track_pt) < 200


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--lhe", "none.lhe", "--out", "a.root"), InputError),
        (("--lhe", LHE / "README.md", "--out", "a.root"), InputError),
        (("--lhe", SIGNAL, "--x-pdg", 55, "--out", "a.root"), InputError),
        (("--lhe", SIGNAL, "--out", "a.root", "--config", "none.yaml"), ConfigError),
        (("--lhe", SIGNAL, "--out", "/proc/none/a.root"), StorageError),
    ],
)
def test_bad_input_is_one_error_and_leaves_earlier_output(tmp_path, arguments, error):
    (tmp_path / "a.root").write_text("earlier")
    with pytest.raises(error):
        call(*arguments)
    assert (tmp_path / "a.root").read_text() == "earlier"
