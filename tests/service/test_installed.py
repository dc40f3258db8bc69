"""Says why the other tests of the service are not there."""

import importlib.util

import pytest


@pytest.mark.parametrize("package", ["fastapi", "httpx", "uvicorn"])
def test_what_the_service_needs_is_installed(package):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: pip install fourmu[service,test]")
