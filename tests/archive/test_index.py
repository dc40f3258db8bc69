"""The index of an archive: to JSON and back, and which window a mass belongs to."""

import csv
import dataclasses
import io
import json

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.archive import ArchiveIndex, ModelTable, index_rows, summary, window_numbers
from fourmu.archive.content import index_schema
from fourmu.archive.index import (
    BAND_COLUMNS,
    COLUMNS,
    SCHEMA_VERSION,
    index_document,
    index_from_document,
    mass_edges_gev,
)
from fourmu.errors import DomainError, InputError
from fourmu.io.csv_files import csv_text
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import mass_from_reduced
from fourmu.physics.models import MODELS

THRESHOLD = 2.0 * MUON_MASS_GEV


def table(rng, name, n, without):
    """Numbers of a model; none where there is no limit."""
    columns = {column: rng.uniform(0.1, 1.0, n) for column in COLUMNS}
    columns |= {column: np.sort(rng.uniform(0.1, 9.0, (n, 5))) for column in BAND_COLUMNS}
    for column in ("poi_hat", "z_local", "p0", "xsec_limit_fb", "coupling_limit", *BAND_COLUMNS):
        columns[column][without] = np.nan
    columns["poi_hat_error"][::3] = np.nan  # best fits at a boundary have none
    columns["p0"] = columns["p0"] / 2.0
    model = MODELS[name]
    return ModelTable(
        name=name,
        title=model.title,
        couplings=model.couplings,
        coupling=1.0,
        workspace_sha256=tuple(None if off else f"{i:064x}" for i, off in enumerate(without)),
        status=tuple("vetoed" if off else "ok" for off in without),
        message=tuple("inside a veto" if off else None for off in without),
        **columns,
    )


def make_index(n=9, seed=1, vetoed=(4,)):
    rng = np.random.default_rng(seed)
    reduced = np.cumsum(rng.uniform(0.002, 0.01, n)) + 0.3
    off = np.isin(np.arange(n), vetoed)
    sigma = rng.uniform(0.002, 0.01, n)
    edges = [[] if off[i] else list(reduced[i] + sigma[i] * np.arange(-3.0, 4.0)) for i in range(n)]
    return ArchiveIndex(
        title="A title",
        data_kind="pseudo-data",
        licence="CC0-1.0",
        authors=("One", "Two"),
        citation="somebody",
        doi="10.1234/abc",
        hepdata=None,
        sqrt_s_gev=10.58,
        luminosity_ifb=178.0,
        poi="xsec_fb",
        confidence_level=0.9,
        provenance={"seed": 1, "inputs_sha256": {"events": "0"}},
        name=tuple(f"w{place:04d}" for place in range(n)),
        mass_gev=mass_from_reduced(reduced),
        reduced_mass_gev=reduced,
        sigma_gev=sigma,
        mlp_range=np.arange(n) // 4,
        vetoed=off,
        bin_low=tuple(edge[:-1] for edge in edges),
        bin_high=tuple(edge[1:] for edge in edges),
        background_sha256=tuple(None if off[i] else f"{i:064x}" for i in range(n)),
        models={name: table(rng, name, n, off) for name in ("zprime", "scalar")},
    )


