"""The HEPData submission of a run, by its command."""

import importlib.util
import json
import shutil

import pytest
import yaml
from click.testing import CliRunner

from fourmu.cli.hepdata import command
from fourmu.errors import ConfigError, ConsistencyError, InputError, StorageError
from fourmu.publish.hepdata import submission, validation_messages

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)


def call(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def made(archive, tmp_path_factory):
    """The submission made of the folder: its folder and its tarball."""
    out = tmp_path_factory.mktemp("hepdata") / "record"
    call("--archive", archive.folder, "--out", out)
    return out, out.with_name("record-submission.tar.gz")


def content_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_holds_the_numbers_and_likelihoods_of_the_archive(made, archive):
    folder, tarball = made
    first, *tables = yaml.safe_load_all((folder / "submission.yaml").read_bytes())
    assert "PSEUDO-DATA" in first["comment"]
    assert len(tables) == 16
    packed = folder / "fourmu-likelihoods.tar.gz"
    assert packed.read_bytes() == archive.tarball.read_bytes()
    index = json.loads((archive.folder / "index.json").read_text())
    wanted = [
        window["models"]["scalar"]["xsec_limit_fb"]
        for window in index["windows"]
        if not window["vetoed"]
    ]
    limits = yaml.safe_load((folder / "xsec_limits_scalar.yaml").read_bytes())
    observed = limits["dependent_variables"][0]["values"]
    assert [row["value"] for row in observed] == wanted
    assert tarball.stat().st_size < 50e6


def test_hepdata_takes_it(made):
    if importlib.util.find_spec("hepdata_validator") is None:
        pytest.skip("hepdata-validator is not installed; pip install 'fourmu[hepdata]'")
    assert validation_messages(made[1]) == []


def test_folder_and_tarball_give_the_same_bytes(made, archive, tmp_path):
    call("--archive", archive.tarball, "--out", tmp_path / "again")
    assert content_of(tmp_path / "again") == content_of(made[0])
    again = tmp_path / "again-submission.tar.gz"
    assert again.read_bytes() == made[1].read_bytes()


def test_the_stage_makes_it_and_makes_it_once(made, archive, chain, fourmu, tmp_path):
    done = fourmu(chain.root, "hepdata", "--config", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    folder = chain.root / "output" / "hepdata"
    tarball = chain.root / "output" / "hepdata-submission.tar.gz"
    assert content_of(folder) == content_of(made[0])
    assert tarball.read_bytes() == made[1].read_bytes()
    again = fourmu(chain.root, "hepdata", "--config", "tiny.yaml", "--out", tmp_path / "copy")
    assert again.returncode == 0, again.stderr
    assert "==" not in again.stderr  # no stage ran
    assert content_of(tmp_path / "copy") == content_of(folder)
    assert (tmp_path / "copy-submission.tar.gz").read_bytes() == tarball.read_bytes()


def test_a_changed_archive_is_refused(archive, tmp_path):
    bad = shutil.copytree(archive.folder, tmp_path / "bad")
    path = next(bad.glob("windows/*/BkgOnly.json"))
    path.write_bytes(path.read_bytes().replace(b"1.0", b"1.1", 1))
    with pytest.raises(ConsistencyError, match="was changed"):
        call("--archive", bad, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_submission_above_what_hepdata_takes_is_refused(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "LARGEST_UPLOAD", 10_000)
    with pytest.raises(InputError, match="too large for HEPData"):
        call("--archive", archive.tarball, "--out", tmp_path / "out")


def test_nothing_that_is_there_is_written_over(archive, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    with pytest.raises(StorageError, match="something else is there already"):
        call("--archive", archive.tarball, "--out", tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--archive", "a"], "--out"),
        (["--archive", "a", "--out", "b", "--unblind"], "--unblind"),
        (["--archive", "a", "--out", "b", "--config", "c.yaml"], "--config"),
        (["--failed-windows", "record"], "--failed-windows"),
    ],
)
def test_options_that_do_not_belong_are_refused(options, key):
    with pytest.raises(ConfigError) as caught:
        call(*options)
    assert caught.value.key == key
