"""Stores for tests: a folder, and moto on loopback."""

import itertools

import pytest

from fourmu.publish import open_store

SECRET = "s3cr3t/that+must/not/be/seen"
ACCESS_KEY = "AKIANOBODYMAYSEE"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def moto():
    """Address of an S3 server; it accepts any credentials."""
    from publish.moto_server import running_moto  # noqa: PLC0415  only here

    with running_moto() as endpoint_url:
        yield endpoint_url


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """Credentials in the environment, and nothing of the user's configuration."""
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": str(tmp_path / "aws_config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws_credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "3",
    }
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def bucket(moto, aws, monkeypatch):
    """Name of a new bucket of the server, which the environment points to."""
    return new_bucket(moto, monkeypatch)


def new_bucket(endpoint_url, monkeypatch):
    """Make a bucket."""
    import boto3  # noqa: PLC0415  only here

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
    name = f"bucket-{next(_numbers)}"
    boto3.session.Session().client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["folder", "s3"])
def address(request, tmp_path):
    """Address of an empty store of each kind."""
    if request.param == "folder":
        return str(tmp_path / "store")
    return f"s3://{request.getfixturevalue('bucket')}/some/prefix"


@pytest.fixture
def store(address):
    """An empty store of each kind."""
    return open_store(address, writing=True)


@pytest.fixture
def proxy(moto):
    """A proxy before the server that fails on request."""
    from publish.faulty_proxy import running_proxy  # noqa: PLC0415  only here

    with running_proxy(moto) as found:
        yield found
