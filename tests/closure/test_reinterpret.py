"""Models of one's own against the archive of the chain: tables, couplings and events.

Efficiencies and limits of the built-in models must come back in each of the three ways. The chain
is tiny, 1,500 events per mass, and so errors are large: tolerances are four of them.
"""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import jsonpatch
import numpy as np
import pyhf
import pylhe
import pytest
from click.testing import CliRunner

from fourmu.cli.reinterpret import command
from fourmu.errors import DomainError, FourMuError, InputError
from fourmu.generator import cross_section, generate_x
from fourmu.inference import limits
from fourmu.io.archives import open_archive
from fourmu.io.lhe_samples import read_lhe_samples
from fourmu.io.lhe_writing import write_lhe
from fourmu.io.reinterpretations import (
    write_patches,
    write_reinterpretation_csv,
    write_reinterpretation_json,
)
from fourmu.physics.models import MODELS
from fourmu.reinterpret import (
    STATUSES,
    XsecTable,
    at_every_window,
    reinterpret_couplings,
    reinterpret_samples,
    reinterpret_table,
)
from fourmu.reinterpret.signal import SIGNAL_NUISANCE
from fourmu.statmodel import batch_of

REFERENCE = Path(__file__).parents[1] / "reference" / "lhe"
COUPLINGS = {"zprime": {"gV": 1.0}, "scalar": {"gS": 1.0}}
VETOED_GEV = 3.15
OUTSIDE_GEV = 9.9
EVENTS_PER_MASS = 1500
MADGRAPH_COUPLING = 0.02
"""Of the reference files with X decayed."""

TYPES = {
    "mass_gev": float,
    "window": str,
    "window_mass_gev": float,
    "efficiency": float,
    "efficiency_error": float,
    "xsec_limit_fb": float,
    "xsec_limit_expected_fb": list,
    "coupling_limit": float,
    "coupling_limit_expected": list,
    "width_gev": float,
    "status": str,
    "message": str,
}
"""Rows as the design has them; all but mass and status may be null."""


@pytest.fixture(scope="module")
def likelihoods(archive):
    return open_archive(archive.folder)


@pytest.fixture(scope="module")
def run(archive, fourmu):
    """Run the command in a folder, on the tarball, as somebody who downloaded it."""

    def call(folder, *arguments):
        return fourmu(folder, "reinterpret", str(archive.tarball), *map(str, arguments))

    return call


@pytest.fixture
def refused(archive, tmp_path, monkeypatch):
    """Call the command wrongly, without starting a process; return its one line."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, path=archive.tarball):
        before = {file: file.read_bytes() for file in tmp_path.iterdir()}
        done = CliRunner().invoke(command, [str(part) for part in (path, *arguments)])
        # what the command line makes one line and exit status 2 of
        assert isinstance(done.exception, FourMuError), done.exception
        assert done.output == ""
        assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before
        line = str(done.exception)
        assert line.isprintable()
        return line

    return call


@pytest.fixture
def succeeded(archive, tmp_path, monkeypatch):
    """Call the command without starting a process; return the content of its JSON."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        words = [str(part) for part in (archive.tarball, *arguments, "--json", "found.json")]
        done = CliRunner().invoke(command, words, catch_exceptions=False)
        assert done.exit_code == 0
        return json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))

    return call


def table_of(mass, xsec, fraction=np.nan):
    mass = np.array(mass, dtype=np.float64)
    return XsecTable(
        source="a table",
        mass_gev=mass,
        xsec_br_fb=np.broadcast_to(np.asarray(xsec, dtype=np.float64), mass.shape).copy(),
        branching_fraction=np.full(mass.shape, fraction),
    )


def vetoed_mass(index):
    """Mass of a hypothesis inside the veto."""
    return float(index.mass_gev[np.flatnonzero(index.vetoed)[0]])


def usable_masses(index):
    return index.mass_gev[~index.vetoed]


def check_rows(rows):
    for row in rows:
        assert TYPES.keys() <= row.keys()
        for name, kind in TYPES.items():
            if name in ("mass_gev", "status") or row[name] is not None:
                assert isinstance(row[name], kind), name
        assert row["status"] in STATUSES
        for name in ("xsec_limit_expected_fb", "coupling_limit_expected"):
            if row[name] is not None:
                assert len(row[name]) == 5
                assert row[name] == sorted(row[name])
        has_limit = row["status"] in ("ok", "width_not_negligible")
        assert (row["xsec_limit_fb"] is not None) == has_limit
        assert (row["message"] is None) <= (row["status"] == "ok")


def applied(likelihoods, window, patch):
    """Workspace that pyhf and jsonpatch, not our code, make of a patch."""
    workspace = jsonpatch.apply_patch(likelihoods.background_only(window), patch)
    pyhf.Model({"channels": workspace["channels"], "parameters": []}, poi_name=None, validate=False)
    return workspace


def refitted(likelihoods, window, patch):
    """Observed and expected limits of a patched workspace."""
    found = limits(
        batch_of([(window, applied(likelihoods, window, patch))]), likelihoods.analysis.inference
    )
    return found.limit_observed[0], found.limit_expected[0]


def nuisance_of(patch):
    """Sizes of the nuisance parameter of the signal itself, None without it."""
    (operation,) = patch
    for modifier in operation["value"]["modifiers"]:
        if modifier["name"] == SIGNAL_NUISANCE:
            assert modifier["type"] == "normsys"
            return modifier["data"]
    return None


# tables of cross sections


