import os
import resource

import pytest

from fourmu.errors import InputError, StorageError
from fourmu.io.files import atomic_path, existing_file


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_file_appears_when_the_block_succeeds(tmp_path):
    target = tmp_path / "new" / "file.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.name.startswith(".")
    assert target.read_text() == "whole"
    assert leftovers(target.parent) == []


def test_an_earlier_file_survives_a_failure(tmp_path):
    target = tmp_path / "file.txt"
    target.write_text("earlier")

    def write_half():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert target.read_text() == "earlier"
    assert leftovers(tmp_path) == []


def test_permissions_follow_the_umask(tmp_path):
    mask = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "file.txt") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(mask)
    assert (tmp_path / "file.txt").stat().st_mode & 0o777 == 0o640


def test_a_place_that_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StorageError, match="cannot be written"),
        atomic_path(tmp_path / "file" / "x.txt"),
    ):
        pass


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "taken.txt").mkdir()
    with (
        pytest.raises(StorageError, match=r"taken\.txt"),
        atomic_path(tmp_path / "taken.txt") as temporary,
    ):
        temporary.write_text("x")
    assert leftovers(tmp_path) == []


def test_a_device_is_never_replaced_by_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match="no regular file"), atomic_path(pipe):
        pass
    assert pipe.is_fifo()


def test_a_write_that_the_system_refuses(tmp_path):
    # a limit on the size of files stands in for a full disk
    target = tmp_path / "file.bin"
    target.write_bytes(b"earlier")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        with (
            pytest.raises(StorageError, match=r"file\.bin.*too large"),
            atomic_path(target) as temporary,
        ):
            temporary.write_bytes(b"0" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == b"earlier"
    assert leftovers(tmp_path) == []


def test_missing_empty_and_folder_are_told_apart(tmp_path):
    (tmp_path / "empty").write_text("")
    for path, words in (
        (tmp_path / "none", "No such file"),
        (tmp_path / "empty", "empty"),
        (tmp_path, "folder"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            existing_file(path)
        assert str(path) in str(caught.value)
