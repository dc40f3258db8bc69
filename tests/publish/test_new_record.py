"""Where a HEPData record appears: a new folder and a tarball beside it, both whole."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from fourmu.cli.hepdata import command
from fourmu.errors import FourMuError, InputError, StorageError
from fourmu.publish.hepdata import new_record
from publish.synthetic_archive import synthetic_archive, write_files

NAMES = ["a.yaml", "submission.yaml", "z.png"]


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    write_files(synthetic_archive(), folder)
    return folder


def write(out, archive, during=lambda: None):
    """Write a record of a few files."""
    with new_record(out, outside=archive, what="the archive") as record:
        for name in NAMES:
            (record.files / name).write_text(name)
        record.packed.write_text("packed")
        during()
    return record


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def stop():
    raise KeyboardInterrupt


@pytest.mark.parametrize("is_there", [False, True])
def test_folder_and_tarball_appear_when_both_are_whole(archive, tmp_path, is_there):
    out = tmp_path / "out"
    if is_there:
        out.mkdir()

    def look():
        assert not (tmp_path / "out-submission.tar.gz").exists()
        assert not list(tmp_path.glob("out/[!.]*"))

    record = write(out, archive, look)
    assert record.folder == out
    assert names(out) == NAMES
    assert record.tarball.read_text() == "packed"
    assert names(tmp_path) == ["archive", "out", "out-submission.tar.gz"]


def test_nothing_is_left_of_what_was_interrupted(archive, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", archive, stop)
    assert names(tmp_path) == ["archive"]
    write(tmp_path / "out", archive)
    assert names(tmp_path / "out") == NAMES


def test_what_a_killed_call_has_left_is_not_taken_over(archive, tmp_path):
    (tmp_path / ".out.part/folder").mkdir(parents=True)
    (tmp_path / ".out.part/folder/half").write_text("")
    (tmp_path / ".out.part/old.yaml").write_text("")
    (tmp_path / ".out-submission.tar.gz.abc.part").write_text("half")
    write(tmp_path / "out", archive)
    assert names(tmp_path / "out") == NAMES
    assert names(tmp_path) == ["archive", "out", "out-submission.tar.gz"]


def test_two_calls_do_not_share_a_folder(archive, tmp_path):
    def again():
        with pytest.raises(StorageError, match="being made by another process"):
            write(tmp_path / "out", archive)

    write(tmp_path / "out", archive, again)
    assert names(tmp_path / "out") == NAMES


def test_the_folder_that_a_shell_is_in_is_filled(archive, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    write(Path(), archive)
    assert names(Path()) == NAMES
    assert (tmp_path / "out-submission.tar.gz").is_file()


def test_a_tarball_that_is_there_is_not_written_over(archive, tmp_path):
    (tmp_path / "out-submission.tar.gz").write_text("mine")
    with pytest.raises(StorageError, match="the tarball is there already"):
        write(tmp_path / "out", archive)
    assert (tmp_path / "out-submission.tar.gz").read_text() == "mine"
    assert names(tmp_path) == ["archive", "out-submission.tar.gz"]


def test_the_archive_is_no_place_for_it(archive):
    before = names(archive)
    with pytest.raises(InputError, match="inside of the archive"):
        write(archive / "record", archive)
    assert names(archive) == before


def called(*arguments):
    """Run the command, which is expected to refuse; gives its error."""
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert isinstance(result.exception, FourMuError), result.output
    return result.exception


@pytest.mark.parametrize("out", ["archive/record", "/", "loop", "mine", "taken", "long" * 100])
def test_the_command_refuses_other_places(archive, tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("mine").write_text("")
    Path("taken-submission.tar.gz").write_text("")
    before = sorted(os.walk(tmp_path))
    found = called("--archive", archive, "--out", out)
    assert found.where is not None
    assert Path(found.where).name.startswith(Path(out).name[:100])
    assert sorted(os.walk(tmp_path)) == before


def test_the_command_says_which_archive_cannot_be_looked_at(tmp_path):
    found = called("--archive", tmp_path / ("long" * 100), "--out", tmp_path / "out")
    assert "File name too long" in str(found)
    assert names(tmp_path) == []


def test_a_copy_of_the_record_of_a_configuration_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: 1\n")
    (tmp_path / "out-submission.tar.gz").write_text("")
    found = called("--config", tmp_path / "mine.yaml", "--out", tmp_path / "out")
    assert "the tarball is there already" in str(found)
    assert names(tmp_path) == ["mine.yaml", "out-submission.tar.gz"]
