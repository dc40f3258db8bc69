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
    """Put the whole chain first, the longest."""
    items.sort(key=lambda item: "closure" not in item.path.parts)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config, log):
    """Give files to processes, and all that looks at the chain to one: it is made once."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415  where it is installed

    class ChainScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            scope = super()._split_scope(nodeid)
            return "chain" if scope.startswith("tests/closure/") else scope

    return ChainScheduling(config, log)
