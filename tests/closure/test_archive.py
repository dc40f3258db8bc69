"""The archive of a run: what is in it, that it is whole, and that it is made again bit by bit."""

import csv
import gzip
import hashlib
import itertools
import json
import shutil
import tarfile
from importlib import resources

import jsonschema
import numpy as np
import pytest

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


@pytest.mark.parametrize("kind", ["folder", "tarball"])
def test_limits_of_an_archive_have_a_row_per_window_and_patch(archive, fourmu, chain, kind):
    out = chain.root / f"archive_{kind}.json"
    path = str(getattr(archive, kind))
    done = fourmu(chain.root, "limits", "--workspaces", path, "--json", str(out))
    assert done.returncode == 0, done.stderr
    rows = json.loads(out.read_text("utf-8"))["results"]
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


def test_show_tells_the_nearest_window(archive, fourmu, chain):
    done = fourmu(chain.root, "show", str(archive.tarball), "--mass", "3.6", "--model", "scalar")
    assert done.returncode == 0, done.stderr
    index = open_archive(archive.folder).index
    nearest = index.name[int(np.argmin(np.abs(index.mass_gev - 3.6)))]
    assert nearest in done.stdout
    assert fourmu(chain.root, "show", str(archive.tarball), "--mass", "12").returncode == 2


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
