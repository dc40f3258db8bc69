"""Shared set-up: tests use the compiled kernels of the command."""

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
