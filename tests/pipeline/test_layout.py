"""Every configuration has its own root, beside its own file."""

from pathlib import Path

from fourmu.config import Analysis, load_analysis
from fourmu.config.execution import Paths
from fourmu.pipeline import STAGES
from fourmu.pipeline.layout import Layout

PROJECT = Path(__file__).parents[2]


def test_paths_are_relative_to_the_configuration_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = Path("/somewhere/else/analysis.yaml")
    layout = Layout.of(Analysis(source=source, paths=Paths(output="out", workspaces="ws")))
    assert layout.configuration == source.parent
    assert layout.folder("events") == Path("/somewhere/else/out/events")
    assert layout.folder("workspaces/zprime") == Path("/somewhere/else/ws/zprime")
    assert layout.cabinetry_configs == Path("/somewhere/else/cabinetry_configs")
    assert Layout.of(Analysis()).output == tmp_path / "output"


def test_an_absolute_path_is_taken_as_it_is(tmp_path):
    paths = Paths(output=str(tmp_path / "elsewhere"))
    layout = Layout.of(Analysis(source=Path("/somewhere/analysis.yaml"), paths=paths))
    assert layout.folder("limits") == tmp_path / "elsewhere" / "limits"
    assert layout.records.parent == layout.work.parent == tmp_path / "elsewhere"


def test_no_two_stages_write_into_one_folder():
    analysis = Analysis()
    layout = Layout.of(analysis)
    folders = [layout.folder(name) for stage in STAGES.values() for name in stage.folders(analysis)]
    folders += [layout.records, layout.work]
    for one in folders:
        assert [other for other in folders if other.is_relative_to(one)] == [one]


def test_the_shipped_configurations_share_no_folder():
    """DESIGN: every configuration has its own root."""
    places = []
    for name in ("analysis.yaml", "small.yaml"):
        analysis = load_analysis(PROJECT / name)
        layout = Layout.of(analysis)
        places.append(
            {layout.folder(n) for stage in STAGES.values() for n in stage.folders(analysis)}
            | {layout.records, layout.work}
        )
    full, small = places
    for folder in small:
        assert not any(folder.is_relative_to(other) for other in full)
        assert not any(other.is_relative_to(folder) for other in full)
