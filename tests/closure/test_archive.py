"""The archive of a run: what is in it, that it is whole, and that it is made again bit by bit."""

import csv
import functools
import gzip
import hashlib
import itertools
import json
import shutil
import subprocess
import tarfile
from importlib import resources

import jsonschema
import numpy as np
import pytest
import yaml

from fourmu.classifiers import Network, WorkingPoint
from fourmu.config import load_analysis
from fourmu.io.archives import open_archive

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)

FILES = {
    "README.md",
    "LICENSE",
    "CITATION.cff",
    "SHA256SUMS",
    "index.json",
    "index.csv",
    "analysis.json",
    "networks/working_points.json",
    *(f"networks/network_{place}.json" for place in range(5)),
    *(
        f"{kind}/{model}.json"
        for kind in ("signal", "cross_sections", "kinematics")
        for model in ("zprime", "scalar")
    ),
    "schemas/index.schema.json",
}


def names_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_is_built(archive):
    assert archive.done.returncode == 0, archive.done.stderr
    assert "fourmu-likelihoods.tar.gz" in archive.done.stdout


def test_it_holds_what_it_should(archive, chain):
    windows = {
        f"windows/{window['name']}/{file}.json"
        for window in chain.fitted("zprime")
        for file in ("BkgOnly", "patchset")
    }
    assert names_in(archive.folder) == FILES | windows


def test_the_index_follows_its_schema(archive):
    schema = json.loads(
        resources.files("fourmu.schemas").joinpath("archive-1.0.0.json").read_text("utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((archive.folder / "index.json").read_text("utf-8")), schema)


def test_every_mass_of_the_scan_has_a_window(archive):
    windows = json.loads((archive.folder / "index.json").read_text("utf-8"))["windows"]
    for first, second in itertools.pairwise(windows):
        assert first["mass_high_gev"] == second["mass_low_gev"]
        assert first["mass_low_gev"] < first["mass_gev"] < first["mass_high_gev"]
    assert windows[0]["mass_low_gev"] <= 0.212
    assert windows[-1]["mass_high_gev"] >= 9.0
    assert any(window["vetoed"] for window in windows)


def test_its_limits_are_those_of_the_results(archive, chain, model):
    table = open_archive(archive.folder).index.table(model)
    rows = {row["window"]: row for row in chain.json(f"output/results/{model}.json")["results"]}
    index = open_archive(archive.folder).index
    for place, name in enumerate(index.name):
        if index.vetoed[place]:
            assert np.isnan(table.xsec_limit_fb[place])
            continue
        row = rows[name]
        assert table.xsec_limit_fb[place] == row["xsec_limit_fb"]
        assert table.coupling_limit[place] == row["coupling_limit"]
        assert table.xsec_limit_expected_fb[place].tolist() == row["xsec_limit_expected_fb"]
        assert table.efficiency[place] == pytest.approx(row["efficiency"], rel=1e-12)


def test_patched_workspaces_are_those_of_the_run(archive, chain):
    seen = 0
    for window, name, workspace in open_archive(archive.tarball).workspaces():
        assert workspace == chain.workspace(name, window)
        seen += 1
    assert seen == 2 * len(chain.fitted("zprime"))


def test_the_tarball_is_flat_ordered_and_without_owners(archive):
    with tarfile.open(archive.tarball) as tar:
        members = tar.getmembers()
    names = [member.name for member in members]
    assert names[:2] == ["SHA256SUMS", "index.json"]
    assert set(names) == names_in(archive.folder)
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime, m.mode) for m in members} == {
        (0, 0, "", "", 0, 0o644)
    }
    # bytes 4 to 8 of a gzip header are its time
    assert archive.tarball.read_bytes()[4:8] == bytes(4)


def test_checksums_are_those_of_the_files(archive):
    lines = (archive.folder / "SHA256SUMS").read_text("utf-8").splitlines()
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((archive.folder / name).read_bytes()).hexdigest() == digest
    assert len(lines) == len(names_in(archive.folder)) - 1


