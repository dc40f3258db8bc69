"""The doors ``fourmu matrix-element`` and ``fourmu cross-section``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fourmu.cli import cross_section, matrix_element
from fourmu.errors import DomainError, InputError

POINTS = Path(__file__).parents[1] / "reference" / "matrix_elements.json"


def call(command, *arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def points(*arguments):
    return call(matrix_element.command, "--points", *arguments, "--json")


def changed(tmp_path, change):
    table = json.loads(POINTS.read_text())
    change(table)
    path = tmp_path / "points.json"
    path.write_text(json.dumps(table))
    return path


def test_every_entry_in_the_order_of_the_file():
    result = points(POINTS)
    table = json.loads(POINTS.read_text())["results"]
    answer = json.loads(result.stdout)
    assert list(answer) == list(table)
    assert all(len(answer[name]) == len(entry["points"]) for name, entry in table.items())


def test_unknown_entries_are_named_and_left_out(tmp_path):
    def change(table):
        table["results"]["eeee"] = {"points": []}

    result = points(changed(tmp_path, change))
    assert result.exit_code == 0
    assert "eeee" in result.stderr
    assert "eeee" not in json.loads(result.stdout)


def test_constants_come_from_the_header(tmp_path):
    def change(table):
        table["alpha_inv"] /= 2
        table["gzp"] = 3.0

    before = json.loads(points(POINTS).stdout)
    after = json.loads(points(changed(tmp_path, change)).stdout)
    assert after["4mu_flat"][0] == pytest.approx(16 * before["4mu_flat"][0])
    assert after["zprime_m1"][0] == pytest.approx(4 * 9 * before["zprime_m1"][0])
    assert after["zprime_decay_m1"][0] == pytest.approx(4 * 81 * before["zprime_decay_m1"][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("results"), "results"),
        (lambda t: t.pop("alpha_inv"), "alpha_inv"),
        (lambda t: t["results"]["zprime_m1"].pop("mass"), "mass"),
        (lambda t: t["results"]["zprime_m1"].pop("points"), "points"),
        (lambda t: t["results"]["zprime_m1"]["points"][0].pop("p"), "points"),
        (lambda t: t["results"]["zprime_m1"]["points"][0]["p"].pop(), "p"),
        (
            lambda t: t["results"]["zprime_m1"]["points"][0]["p"][0].__setitem__(0, float("nan")),
            "finite",
        ),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        points(changed(tmp_path, change))


def test_a_file_that_is_not_json(tmp_path):
    path = tmp_path / "points.json"
    path.write_text("{")
    with pytest.raises(InputError, match=r"points\.json"):
        points(path)
    with pytest.raises(InputError, match="No such file"):
        points(tmp_path / "none.json")


def test_cross_sections_of_several_masses():
    result = call(
        cross_section.command, "zprime", "--mass", 1, "--mass", 3, "--coupling", 0.1, "--json"
    )
    rows = json.loads(result.stdout)
    assert [row["mass_gev"] for row in rows] == [1.0, 3.0]
    assert set(rows[0]) == {"process", "mass_gev", "coupling", "xsec_fb", "error_fb"}
    full = json.loads(call(cross_section.command, "zprime", "--mass", 1, "--json").stdout)
    assert rows[0]["xsec_fb"] == pytest.approx(0.01 * full[0]["xsec_fb"])


def test_mumugamma_needs_no_mass_and_has_no_coupling():
    result = call(
        cross_section.command,
        "mumugamma",
        "--photon-energy-min",
        0.5,
        "--rel-error",
        0.01,
        "--json",
    )
    (row,) = json.loads(result.stdout)
    assert row["process"] == "mumugamma"
    assert row["mass_gev"] is None
    assert row["coupling"] is None
    assert 0 < row["error_fb"] <= 0.01 * row["xsec_fb"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("zprime",), "--mass"),
        (("zprime", "--mass", 11), "cannot be made"),
        (("zprime", "--mass", -1), "cannot be made"),
        (("zprime", "--mass", "nan"), "cannot be made"),
        (("higgs", "--mass", 1), "unknown process"),
        (("4mu", "--mass", 1), "mass"),
        (("zprime", "--mass", 1, "--part", "conversion"), "parts"),
        (("zprime", "--mass", 1, "--coupling", 0), "coupling"),
        (("4mu", "--rel-error", 0), "error"),
        (("4mu", "--photon-energy-min", 0.1), "mumugamma"),
        (("mumugamma",), "--photon-energy-min"),
        (("mumugamma", "--photon-energy-min", 0), "out of range"),
        (("mumugamma", "--photon-energy-min", 5.29), "out of range"),
        (("mumugamma", "--photon-energy-min", "nan"), "out of range"),
        (("mumugamma", "--photon-energy-min", 0.1, "--mass", 1), "mass"),
        (("mumugamma", "--photon-energy-min", 0.1, "--part", "conversion"), "parts"),
    ],
)
def test_what_cannot_be_computed_is_refused(arguments, message):
    with pytest.raises(DomainError, match=message):
        call(cross_section.command, *arguments)
