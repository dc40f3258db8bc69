"""Workspaces take Table I, or what the stage systematics measured."""

import pytest

from fourmu.config import Analysis
from fourmu.config.execution import Paths
from fourmu.config.statmodel import Statmodel, Systematics
from fourmu.errors import InputError
from fourmu.io.json_files import write_json
from fourmu.pipeline import STAGES
from fourmu.pipeline.layout import Layout
from fourmu.pipeline.nuisance_sizes import effective_systematics

MEASURED = Systematics(fit_bias=0.015, mlp=(0.02, 0.1, 0.05, 0.1, 0.05))


@pytest.fixture
def analysis(tmp_path):
    def make(source):
        return Analysis(
            paths=Paths(output=str(tmp_path), workspaces=str(tmp_path / "workspaces")),
            statmodel=Statmodel(systematics_from=source),
        )

    (tmp_path / "systematics").mkdir()
    write_json(
        tmp_path / "systematics" / "systematics.json", {"sizes": MEASURED.model_dump(mode="json")}
    )
    return make


@pytest.mark.parametrize(("source", "sizes"), [("table_i", Systematics()), ("measured", MEASURED)])
def test_the_configuration_chooses(analysis, source, sizes):
    chosen = analysis(source)
    assert effective_systematics(chosen, Layout.of(chosen), "zprime") == sizes


def test_measured_sizes_are_an_input_of_workspaces(analysis):
    assert "systematics" in STAGES["workspaces"].needs(analysis("measured"))
    assert "systematics" not in STAGES["workspaces"].needs(analysis("table_i"))
    assert list(STAGES).index("systematics") < list(STAGES).index("workspaces")


def test_sizes_that_were_not_measured_are_missed_by_name(analysis, tmp_path):
    chosen = analysis("measured")
    (tmp_path / "systematics" / "systematics.json").unlink()
    with pytest.raises(InputError, match=r"systematics\.json"):
        effective_systematics(chosen, Layout.of(chosen), "zprime")
