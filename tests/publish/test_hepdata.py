"""A HEPData submission: what HEPData says of it, and that its numbers are those of the archive."""

import hashlib
import importlib.util
import json
import struct
import sys
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fourmu.archive import Archive, ArchivedAnalysis, ArchiveIndex, ModelTable
from fourmu.archive.checksums import CHECKSUMS, checksums_file
from fourmu.archive.content import patchset_metadata, window_files
from fourmu.archive.index import index_document
from fourmu.archive.record import ANALYSIS, INDEX, cross_section_file
from fourmu.config import Analysis
from fourmu.couplings import CrossSectionTable
from fourmu.errors import ConfigError, ConsistencyError, ConvergenceError, InputError
from fourmu.io.archives import open_archive, write_tarball
from fourmu.physics.models import MODELS
from fourmu.publish import hepdata
from fourmu.publish.hepdata import submission, validation_messages
from fourmu.publish.hepdata.columns import Axis, Column, DataTable
from fourmu.publish.hepdata.systematics import signal_uncertainties
from fourmu.publish.hepdata.tables import data_tables
from fourmu.publish.hepdata.yaml_files import table_yaml
from fourmu.statmodel import example_workspace

NAMES = ("zprime", "scalar")
MASS = np.array([0.212, 0.9, 1.7 / 3.0 + 1.0, 3.1, 5.0, 7.7, 8.9])
VETOED = MASS == 3.1
BANDED = ("xsec_limit_expected_fb", "coupling_limit_expected")
FITTED = ("poi_hat", "poi_hat_error", "z_local", "p0", "xsec_limit_fb", "coupling_limit", *BANDED)
NUMBERS = (
    *("efficiency", "efficiency_error", "efficiency_no_isr", "efficiency_no_isr_error"),
    *("xsec_born_fb", "xsec_born_error_fb", "xsec_isr_fb", "xsec_isr_error_fb", "k_factor"),
    *("k_factor_error", "branching_fraction", "width_gev", *FITTED),
)
TABLE_ONE = {
    "trigger": "Trigger",
    "tracking": "Tracking",
    "particle_id": "Particle identification",
    "beam_background": "Beam background and calorimeter energy resolution",
    "mlp": "MLP selection",
    "interpolation": "Efficiency interpolation",
    "fit_bias": "Fit bias",
    "mass_resolution": "Mass resolution",
    "luminosity": "Luminosity",
}
LEVELS = ("Observed", "$-2", "$-1", "median", "$+1", "$+2")


def made_table(name, rng):
    """Numbers with all their digits over many orders of magnitude; no window is like another."""
    numbers = {
        key: np.sort(10.0 ** rng.uniform(-6.0, 4.0, (len(MASS), 5)), axis=1)
        if key in BANDED
        else 10.0 ** rng.uniform(-6.0, 4.0, len(MASS))
        for key in NUMBERS
    }
    for key in FITTED:
        numbers[key][VETOED] = np.nan
    numbers["poi_hat"][1] *= -1.0
    numbers["poi_hat_error"][2] = np.nan  # a best fit at a boundary
    numbers["k_factor_error"][0] = 0.0
    status = ["vetoed" if vetoed else "ok" for vetoed in VETOED]
    status[-1] = "width_not_negligible"
    return ModelTable(
        name=name,
        title=MODELS[name].title,
        couplings=MODELS[name].couplings,
        coupling=1.0,
        **numbers,
        workspace_sha256=(None,) * len(MASS),
        status=tuple(status),
        message=(None,) * len(MASS),
    )


def made_index(rng, data_kind="pseudo-data"):
    edges = [(np.arange(60) * 0.01).tolist()] * len(MASS)
    return ArchiveIndex(
        title="Likelihoods of a test: \"X\" & 'Y'",
        data_kind=data_kind,
        licence="CC-BY-4.0",
        authors=("Nobody", "Änne"),
        citation="none",
        doi=None,
        hepdata="ins1234567",
        sqrt_s_gev=10.58,
        luminosity_ifb=178.0,
        poi="xsec_fb",
        confidence_level=0.9,
        provenance={"seed": 1},
        name=tuple(f"w{place:04d}" for place in range(len(MASS))),
        mass_gev=MASS,
        reduced_mass_gev=np.sqrt(MASS),
        sigma_gev=0.001 * np.sqrt(MASS),
        mlp_range=np.arange(len(MASS)) // 2,
        vetoed=VETOED,
        bin_low=tuple(edges),
        bin_high=tuple(edges),
        background_sha256=(None,) * len(MASS),
        models={name: made_table(name, rng) for name in NAMES},
    )


