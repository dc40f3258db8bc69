"""Servers that fail: what passes is tried again, what stays is one clear error."""

import pickle
import shlex
import socket
import time

import pytest

from fourmu.errors import InputError, StorageError
from fourmu.publish import fetch_release, find_release, open_store, release_names
from fourmu.publish.retrying import TransientError, retried
from fourmu.publish.s3_store import S3Store
from publish.synthetic_archive import files_below, synthetic_archive
from publish.test_publishing import publish

FOR_EVER = 10**6


@pytest.fixture
def store(proxy, bucket):
    """A store behind the faulty proxy."""
    return open_store(f"s3://{bucket}/p", endpoint_url=proxy.endpoint_url, writing=True)


@pytest.fixture
def impatient(proxy, bucket):
    return S3Store.connect(
        bucket=bucket, prefix="p", endpoint_url=proxy.endpoint_url, read_timeout_s=0.3
    )


@pytest.mark.parametrize("fault", [500, 503, 409, "reset", "lose_answer"])
def test_trouble_that_passes_while_publishing(store, proxy, tmp_path, fault):
    proxy.fail(fault, method="PUT", path="/p/objects/", times=2)
    proxy.fail(fault, method="PUT", path="/p/releases/", times=1)
    publish(synthetic_archive(), store, "v1")
    fetch_release(store, find_release(store), tmp_path / "out")
    assert files_below(tmp_path / "out") == dict(synthetic_archive().files)


@pytest.mark.parametrize("fault", [500, 503, "reset", "truncate"])
def test_trouble_that_passes_while_fetching(store, proxy, tmp_path, fault):
    publish(synthetic_archive(), store, "v1")
    proxy.fail(fault, method="GET", path="/p/objects/", times=2)
    proxy.fail(fault, method="GET", path="/p/releases/", times=1)
    fetch_release(store, find_release(store, "v1"), tmp_path / "out")
    assert files_below(tmp_path / "out") == dict(synthetic_archive().files)


def test_time_outs_that_pass(impatient, proxy, tmp_path):
    proxy.fail("hang", method="PUT", path="/p/objects/", times=2)
    publish(synthetic_archive(files=4), impatient, "v1")
    proxy.fail("hang", method="GET", path="/p/objects/", times=1)
    fetch_release(impatient, find_release(impatient), tmp_path / "out")
    assert files_below(tmp_path / "out") == dict(synthetic_archive(files=4).files)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (500, "the store fails, again and again .found 500 InternalError"),
        (503, "slow down, again and again .found 503 SlowDown"),
        (409, "the store refuses .found 409 ConditionalRequestConflict"),
        (403, "access is denied.*found 403 AccessDenied"),
        (501, "does not know conditional writes"),
        ("reset", "the (request to the )?endpoint http://127.0.0.1:.* (closes|cannot|could not)"),
    ],
)
def test_trouble_that_stays_while_publishing(store, proxy, bucket, fault, reason):
    proxy.fail(fault, method="PUT", path="/p/objects/", times=FOR_EVER)
    with pytest.raises(StorageError, match=reason) as caught:
        publish(synthetic_archive(files=2), store, "v1", jobs=2)
    assert f"s3://{bucket}/p/objects/sha256/" in str(caught.value)
    assert release_names(store) == []


def test_time_outs_that_stay(impatient, proxy):
    proxy.fail("hang", method="PUT", path="/p/probes/", times=FOR_EVER)
    with pytest.raises(StorageError, match="does not answer in time"):
        publish(synthetic_archive(files=2), impatient, "v1")


def test_bodies_that_stay_truncated(store, proxy, bucket, tmp_path):
    publish(synthetic_archive(files=2), store, "v1")
    manifest = find_release(store)
    proxy.fail("truncate", method="GET", path="/p/objects/", times=FOR_EVER)
    with pytest.raises(StorageError, match="the answer of the store ends too early") as caught:
        fetch_release(store, manifest, tmp_path / "out")
    assert f"s3://{bucket}/p/objects/sha256/" in str(caught.value)
    assert proxy.count("GET", "/p/objects/") == 3  # of the checksums, as often as was allowed
    assert not (tmp_path / "out").exists()


def test_a_lost_answer_to_the_manifest_is_no_failure(store, proxy):
    """The first try has written it; the second is refused, and finds its own."""
    proxy.fail("lose_answer", method="PUT", path="/p/releases/", times=1)
    assert publish(synthetic_archive(files=2), store, "v1").was_published
    assert proxy.count("PUT", "/p/releases/") == 2
    assert release_names(store) == ["v1"]


def test_a_server_that_ignores_the_condition_is_refused(store, proxy):
    proxy.fail("ignore_condition", method="PUT", times=FOR_EVER)
    with pytest.raises(StorageError, match="lets an object be overwritten"):
        publish(synthetic_archive(files=2), store, "v1")
    assert list(store.list("objects/")) == []


def test_wrong_credentials(store, proxy, bucket, tmp_path):
    proxy.fail(403, times=FOR_EVER)
    with pytest.raises(StorageError, match="access is denied") as caught:
        release_names(store)
    assert f"s3://{bucket}/p" in str(caught.value)
    with pytest.raises(StorageError, match="access is denied"):
        publish(synthetic_archive(files=2), store, "v1")
    with pytest.raises(StorageError, match="access is denied"):
        find_release(store, "v1")
    with pytest.raises(StorageError, match="access is denied"):
        store.head("x")