def same(one, other):
    """Equal to the last bit, NaN in the same places."""
    if dataclasses.is_dataclass(one):
        return all(
            same(getattr(one, field.name), getattr(other, field.name))
            for field in dataclasses.fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(
            one, other, equal_nan=one.dtype.kind == "f"
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other


def through_json(content):
    return json.loads(json.dumps(content, allow_nan=False))


@pytest.fixture(scope="module")
def index():
    return make_index()


@pytest.fixture
def document(index):
    return through_json(index_document(index))


@pytest.mark.parametrize("seed", range(3))
def test_the_index_comes_back_from_its_document(seed):
    index = make_index(n=4 + seed, seed=seed, vetoed=(0, 2))
    document = through_json(index_document(index))
    found = index_from_document(document, "here")
    assert same(found, index)
    assert index_document(found) == document


def test_the_document_follows_the_schema(document):
    schema = index_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["schema_version"] == SCHEMA_VERSION


def test_the_schema_knows_every_number(document):
    """Without one of them, or with one more, a document does not follow it."""
    validator = jsonschema.Draft202012Validator(index_schema())
    for level in (document, document["windows"][0], document["windows"][0]["models"]["zprime"]):
        for key in list(level):
            value = level.pop(key)
            assert not validator.is_valid(document), key
            level[key] = value
        level["more"] = 1
        assert not validator.is_valid(document)
        del level["more"]
    assert validator.is_valid(document)


def test_there_is_null_where_there_is_no_number(index, document):
    for place, window in enumerate(document["windows"]):
        numbers = window["models"]["scalar"]
        assert (numbers["xsec_limit_fb"] is None) == index.vetoed[place]
        assert (numbers["xsec_limit_expected_fb"] is None) == index.vetoed[place]
        assert (numbers["poi_hat_error"] is None) == (place % 3 == 0)
        assert numbers["efficiency"] == index.models["scalar"].efficiency[place]


@pytest.mark.parametrize("version", ["2.0.0", "0.9.0", "10.0.0", "", "1,0,0", None, 1, 1.0, ["1"]])
def test_another_schema_version_is_refused(document, version):
    document["schema_version"] = version
    with pytest.raises(InputError, match="another schema version") as caught:
        index_from_document(document, "here")
    assert (caught.value.where, caught.value.key) == ("here", "schema_version")


def test_a_later_version_of_the_same_kind_is_read(index, document):
    document["schema_version"] = "1.7.3"
    document["news"] = document["windows"][0]["news"] = 5
    assert same(index_from_document(document, "here"), index)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("windows", None),
        ("windows", 5),
        ("windows", []),
        ("windows", [None]),
        ("models", []),
        ("models", {"zprime": None}),
        ("authors", 5),
        ("windows/0/mass_gev", "x"),
        ("windows/0/mass_gev", [1.0, 2.0]),
        pytest.param("windows/0/mass_gev", 10**400, id="a mass of 401 digits"),
        ("windows/0/mlp_range", 2**70),
        ("windows/0/models", {}),
        ("windows/0/models/scalar/efficiency", "x"),
        ("windows/0/models/scalar/xsec_limit_expected_fb", [1.0, 2.0]),
        ("windows/0/models/scalar/xsec_limit_expected_fb", 5),
        ("models/zprime/couplings", {"gV": 1.0}),
        ("models/zprime/coupling", None),
    ],
)
def test_something_else_is_no_index(document, key, value):
    *folders, last = (int(part) if part.isdigit() else part for part in key.split("/"))
    level = document
    for folder in folders:
        level = level[folder]
    level[last] = value
    with pytest.raises(InputError) as caught:
        index_from_document(document, "here")
    assert caught.value.where == "here"
    del level[last]
    with pytest.raises(InputError):
        index_from_document(document, "here")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=20), st.floats(0.0, 1.0))
def test_edges_are_middles_without_gaps(steps, above_threshold):
    mass = THRESHOLD + above_threshold + np.concatenate([[0.0], np.cumsum(steps)])
    edges = mass_edges_gev(mass)
    assert edges.shape == (mass.size + 1,)
    assert np.all(np.diff(edges) > 0.0)
    np.testing.assert_allclose(edges[1:-1], 0.5 * (mass[1:] + mass[:-1]), rtol=1e-15)
    assert np.all((edges[:-1] <= mass) & (mass < edges[1:]))
    # a step beyond the last mass, and beyond the first one down to the threshold
    assert edges[-1] == pytest.approx(mass[-1] + steps[-1], rel=1e-14)
    assert edges[0] == pytest.approx(max(mass[0] - steps[0], THRESHOLD), rel=1e-14)
    assert edges[0] >= THRESHOLD


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_mass_belongs_to_the_nearest_window(seed):
    index = make_index(n=12, seed=3)
    rng = np.random.default_rng(seed)
    edges = index.edges_gev
    mass = rng.uniform(edges[0], edges[-1], 200)
    distance = np.abs(mass[:, None] - index.mass_gev)
    np.testing.assert_array_equal(index.nearest(mass), np.argmin(distance, axis=1))