def made_archive(index, rng):
    """As much of an archive as a record is made of; networks and signal models are left out."""
    analysis = Analysis()
    archived = ArchivedAnalysis(
        **{
            name: getattr(analysis, name)
            for name in ArchivedAnalysis.model_fields
            if hasattr(analysis, name)
        },
        signal_photons="collinear",
        signal_fsr=False,
        photon_loss=0.0,
    )
    files = {
        INDEX: json.dumps(index_document(index)).encode(),
        ANALYSIS: archived.model_dump_json().encode(),
    }
    grid = np.linspace(0.212, 9.25, 12)
    for name in NAMES:
        sigma = 1e4 / (1.0 + grid)
        table = CrossSectionTable(
            model=name,
            coupling=1.0,
            mass_gev=grid,
            xsec_born_fb=sigma,
            xsec_born_error_fb=0.01 * sigma,
            xsec_isr_fb=1.1 * sigma,
            xsec_isr_error_fb=0.01 * sigma,
        )
        files[cross_section_file(name)] = json.dumps(table.to_dict()).encode()
    for window, mass, vetoed in zip(index.name, MASS, VETOED, strict=True):
        if not vetoed:
            workspaces = {"zprime": example_workspace(rng, bins=20)}
            scalar = json.loads(json.dumps(workspaces["zprime"]))
            for modifier in scalar["channels"][0]["samples"][0]["modifiers"]:
                if modifier["name"] == "trigger":
                    modifier["data"] = {"hi": 1.0 + mass / 100.0, "lo": 1.0 - mass / 100.0}
            workspaces["scalar"] = scalar
            files |= window_files(window, mass, workspaces, patchset_metadata(index))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return Archive("made", {**files, CHECKSUMS: checksums_file(digests)})


@pytest.fixture(scope="module")
def archive():
    rng = np.random.default_rng(5)
    return made_archive(made_index(rng), rng)


@pytest.fixture(scope="module")
def index(archive):
    return archive.index


def files_of(archive):
    tables = data_tables(archive.index, signal_uncertainties(archive))
    return dict(hepdata.submission_files(archive, tables, b"the tarball"))


@pytest.fixture(scope="module")
def files(archive):
    return files_of(archive)


@pytest.fixture(scope="module")
def documents(files):
    return list(yaml.safe_load_all(files["submission.yaml"]))


@pytest.fixture(scope="module")
def data(files, documents):
    """Content of each table by the stem of its file."""
    return {
        document["data_file"].removesuffix(".yaml"): yaml.safe_load(files[document["data_file"]])
        for document in documents[1:]
    }


def packed(files, tmp_path):
    folder, tarball = tmp_path / "hepdata", tmp_path / "submission.tar.gz"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    write_tarball(folder, tarball)
    return tarball


def values(column):
    return [np.nan if row["value"] == "-" else row["value"] for row in column["values"]]


def errors(column):
    return [row["errors"][0]["symerror"] if "errors" in row else np.nan for row in column["values"]]


def bits(numbers):
    """Bytes of 64-bit floats; one kind of NaN."""
    return [struct.pack("<d", np.nan if np.isnan(number) else number) for number in numbers]


def columns(content):
    return content["dependent_variables"]


def qualifier(column, name):
    return {entry["name"]: entry["value"] for entry in column["qualifiers"]}[name]


needs_validator = pytest.mark.skipif(
    importlib.util.find_spec("hepdata_validator") is None,
    reason="hepdata-validator is not installed; pip install 'fourmu[hepdata]'",
)


@needs_validator
def test_hepdata_takes_it(files, tmp_path):
    assert validation_messages(packed(files, tmp_path)) == []


@needs_validator
@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("other.txt", b"not mentioned", "not referenced"),
        ("windows.yaml", b"independent_variables: []", "dependent_variables"),
    ],
)
def test_hepdata_would_say_what_is_wrong(files, tmp_path, name, content, complaint):
    found = validation_messages(packed({**files, name: content}, tmp_path))
    assert any(complaint in message for message in found)


def test_without_the_validator_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "hepdata_validator.full_submission_validator", None)
    with pytest.raises(ConfigError, match=r"fourmu\[hepdata\]"):
        validation_messages(tmp_path / "submission.tar.gz")


