"""A stage is out of date when any code that it can run has changed."""

import subprocess
import sys

import pytest

from fourmu.pipeline import STAGES
from fourmu.pipeline.sources import imported_modules


@pytest.mark.parametrize("stage", STAGES)
def test_the_sources_of_a_stage_hold_every_module_that_importing_it_loads(stage):
    module = f"fourmu.pipeline.{STAGES[stage].module}"
    code = f"import sys, {module}; print(*(m for m in sys.modules if m.startswith('fourmu')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # the package's __init__ loads the chain, and settings enter the key by value
    aside = ("fourmu.config", "fourmu.pipeline")
    loaded = {m for m in run.stdout.split() if not m.startswith(aside) and m != "fourmu"}
    assert loaded <= set(imported_modules(module))


def test_the_tables_and_the_random_streams_are_among_the_sources():
    assert "fourmu.pipeline.tables" in imported_modules("fourmu.pipeline.figures")
    for stage in ("generate", "train"):
        assert "fourmu.pipeline.context" in imported_modules(f"fourmu.pipeline.{stage}")
        assert "fourmu.pipeline.samples" in imported_modules(f"fourmu.pipeline.{stage}")


def test_code_of_later_stages_is_not_among_the_sources_of_earlier_ones():
    assert not any("inference" in m for m in imported_modules("fourmu.pipeline.select"))
