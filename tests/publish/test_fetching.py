"""Everything that is fetched is verified, and a folder appears whole or not at all."""

import fcntl
import itertools
import os
from pathlib import Path

import pytest

from fourmu.archive.checksums import CHECKSUMS
from fourmu.errors import ConsistencyError, InputError, StorageError
from fourmu.publish import (
    ReleaseFiles,
    fetch_release,
    find_release,
    open_release,
    open_store,
)
from fourmu.publish.manifest import FileEntry, object_key, sha256_of
from publish.synthetic_archive import files_below, synthetic_archive
from publish.test_publishing import Watched, publish


@pytest.fixture
def archive():
    return synthetic_archive(7)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def published(root, archive):
    """A folder with a release, which a test can damage."""
    store = open_store(str(root), writing=True)
    publish(archive, store, "v1")
    return store


def path_of(root, store, name):
    return root / object_key(find_release(store).files[name].sha256)


def overwrite(path, content):
    path.unlink()
    path.write_bytes(content)


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


@pytest.mark.parametrize("name", ["index.json", "windows/w0003/BkgOnly.json", CHECKSUMS])
@pytest.mark.parametrize("how", ["one bit", "shorter", "longer", "empty"])
def test_a_tampered_object_is_named(published, root, archive, tmp_path, name, how):
    content = archive.files[name]
    path = path_of(root, published, name)
    overwrite(
        path,
        {
            "one bit": content[:-1] + bytes([content[-1] ^ 1]),
            "shorter": content[:-1],
            "longer": content + b" ",
            "empty": b"",
        }[how],
    )
    with pytest.raises(ConsistencyError, match="was tampered with or damaged") as caught:
        fetch_release(published, find_release(published), tmp_path / "out")
    assert name in str(caught.value)
    assert str(path) in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_object_is_named(published, root, tmp_path):
    path = path_of(root, published, "index.json")
    path.unlink()
    with pytest.raises(ConsistencyError, match=r"is missing: index\.json") as caught:
        fetch_release(published, find_release(published), tmp_path / "out")
    assert str(path) in str(caught.value)


def test_an_interrupted_fetch_is_continued(published, root, archive, tmp_path):
    manifest, path = find_release(published), path_of(root, published, "index.json")
    content = path.read_bytes()
    overwrite(path, b"tampered")
    with pytest.raises(ConsistencyError):
        fetch_release(published, manifest, tmp_path / "out", jobs=1)
    (part,) = leftovers(tmp_path)
    some = list(files_below(tmp_path / part))
    (tmp_path / part / some[0]).write_bytes(b"half")  # as kill -9 leaves a file
    overwrite(path, content)
    watched = Watched(published)
    assert fetch_release(watched, manifest, tmp_path / "out")
    assert files_below(tmp_path / "out") == dict(archive.files)
    assert watched.count("get", "objects/") <= len(manifest.objects) - len(some) + 3
    assert leftovers(tmp_path) == []


def test_fetching_again_does_nothing(published, tmp_path):
    manifest = find_release(published)
    assert fetch_release(published, manifest, tmp_path / "out")
    watched = Watched(published)
    assert not fetch_release(watched, manifest, tmp_path / "out")
    assert watched.count("get", "objects/") == 1  # the checksums


@pytest.mark.parametrize("what", ["another file", "a changed file", "something else", "a file"])
def test_a_folder_with_something_else_is_left_alone(published, tmp_path, what):
    manifest, out = find_release(published), tmp_path / "out"
    if what == "a file":
        out.write_text("mine")
    elif what == "something else":
        out.mkdir()
        (out / "thesis.tex").write_text("mine")
    else:
        fetch_release(published, manifest, out)
        (out / ("more.txt" if what == "another file" else "README.md")).write_text("mine")
    before = files_below(out) if out.is_dir() else out.read_text()
    with pytest.raises(StorageError, match="something else is there"):
        fetch_release(published, manifest, out)
    assert (files_below(out) if out.is_dir() else out.read_text()) == before


def test_an_empty_folder_is_filled(published, archive, tmp_path):
    (tmp_path / "a/out").mkdir(parents=True)
    fetch_release(published, find_release(published), tmp_path / "a/out")
    assert files_below(tmp_path / "a/out") == dict(archive.files)


def test_an_empty_folder_is_kept_and_continued_in(published, root, archive, tmp_path, monkeypatch):
    """A shell may be in it, or a disk be mounted on it."""
    out = tmp_path / "out"
    out.mkdir()
    number = out.stat().st_ino
    monkeypatch.chdir(out)
    manifest, path = find_release(published), path_of(root, published, "index.json")
    content = path.read_bytes()
    overwrite(path, b"tampered")
    with pytest.raises(ConsistencyError):
        fetch_release(published, manifest, Path(), jobs=1)
    (part,) = [entry.name for entry in out.iterdir()]
    assert part == f".out.{manifest.archive_sha256[:12]}.part"
    some = files_below(out / part)
    overwrite(path, content)
    watched = Watched(published)
    assert fetch_release(watched, manifest, Path())
    assert watched.count("get", "objects/") <= len(manifest.objects) - len(some) + 3
    assert files_below(out) == dict(archive.files)
    assert leftovers(out) == leftovers(tmp_path) == []
    assert out.stat().st_ino == number
    assert not fetch_release(published, manifest, Path())