def test_every_file_is_referenced_and_there(files, documents):
    named = {"submission.yaml"} | {document["data_file"] for document in documents[1:]}
    for document in documents:
        for resource in document.get("additional_resources", ()):
            if not resource["location"].startswith("https://"):
                named.add(resource["location"])
    assert named == set(files)


def test_names_are_short_and_their_own(documents):
    names = [document["name"] for document in documents[1:]]
    assert len(set(names)) == len(names) == 16
    assert all(len(name) <= 64 for name in names)
    assert all(len(document["location"]) <= 256 for document in documents[1:])


def test_likelihoods_are_marked_and_licensed(documents):
    (likelihoods,) = [
        entry
        for entry in documents[0]["additional_resources"]
        if entry["location"].endswith(".tar.gz")
    ]
    assert likelihoods["type"] == "HistFactory"
    for licence in (
        likelihoods["license"],
        *(document["data_license"] for document in documents[1:]),
    ):
        assert licence == {
            "name": "CC-BY-4.0",
            "url": "https://spdx.org/licenses/CC-BY-4.0.html",
        }
    assert documents[0]["record_ids"] == [{"type": "inspire", "id": 1234567}]


def test_keywords_say_energy_reaction_and_observable(documents):
    for document in documents[1:]:
        keywords = {entry["name"]: entry["values"] for entry in document["keywords"]}
        assert keywords["cmenergies"] == [10.58]
        assert keywords["reactions"] == ["E+ E- --> MU+ MU- MU+ MU-"]
        assert keywords["observables"]
        assert "pseudo-data" in keywords["phrases"]


def test_pseudo_data_are_called_so_everywhere(files, documents, data):
    texts = [documents[0]["comment"], *(document["description"] for document in documents[1:])]
    texts.append(documents[0]["additional_resources"][0]["description"])
    texts.append(files["README.md"].decode())
    for text in texts:
        assert "PSEUDO-DATA" in text
        assert "no Belle II data" in text
    for content in data.values():
        for column in columns(content):
            assert qualifier(column, "Data") == "pseudo-data"


def test_every_column_says_reaction_energy_and_luminosity(data):
    for content in data.values():
        for column in columns(content):
            assert qualifier(column, "RE") == "E+ E- --> MU+ MU- MU+ MU-"
            assert qualifier(column, "SQRT(S)") == 10.58
            assert qualifier(column, "Luminosity") == 178.0


@pytest.mark.parametrize(("model", "symbol"), [("zprime", "$g'$"), ("scalar", "$g_S$")])
def test_a_coupling_has_its_name(documents, data, model, symbol):
    *limits, _ = columns(data[f"coupling_limits_{model}"])
    assert {column["header"]["name"] for column in limits} == {
        f"Upper limit on the coupling {symbol}"
    }
    (document,) = [d for d in documents[1:] if d["data_file"] == f"coupling_limits_{model}.yaml"]
    assert f"on the coupling {symbol} of {MODELS[model].title}" in document["description"]


def test_a_column_of_statuses_is_explained(documents, data):
    for document in documents[1:]:
        content = data[document["data_file"].removesuffix(".yaml")]
        has_status = any(column["header"]["name"] == "Status" for column in columns(content))
        is_said = "status is about the limits of the mass" in document["description"]
        assert has_status == is_said, document["name"]


def test_what_a_figure_shows_beside_its_table_is_said(documents):
    said = {
        document["data_file"]: document["additional_resources"][0]["description"]
        for document in documents[1:]
        if "additional_resources" in document
    }
    zprime, scalar = (said.pop(f"coupling_limits_{model}.yaml") for model in NAMES)
    assert "(g-2)" in zprime
    assert "tridents at CCFR" in zprime
    assert "(g-2)" in scalar
    assert "tridents" not in scalar
    assert set(said.values()) == {"Image file"}


