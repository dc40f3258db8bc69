"""Digests of input files are kept with size and time, and made again when those changed."""

import hashlib
import os

import pytest

from fourmu.errors import InputError
from fourmu.pipeline import file_digests as module
from fourmu.pipeline.file_digests import file_digests


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def place(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.root").write_text(folder)
    return tmp_path


def digests(place):
    paths = [place / folder / "same.root" for folder in ("a", "b")]
    return file_digests(paths, place, place / "records" / "inputs.json")


def test_files_of_one_name_in_two_folders_are_two(place):
    assert digests(place) == {"a/same.root": sha("a"), "b/same.root": sha("b")}


def test_unchanged_files_are_not_read_again_and_nothing_is_written(place, monkeypatch):
    first = digests(place)
    stamp = (place / "records" / "inputs.json").stat().st_mtime_ns

    def refuse(_path):
        raise AssertionError("read again")

    monkeypatch.setattr(module.FileState, "of", refuse)
    assert digests(place) == first
    assert (place / "records" / "inputs.json").stat().st_mtime_ns == stamp


def test_a_changed_file_has_another_digest(place):
    digests(place)
    path = place / "b" / "same.root"
    path.write_text("c")  # as long as before
    os.utime(path, ns=(1, 1))
    assert digests(place)["b/same.root"] == sha("c")


def test_a_damaged_memory_is_made_anew(place):
    first = digests(place)
    (place / "records" / "inputs.json").write_text("{half")
    assert digests(place) == first


def test_a_missing_file_is_named(place):
    (place / "b" / "same.root").unlink()
    with pytest.raises(InputError, match=r"b/same\.root: cannot be read"):
        digests(place)
