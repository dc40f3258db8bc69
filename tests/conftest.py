"""Shared set-up: tests use the compiled kernels of the command."""

from fourmu.cli.compiled import use_kernel_cache

use_kernel_cache()


def pytest_collection_modifyitems(items):
    """Put the whole chain first: it compiles missing kernels on all processors, tests on one."""
    items.sort(key=lambda item: "closure" not in item.path.parts)