def test_data_are_not_called_pseudo_data():
    rng = np.random.default_rng(6)
    files = files_of(made_archive(made_index(rng, data_kind="data"), rng))
    for name in ("submission.yaml", "README.md", "xsec_limits_zprime.yaml"):
        assert "pseudo" not in files[name].decode().lower()


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize(
    ("stem", "observed", "expected", "units"),
    [
        ("xsec_limits", "xsec_limit_fb", "xsec_limit_expected_fb", "fb"),
        ("coupling_limits", "coupling_limit", "coupling_limit_expected", None),
    ],
)
def test_limits_read_back_bit_by_bit(index, data, model, stem, observed, expected, units):
    content, table = data[f"{stem}_{model}"], index.models[model]
    (mass,) = content["independent_variables"]
    assert mass["header"] == {"name": "$m_X$", "units": "GeV"}
    assert bits(values(mass)) == bits(MASS[~VETOED])
    *limits, status = columns(content)
    wanted = [getattr(table, observed), *getattr(table, expected).T]
    assert len(limits) == len(wanted) == len(LEVELS)
    for column, numbers, level in zip(limits, wanted, LEVELS, strict=True):
        assert bits(values(column)) == bits(numbers[~VETOED])
        assert level in qualifier(column, "Limit")
        assert column["header"].get("units") == units
        assert qualifier(column, "Confidence level") == 0.9
        assert qualifier(column, "SQRT(S)") == 10.58
        assert qualifier(column, "Luminosity") == 178.0
        assert qualifier(column, "Model") == table.title
    assert values(status) == ["ok"] * 5 + ["width_not_negligible"]


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize(
    ("stem", "wanted", "every_mass"),
    [
        ("significances", [("p0", None), ("z_local", None)], False),
        ("best_fits", [("poi_hat", "poi_hat_error")], False),
        (
            "efficiencies",
            [
                ("efficiency", "efficiency_error"),
                ("efficiency_no_isr", "efficiency_no_isr_error"),
            ],
            True,
        ),
        (
            "cross_sections",
            [
                ("xsec_born_fb", "xsec_born_error_fb"),
                ("xsec_isr_fb", "xsec_isr_error_fb"),
                ("k_factor", "k_factor_error"),
                ("branching_fraction", None),
            ],
            True,
        ),
    ],
)
def test_other_numbers_read_back_bit_by_bit(index, data, model, stem, wanted, every_mass):
    content, table = data[f"{stem}_{model}"], index.models[model]
    rows = np.ones(len(MASS), dtype=bool) if every_mass else ~VETOED
    assert bits(values(content["independent_variables"][0])) == bits(MASS[rows])
    found = [column for column in columns(content) if column["header"]["name"] != "Status"]
    for column, (name, error) in zip(found, wanted, strict=True):
        assert bits(values(column)) == bits(getattr(table, name)[rows])
        sizes = np.full(rows.sum(), np.nan) if error is None else getattr(table, error)[rows]
        # HEPData refuses an error of zero: it is left out
        assert bits(errors(column)) == bits(np.where(sizes == 0.0, np.nan, sizes))


@pytest.mark.parametrize("model", NAMES)
def test_systematics_are_those_of_the_workspaces(archive, data, model):
    found = {column["header"]["name"]: column for column in columns(data[f"systematics_{model}"])}
    total = np.zeros(int((~VETOED).sum()))
    for row, (_, _, workspace) in enumerate(archive.workspaces(model)):
        for modifier in workspace["channels"][0]["samples"][0]["modifiers"]:
            if modifier["type"] == "normsys":
                size = values(found[TABLE_ONE[modifier["name"]]])[row]
                # 1 + size is good to 2.2e-16, size is rounded to 1e-15
                assert size == pytest.approx(abs(modifier["data"]["hi"] - 1.0), abs=2e-15)
                total[row] += size**2
    np.testing.assert_allclose(values(found.pop("Total")), np.sqrt(total), rtol=1e-14)
    assert qualifier(found.pop("Mass resolution"), "Effect") == "yield and shape"
    assert {qualifier(column, "Effect") for column in found.values()} == {"yield"}


def test_the_summary_has_smallest_and_largest_of_each_source(data):
    content = data["systematics_summary"]
    sources = values(content["independent_variables"][0])
    assert sources[-1] == "Total"
    for model, (smallest, largest) in zip(
        NAMES, (columns(content)[:2], columns(content)[2:]), strict=True
    ):
        for column, extreme in ((smallest, min), (largest, max)):
            assert qualifier(column, "Model") == MODELS[model].title
            for source, number in zip(sources, values(column), strict=True):
                (sizes,) = [
                    values(found)
                    for found in columns(data[f"systematics_{model}"])
                    if found["header"]["name"] == source
                ]
                assert number == extreme(sizes)
    trigger = sources.index("Trigger")
    assert values(columns(content)[3])[trigger] == 0.089


