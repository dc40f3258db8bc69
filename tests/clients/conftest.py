"""Programs of others, each run in an interpreter that has it.

They run in processes of their own. ``FOURMU_CLIENTS_PYTHON`` names the interpreter with the
clients' packages, by default the one that runs the tests; without it, tests of a client that is
not installed are skipped, with it they fail.
"""

import importlib.util
import os
import sys

import pytest


@pytest.fixture(scope="session")
def interpreter_with():
    """Return the interpreter to run a package in, or skip."""

    def find(package):
        chosen = os.environ.get("FOURMU_CLIENTS_PYTHON")
        if chosen is None and importlib.util.find_spec(package) is None:
            pytest.skip(
                f"{package} is not installed; pip install {package}, or set "
                "FOURMU_CLIENTS_PYTHON to an interpreter that has it"
            )
        return chosen or sys.executable

    return find
