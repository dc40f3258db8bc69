"""An archive becomes a release and an archive again; nothing is ever overwritten."""

import itertools
from dataclasses import replace

import pytest

from fourmu.errors import ConsistencyError, InputError, StorageError
from fourmu.io.archives import open_archive, write_tarball
from fourmu.publish import (
    Store,
    fetch_release,
    find_release,
    open_store,
    prepare_release,
    publish_release,
    release_names,
)
from fourmu.publish.manifest import LARGEST_MANIFEST, manifest_key, object_key
from publish.synthetic_archive import files_below, synthetic_archive, write_files


class Watched(Store):
    """A store that counts what is asked of it, and fails after a number of writes."""

    def __init__(self, store, writes=None):
        self.inner, self.left, self.calls = store, writes, []

    def where(self, key=""):
        return self.inner.where(key)

    def get(self, key, *, limit):
        self.calls.append(("get", key))
        return self.inner.get(key, limit=limit)

    def put_if_absent(self, key, content):
        self.calls.append(("put", key))
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise StorageError("the plug was pulled", where=key)
        return self.inner.put_if_absent(key, content)

    def head(self, key):
        self.calls.append(("head", key))
        return self.inner.head(key)

    def list(self, prefix):
        return self.inner.list(prefix)

    def count(self, verb, prefix):
        return sum(v == verb and key.startswith(prefix) for v, key in self.calls)


def publish(archive, store, name=None, **options):
    return publish_release(prepare_release(archive, store, name), store, **options)


def fetched(store, out, name=None):
    fetch_release(store, find_release(store, name), out)
    return files_below(out)


def test_what_is_published_can_be_fetched(store, tmp_path):
    archive, sizes = synthetic_archive(), []
    done = publish(archive, store, "v1.0", progress=sizes.append)
    manifest = find_release(store)
    assert done.uploaded == len(manifest.objects) == len(sizes)
    assert done.uploaded_bytes == sum(sizes)
    assert not done.was_published
    assert release_names(store) == ["v1.0"]
    assert fetched(store, tmp_path / "out") == dict(archive.files)
    assert open_archive(tmp_path / "out").index.title == "Archive 0"


def test_objects_are_addressed_by_their_content(store):
    archive = synthetic_archive()
    publish(archive, store)
    for path, entry in find_release(store).files.items():
        assert store.get(object_key(entry.sha256), limit=10_000) == archive.files[path]


def test_a_folder_and_its_tarball_are_the_same_release(store, tmp_path):
    write_files(synthetic_archive(), tmp_path / "archive")
    write_tarball(tmp_path / "archive", tmp_path / "archive.tar.gz")
    publish(open_archive(tmp_path / "archive"), store, "v1")
    done = publish(open_archive(tmp_path / "archive.tar.gz"), store, "v1")
    assert done.was_published
    assert done.uploaded == 0


def test_publishing_again_does_nothing(store):
    watched = Watched(store)
    publish(synthetic_archive(), store, "v1")
    before = sorted(store.list(""))
    done = publish(synthetic_archive(), watched, "v1")
    assert done.was_published
    assert done.uploaded == 0
    assert watched.count("put", "") == 0
    assert sorted(store.list("")) == before


def test_another_archive_cannot_have_the_name(store):
    publish(synthetic_archive(1), store, "v1")
    before = find_release(store, "v1")
    with pytest.raises(ConsistencyError, match="there is another release of this name"):
        publish(synthetic_archive(2), store, "v1")
    assert find_release(store, "v1") == before
    publish(synthetic_archive(2), store, "v2")
    assert release_names(store) == ["v1", "v2"]


def test_a_release_that_appears_meanwhile(store):
    """Between looking and writing somebody else was faster: with the same, or with another."""
    same, other = (prepare_release(synthetic_archive(seed), store, "v1") for seed in (1, 2))
    publish(synthetic_archive(1), store, "v1")
    assert publish_release(same, store).was_published
    with pytest.raises(ConsistencyError, match="there is another release of this name"):
        publish_release(other, store)


def test_releases_share_objects(store):
    publish(synthetic_archive(1), store, "v1")
    preparation = prepare_release(synthetic_archive(2), store, "v2")
    done = publish_release(preparation, store)
    assert 0 < done.uploaded == len(preparation.missing) < len(preparation.manifest.objects)


