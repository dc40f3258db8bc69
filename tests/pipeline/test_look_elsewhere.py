"""Stage ``look-elsewhere``: whole chunks, resumed, the same for any workers; blind is blind."""

import json

import numpy as np
import pytest

from fourmu.config import Analysis
from fourmu.config.execution import Execution
from fourmu.config.look_elsewhere import LookElsewhere
from fourmu.errors import InputError
from fourmu.inference import background_fits, scan_spectra
from fourmu.io.json_files import write_json
from fourmu.io.look_elsewhere import read_look_elsewhere, write_spectra
from fourmu.pipeline.context import Context
from fourmu.pipeline.layout import Layout
from fourmu.pipeline.look_elsewhere import run
from fourmu.pipeline.workers import Workers
from fourmu.statmodel import IndexEntry, index_document
from scan_example import small_scan, small_workspaces

WINDOWS = 6


@pytest.fixture
def analysis(tmp_path):
    batch, bins = small_scan(windows=WINDOWS, step=7, rate=4.0)
    folder = tmp_path / "workspaces" / "zprime"
    entries = []
    for i, (name, content) in enumerate(small_workspaces(WINDOWS, 4.0)):
        part = slice(bins.start[i], bins.start[i + 1])
        write_json(folder / f"{name}.json", content)
        entries.append(
            IndexEntry(
                name=name,
                mass_gev=float(bins.mass_gev[i]),
                reduced_mass_gev=float(bins.centre[i]),
                sigma_gev=float(bins.sigma[i]),
                mlp_range=0,
                bin_low=tuple(bins.low[part]),
                bin_high=tuple(bins.high[part]),
                efficiency=0.5,
                digest=None,
                vetoed=False,
            )
        )
    write_json(folder / "index.json", index_document("zprime", entries))
    rates = background_fits(batch).null_rates
    write_spectra(tmp_path / "spectra.npz", scan_spectra(bins, rates, [], fine_bins_per_sigma=10))
    return Analysis(
        source=tmp_path / "analysis.yaml",
        models=("zprime",),
        execution=Execution(executor="threads", workers=2),
        look_elsewhere=LookElsewhere(pseudo_scans=50, scans_per_chunk=20),
    )


def stage(analysis, work, workers=2):
    """Run in a work folder that has the expectation already, as after an interruption."""
    layout = Layout.of(analysis)
    target = work / "look_elsewhere"
    target.mkdir(parents=True, exist_ok=True)
    expectation = target / "zprime_spectra.npz"
    if not expectation.exists():
        expectation.write_bytes((layout.configuration / "spectra.npz").read_bytes())
    execution = analysis.execution.model_copy(update={"workers": workers})
    with Workers(execution) as pool:
        run(
            Context(
                analysis=analysis,
                layout=layout,
                work=work,
                workers=pool,
                provenance={"key": str(work)},
            )
        )
    return target / "zprime.json"


def test_all_scans_are_made_whatever_the_workers(analysis, tmp_path):
    first = stage(analysis, tmp_path / "one", workers=1)
    second = stage(analysis, tmp_path / "two", workers=2)
    found = read_look_elsewhere(first)
    assert found.pseudo_scans == 50
    assert found.full.hypotheses == WINDOWS
    assert found.workspaces[0] == "zprime/w0000.json"
    assert found.failed_fits.sum() == 0
    contents = [json.loads(path.read_text()) for path in (first, second)]
    for content in contents:
        del content["provenance"]
    assert contents[0] == contents[1]


def test_chunks_that_are_done_are_kept(analysis, tmp_path):
    path = stage(analysis, tmp_path / "work")
    before = path.read_text()
    chunks = sorted((tmp_path / "work" / "pseudo_scans" / "zprime").iterdir())
    assert [chunk.name for chunk in chunks] == ["s000000.npz", "s000020.npz", "s000040.npz"]
    times = [chunk.stat().st_mtime_ns for chunk in chunks]
    chunks[1].unlink()
    path.unlink()
    assert stage(analysis, tmp_path / "work").read_text() == before
    again = [chunk.stat().st_mtime_ns for chunk in chunks]
    assert [a == b for a, b in zip(times, again, strict=True)] == [True, False, True]


def test_results_do_not_depend_on_the_size_of_a_chunk(analysis, tmp_path):
    path = stage(analysis, tmp_path / "one")
    settings = analysis.look_elsewhere.model_copy(update={"scans_per_chunk": 7})
    other = stage(analysis.model_copy(update={"look_elsewhere": settings}), tmp_path / "two")
    np.testing.assert_array_equal(
        read_look_elsewhere(path).full.largest, read_look_elsewhere(other).full.largest
    )


def test_a_blind_analysis_has_pseudo_scans_and_no_excess(analysis, tmp_path):
    found = read_look_elsewhere(
        stage(analysis.model_copy(update={"blind": True}), tmp_path / "work")
    )
    assert found.excesses == ()
    assert np.isnan(found.z_local).all()
    assert found.full.largest.size == 50


def test_a_workspace_that_is_not_in_the_index_is_named(analysis, tmp_path):
    folder = tmp_path / "workspaces" / "zprime"
    (folder / "w9999.json").write_bytes((folder / "w0000.json").read_bytes())
    with pytest.raises(InputError, match="w9999"):
        stage(analysis, tmp_path / "work")
