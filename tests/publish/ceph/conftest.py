"""A gateway for the session, and a bucket for each test."""

import pytest

from publish.ceph.gateway import running_gateway
from publish.conftest import new_bucket


@pytest.fixture(scope="session")
def gateway():
    with running_gateway() as found:
        yield found


@pytest.fixture
def environment(gateway, aws, monkeypatch):
    """How a process reaches the gateway."""
    environment = {
        **aws,
        "AWS_ACCESS_KEY_ID": gateway.access_key,
        "AWS_SECRET_ACCESS_KEY": gateway.secret_key,
        "AWS_ENDPOINT_URL": gateway.endpoint_url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def bucket(gateway, environment, monkeypatch):
    return new_bucket(gateway.endpoint_url, monkeypatch)


@pytest.fixture
def address(bucket):
    return f"s3://{bucket}/p"