def test_sha256sum_takes_the_checksums(archive):
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    done = subprocess.run(command, cwd=archive.folder, check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_tarball_has_the_files_of_the_folder(archive):
    with tarfile.open(archive.tarball) as tar:
        for member in tar:
            assert tar.extractfile(member).read() == (archive.folder / member.name).read_bytes()
    assert archive.tarball.stat().st_size < 50e6


def test_it_holds_no_path_and_no_time_of_this_machine(archive, chain):
    for path in archive.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(chain.root).encode() not in content
            assert b"/home/" not in content
            assert b"/tmp/" not in content


def test_vetoed_hypotheses_are_listed_without_likelihood(archive, chain, model):
    windows = json.loads((archive.folder / "index.json").read_text("utf-8"))["windows"]
    for window, entry in zip(windows, chain.index(model), strict=True):
        for name in ("name", "mass_gev", "sigma_gev", "vetoed", "bin_low", "bin_high"):
            assert window[name] == entry[name]
        numbers = window["models"][model]
        assert numbers["workspace_sha256"] == entry["digest"]
        assert (numbers["status"] == "vetoed") == window["vetoed"]
        assert (window["background_sha256"] is None) == window["vetoed"]
        # what does not come from a fit is there all the same
        assert numbers["efficiency"] > 0.0
        assert numbers["xsec_isr_fb"] > 0.0


def test_its_numbers_are_those_of_the_table_of_results(archive, chain, model):
    with (chain.root / "output/results" / f"{model}.csv").open(
        newline="", encoding="utf-8"
    ) as file:
        results = list(csv.DictReader(file))
    with (archive.folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["model"] == model and row["vetoed"] == "0"
        ]
    same = ("window", "mass_gev", "sigma_gev", "poi_hat", "poi_hat_error", "z_local", "p0")
    for row, result in zip(rows, results, strict=True):
        for name in (*same, "xsec_limit_fb", "coupling_limit", "status"):
            assert row[name] == result[name], name


def test_what_events_meet_is_that_of_the_run(archive, chain):
    opened = open_archive(archive.tarball)
    analysis = load_analysis(chain.config)
    for section in ("generation", "detector", "selection", "classifiers", "templates"):
        assert getattr(opened.analysis, section) == getattr(analysis, section)
    for place, network in enumerate(opened.networks):
        content = chain.json(f"output/mlp/network_{place}.json")["network"]
        assert network.to_dict() == Network.from_dict(content).to_dict()
    points = chain.json("output/mlp/working_points.json")["working_points"]
    assert [point.to_dict() for point in opened.working_points] == [
        WorkingPoint.from_dict(content).to_dict() for content in points
    ]


def test_it_says_what_it_is_and_on_what_terms(archive):
    opened = open_archive(archive.folder)
    citation = yaml.safe_load(opened.read("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "dataset"
    assert citation["license"] == opened.index.licence == "CC-BY-4.0"
    assert citation["references"][0]["doi"] == "10.1103/PhysRevD.109.112015"
    readme, licence = (opened.read(name).decode() for name in ("README.md", "LICENSE"))
    assert "No Belle II data are in this archive" in readme
    assert "creativecommons.org/licenses/by/4.0/" in licence
    # the window of its example is one that has a likelihood
    for word in readme.split():
        if word.startswith("windows/w") and "w0000" not in word:
            assert word in opened.checksums


@pytest.mark.parametrize("kind", ["folder", "tarball"])
def test_it_verifies(archive, fourmu, chain, kind):
    done = fourmu(chain.root, "archive", "verify", str(getattr(archive, kind)))
    assert done.returncode == 0, done.stderr
    assert "holds" in done.stdout


def test_it_is_made_again_bit_by_bit(archive, fourmu, chain):
    before = archive.tarball.read_bytes()
    shutil.rmtree(archive.folder)
    archive.tarball.unlink()
    done = fourmu(chain.root, "archive", "build", "--config", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    assert archive.tarball.read_bytes() == before


def test_a_second_call_does_nothing(archive, fourmu, chain):
    def states():
        paths = [archive.tarball, *archive.folder.rglob("*")]
        return {path: path.stat().st_mtime_ns for path in paths}

    before = states()
    done = fourmu(chain.root, "archive", "build", "--config", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    assert states() == before


def test_a_copy_goes_where_it_is_asked_for(archive, fourmu, chain, tmp_path):
    for target in (tmp_path / "copy", tmp_path / "copy.tar.gz"):
        done = fourmu(chain.root, "archive", "build", str(target), "--config", "tiny.yaml")
        assert done.returncode == 0, done.stderr
    assert names_in(tmp_path / "copy") == names_in(archive.folder)
    assert (tmp_path / "copy.tar.gz").read_bytes() == archive.tarball.read_bytes()
    done = fourmu(chain.root, "archive", "build", str(tmp_path / "copy"), "--config", "tiny.yaml")
    assert done.returncode == 2
    assert "something is there already" in done.stderr


def test_the_csv_has_a_row_per_window_and_model(archive):
    with (archive.folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    index = open_archive(archive.folder).index
    assert len(rows) == 2 * len(index)
    assert float(rows[0]["xsec_limit_expected_fb_median"]) == pytest.approx(
        index.table("zprime").xsec_limit_expected_fb[0, 2], rel=1e-15
    )


@pytest.fixture(scope="module")
def limits_of(fourmu, chain, tmp_path_factory):
    """Rows of ``fourmu limits --workspaces`` of some paths."""

    @functools.cache
    def rows(*paths):
        out = tmp_path_factory.mktemp("limits") / "limits.json"
        done = fourmu(chain.root, "limits", "--json", str(out), "--workspaces", *map(str, paths))
        assert done.returncode == 0, done.stderr
        return json.loads(out.read_text("utf-8"))["results"]

    return rows


def test_limits_of_an_archive_have_a_row_per_window_and_patch(archive, limits_of):
    rows = limits_of(archive.folder)
    index = open_archive(archive.folder).index
    assert [(row["workspace"], row["patch"]) for row in rows] == [
        (name, model)
        for name, vetoed in zip(index.name, index.vetoed, strict=True)
        if not vetoed
        for model in ("zprime", "scalar")
    ]
    for row in rows:
        place = index.name.index(row["workspace"])
        known = index.table(row["patch"]).xsec_limit_fb[place]
        # fits on one thread or two are the same; files of both went through text without loss
        assert row["limit_observed"] == pytest.approx(known, rel=1e-9)


def test_limits_of_the_tarball_are_those_of_the_folder(archive, limits_of):
    assert limits_of(archive.tarball) == limits_of(archive.folder)


def test_limits_of_an_archive_are_those_of_its_workspaces(archive, limits_of, model):
    ours = [row for row in limits_of(archive.folder) if row["patch"] == model]
    others = [
        row
        for row in limits_of("workspaces/zprime", "workspaces/scalar")
        if row["workspace"].startswith(f"workspaces/{model}/")
    ]
    for one, other in zip(ours, others, strict=True):
        # equal bytes are fitted, each window for itself
        for name in set(one) - {"workspace", "patch"}:
            assert one[name] == other[name], name


def test_show_tells_the_nearest_window(archive, fourmu, chain):
    done = fourmu(chain.root, "show", str(archive.tarball), "--mass", "3.6", "--model", "scalar")
    assert done.returncode == 0, done.stderr
    index = open_archive(archive.folder).index
    nearest = index.name[int(np.argmin(np.abs(index.mass_gev - 3.6)))]
    assert nearest in done.stdout
    assert fourmu(chain.root, "show", str(archive.tarball), "--mass", "12").returncode == 2


def test_it_tells_what_it_holds(archive, fourmu, chain):
    done = fourmu(chain.root, "archive", "show", str(archive.tarball), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    index = open_archive(archive.folder).index
    assert (found["windows"], found["vetoed"]) == (len(index), int(index.vetoed.sum()))
    assert found["data_kind"] == "pseudo-data"
    assert found["zprime_xsec_limit_min_fb"] == np.nanmin(index.table("zprime").xsec_limit_fb)


def test_a_blind_analysis_makes_none(chain, fourmu):
    """It is refused before anything is run."""
    text = (chain.root / "tiny.yaml").read_text("utf-8")
    blind = chain.root / "blind_archive.yaml"
    blind.write_text(f"blind: true\npaths: {{output: output_blind}}\n{text}", encoding="utf-8")
    done = fourmu(chain.root, "archive", "build", "--config", blind.name)
    assert done.returncode == 2
    assert "blind" in done.stderr
    assert not (chain.root / "output_blind" / "events").exists()


def test_kinematic_densities_give_the_efficiency(archive, model):
    """The sum over bins is the efficiency at the generated mass, but for what lies outside."""
    opened = open_archive(archive.folder)
    signal = opened.signal_model(model)
    for density in opened.kinematics(model):
        own = float(density.reweighted(density.generated).sum())
        inside = [part for part in signal.ranges if density.mass_gev < part.high_gev]
        if not inside:
            continue
        part = inside[0]
        at = np.flatnonzero(np.isclose(part.efficiency.mass_gev, density.mass_gev))
        if len(at) == 0:
            continue
        # the curve's points are divided by the share that the network sees: 1 to 1.06 more
        measured = part.efficiency.efficiency[at[0]]
        assert 0.85 * measured < own <= measured * (1 + 1e-9)


def test_gzip_of_something_else_is_no_archive(tmp_path, fourmu, chain):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(b"no tar"))
    done = fourmu(chain.root, "archive", "verify", str(path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