def test_a_call_that_was_killed_while_it_moved_files_is_completed(
    published, archive, tmp_path, monkeypatch
):
    manifest, out = find_release(published), tmp_path / "out"
    out.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", moves_of_one_who_is_killed(after=2))
        with pytest.raises(KeyboardInterrupt):
            fetch_release(published, manifest, out)
    assert len(list(out.iterdir())) == 3
    assert not (out / CHECKSUMS).exists()
    watched = Watched(published)
    assert fetch_release(watched, manifest, out)
    assert watched.count("get", "objects/") == 1  # the checksums
    assert files_below(out) == dict(archive.files)
    assert leftovers(out) == []


def moves_of_one_who_is_killed(after):
    move, numbers = Path.replace, itertools.count()

    def moved(path, target):
        if next(numbers) == after:
            raise KeyboardInterrupt
        return move(path, target)

    return moved


def test_a_file_of_ones_own_is_not_overwritten_by_one_that_is_moved(published, tmp_path):
    manifest, out = find_release(published), tmp_path / "out"
    out.mkdir()

    def write_one(_):
        (out / "README.md").write_text("mine")

    with pytest.raises(StorageError, match="something else is there"):
        fetch_release(published, manifest, out, progress=write_one)
    assert (out / "README.md").read_text() == "mine"
    with pytest.raises(StorageError, match="something else is there"):
        fetch_release(published, manifest, out)


@pytest.mark.parametrize("place", ["store", "store/objects/new", "store/new", "link"])
def test_the_store_is_no_place_to_fetch_to(published, root, tmp_path, place):
    (tmp_path / "link").symlink_to(root / "new")
    before = files_below(root)
    with pytest.raises(InputError, match="inside of the store"):
        fetch_release(published, find_release(published), tmp_path / place)
    assert files_below(root) == before


def test_places_that_are_no_new_folder(published, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    for place in (Path("/"), tmp_path / "loop"):
        with pytest.raises(StorageError) as caught:
            fetch_release(published, find_release(published), place)
        assert caught.value.where == str(place)


def test_two_fetches_do_not_share_a_folder(published, tmp_path):
    manifest = find_release(published)
    part = tmp_path / f".out.{manifest.archive_sha256[:12]}.part"
    part.mkdir()
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match="being made by another process"):
            fetch_release(published, manifest, tmp_path / "out")
    finally:
        os.close(handle)
    assert fetch_release(published, manifest, tmp_path / "out")


def test_a_link_in_the_place_of_the_temporary_folder(published, tmp_path):
    manifest = find_release(published)
    (tmp_path / "victim").mkdir()
    (tmp_path / f".out.{manifest.archive_sha256[:12]}.part").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageError):
        fetch_release(published, manifest, tmp_path / "out")
    assert files_below(tmp_path / "victim") == {}


def test_a_place_that_cannot_be_written(published, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        fetch_release(published, find_release(published), tmp_path / "file" / "out")


@pytest.mark.parametrize("lie", ["another file", "one file less", "another digest"])
def test_a_manifest_that_contradicts_the_checksums(published, tmp_path, lie):
    """Somebody put an object and a manifest of their own into the store."""
    content = b"malice"
    published.put_if_absent(object_key(sha256_of(content)), content)
    entry = FileEntry(sha256=sha256_of(content), size=len(content))
    manifest = find_release(published)
    files = dict(manifest.files)
    if lie == "one file less":
        del files["README.md"]
    else:
        files["more.txt" if lie == "another file" else "README.md"] = entry
    manifest = manifest.model_copy(update={"files": files})
    with pytest.raises(ConsistencyError, match="not what its SHA256SUMS lists"):
        fetch_release(published, manifest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_release_is_read_where_it_lies(store, archive):
    publish(archive, store, "v1")
    for address in (store.where().rstrip("/"), f"{store.where().rstrip('/')}/releases/v1.json"):
        found = open_release(address)
        assert found.index.title == "Archive 7"
        assert found.read("README.md") == archive.files["README.md"]
        assert dict(found.files) == dict(archive.files)
        assert "nothing" not in found.files
    with pytest.raises(InputError, match="no such release"):
        open_release(f"{store.where().rstrip('/')}/releases/v2.json")


def test_only_what_is_asked_for_is_fetched_and_once(published):
    watched = Watched(published)
    files = ReleaseFiles(watched, find_release(published))
    for _ in range(2):
        assert files["README.md"].startswith(b"#")
    assert watched.count("get", "objects/") == 1


def test_a_tampered_file_that_is_read_where_it_lies(published, root):
    overwrite(path_of(root, published, "README.md"), b"tampered")
    found = open_release(str(root))
    with pytest.raises(ConsistencyError, match=r"tampered with or damaged: README\.md"):
        found.read("README.md")