def test_a_table_from_the_command_to_all_its_files(run, likelihoods, tmp_path):
    index = likelihoods.index
    masses = [2.5, vetoed_mass(index), 0.9, OUTSIDE_GEV]
    lines = [f"{mass},{xsec},0.5" for mass, xsec in zip(masses, (4, 3, 2, 1), strict=True)]
    text = "# a model\nmass_gev,xsec_fb,br\n" + "\n".join(lines) + "\n"
    (tmp_path / "model.csv").write_text(text, encoding="utf-8")
    done = run(
        tmp_path,
        *("--xsec", "model.csv", "--efficiency-from", "scalar", "--coupling", "0.5"),
        *("--json", "found.json", "--csv", "found.csv", "--lmt", "found.lmt"),
        *("--figure", "found.png", "--patch-out", "patches"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"2 patches: {Path('patches') / 'w0022.json'} ..."]
    assert "2 ok, 1 vetoed, 1 out_of_range" in done.stdout

    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    rows = found["results"]
    check_rows(rows)
    assert [row["mass_gev"] for row in rows] == masses
    assert [row["status"] for row in rows] == ["ok", "vetoed", "ok", "out_of_range"]
    assert found["coupling"] == 0.5
    assert found["level"] == "born"
    assert found["provenance"]["input"] == ["model.csv"]

    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as stream:
        columns = list(csv.DictReader(stream))
    assert [row["status"] for row in columns] == [row["status"] for row in rows]
    for row, column in zip(rows, columns, strict=True):
        # shortest text that gives the number back
        assert column["coupling_limit"] == str(row["coupling_limit"] or "")
        for place, suffix in enumerate(("minus2", "minus1", "median", "plus1", "plus2")):
            band = row["xsec_limit_expected_fb"] or [""] * 5
            assert column[f"xsec_limit_expected_fb_{suffix}"] == str(band[place])

    pairs = np.loadtxt(tmp_path / "found.lmt")
    assert pairs[:, 0].tolist() == [0.9, 2.5]
    assert pairs[:, 1].tolist() == [rows[2]["coupling_limit"], rows[0]["coupling_limit"]]

    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
    names = {path.name for path in (tmp_path / "patches").iterdir()}
    assert names == {f"{row['window']}.json" for row in rows if row["status"] == "ok"}
    for row in rows:
        if row["status"] == "ok":
            path = tmp_path / "patches" / f"{row['window']}.json"
            patch = json.loads(path.read_text(encoding="utf-8"))
            observed, expected = refitted(likelihoods, row["window"], patch)
            # the same fit of the same numbers, alone instead of in a scan
            assert observed == pytest.approx(row["xsec_limit_fb"], rel=1e-6)
            assert expected == pytest.approx(row["xsec_limit_expected_fb"], rel=1e-6)


def test_one_row_gives_one_patch_that_pyhf_applies(succeeded, likelihoods, tmp_path):
    (tmp_path / "one.csv").write_text("mass_gev,xsec_br_fb\n1.5,2\n", encoding="utf-8")
    ways = ("--xsec", "one.csv", "--efficiency-from", "zprime")
    (row,) = succeeded(*ways, "--patch-out", "patch.json")["results"]
    patch = json.loads((tmp_path / "patch.json").read_text(encoding="utf-8"))
    assert isinstance(patch, list)
    workspace = applied(likelihoods, row["window"], patch)
    patches = likelihoods.patches(row["window"])
    assert workspace == jsonpatch.apply_patch(
        likelihoods.background_only(row["window"]), patches["zprime"]
    )
    observed, _ = refitted(likelihoods, row["window"], patch)
    assert observed == pytest.approx(row["xsec_limit_fb"], rel=1e-6)


def test_one_patch_goes_into_a_folder_that_is_there(likelihoods, tmp_path):
    found = reinterpret_table(likelihoods, table_of([1.5], 1.0), "zprime", with_patches=True)
    assert write_patches(tmp_path, found) == [tmp_path / f"{found.window[0]}.json"]


def test_no_limit_no_patch(likelihoods, tmp_path):
    masses = [vetoed_mass(likelihoods.index), OUTSIDE_GEV]
    found = reinterpret_table(likelihoods, table_of(masses, 1.0), "zprime", with_patches=True)
    assert not found.patches
    with pytest.raises(InputError, match="no window has a limit"):
        write_patches(tmp_path / "patch.json", found)
    assert not list(tmp_path.iterdir())


def test_a_table_has_the_limits_of_the_named_model(likelihoods, model):
    index = likelihoods.index
    known = index.table(model)
    table = table_of(index.mass_gev, known.xsec_born_fb * known.branching_fraction)
    found = reinterpret_table(likelihoods, table, model)
    # taken over, not computed
    assert np.array_equal(found.xsec_limit_fb, known.xsec_limit_fb, equal_nan=True)
    assert np.array_equal(found.xsec_limit_expected_fb, known.xsec_limit_expected_fb, True)
    assert np.array_equal(found.efficiency, known.efficiency, equal_nan=True)
    # Born x K x BR is the prediction of the archive: the model's own coupling limits come back
    fitted = ~index.vetoed
    assert found.coupling_limit[fitted] == pytest.approx(known.coupling_limit[fitted], rel=1e-9)
    assert found.coupling_limit_expected[fitted] == pytest.approx(
        known.coupling_limit_expected[fitted], rel=1e-9
    )
    # its widths say nothing of another model
    assert {found.status[place] for place in np.flatnonzero(fitted)} == {"ok"}


def test_born_input_is_multiplied_by_k_and_input_with_isr_is_not(likelihoods, model):
    index = likelihoods.index
    known = index.table(model)
    masses = usable_masses(index)
    born = reinterpret_table(likelihoods, table_of(masses, 3.0), model, level="born")
    isr = reinterpret_table(likelihoods, table_of(masses, 3.0), model, level="isr")
    k = known.k_factor[~index.vetoed]
    assert born.xsec_br_fb == pytest.approx(3.0 * k, rel=1e-12)
    assert np.all(isr.xsec_br_fb == 3.0)
    assert np.all(isr.k_factor == 1.0)
    assert np.all(isr.xsec_br_error_fb == 0.0)
    assert np.array_equal(born.xsec_limit_fb, isr.xsec_limit_fb)
    assert born.coupling_limit == pytest.approx(isr.coupling_limit / np.sqrt(k), rel=1e-12)


def test_the_coupling_scales_coupling_limits_alone(likelihoods):
    table = table_of([0.5, 2.0, 5.0], [1.0, 2.0, 3.0])
    one = reinterpret_table(likelihoods, table, "zprime")
    other = reinterpret_table(likelihoods, table, "zprime", coupling=0.03)
    assert other.coupling_limit == pytest.approx(0.03 * one.coupling_limit, rel=1e-14)
    assert other.coupling_limit_expected == pytest.approx(
        0.03 * one.coupling_limit_expected, rel=1e-14
    )
    assert np.array_equal(other.xsec_limit_fb, one.xsec_limit_fb)
    assert other.excluded_gev == one.excluded_gev


def test_the_product_and_its_factors_are_the_same_model(succeeded, tmp_path):
    tables = {
        "product": "mass_gev,xsec_br_fb\n1,2\n4,1\n",
        "factors": "mass_gev,xsec_fb,br\n1,8,0.25\n4,4,0.25\n",
        "option": "mass_gev,xsec_fb\n1,8\n4,4\n",
    }
    found = {}
    for name, text in tables.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        more = ("--br", "0.25") if name == "option" else ()
        document = succeeded("--xsec", path.name, "--efficiency-from", "zprime", *more)
        found[name] = document["results"]
    fractions = {
        name: [row.pop("branching_fraction") for row in rows] for name, rows in found.items()
    }
    # products of powers of two are exact
    assert found["product"] == found["factors"] == found["option"]
    assert fractions == {"product": [None] * 2, "factors": [0.25] * 2, "option": [0.25] * 2}


def test_masses_between_windows_take_the_nearest_and_name_it(likelihoods):
    index = likelihoods.index
    middle = 0.5 * (index.mass_gev[1:] + index.mass_gev[:-1])
    for shift, expected in ((-1e-6, index.name[:-1]), (1e-6, index.name[1:])):
        found = reinterpret_table(likelihoods, table_of(middle + shift, 1.0), "zprime")
        assert found.window == expected
        places = [index.name.index(name) for name in expected]
        assert np.array_equal(found.window_mass_gev, index.mass_gev[places])


def test_masses_without_a_limit_say_why(likelihoods):
    low, high = likelihoods.index.edges_gev[[0, -1]]
    vetoed = vetoed_mass(likelihoods.index)
    masses = [low * 0.999, low, vetoed, high, high * 1.001]
    found = reinterpret_table(likelihoods, table_of(masses, 1.0), "zprime")
    assert found.status == ("out_of_range", "ok", "vetoed", "ok", "out_of_range")
    assert found.window[0] is None
    assert found.window[2] is not None
    assert np.array_equal(np.isfinite(found.xsec_limit_fb), [False, True, False, True, False])
    assert np.array_equal(np.isfinite(found.coupling_limit), [False, True, False, True, False])
    assert f"{low:.4f} to {high:.4f} GeV" in found.message[0]
    assert "veto" in found.message[2]
    check_rows(found.rows())


def test_no_coupling_reaches_the_limit_without_a_cross_section(likelihoods, tmp_path):
    found = reinterpret_table(likelihoods, table_of([1.0, 2.0], [0.0, 1.0]), "zprime")
    assert found.status == ("ok", "ok")
    assert np.isfinite(found.xsec_limit_fb).all()
    assert np.isnan(found.coupling_limit[0])
    assert np.isfinite(found.coupling_limit[1])
    assert "cross section is zero" in found.message[0]
    write_reinterpretation_json(tmp_path / "found.json", found, {})
    write_reinterpretation_csv(tmp_path / "found.csv", found)
    rows = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["results"]
    assert rows[0]["coupling_limit"] is None
    assert rows[0]["coupling_limit_expected"] is None


def test_a_missing_coupling_limit_is_printed_in_words(archive, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zero.csv").write_text("mass_gev,xsec_br_fb\n1,0\n", encoding="utf-8")
    ways = ("--xsec", "zero.csv", "--efficiency-from", "zprime", "--json", "a.json")
    done = CliRunner().invoke(command, [str(archive.tarball), *ways], catch_exceptions=False)
    assert "no limit on the coupling" in done.output
    assert "nan" not in done.output


def test_every_window_interpolates_in_logarithms(likelihoods):
    index = likelihoods.index
    low, high = 0.4, 5.0
    # a power law is a line in logarithms
    table = table_of([high, low, 2.0], np.array([high, low, 2.0]) ** -1.5)
    whole = at_every_window(likelihoods, table)
    inside = (index.mass_gev >= low) & (index.mass_gev <= high)
    assert np.array_equal(whole.mass_gev, index.mass_gev[inside])
    assert whole.xsec_br_fb == pytest.approx(whole.mass_gev**-1.5, rel=1e-12)
    found = reinterpret_table(likelihoods, whole, "zprime")
    assert np.array_equal(found.window_mass_gev, found.mass_gev)
    assert "vetoed" in found.status


@pytest.mark.parametrize(
    "table", [table_of([2.0], 1.0), table_of([1.0, 2.0], [1.0, 0.0]), table_of([11.0, 12.0], 1.0)]
)
def test_every_window_needs_something_to_interpolate(likelihoods, table):
    with pytest.raises(DomainError, match="needs two masses"):
        at_every_window(likelihoods, table)


@pytest.mark.parametrize("coupling", [0.0, -1.0, np.nan, np.inf, 1e-60])
def test_couplings_that_nothing_can_be_divided_by(likelihoods, coupling):
    with pytest.raises(DomainError) as caught:
        reinterpret_table(likelihoods, table_of([1.0], 1.0), "zprime", coupling=coupling)
    assert caught.value.key == "--coupling"


def test_a_model_that_the_archive_does_not_have(likelihoods):
    with pytest.raises(DomainError, match="zprime or scalar"):
        reinterpret_table(likelihoods, table_of([1.0], 1.0), "dilaton")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "one kind of input"),
        (("--xsec", "model.csv", "--couplings", "gV=1"), "one kind of input"),
        (("--couplings", ""), "not a list of couplings"),
        (("--couplings", "gV=1,gV=2"), "each once"),
        (("--couplings", "gV=strong"), "gV=<number>"),
        (("--couplings", "gV=1", "--br", "half"), "zprime, scalar"),
        (("--couplings", "gV=1", "--level", "isr"), "--level"),
        (("--xsec", "model.csv"), "--efficiency-from"),
        (("--xsec", "model.csv", "--efficiency-from", "zprime", "--seed", "0"), "--seed"),
        (("--xsec", "model.csv", "--efficiency-from", "zprime", "--figure", "a.svg"), ".pdf"),
        (("--xsec", "model.csv", "--efficiency-from", "zprime", "--csv", "a.json"), "--json"),
        (("--xsec", "model.csv", "--efficiency-from", "zprime", "--csv", "model.csv"), "input"),
        (("--xsec", "model.csv", "--efficiency-from", "zprime", "--lmt", "."), "folder"),
        (("--xsec", "model.csv", "--efficiency-from", "zprime", "--br", "0.5"), "--br"),
        (("--xsec", "none.csv", "--efficiency-from", "zprime"), "none.csv"),
    ],
)
def test_a_wrong_call_is_one_line_and_leaves_nothing(refused, tmp_path, arguments, words):
    (tmp_path / "model.csv").write_text("mass_gev,xsec_br_fb\n1,2\n", encoding="utf-8")
    assert words in refused(*arguments, "--json", "a.json")


