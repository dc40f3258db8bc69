"""Shared set-up: tests use the compiled kernels of the command."""

import pytest

from fourmu.cli.compiled import use_kernel_cache

use_kernel_cache()


def pytest_sessionstart(session):
    """Compile kernels once, side by side, before workers would each compile the same ones."""
    workers = getattr(session.config.option, "numprocesses", None)
    if workers and not hasattr(session.config, "workerinput"):
        from fourmu.config import Analysis  # noqa: PLC0415  only here
        from fourmu.pipeline.compilation import compile_kernels  # noqa: PLC0415  only here
        from fourmu.pipeline.workers import Workers  # noqa: PLC0415  only here

        analysis = Analysis()
        with Workers(analysis.execution) as processes:
            compile_kernels(analysis, processes)


def pytest_collection_modifyitems(items):
    """Put the whole chain first, the longest, and all that looks at it into one process.

    The others take files: what a module sets up is set up once (``--dist loadgroup``).
    """
    items.sort(key=lambda item: "closure" not in item.path.parts)
    for item in items:
        group = "chain" if "chain" in item.fixturenames else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