def test_the_nearest_window_of_a_window_is_itself(index):
    np.testing.assert_array_equal(index.nearest(index.mass_gev), np.arange(len(index)))
    # also of one inside a veto, which has no likelihood
    assert index.vetoed[index.nearest(index.mass_gev[4:5])[0]]


def test_an_edge_belongs_to_the_window_above_it(index):
    """mass_low_gev <= m < mass_high_gev, as the README says; the last edge is of the last one."""
    edges, last = index.edges_gev, len(index) - 1
    np.testing.assert_array_equal(index.nearest(edges), [*range(len(index)), last])
    below = np.nextafter(edges[1:], 0.0)
    np.testing.assert_array_equal(index.nearest(below), np.arange(len(index)))


def test_masses_outside_the_scan_have_no_window(index):
    edges = index.edges_gev
    outside = [np.nextafter(edges[0], 0.0), np.nextafter(edges[-1], 99.0), 0.0, -1.0, np.nan]
    np.testing.assert_array_equal(index.nearest(np.array([*outside, np.inf])), -1)
    with pytest.raises(DomainError, match="outside the scan") as caught:
        window_numbers(index, 99.0, "zprime")
    assert caught.value.found == "99.0"


def test_numbers_of_a_window_are_those_of_the_nearest_one(index):
    mass = index.mass_gev[6] + 0.4 * (index.mass_gev[7] - index.mass_gev[6])
    found = window_numbers(index, float(mass), "scalar")
    assert (found["window"], found["bins"], found["mlp_range"]) == ("w0006", 6, 1)
    assert found["mass_gev"] == index.mass_gev[6]
    scalar = index.models["scalar"]
    assert found["xsec_limit_fb"] == scalar.xsec_limit_fb[6]
    assert found["coupling_limit_expected"] == scalar.coupling_limit_expected[6].tolist()
    with pytest.raises(DomainError, match="no such model") as caught:
        window_numbers(index, float(mass), "axion")
    assert caught.value.expected == "zprime or scalar"


def test_rows_have_the_numbers_of_the_document(index, document):
    text = csv_text(index_rows(index), bands=BAND_COLUMNS)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2 * len(index)
    expected_rows = [
        (window, model) for window in document["windows"] for model in window["models"]
    ]
    for row, (window, model) in zip(rows, expected_rows, strict=True):
        assert (row["window"], row["model"]) == (window["name"], model)
        numbers = window | window["models"][model]
        for name in ("mass_gev", "mass_low_gev", "mass_high_gev", "sigma_gev", *COLUMNS):
            expected = numbers[name]
            assert (float(row[name]) if row[name] else None) == expected
        for name in BAND_COLUMNS:
            cells = [row[f"{name}_{part}"] for part in ("minus2", "minus1", "median")]
            cells += [row[f"{name}_{part}"] for part in ("plus1", "plus2")]
            expected = numbers[name] or [None] * 5
            assert [float(cell) if cell else None for cell in cells] == expected
        assert row["bins"] == str(len(window["bin_low"]))
        assert row["vetoed"] == str(int(window["vetoed"]))


def test_a_summary_counts_windows_and_ranges(index):
    found = summary(index)
    assert (found["windows"], found["vetoed"]) == (9, 1)
    assert (found["mass_min_gev"], found["mass_max_gev"]) == tuple(index.mass_gev[[0, -1]])
    limits = index.models["zprime"].xsec_limit_fb
    assert found["zprime_xsec_limit_min_fb"] == np.nanmin(limits)
    assert found["zprime_xsec_limit_max_fb"] == np.nanmax(limits)
    json.dumps(found, allow_nan=False)


def test_a_summary_of_a_model_without_limits_says_so():
    index = make_index(n=3, vetoed=(0, 1, 2))
    found = summary(index)
    assert found["vetoed"] == 3
    assert found["scalar_xsec_limit_min_fb"] is None
    json.dumps(found, allow_nan=False)


def test_windows_are_those_of_the_templates(index):
    for place, window in enumerate(index.windows):
        assert (window.name, window.index) == (f"w{place:04d}", place)
        assert window.mass_gev == index.mass_gev[place]
        assert window.vetoed == (place == 4)
        assert window.bin_low.tolist() == list(index.bin_low[place])
        assert window.n_bins == (0 if place == 4 else 6)