def test_windows_name_the_likelihood_of_each_mass(index, data):
    content = data["windows"]
    reduced, sigma, mlp_range, name = columns(content)
    assert bits(values(reduced)) == bits(index.reduced_mass_gev[~VETOED])
    assert bits(values(sigma)) == bits(index.sigma_gev[~VETOED])
    assert values(mlp_range) == index.mlp_range[~VETOED].tolist()
    assert values(name) == [f"w{place:04d}" for place in np.flatnonzero(~VETOED)]


@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
def test_no_digit_is_lost_in_yaml(numbers):
    table = DataTable(
        name="t",
        stem="t",
        description="",
        location="",
        observables=(),
        phrases=(),
        axis=Axis(name="x", values=tuple(float(place) for place in range(len(numbers)))),
        columns=(Column(name="y", values=tuple(numbers)),),
    )
    read = yaml.safe_load(table_yaml(table))
    finite = [number if np.isfinite(number) else np.nan for number in numbers]
    assert bits(values(read["dependent_variables"][0])) == bits(finite)


def png_size(content):
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def test_figures_have_thumbnails(files, documents):
    shown = [document for document in documents[1:] if "additional_resources" in document]
    assert len(shown) == 3 * len(NAMES)
    for document in shown:
        image, thumbnail = (entry["location"] for entry in document["additional_resources"])
        assert thumbnail == f"thumb_{image}"
        width, height = png_size(files[image])
        small_width, small_height = png_size(files[thumbnail])
        assert small_width == 240
        assert small_height == pytest.approx(240 * height / width, abs=1.0)
        assert len(files[thumbnail]) < len(files[image])


def test_it_is_made_again_bit_by_bit(archive, files):
    again = files_of(Archive("elsewhere", archive.files))
    assert list(again) == list(files)
    assert again == files


def test_no_file_knows_the_day(files):
    for name, content in files.items():
        if name.endswith((".yaml", ".md", ".json")):
            assert b"/tmp" not in content
        if name.endswith(".png"):
            assert b"tIME" not in content
            assert b"Software" not in content


def with_failure(index):
    table = index.models["scalar"]
    place = 4
    numbers = {}
    for name in FITTED:
        numbers[name] = getattr(table, name).copy()
        numbers[name][place] = np.nan
    status, message = list(table.status), list(table.message)
    status[place], message[place] = "not_converged", "no minimum"
    failed = replace(table, **numbers, status=tuple(status), message=tuple(message))
    return replace(index, models={**index.models, "scalar": failed})


def test_a_window_without_limit_is_named(index):
    hepdata.refuse_failures(index)
    with pytest.raises(ConvergenceError, match=r"scalar, w0004.*not_converged: no minimum"):
        hepdata.refuse_failures(with_failure(index))


def test_a_recorded_failure_stands_in_the_tables(index):
    rng = np.random.default_rng(7)
    archive = made_archive(with_failure(index), rng)
    tables = data_tables(archive.index, signal_uncertainties(archive))
    data = {table.stem: yaml.safe_load(table_yaml(table)) for table in tables}
    *limits, status = columns(data["xsec_limits_scalar"])
    row = 3  # the vetoed window before it is left out
    assert all(column["values"][row] == {"value": "-"} for column in limits)
    assert status["values"][row] == {"value": "not_converged"}
    best_fit = columns(data["best_fits_scalar"])[0]
    assert best_fit["values"][row] == {"value": "-"}


def on_disk(archive, folder):
    for name, content in archive.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_an_archive_that_is_not_whole_is_refused(archive, tmp_path):
    source = on_disk(archive, tmp_path / "archive")
    out = tmp_path / "out"
    with pytest.raises(ConsistencyError, match="the archive does not hold"):
        hepdata.write_submission(open_archive(source), source, out, tmp_path / "out.tar.gz")
    assert not out.exists()


def test_a_table_that_hepdata_does_not_take_is_refused(archive, monkeypatch):
    monkeypatch.setattr(submission, "LARGEST_TABLE", 100)
    with pytest.raises(InputError, match="too large for HEPData"):
        files_of(archive)


def test_the_tarball_holds_the_files_without_a_folder(files, tmp_path):
    with tarfile.open(packed(files, tmp_path)) as tar:
        assert sorted(tar.getnames()) == sorted(files)
