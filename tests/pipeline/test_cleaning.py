"""Cleaning deletes what the stages wrote and nothing else."""

import pytest

from fourmu.config import Analysis
from fourmu.config.execution import Paths
from fourmu.errors import StorageError
from fourmu.pipeline import STAGES
from fourmu.pipeline.chain import locked
from fourmu.pipeline.cleaning import remove_products
from fourmu.pipeline.layout import Layout


@pytest.fixture
def analysis(tmp_path):
    return Analysis(
        source=tmp_path / "analysis.yaml", paths=Paths(output="output", workspaces="workspaces")
    )


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("content")
    return path


def test_products_go_and_everything_else_stays(analysis, tmp_path):
    layout = Layout.of(analysis)
    products = [
        put(layout.folder(name) / "deep" / "file")
        for stage in STAGES.values()
        for name in stage.folders(analysis)
    ]
    products += [put(layout.records / "select.json"), put(layout.work / "train-1" / "part")]
    others = [
        put(tmp_path / "analysis.yaml"),
        put(tmp_path / "cabinetry_configs" / "zprime.yaml"),
        put(layout.workspaces / "README.md"),
        put(layout.workspaces / "my_model" / "w0000.json"),
        put(layout.output / "notes.txt"),
        put(layout.output / "small" / "events" / "c000.root"),
    ]
    remove_products(analysis)
    assert [path for path in products if path.exists()] == []
    assert [path.read_text() for path in others] == ["content"] * len(others)


def test_cleaning_twice_or_before_any_run_is_no_error(analysis):
    remove_products(analysis)
    remove_products(analysis)
    assert Layout.of(analysis).output.is_dir()


def test_nothing_is_deleted_under_a_run(analysis):
    layout = Layout.of(analysis)
    product = put(layout.folder("events") / "c000.root")
    with locked(layout), pytest.raises(StorageError, match="another run"):
        remove_products(analysis)
    assert product.read_text() == "content"
