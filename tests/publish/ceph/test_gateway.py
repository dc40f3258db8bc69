"""The promises of publishing on a real S3 server: Ceph's gateway (``make test-s3``)."""

import hashlib

import pytest

from fourmu.errors import ConsistencyError, StorageError
from fourmu.publish import fetch_release, find_release, open_store, release_names
from fourmu.publish.manifest import object_key
from fourmu.publish.parallel import in_threads
from publish.publishers import kill_at_random_moments, run_races
from publish.synthetic_archive import files_below, synthetic_archive
from publish.test_publishing import publish

pytestmark = pytest.mark.s3


def test_what_is_published_can_be_fetched(address, tmp_path):
    store = open_store(address, writing=True)
    done = publish(synthetic_archive(), store, "v1")
    assert done.uploaded == len(find_release(store).objects)
    fetch_release(store, find_release(store), tmp_path / "out")
    assert files_below(tmp_path / "out") == dict(synthetic_archive().files)
    assert publish(synthetic_archive(), store, "v1").was_published
    with pytest.raises(ConsistencyError, match="there is another release of this name"):
        publish(synthetic_archive(2), store, "v1")


def test_the_digest_is_noted_and_read_back(address):
    store = open_store(address, writing=True)
    assert store.put_if_absent("x", b"content")
    assert not store.put_if_absent("x", b"other")
    assert store.head("x").sha256 == hashlib.sha256(b"content").hexdigest()
    assert store.get("x", limit=100) == b"content"


def test_list_goes_beyond_a_page(address):
    store = open_store(address, writing=True)
    keys = [f"a/{number:04d}" for number in range(1005)]  # a page has 1000
    assert all(in_threads(lambda key: store.put_if_absent(key, b"x"), keys, 8))
    assert sorted(store.list("a/")) == [(key, 1) for key in keys]


def test_of_twelve_publishers_one_wins_ten_times(address, environment, tmp_path, record_property):
    winners, losers = run_races(address, environment, tmp_path)
    record_property("winners", winners)
    print("winners", winners)
    assert len(losers) == 110
    assert all("there is another release of this name" in what for what in losers)


def test_killed_publishers_lose_nothing(address, environment, tmp_path, record_property):
    killed, seconds = kill_at_random_moments(address, environment, tmp_path, files=60)
    record_property("killed", killed)
    print(f"killed {killed} of 20 publications, of {seconds:.2f} s each")
    assert killed >= 5  # of 20; the others were done before their moment came


def test_wrong_credentials(address, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    with pytest.raises(StorageError, match="SignatureDoesNotMatch") as caught:
        release_names(open_store(address))
    assert "wrong-secret" not in str(caught.value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong-key")
    with pytest.raises(StorageError, match="InvalidAccessKeyId") as caught:
        publish(synthetic_archive(), open_store(address, writing=True), "v1")
    assert "wrong-key" not in str(caught.value)


def test_a_private_bucket_without_credentials(address):
    with pytest.raises(StorageError, match="access is denied"):
        release_names(open_store(address, anonymous=True))


def test_a_missing_bucket(environment):
    with pytest.raises(StorageError, match="there is no such bucket"):
        publish(synthetic_archive(), open_store("s3://nowhere/x", writing=True), "v1")


def test_a_tampered_object(address, bucket, tmp_path):
    import boto3  # noqa: PLC0415  only here

    store = open_store(address, writing=True)
    publish(synthetic_archive(), store, "v1")
    key = object_key(find_release(store).files["index.json"].sha256)
    boto3.session.Session().client("s3").put_object(Bucket=bucket, Key=f"p/{key}", Body=b"{}")
    with pytest.raises(ConsistencyError, match=r"tampered with or damaged: index\.json") as caught:
        fetch_release(store, find_release(store), tmp_path / "out")
    assert key in str(caught.value)


def test_the_server_compares_what_comes_with_what_was_signed(address, bucket):
    """A body that was damaged on the way is refused: its SHA-256 is part of the signature."""
    store = open_store(address, writing=True)

    def damage(request, **_):
        request.body = b"damaged" + request.body.read()[7:]

    store._client.meta.events.register("before-send.s3.PutObject", damage)
    with pytest.raises(StorageError, match=r"XAmzContentSHA256Mismatch|BadDigest"):
        store.put_if_absent("x", b"content of some length")
    assert open_store(address).head("x") is None