def test_a_missing_bucket(moto, aws):
    store = open_store("s3://no-such-bucket/p", endpoint_url=moto, writing=True)
    for ask in (
        lambda: release_names(store),
        lambda: find_release(store, "v1"),
        lambda: store.put_if_absent("x", b""),
        lambda: publish(synthetic_archive(files=2), store, "v1"),
    ):
        with pytest.raises(StorageError, match=r"s3://no-such-bucket/p.*there is no such bucket"):
            ask()


def test_an_endpoint_that_nobody_serves(aws):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        store = open_store("s3://bucket/p", endpoint_url=f"http://127.0.0.1:{port}")
        begun = time.monotonic()
        with pytest.raises(
            StorageError, match=f"the endpoint http://127.0.0.1:{port} cannot be reached"
        ):
            release_names(store)
    assert time.monotonic() - begun < 10  # three tries


def test_a_host_without_address(aws):
    store = open_store("s3://bucket/p", endpoint_url="http://store.invalid")
    with pytest.raises(StorageError, match="cannot be reached"):
        release_names(store)


def test_a_server_that_is_none(aws):
    """Something answers that speaks no HTTP."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        store = S3Store.connect(
            bucket="bucket",
            endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}",
            read_timeout_s=0.2,
        )
        with pytest.raises(StorageError, match="does not answer in time"):
            release_names(store)


@pytest.mark.parametrize("how", ["option", "environment"])
@pytest.mark.parametrize(
    "endpoint",
    ["nonsense", "localhost:9000", "http://", "ftp:/x", "ftp://host", "http://a b", "http://a:b"],
)
def test_an_endpoint_that_is_no_address(aws, monkeypatch, endpoint, how):
    option = endpoint if how == "option" else None
    if option is None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(InputError, match="no address of an S3 server") as caught:
        open_store("s3://bucket/p", endpoint_url=option)
    assert caught.value.key == "--endpoint-url"


def test_a_password_in_the_endpoint_of_the_environment(aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://me:topsecret@127.0.0.1:1")
    with pytest.raises(InputError, match="an endpoint holds no credentials") as caught:
        open_store("s3://bucket/p")
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize("tries", ["abc", "-3", "0"])
def test_a_number_of_tries_that_is_none(aws, monkeypatch, tries):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", tries)
    with pytest.raises(InputError, match=r"no number of tries \(key AWS_MAX_ATTEMPTS"):
        open_store("s3://bucket/p")


@pytest.fixture
def no_keys(aws, tmp_path, monkeypatch):
    """Credentials come from a file that a test writes, or from nowhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    return tmp_path / "aws_config"


def test_a_program_for_credentials_that_is_not_there(no_keys):
    no_keys.write_text("[default]\ncredential_process = /nonexistent/program --token topsecret\n")
    with pytest.raises(InputError, match=r"No such file or directory \(found /nonexist") as caught:
        open_store("s3://bucket/p")
    assert "topsecret" not in str(caught.value)


def test_a_file_with_a_token_that_is_not_there(no_keys, moto, monkeypatch):
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(InputError, match=r"No such file or directory \(found /nonexistent/token"):
        release_names(open_store("s3://bucket/p", endpoint_url=moto))


@pytest.mark.parametrize("printed", ["[]", "3", "null", '{"Version": 1}', "topsecret"])
def test_a_program_that_prints_no_credentials(no_keys, printed):
    no_keys.write_text(f"[default]\ncredential_process = echo {shlex.quote(printed)}\n")
    with pytest.raises(InputError, match="AWS credentials c") as caught:
        open_store("s3://bucket/p")
    assert "topsecret" not in str(caught.value)


def test_a_value_in_the_place_of_a_section(aws, tmp_path):
    (tmp_path / "aws_config").write_text("[default]\ns3 = abc\n")
    with pytest.raises(InputError, match="the AWS configuration is not valid"):
        open_store("s3://bucket/p")


def test_a_configuration_that_cannot_be_parsed(aws, tmp_path):
    (tmp_path / "aws_config").write_text("[profile x\naws_secret_access_key = topsecret\n")
    with pytest.raises(InputError, match="configuration cannot be parsed") as caught:
        open_store("s3://bucket/p")
    assert "topsecret" not in str(caught.value)


def test_errors_cross_process_borders(store, proxy):
    proxy.fail(403, times=FOR_EVER)
    with pytest.raises(StorageError) as caught:
        release_names(store)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_waits_grow_and_end():
    waits, tries = [], []

    def fail():
        tries.append(1)
        raise TransientError(StorageError("no"))

    with pytest.raises(StorageError, match="no"):
        retried(fail, attempts=10, sleep=waits.append)
    assert len(tries) == 10
    assert len(waits) == 9
    assert all(0 <= wait <= min(0.5 * 2**n, 20) for n, wait in enumerate(waits))
    assert len(set(waits)) == 9


def test_what_does_not_pass_is_not_tried_again():
    tries = []

    def fail():
        tries.append(1)
        raise StorageError("no")

    with pytest.raises(StorageError):
        retried(fail, attempts=10, sleep=lambda _: None)
    assert len(tries) == 1