def test_preparing_writes_nothing(store, tmp_path):
    preparation = prepare_release(synthetic_archive(), store, "v1")
    assert len(preparation.missing) == len(preparation.manifest.objects)
    assert not preparation.is_published
    assert list(store.list("")) == []
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("writes", [0, 4, 7, 12, 16, 20])
def test_an_interrupted_call_is_completed_by_another(store, tmp_path, writes):
    archive = synthetic_archive()
    with pytest.raises(StorageError, match="the plug was pulled"):
        publish(archive, Watched(store, writes), "v1", jobs=3)
    assert release_names(store) == []
    there = {key for key, _ in store.list("objects/")}
    watched = Watched(store)
    publish(archive, watched, "v1")
    assert not {key for verb, key in watched.calls if verb == "put"} & there
    assert fetched(store, tmp_path / "out") == dict(archive.files)


def test_a_lost_object_of_a_release_is_put_back(tmp_path):
    archive, root = synthetic_archive(), tmp_path / "store"
    store = open_store(str(root), writing=True)
    publish(archive, store, "v1")
    (lost := root / next(iter(find_release(store).objects))).unlink()
    done = publish(archive, store, "v1")
    assert done.was_published
    assert done.uploaded == 1
    assert lost.exists()


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_an_object_that_is_not_its_address_is_an_error_and_stays(store, content):
    archive = synthetic_archive()
    key = object_key(prepare_release(archive, store).manifest.files["index.json"].sha256)
    store.put_if_absent(key, content)
    with pytest.raises(ConsistencyError, match="does not hold what its address says") as caught:
        publish(archive, store)
    assert key in str(caught.value)
    assert store.get(key, limit=100) == content
    assert release_names(store) == []


def test_an_object_without_a_noted_digest_is_read(bucket):
    """Somebody copied the objects with another tool."""
    import boto3  # noqa: PLC0415  only here

    archive, store = synthetic_archive(), open_store(f"s3://{bucket}", writing=True)
    key = object_key(prepare_release(archive, store).manifest.files["index.json"].sha256)
    client = boto3.session.Session().client("s3")
    client.put_object(Bucket=bucket, Key=key, Body=archive.files["index.json"])
    watched = Watched(store)
    publish(archive, watched)
    assert watched.count("get", key) == 1


def test_what_is_there_is_read_before_it_becomes_part_of_a_new_release(bucket):
    """Somebody overwrote it with as many bytes, and left the digest that was noted."""
    import boto3  # noqa: PLC0415  only here

    archive, store = synthetic_archive(), open_store(f"s3://{bucket}", writing=True)
    publish(archive, store, "v1")
    entry = find_release(store).files["README.md"]  # of all archives
    boto3.session.Session().client("s3").put_object(
        Bucket=bucket,
        Key=object_key(entry.sha256),
        Body=b"x" * entry.size,
        Metadata={"sha256": entry.sha256},
    )
    with pytest.raises(ConsistencyError, match="does not hold what its address says") as caught:
        publish(synthetic_archive(2), store, "v2")
    assert object_key(entry.sha256) in str(caught.value)
    assert release_names(store) == ["v1"]


def test_of_a_release_that_is_there_nothing_is_read(bucket):
    store = open_store(f"s3://{bucket}", writing=True)
    publish(synthetic_archive(), store, "v1")
    watched = Watched(store)
    publish(synthetic_archive(), watched, "v1")
    assert watched.count("get", "objects/") == 0
    assert watched.count("head", "objects/") == len(find_release(store).objects)


class Forgetful(Watched):
    """A store that says it has written an object, and has not."""

    def put_if_absent(self, key, content):
        return key.endswith("0") or super().put_if_absent(key, content)


def test_a_store_that_does_not_keep_an_object(tmp_path):
    store = open_store(str(tmp_path / "store"), writing=True)
    with pytest.raises(StorageError, match="did not keep an object"):
        publish(synthetic_archive(files=60), Forgetful(store), "v1")
    assert release_names(store) == []


