"""What both kinds of store promise, and addresses of them."""

import errno
import os
import stat
from pathlib import Path

import pytest

from fourmu.errors import InputError, StorageError
from fourmu.publish import open_archive_at, open_store
from fourmu.publish.folder_store import FolderStore

KEY = "objects/sha256/ab/abc"


def test_an_object_is_written_once(store):
    assert store.put_if_absent(KEY, b"first")
    assert not store.put_if_absent(KEY, b"second")
    assert store.get(KEY, limit=100) == b"first"


def test_nothing_is_there_before(store):
    assert store.get(KEY, limit=100) is None
    assert store.head(KEY) is None
    assert list(store.list("objects/")) == []


def test_head_gives_the_size(store):
    store.put_if_absent(KEY, b"12345")
    found = store.head(KEY)
    assert found.size == 5
    assert found.sha256 in (
        None,
        "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5",
    )


def test_of_a_large_object_a_byte_more_than_the_limit_comes(store):
    store.put_if_absent(KEY, bytes(3 * 2**20))
    assert len(store.get(KEY, limit=10)) == 11
    assert len(store.get(KEY, limit=2 * 2**20)) == 2 * 2**20 + 1
    assert len(store.get(KEY, limit=3 * 2**20)) == 3 * 2**20


def test_an_empty_object(store):
    assert store.put_if_absent(KEY, b"")
    assert store.get(KEY, limit=0) == b""


def test_list_gives_what_is_below(store):
    for key in ("a/1", "a/b/2", "c/3"):
        store.put_if_absent(key, key.encode())
    assert sorted(store.list("a/")) == [("a/1", 3), ("a/b/2", 5)]


def test_where_names_the_object(store, address):
    assert store.where(KEY) == f"{address}/{KEY}"


def test_files_of_writers_at_work_are_not_listed(tmp_path):
    store = open_store(str(tmp_path), writing=True)
    store.put_if_absent(KEY, b"x")
    (tmp_path / "objects/sha256/ab/.abd.123.part").write_bytes(b"half")
    assert [key for key, _ in store.list("objects/")] == [KEY]


def test_files_are_read_only_and_leave_nothing_beside_them(tmp_path):
    store = open_store(str(tmp_path), writing=True)
    store.put_if_absent(KEY, b"x")
    store.put_if_absent(KEY, b"y")
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) & 0o222 == 0
    assert [path.name for path in (tmp_path / KEY).parent.iterdir()] == ["abc"]


def denied(path, *_, **__):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def test_a_folder_that_cannot_be_listed_is_not_empty(tmp_path, monkeypatch):
    store = open_store(str(tmp_path), writing=True)
    store.put_if_absent("releases/v1.json", b"x")
    monkeypatch.setattr(os, "scandir", denied)  # root may list everything
    with pytest.raises(StorageError, match="releases: cannot be read: Permission denied"):
        list(store.list("releases/"))


@pytest.mark.parametrize(
    "ask",
    [
        open_store,
        lambda address: open_store(address, writing=True),
        open_archive_at,
        lambda address: FolderStore(Path(address)).put_if_absent("x", b""),
        lambda address: FolderStore(Path(address)).head("x"),
    ],
)
def test_a_path_that_cannot_be_looked_at_is_named(tmp_path, ask):
    """As where somebody may not look; root may everywhere, but no name is as long as this."""
    address = str(tmp_path / ("long" * 100))
    with pytest.raises(StorageError, match="File name too long") as caught:
        ask(address)
    assert caught.value.where.startswith(address)


def test_a_file_whose_size_is_not_told(tmp_path, monkeypatch):
    store = open_store(str(tmp_path), writing=True)
    store.put_if_absent(KEY, b"x")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", denied)
        with pytest.raises(StorageError, match="abc: cannot be read: Permission denied"):
            list(store.list("objects/"))


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "objects").write_text("in the way")
    store = open_store(str(tmp_path), writing=True)
    with pytest.raises(StorageError, match="cannot be written"):
        store.put_if_absent(KEY, b"x")
    with pytest.raises(StorageError, match="cannot be read"):
        store.get(KEY, limit=1)


def test_a_folder_in_the_place_of_an_object(tmp_path):
    (tmp_path / KEY).mkdir(parents=True)
    store = open_store(str(tmp_path))
    with pytest.raises(StorageError, match="cannot be read"):
        store.get(KEY, limit=1)
    assert not store.put_if_absent(KEY, b"x")


@pytest.mark.parametrize(
    "address",
    ["", "s3:bucket/prefix", "S3:bucket", "s3:", "s3://", "s3:///x", "s3://b", "s3://bucket/a?b",
     "s3://bucket/#x", "gs://bucket/x", "https://host/x", "s3:/bucket/x", "S3://bucket"],
)  # fmt: skip
def test_addresses_of_something_else(address):
    with pytest.raises(InputError, match="no address of a store"):
        open_store(address, writing=True)


@pytest.mark.parametrize("prefix", ["a//b", "../b", "a/./b"])
def test_prefixes_that_are_no_paths(prefix):
    with pytest.raises(InputError, match="the prefix is no path"):
        open_store(f"s3://bucket/{prefix}")


def test_a_password_in_an_address_is_refused_and_not_repeated():
    for address in ("s3://AKIA:topsecret@bucket/x", "https://me:topsecret@host/x"):
        with pytest.raises(InputError) as caught:
            open_store(address)
        assert "topsecret" not in str(caught.value)
        assert "AKIA" not in str(caught.value)
    with pytest.raises(InputError) as caught:
        open_store("s3://bucket/x", endpoint_url="http://me:topsecret@host")
    assert "topsecret" not in str(caught.value)


def test_a_folder_to_read_must_be_there(tmp_path):
    with pytest.raises(StorageError, match="there is no such folder"):
        open_store(str(tmp_path / "nowhere"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="this is no folder"):
        open_store(str(tmp_path / "file"), writing=True)


def test_writing_needs_credentials_and_reading_a_public_bucket_does_not(bucket, monkeypatch):
    address = f"s3://{bucket}/x"
    open_store(address, writing=True).put_if_absent(KEY, b"x")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(InputError, match="no AWS credentials to write with"):
        open_store(address, writing=True)
    import boto3  # noqa: PLC0415  only here

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    boto3.session.Session().client("s3").put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert [key for key, _ in open_store(address, anonymous=True).list("")] == [KEY]


def test_a_profile_gives_credentials_and_endpoint(moto, bucket, aws, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    (tmp_path / "aws_credentials").write_text(
        "[physics]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    (tmp_path / "aws_config").write_text(f"[profile physics]\nendpoint_url = {moto}\n")
    store = open_store(f"s3://{bucket}/x", profile="physics", writing=True)
    assert store.put_if_absent(KEY, b"x")
    with pytest.raises(InputError, match="no such profile"):
        open_store(f"s3://{bucket}/x", profile="biology")