def test_the_command_says_it_on_stderr_with_status_2(run, tmp_path):
    done = run(tmp_path, "--xsec", "a.csv", "--efficiency-from", "zprime", "--json", "a.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fourmu: a.csv: the file cannot be read: No such file or directory\n"
    assert not list(tmp_path.iterdir())


def test_results_do_not_go_into_the_archive(refused, archive, tmp_path):
    (tmp_path / "model.csv").write_text("mass_gev,xsec_br_fb\n1,2\n", encoding="utf-8")
    ways = ("--xsec", "model.csv", "--efficiency-from", "zprime")
    before = archive.tarball.read_bytes()
    for path, target in (
        (archive.tarball, archive.tarball),
        (archive.folder, archive.folder / "index.json"),
        (archive.folder, archive.folder / "more" / "found.json"),
    ):
        assert "part of the archive" in refused(*ways, "--json", target, path=path)
    assert archive.tarball.read_bytes() == before
    assert not (archive.folder / "more").exists()


@pytest.mark.parametrize(
    ("option", "name"), [("--lmt", "a.lmt"), ("--patch-out", "p.json"), ("--figure", "a.png")]
)
def test_without_any_limit_the_rows_are_written_and_say_why(
    archive, tmp_path, monkeypatch, option, name
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.csv").write_text(f"mass_gev,xsec_br_fb\n{OUTSIDE_GEV},2\n")
    ways = ("--xsec", "model.csv", "--efficiency-from", "zprime", "--json", "a.json")
    done = CliRunner().invoke(command, [str(archive.tarball), *ways, option, name])
    assert isinstance(done.exception, InputError)
    assert name in str(done.exception)
    assert "1 mass: 1 out_of_range" in done.output
    assert not (tmp_path / name).exists()
    (row,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["results"]
    assert row["status"] == "out_of_range"


# couplings to muons


@pytest.fixture(scope="module")
def simulated(likelihoods):
    """Built-in models as couplings, each simulated once."""
    return {
        name: reinterpret_couplings(
            likelihoods,
            couplings,
            branching_fraction=name,
            events_per_mass=EVENTS_PER_MASS,
            seed=5,
            threads=1,
        )
        for name, couplings in COUPLINGS.items()
    }


def test_couplings_close_on_the_built_in_model(simulated, likelihoods, model):
    found, index = simulated[model], likelihoods.index
    known = index.table(model)
    fitted = ~index.vetoed
    assert np.array_equal(found.mass_gev, index.mass_gev)
    assert np.array_equal(np.isfinite(found.xsec_limit_fb), fitted)
    pull = (found.efficiency - known.efficiency) / np.hypot(
        found.efficiency_error, known.efficiency_error
    )
    # two independent samples, smooth in mass: some twenty independent numbers
    assert np.abs(pull[fitted]).max() < 4.0
    # the same generator at the same masses
    assert found.k_factor[fitted] == pytest.approx(known.k_factor[fitted], rel=1e-12)
    prediction = known.xsec_isr_fb * known.branching_fraction
    assert found.xsec_br_fb[fitted] == pytest.approx(prediction[fitted], rel=1e-9)
    # limits in events differ by the widths of the shapes: half of 1.4 / sqrt(600 candidates) for
    # each of two samples is 4 % for a mass alone, 4 sigma of which are 16 %
    events = (found.xsec_limit_expected_fb[:, 2] * found.efficiency)[fitted] / (
        known.xsec_limit_expected_fb[:, 2] * known.efficiency
    )[fitted]
    assert np.abs(events - 1.0).max() < 0.16
    # and 4 sigma of the mean of some twenty
    assert abs(np.median(events) - 1.0) < 0.04


def test_rows_of_couplings_are_whole(simulated, model):
    found = simulated[model]
    check_rows(found.rows())
    ratio = found.xsec_limit_fb / found.xsec_br_fb
    known = np.isfinite(ratio)
    assert found.coupling_limit[known] == pytest.approx(np.sqrt(ratio[known]), rel=1e-12)
    # total width at the coupling limit
    width = MODELS[model].width_gev(found.mass_gev) * found.coupling_limit**2
    assert found.width_gev[known] == pytest.approx(width[known], rel=1e-9)
    wide = [status == "width_not_negligible" for status in found.status]
    assert any(wide)
    assert all("MeV" in found.message[row] for row in np.flatnonzero(wide))
    assert found.g_minus_2_measurement is not None
    assert np.all(found.g_minus_2_coupling_high > found.g_minus_2_coupling_low)
    # few events per mass
    assert any(SIGNAL_NUISANCE in text for text in found.warnings)


def test_limits_of_couplings_are_those_of_their_patches(simulated, likelihoods, model):
    found = simulated[model]
    assert set(found.patches) == {
        name
        for name, limit in zip(found.window, found.xsec_limit_fb, strict=True)
        if np.isfinite(limit)
    }
    for row in (0, 11, 40):
        patch = found.patches[found.window[row]]
        observed, expected = refitted(likelihoods, found.window[row], patch)
        assert observed == pytest.approx(found.xsec_limit_fb[row], rel=1e-6)
        assert expected == pytest.approx(found.xsec_limit_expected_fb[row], rel=1e-6)
        relative = found.efficiency_error[row] / found.efficiency[row]
        assert nuisance_of(patch) == pytest.approx({"hi": 1 + relative, "lo": 1 / (1 + relative)})


def test_neither_threads_nor_the_size_of_the_coupling_nor_the_archive_matter(
    simulated, run, likelihoods, tmp_path
):
    index, ours = likelihoods.index, simulated["scalar"]
    masses = (2.0, 0.7, vetoed_mass(index), OUTSIDE_GEV)
    # the command takes all processors, the tarball, a subset of masses, and twice the coupling
    done = run(
        tmp_path,
        *("--couplings", "gS=2", "--coupling", "2", "--br", "scalar", "--seed", "5"),
        *("--events", EVENTS_PER_MASS, "--json", "found.json"),
        *(part for mass in masses for part in ("--mass", mass)),
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["results"]
    check_rows(rows)
    assert [row["mass_gev"] for row in rows] == list(masses)
    assert [row["status"] for row in rows] == ["ok", "ok", "vetoed", "out_of_range"]
    for row in rows[:2]:
        place = index.name.index(row["window"])
        assert row["efficiency"] == ours.efficiency[place]
        # the same fit, in a batch of two windows instead of all
        assert row["xsec_limit_fb"] == pytest.approx(ours.xsec_limit_fb[place], rel=1e-9)
        # masses within the window differ: cross sections are those of the row's own mass
        at_mass = cross_section(
            MODELS["scalar"].couplings, row["mass_gev"], isr=True, sqrt_s_gev=index.sqrt_s_gev
        )
        fraction = MODELS["scalar"].branching_fraction_mumu(row["mass_gev"])
        # a table of eight masses at 3 %, interpolated
        assert row["xsec_br_fb"] == pytest.approx(4 * at_mass.xsec_fb * fraction, rel=0.1)
        assert row["coupling_limit"] == pytest.approx(
            2.0 * np.sqrt(row["xsec_limit_fb"] / row["xsec_br_fb"]), rel=1e-12
        )
    for row in rows[2:]:
        assert row["coupling_limit"] is None


def test_the_same_seed_gives_the_same_bytes_with_one_thread_or_two(
    simulated, likelihoods, tmp_path
):
    contents = [
        simulated["zprime"],
        reinterpret_couplings(
            likelihoods,
            {"gV": -3.0},  # neither sign nor size matter for events
            coupling=3.0,
            branching_fraction="zprime",
            events_per_mass=EVENTS_PER_MASS,
            seed=5,
            threads=2,
        ),
    ]
    assert np.array_equal(contents[0].efficiency, contents[1].efficiency, equal_nan=True)
    assert contents[0].patches == contents[1].patches
    # coupling_limit = 3 sqrt(limit / (9 prediction))
    assert contents[1].coupling_limit == pytest.approx(
        contents[0].coupling_limit, rel=1e-12, nan_ok=True
    )
    assert contents[1].width_gev == pytest.approx(contents[0].width_gev, rel=1e-12, nan_ok=True)
    assert contents[1].status == contents[0].status
    for name, found in zip("ab", contents, strict=True):
        write_reinterpretation_csv(tmp_path / name, replace_prediction(found))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def replace_prediction(found):
    """The result without what goes with the coupling of the input."""
    nothing = np.full(len(found), np.nan)
    return replace(
        found,
        coupling=1.0,
        xsec_br_fb=nothing,
        xsec_br_error_fb=nothing,
        coupling_limit=nothing,
        coupling_limit_expected=np.full((len(found), 5), np.nan),
        width_gev=nothing,
        message=("",) * len(found),
        g_minus_2_coupling_low=nothing,
        g_minus_2_coupling_high=nothing,
    )


def test_masses_outside_the_scan_alone_are_not_simulated(likelihoods):
    def forbidden(_count):
        raise AssertionError("something was simulated")

    masses = [0.1, OUTSIDE_GEV, 1e200, vetoed_mass(likelihoods.index)]
    for couplings in ({"gV": 1.0}, {"gS": 1.0}, {"gP": 1.0}, {"gA": 1.0}):
        found = reinterpret_couplings(likelihoods, couplings, mass_gev=masses, progress=forbidden)
        assert found.status == ("out_of_range", "out_of_range", "out_of_range", "vetoed")
        assert np.isnan(found.coupling_limit).all()
        check_rows(found.rows())
        assert not found.patches


@pytest.mark.parametrize(("name", "has_band"), [("gV", 1), ("gS", 1), ("gA", 0), ("gP", 0)])
def test_only_what_moves_g_minus_2_up_has_a_band(likelihoods, name, has_band):
    masses = [vetoed_mass(likelihoods.index), OUTSIDE_GEV]
    found = reinterpret_couplings(likelihoods, {name: 1.0}, mass_gev=masses)
    assert np.array_equal(np.isfinite(found.g_minus_2_coupling_high), [bool(has_band), False])
    assert (found.g_minus_2_measurement is not None) == bool(has_band)
    assert ("there is no band" in found.g_minus_2_message) == (not has_band)


@pytest.mark.parametrize(
    ("couplings", "words"),
    [
        ({"gV": 1.0, "gS": 1.0}, "spin-1"),
        ({"gX": 1.0}, "gV, gA, gS, gP"),
        ({"": 1.0}, "no name"),
        ({"gV": np.nan}, "gV=nan"),
        ({"gV": np.inf}, "gV=inf"),
        ({"gV": 0.0}, "differ from zero"),
        ({}, "differ from zero"),
        ({"gV": 1e-200}, "too small"),
        ({"gS": 1e200}, "too large"),
    ],
)
def test_couplings_that_are_none(likelihoods, couplings, words):
    with pytest.raises(DomainError, match=words) as caught:
        reinterpret_couplings(likelihoods, couplings)
    assert caught.value.key == "couplings"


@pytest.mark.parametrize("fraction", [0.0, -0.5, 1.5, np.nan])
def test_branching_fractions_that_are_none(likelihoods, fraction):
    with pytest.raises(DomainError) as caught:
        reinterpret_couplings(likelihoods, {"gV": 1.0}, branching_fraction=fraction)
    assert caught.value.key == "--br"


@pytest.mark.parametrize("mass", [0.0, -1.0, np.nan, np.inf])
def test_masses_that_are_none(likelihoods, mass):
    with pytest.raises(DomainError) as caught:
        reinterpret_couplings(likelihoods, {"gV": 1.0}, mass_gev=[1.0, mass])
    assert caught.value.key == "--mass"


def test_too_few_events_to_fit_shapes_to(likelihoods):
    with pytest.raises(DomainError, match="too few events"):
        reinterpret_couplings(likelihoods, {"gV": 1.0}, events_per_mass=999)


# events


@pytest.fixture(scope="module")
def own_file(tmp_path_factory):
    """Write events of a built-in model and their cross section, and return the file."""
    folder = tmp_path_factory.mktemp("lhe")

    def write(name, mass, n=EVENTS_PER_MASS, *, isr=False, photons="collinear", **options):
        couplings = MODELS[name].couplings
        rng = np.random.default_rng((23, round(1000 * np.median(mass)), int(isr)))
        events = generate_x(couplings, mass, n, rng, isr=isr, photons=photons)
        centre = float(np.median(mass))
        sigma = cross_section(couplings, centre, isr=isr)
        fraction = float(MODELS[name].branching_fraction_mumu(centre))
        path = folder / f"{name}_{centre:g}_{n}_{isr}_{photons}.lhe.gz"
        write_lhe(
            path,
            events,
            xsec_fb=sigma.xsec_fb * fraction,
            xsec_error_fb=sigma.error_fb * fraction,
            **options,
        )
        return path

    return write


def read(*paths, **options):
    return read_lhe_samples(paths, np.random.default_rng(1), **options)


def check_closure(found, likelihoods, model):
    """Compare each row with the model of the archive in its window."""
    table = likelihoods.index.table(model)
    place = found.place
    assert set(found.status) <= {"ok", "width_not_negligible"}
    known, error = table.efficiency[place], table.efficiency_error[place]
    pull = (found.efficiency - known) / np.hypot(found.efficiency_error, error)
    assert np.abs(pull).max() < 4.0
    # the median expected limit, which does not hang on single observed events
    median = table.xsec_limit_expected_fb[place, 2]
    relative = np.hypot(found.xsec_limit_error_fb / found.xsec_limit_fb, error / known)
    ratio = found.xsec_limit_expected_fb[:, 2] / median
    assert (np.abs(ratio - 1.0) / relative).max() < 4.0
    coupling = found.coupling_limit_expected[:, 2] / table.coupling_limit_expected[place, 2]
    return coupling, relative


@pytest.mark.parametrize(
    ("name", "model", "options"),
    [
        ("zprime_m1_to_mumu_1k", "zprime", {"coupling": MADGRAPH_COUPLING}),
        ("zprime_m3_to_mumu_1k", "zprime", {"coupling": MADGRAPH_COUPLING}),
        ("scalar_m3_undecayed_1k", "scalar", {"branching_fraction": 1.0}),
        # with the corrections and the shape of a model of another spin
        (
            "scalar_m3_undecayed_1k",
            "scalar",
            {"branching_fraction": 1.0, "efficiency_from": "zprime"},
        ),
    ],
)
def test_events_of_madgraph_close_on_the_built_in_model(likelihoods, name, model, options):
    samples = read(REFERENCE / f"{name}.lhe.gz")
    options = {"efficiency_from": model, **options}
    found = reinterpret_samples(likelihoods, samples, **options)
    check_rows(found.rows())
    coupling, relative = check_closure(found, likelihoods, model)
    # half the relative error; masses are up to 1 % from those of the windows, over which cross
    # sections change by 3 %; files with X decayed cut 2 % off the Breit-Wigner
    assert np.abs(coupling - 1.0).max() < 0.5 * (4.0 * relative.max() + 0.05)


@pytest.mark.parametrize("isr", [False, True])
def test_own_events_close_on_the_built_in_model(likelihoods, own_file, model, isr):
    masses = likelihoods.index.mass_gev[[11, 33, 43]]
    samples = read(*(own_file(model, mass, isr=isr) for mass in masses))
    assert [sample.is_isr_free for sample in samples] == [not isr] * 3
    found = reinterpret_samples(likelihoods, samples, efficiency_from=model)
    check_rows(found.rows())
    coupling, relative = check_closure(found, likelihoods, model)
    # cross sections of the archive at eight masses have errors of 3 %, and are interpolated
    assert np.abs(coupling - 1.0).max() < 0.5 * (4.0 * relative.max() + 0.15)
    k = likelihoods.index.table(model).k_factor[found.place]
    assert found.k_factor == pytest.approx(np.ones(3) if isr else k, rel=1e-9)
    assert found.level == ("isr" if isr else "born")
    # shapes are those of the archive: the rest is the nuisance parameter of error delta, which
    # raises limits by less than 2 delta^2 (delta^2 x 1.64^2 / 2 from a Gaussian constraint)
    table = likelihoods.index.table(model)
    events = (found.xsec_limit_expected_fb[:, 2] * found.efficiency) / (
        table.xsec_limit_expected_fb[found.place, 2] * table.efficiency[found.place]
    )
    delta = found.xsec_limit_error_fb / found.xsec_limit_fb
    assert np.all(events > 1.0 - 1e-6)
    assert np.all(events < 1.0 + 2.0 * delta**2)


def test_many_events_with_isr_have_a_width_of_their_own(likelihoods, own_file):
    mass = likelihoods.index.mass_gev[16]
    found = reinterpret_samples(
        likelihoods, read(own_file("zprime", mass, 6000, isr=True)), efficiency_from="zprime"
    )
    # 1 % of the efficiency and half of 1.4 / sqrt(2,700 candidates) of the width
    assert found.xsec_limit_error_fb[0] / found.xsec_limit_fb[0] < 0.025
    check_closure(found, likelihoods, "zprime")


def test_photons_with_angles_take_the_place_of_the_loss(likelihoods, own_file):
    mass = likelihoods.index.mass_gev[16]
    options = {"n": 3000, "isr": True}
    samples = [
        read(own_file("zprime", mass, photons=photons, **options))[0]
        for photons in ("collinear", "angular")
    ]
    assert [sample.has_photons for sample in samples] == [False, True]
    found = [reinterpret_samples(likelihoods, [sample]) for sample in samples]
    efficiency, error = (
        np.array([getattr(one, name)[0] for one in found])
        for name in ("efficiency", "efficiency_error")
    )
    # the loss is 2.8 % (Sec. IV E), and as uncertain here
    assert abs(efficiency[0] - efficiency[1]) < 4.0 * np.hypot(*error) + 0.028 * efficiency[0]


def test_several_masses_in_one_call_are_rows_of_their_own(likelihoods, own_file, run, tmp_path):
    first = REFERENCE / "zprime_m1_to_mumu_1k.lhe.gz"
    vetoed = own_file("zprime", vetoed_mass(likelihoods.index), 100)
    outside = own_file("zprime", OUTSIDE_GEV, 100)
    blind = own_file("zprime", 2.5, 5)
    turned_into_the_beams(blind, mass_gev=2.5)
    # any order: rows are in that of masses, and files may follow an option or have their own
    files = ("--lhe", outside, blind, "--lhe", first, vetoed)
    done = run(tmp_path, *files, "--seed", 3, "--json", "found.json")
    assert done.returncode == 0, done.stderr
    # one line, for the sample of a thousand events
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"warning: {first}")
    document = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    rows = document["results"]
    check_rows(rows)
    assert [row["status"] for row in rows] == ["ok", "no_events", "vetoed", "out_of_range"]
    assert "none of 5 events passes" in rows[1]["message"]
    assert "no upper limit" in rows[1]["message"]
    # one event of five, x ln 10 at 90 %, and the correction for ISR
    bound = float(rows[1]["message"].partition("below ")[2].partition(" ")[0])
    assert bound == pytest.approx(np.log(10.0) / 5.0, rel=0.3)
    assert rows[1]["efficiency"] == 0.0
    assert rows[1]["efficiency_error"] > 0.0
    for name in ("xsec_limit_fb", "coupling_limit", "xsec_limit_expected_fb"):
        assert rows[1][name] is None
    # as if it were alone
    (alone,) = reinterpret_samples(likelihoods, read(first), seed=3).rows()
    for name in TYPES:
        if isinstance(alone[name], float | list):
            assert rows[0][name] == pytest.approx(alone[name], rel=1e-9)
        elif name != "message":
            assert rows[0][name] == alone[name]
    assert document["level"] == "born"
    assert len(document["provenance"]["input_sha256"]) == 4


def turned_into_the_beams(path, mass_gev):
    """Turn events of a file so that the first prompt muon flies along the beam, unseen."""
    (sample,) = read(path)
    assert sample.is_isr_free
    p = sample.events.momenta.copy()
    for event in p:
        z = event[0, 1:] / np.linalg.norm(event[0, 1:])
        x = np.cross(z, [0.3, 0.5, 0.7])
        x /= np.linalg.norm(x)
        event[:, 1:] = event[:, 1:] @ np.stack([x, np.cross(z, x), z]).T
    write_lhe(path, replace(sample.events, momenta=p), xsec_fb=1.0, xsec_error_fb=0.0)


def test_no_events_alone(likelihoods, own_file):
    path = own_file("zprime", 2.5, 6)
    turned_into_the_beams(path, mass_gev=2.5)
    found = reinterpret_samples(likelihoods, read(path))
    assert found.status == ("no_events",)
    assert not found.patches
    assert np.isnan(found.xsec_limit_fb).all()
    check_rows(found.rows())


def boosted(path, target, *, energies, reverse):
    """Write a file again in the frame of other beams of the same c.m. energy."""
    file = pylhe.LHEFile.fromfile(str(path), generator=False)
    beta = (energies[0] - energies[1]) / sum(energies)
    gamma = 1.0 / np.sqrt(1.0 - beta**2)
    # the positron first: turned by pi about y
    turn = -1.0 if reverse else 1.0
    for event in file.events:
        for particle in event.particles:
            e, pz = particle.e, turn * particle.pz
            particle.e, particle.pz = gamma * (e + beta * pz), gamma * (pz + beta * e)
            particle.px *= turn
    init = file.init.initInfo
    init.energyA, init.energyB = energies
    if reverse:
        init.beamA, init.beamB = init.beamB, init.beamA
    numbers = {name: f"{{{name}: .16e}}" for name in ("px", "py", "pz", "e", "energyA", "energyB")}
    file.tofile(str(target), numbers_of(numbers))
    return target


def numbers_of(numbers):
    """Format of pylhe with all digits."""
    return pylhe.LHEXMLFormat(
        particle="{id:8d} {status:2d} {mother1:d} {mother2:d} {color1:d} {color2:d} "
        + " ".join(numbers[name] for name in ("px", "py", "pz", "e"))
        + " {m:.10e} {lifetime:.1f} {spin:.1f}",
        initinfo="{beamA:d} {beamB:d} "
        + " ".join(numbers[name] for name in ("energyA", "energyB"))
        + " {PDFgroupA:d} {PDFgroupB:d} {PDFsetA:d} {PDFsetB:d} {weightingStrategy:d} "
        "{numProcesses:d}",
    )


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("first_gev", [5.29, 7.0])
def test_the_frame_of_the_beams_does_not_matter(
    likelihoods, own_file, tmp_path, reverse, first_gev
):
    path = own_file("zprime", 2.5)
    energies = (first_gev, 5.29**2 / first_gev)
    if reverse:
        energies = energies[::-1]
    other = boosted(path, tmp_path / "other.lhe", energies=energies, reverse=reverse)
    (expected,), (sample,) = read(path), read(other)
    # rounding of the boost, and electron masses left out of the energies above
    assert sample.events.momenta == pytest.approx(expected.events.momenta, abs=1e-5)
    assert sample.is_isr_free
    found = [reinterpret_samples(likelihoods, [one]) for one in (expected, sample)]
    # an event may cross a cut by rounding
    assert found[0].efficiency[0] == pytest.approx(
        found[1].efficiency[0], abs=1.5 / len(sample.events)
    )


def test_the_code_of_x(likelihoods, own_file):
    path = own_file("scalar", 2.5, 300, x_pdg=113)
    with pytest.raises(InputError, match="a code of no known particle"):
        read(path)  # a rho meson
    with pytest.raises(InputError, match="code 223"):
        read(path, x_pdg=223)
    (sample,) = read(path, x_pdg=113)
    assert reinterpret_samples(likelihoods, [sample]).status == ("ok",)


def test_an_undecayed_x_has_the_branching_fraction_that_is_given(likelihoods, own_file):
    (sample,) = read(REFERENCE / "scalar_m3_undecayed_1k.lhe.gz")
    without = reinterpret_samples(likelihoods, [sample])
    assert any("branching fraction of 1" in text for text in without.warnings)
    half = reinterpret_samples(likelihoods, [sample], branching_fraction=0.5)
    assert not any("branching fraction" in text for text in half.warnings)
    assert half.branching_fraction.tolist() == [0.5]
    assert half.xsec_br_fb == pytest.approx(0.5 * without.xsec_br_fb, rel=1e-14)
    assert np.array_equal(half.xsec_limit_fb, without.xsec_limit_fb)
    assert half.coupling_limit == pytest.approx(np.sqrt(2.0) * without.coupling_limit, rel=1e-14)
    for fraction in (0.0, -1.0, 1.5, np.nan):
        with pytest.raises(DomainError) as caught:
            reinterpret_samples(likelihoods, [sample], branching_fraction=fraction)
        assert caught.value.key == "--br"


def test_a_decayed_x_has_it_in_its_cross_section(likelihoods):
    samples = read(REFERENCE / "zprime_m3_to_mumu_1k.lhe.gz")
    with pytest.raises(DomainError, match="X decayed") as caught:
        reinterpret_samples(likelihoods, samples, branching_fraction=0.5)
    assert caught.value.key == "--br"


def test_events_with_isr_have_no_born_cross_section(likelihoods, own_file):
    samples = read(own_file("zprime", 2.5, 300, isr=True))
    with pytest.raises(DomainError, match="initial-state radiation"):
        reinterpret_samples(likelihoods, samples, level="born")
    # the other way round a user may have corrected the cross section
    samples = read(own_file("zprime", 2.5, 300))
    born, isr = (reinterpret_samples(likelihoods, samples, level=x) for x in ("born", "isr"))
    assert isr.k_factor.tolist() == [1.0]
    assert born.xsec_br_fb == pytest.approx(isr.xsec_br_fb * born.k_factor, rel=1e-14)
    assert born.efficiency == isr.efficiency


def test_an_efficiency_of_few_events_is_a_nuisance_parameter(likelihoods, own_file):
    found = reinterpret_samples(likelihoods, read(own_file("zprime", 2.5, 60)))
    relative = found.efficiency_error[0] / found.efficiency[0]
    # sqrt((1 - e) / (n e)) for an efficiency of 0.4 to 0.5
    assert 0.10 < relative < 0.20
    assert any(SIGNAL_NUISANCE in text and "zprime_2.5" in text for text in found.warnings)
    (window,) = found.patches
    error = found.xsec_limit_error_fb[0] / found.xsec_limit_fb[0]
    assert error >= relative
    assert nuisance_of(found.patches[window]) == pytest.approx(
        {"hi": 1.0 + error, "lo": 1.0 / (1.0 + error)}, rel=1e-9
    )
    observed, expected = refitted(likelihoods, window, found.patches[window])
    assert observed == pytest.approx(found.xsec_limit_fb[0], rel=1e-6)
    assert expected == pytest.approx(found.xsec_limit_expected_fb[0], rel=1e-6)


def test_files_of_one_mass_are_one_row(likelihoods, own_file):
    paths = [own_file("zprime", 2.5, 200), own_file("zprime", 2.5, 300)]
    (sample,) = read(*paths)
    assert len(sample.events) == 500
    assert len(reinterpret_samples(likelihoods, [sample])) == 1


def test_the_same_events_twice_are_no_second_run(refused, own_file, tmp_path):
    path = own_file("zprime", 2.5, 100)
    copy = tmp_path / "copy.lhe.gz"
    copy.write_bytes(path.read_bytes())
    for other in (path, copy):
        line = refused("--lhe", path, other, "--json", "a.json")
        assert "twice" in line
        assert other.name in line


def test_two_masses_of_one_window_are_refused_before_they_are_simulated(likelihoods, own_file):
    samples = read(own_file("zprime", 4.95, 50), own_file("zprime", 5.05, 50))
    with pytest.raises(DomainError, match="w0033") as caught:
        reinterpret_samples(likelihoods, samples)
    assert "5.05" in caught.value.where
    assert "4.95" in caught.value.expected


def test_a_broad_resonance_is_told(likelihoods, own_file):
    mass = float(likelihoods.index.mass_gev[33])
    # quantiles of a Breit-Wigner of 20 MeV, out to 20 widths, in any order
    quantiles = np.linspace(0.02, 0.98, 400)
    masses = mass + 0.010 * np.tan(np.pi * (quantiles - 0.5))
    (sample,) = read(own_file("zprime", masses, 400))
    found = reinterpret_samples(likelihoods, [sample])
    assert found.status == ("width_not_negligible",)
    assert "MeV" in found.message[0]
    assert np.isfinite(found.xsec_limit_fb).all()


def test_several_masses_in_a_file_are_refused(own_file):
    path = own_file("zprime", np.array([2.0, 3.5]), 200)
    with pytest.raises(InputError, match="several masses"):
        read(path)


def test_nothing_at_all(likelihoods):
    with pytest.raises(DomainError, match="no events"):
        reinterpret_samples(likelihoods, [])


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("zprime_m3_to_mumu_1k", ("5.290000e+00 5.290000e+00", "6.0 6.0"), "c.m. energy"),
        ("zprime_m3_to_mumu_1k", ("11 -11", "2212 2212"), "electron and a positron"),
        ("zprime_m3_to_mumu_1k", ("2.683600e-03 5.874", "0.0 5.874"), "cross section"),
        ("zprime_m3_to_mumu_1k", ("2.9994196147e+00", "x"), "readable LHE"),
        ("4mu_inclusive_1k", None, "X is not listed"),
    ],
)
def test_wrong_events_are_one_line_and_leave_nothing(refused, tmp_path, name, change, words):
    path = REFERENCE / f"{name}.lhe.gz"
    if change is not None:
        text = gzip.decompress(path.read_bytes()).decode("ascii")
        assert change[0] in text
        path = tmp_path / "events.lhe"
        path.write_text(text.replace(*change, 1), encoding="ascii")
    line = refused("--lhe", path, "--json", "found.json")
    assert path.name in line
    assert words in line