def test_an_archive_that_changes_while_it_is_published(tmp_path):
    write_files(synthetic_archive(), tmp_path / "archive")
    store = open_store(str(tmp_path / "store"), writing=True)
    preparation = prepare_release(open_archive(tmp_path / "archive"), store, "v1")
    (tmp_path / "archive/index.json").write_bytes(b"{}")
    with pytest.raises(InputError, match="a file of the archive was changed"):
        publish_release(preparation, store)
    assert release_names(store) == []


def test_checksums_that_change_while_they_are_published(tmp_path):
    """What is stored under an address stays there: nothing else may come to it."""
    write_files(synthetic_archive(), tmp_path / "archive")
    store = open_store(str(tmp_path / "store"), writing=True)
    preparation = prepare_release(open_archive(tmp_path / "archive"), store, "v1")
    with (tmp_path / "archive/SHA256SUMS").open("a") as sums:
        sums.write("\n")
    with pytest.raises(InputError, match="SHA256SUMS: a file of the archive was changed"):
        publish_release(preparation, store)
    assert object_key(preparation.manifest.archive_sha256) not in dict(store.list("objects/"))
    assert release_names(store) == []


class Ignorant(Watched):
    """A store that does not know conditional writes."""

    def put_if_absent(self, key, content):
        path = self.inner._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return True


class NotAtomic(Watched):
    """A store in which writers that come together do not see each other."""

    def __init__(self, store):
        super().__init__(store)
        self.number = itertools.count()

    def put_if_absent(self, key, content):
        return self.inner.put_if_absent(key, content) or next(self.number) < 2


class Swallowing(Watched):
    """A store that takes everything and keeps nothing."""

    def put_if_absent(self, key, content):
        first = ("put", key) not in self.calls
        self.calls.append(("put", key))
        return first


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Ignorant, "lets an object be overwritten"),
        (NotAtomic, "lets an object be overwritten"),
        (Swallowing, "cannot be read again"),
    ],
)
def test_stores_that_are_refused(tmp_path, kind, reason):
    store = open_store(str(tmp_path / "store"), writing=True)
    with pytest.raises(StorageError, match=reason):
        publish(synthetic_archive(), kind(store), "v1")
    assert list(store.list("objects/")) == []
    assert release_names(store) == []


def test_one_small_probe_is_left_per_release(store):
    for _ in range(2):
        publish(synthetic_archive(), store, "v1")
    ((key, size),) = store.list("probes/")
    assert size < 200
    assert b"A probe of fourmu" in store.get(key, limit=size)


def test_there_are_no_releases(store):
    store.put_if_absent("objects/x", b"")
    with pytest.raises(InputError, match="there are no releases"):
        find_release(store)


def test_there_is_no_such_release(store):
    publish(synthetic_archive(), store, "v1")
    with pytest.raises(InputError, match=r"there is no such release \(found v2, expected v1\)"):
        find_release(store, "v2")


def test_of_several_releases_one_must_be_named(store):
    for name in ("v1", "v2"):
        publish(synthetic_archive(), store, name)
    with pytest.raises(InputError, match=r"several releases .*expected v1, v2"):
        find_release(store)


def test_a_manifest_of_another_name_or_size(store):
    manifest = prepare_release(synthetic_archive(), store, "v1").manifest
    store.put_if_absent(manifest_key("v2"), manifest.to_bytes())
    with pytest.raises(InputError, match="that of another release"):
        find_release(store, "v2")
    store.put_if_absent(manifest_key("v3"), b" " * (LARGEST_MANIFEST + 1))
    with pytest.raises(InputError, match="too large"):
        find_release(store, "v3")


def test_a_damaged_manifest_is_not_replaced(store):
    store.put_if_absent(manifest_key("v1"), b"{")
    with pytest.raises(InputError, match="not valid JSON"):
        publish(synthetic_archive(), store, "v1")
    assert store.get(manifest_key("v1"), limit=10) == b"{"


def test_provenance_of_another_code_version_is_the_same_release(store):
    """What a manifest says beside the files follows from them, or from the code that wrote it."""
    preparation = prepare_release(synthetic_archive(), store, "v1")
    later = preparation.manifest.model_copy(update={"schema_version": "1.1.0"})
    publish_release(replace(preparation, manifest=later), store)
    assert publish(synthetic_archive(), store, "v1").was_published
