"""Limits on a model of one's own: they scale with it, and no row knows of another."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fourmu.archive import Archive, ArchivedAnalysis, ArchiveIndex, ModelTable
from fourmu.archive.index import BAND_COLUMNS, COLUMNS, index_document
from fourmu.config import Analysis
from fourmu.io.xsec_tables import parse_xsec_table
from fourmu.physics.models import MODELS
from fourmu.reinterpret import XsecTable, at_every_window, reinterpret_table
from fourmu.reinterpret.result import coupling_at_limit
from fourmu.reinterpret.signal import fit_signals, scaled

N = 14
VETOED = (6, 7)
LOST = 3
"""Hypothesis whose fit did not converge."""
BINS = 12


def synthetic_index():
    """Fourteen hypotheses with made-up limits: two vetoed ones, one without a limit."""
    rng = np.random.default_rng(12)
    mass = 1.0 + np.cumsum(rng.uniform(0.2, 0.5, N))
    vetoed = np.isin(np.arange(N), VETOED)
    status = ["vetoed" if off else "ok" for off in vetoed]
    status[LOST] = "not_converged"
    without = np.array([entry != "ok" for entry in status])
    models = {}
    for name, model in MODELS.items():
        columns = {column: rng.uniform(0.1, 1.0, N) for column in COLUMNS}
        columns |= {column: np.sort(rng.uniform(0.1, 9.0, (N, 5))) for column in BAND_COLUMNS}
        for column in ("xsec_limit_fb", "coupling_limit", *BAND_COLUMNS):
            columns[column][without] = np.nan
        models[name] = ModelTable(
            name=name,
            title=model.title,
            couplings=model.couplings,
            coupling=1.0,
            workspace_sha256=(None,) * N,
            status=tuple(status),
            message=tuple(None if entry == "ok" else entry for entry in status),
            **columns,
        )
    return ArchiveIndex(
        title="made up",
        data_kind="pseudo-data",
        licence="CC0-1.0",
        authors=("nobody",),
        citation="none",
        doi=None,
        hepdata=None,
        sqrt_s_gev=10.58,
        luminosity_ifb=100.0,
        poi="mu",
        confidence_level=0.9,
        provenance={},
        name=tuple(f"w{i:04d}" for i in range(N)),
        mass_gev=mass,
        reduced_mass_gev=mass,
        sigma_gev=np.full(N, 0.01),
        mlp_range=np.zeros(N, dtype=np.int64),
        vetoed=vetoed,
        bin_low=tuple([[]] * N),
        bin_high=tuple([[]] * N),
        background_sha256=(None,) * N,
        models=models,
    )


def background_only():
    """Workspace of a small window: a peak on a sloping background."""
    centre = np.arange(BINS) - 0.5 * (BINS - 1)
    background = 8.0 - 0.3 * centre
    rng = np.random.default_rng(3)
    return {
        "version": "1.0.0",
        "channels": [
            {
                "name": "region",
                "samples": [
                    {"name": "signal", "data": [0.0] * BINS, "modifiers": []},
                    {
                        "name": "background",
                        "data": background.tolist(),
                        "modifiers": [
                            {
                                "name": "normalisation",
                                "type": "normsys",
                                "data": {"hi": 1.1, "lo": 0.9},
                            },
                            {
                                "name": "slope",
                                "type": "histosys",
                                "data": {
                                    "hi_data": (background * (1.0 + 0.01 * centre)).tolist(),
                                    "lo_data": (background * (1.0 - 0.01 * centre)).tolist(),
                                },
                            },
                        ],
                    },
                ],
            }
        ],
        "observations": [
            {"name": "region", "data": rng.poisson(background).astype(float).tolist()}
        ],
        "measurements": [
            {
                "name": "measurement",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "inits": [1.0], "bounds": [[0.0, 1000.0]]}],
                },
            }
        ],
    }


def signal():
    """Sample of 1 fb with uncertainties of its own."""
    shape = np.exp(-0.5 * (np.arange(BINS) - 0.5 * (BINS - 1)) ** 2)
    data = 20.0 * shape / shape.sum()
    return {
        "name": "signal",
        "data": data.tolist(),
        "modifiers": [
            {"name": "mu", "type": "normfactor", "data": None},
            {"name": "efficiency", "type": "normsys", "data": {"hi": 1.05, "lo": 0.95}},
            {
                "name": "width",
                "type": "histosys",
                "data": {
                    "hi_data": (data * np.linspace(0.9, 1.1, BINS)).tolist(),
                    "lo_data": (data * np.linspace(1.1, 0.9, BINS)).tolist(),
                },
            },
        ],
    }


def synthetic_archive():
    """Whole archive in memory: files and their digests, read as from a disk."""
    analysis = Analysis()
    kept = ("generation", "detector", "selection", "classifiers", "signal_model", "templates")
    sections = {name: getattr(analysis, name) for name in (*kept, "inference", "couplings")}
    archived = ArchivedAnalysis(
        **sections, signal_photons="collinear", signal_fsr=False, photon_loss=0.0
    )
    contents = {
        "index.json": index_document(synthetic_index()),
        "analysis.json": archived.model_dump(mode="json"),
        "windows/w0000/BkgOnly.json": background_only(),
    }
    files = {name: json.dumps(content).encode() for name, content in contents.items()}
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()
    )
    return Archive("memory", {**files, "SHA256SUMS": sums.encode()})


ARCHIVE = synthetic_archive()
INDEX = ARCHIVE.index
LOW, HIGH = INDEX.edges_gev[[0, -1]]

masses = st.floats(0.5 * LOW, 1.5 * HIGH)
cross_sections = st.just(0.0) | st.floats(1e-6, 1e6)
rows = st.lists(st.tuples(masses, cross_sections), min_size=1, max_size=8, unique_by=lambda r: r[0])
models = st.sampled_from(sorted(MODELS))
levels = st.sampled_from(["born", "isr"])


def table_of(content):
    mass, xsec = np.array(content, dtype=np.float64).T
    return XsecTable(
        source="a property",
        mass_gev=mass,
        xsec_br_fb=xsec,
        branching_fraction=np.full(len(mass), np.nan),
    )


@given(rows, models, levels, st.randoms(use_true_random=False))
def test_rows_know_nothing_of_each_other_nor_of_their_order(content, model, level, random):
    whole = reinterpret_table(ARCHIVE, table_of(content), model, level=level).rows()
    order = list(range(len(content)))
    random.shuffle(order)
    shuffled = reinterpret_table(
        ARCHIVE, table_of([content[place] for place in order]), model, level=level
    ).rows()
    assert shuffled == [whole[place] for place in order]
    for row, one in zip(content, whole, strict=True):
        assert reinterpret_table(ARCHIVE, table_of([row]), model, level=level).rows() == [one]


@given(rows, models, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_coupling_limits_go_with_the_root_of_limit_over_prediction(content, model, a, coupling):
    table = table_of(content)
    found = reinterpret_table(ARCHIVE, table, model)
    scaled_table = dataclasses.replace(table, xsec_br_fb=a**2 * table.xsec_br_fb)
    other = reinterpret_table(ARCHIVE, scaled_table, model, coupling=coupling)
    # a handful of roundings
    for name in ("coupling_limit", "coupling_limit_expected"):
        assert getattr(other, name) == pytest.approx(
            coupling / a * getattr(found, name), rel=1e-13, nan_ok=True
        )
    assert np.array_equal(other.xsec_limit_fb, found.xsec_limit_fb, equal_nan=True)
    assert other.status == found.status
    # at the limit on the coupling the prediction is the limit
    at_limit = other.xsec_br_fb * (other.coupling_limit / coupling) ** 2
    known = np.isfinite(at_limit)
    assert at_limit[known] == pytest.approx(other.xsec_limit_fb[known], rel=1e-13)


@given(rows, models)
def test_each_mass_has_the_nearest_window_or_none(content, model):
    found = reinterpret_table(ARCHIVE, table_of(content), model)
    distance = np.abs(found.mass_gev[:, None] - INDEX.mass_gev)
    inside = (found.mass_gev >= LOW) & (found.mass_gev <= HIGH)
    assert [status != "out_of_range" for status in found.status] == inside.tolist()
    for row in np.flatnonzero(inside):
        place = INDEX.name.index(found.window[row])
        # a mass in the middle of two may take either
        assert distance[row, place] <= distance[row].min() * (1.0 + 1e-9)
        status = INDEX.table(model).status[place]
        assert found.status[row] == status
        assert np.isfinite(found.xsec_limit_fb[row]) == (status == "ok")
        assert (found.message[row] == "") == (status == "ok" and found.xsec_br_fb[row] > 0.0)


@given(rows, models)
def test_excluded_are_the_masses_whose_prediction_is_above_the_limit(content, model):
    found = reinterpret_table(ARCHIVE, table_of(content), model)
    excluded = {row["mass_gev"] for row in found.rows() if (row["coupling_limit"] or 2.0) < 1.0}
    inside = {
        mass
        for mass in found.mass_gev.tolist()
        if any(low <= mass <= high for low, high in found.excluded_gev)
    }
    assert inside == excluded
    ends = [end for interval in found.excluded_gev for end in interval]
    assert ends == sorted(ends)


@given(
    st.lists(st.tuples(masses, st.floats(1e-3, 1e3)), min_size=2, max_size=6, unique_by=min),
    st.randoms(use_true_random=False),
)
def test_interpolated_tables_stay_between_their_neighbours(content, random):
    ordered = sorted(content)
    mass, xsec = np.array(ordered).T
    between = (INDEX.mass_gev >= mass[0]) & (INDEX.mass_gev <= mass[-1])
    assume(np.all(np.diff(mass) > 1e-6))
    assume(between.any())
    random.shuffle(content)
    whole = at_every_window(ARCHIVE, table_of(content))
    assert np.array_equal(whole.mass_gev, INDEX.mass_gev[between])
    right = np.clip(np.searchsorted(mass, whole.mass_gev), 1, len(mass) - 1)
    pair = np.stack([xsec[right - 1], xsec[right]])
    assert np.all(whole.xsec_br_fb >= pair.min(axis=0) * (1.0 - 1e-12))
    assert np.all(whole.xsec_br_fb <= pair.max(axis=0) * (1.0 + 1e-12))


@given(rows, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", " ", "\t"]))
def test_tables_come_back_from_their_text(content, swapped, end, space):
    columns = [("mass_gev", 0), ("xsec_br_fb", 1), ("note", None)]
    columns = columns[::-1] if swapped else columns
    lines = ["# made up", ",".join(space + name for name, _ in columns)]
    for row in content:
        fields = ["" if place is None else repr(row[place]) for _, place in columns]
        lines.append(f"{space},{space}".join(fields))
    found = parse_xsec_table(end.join(lines), "a text")
    assert found.mass_gev.tolist() == [mass for mass, _ in content]
    assert found.xsec_br_fb.tolist() == [xsec for _, xsec in content]


@given(
    st.lists(st.floats(0.0, 1e6) | st.just(np.nan), min_size=1, max_size=6),
    st.lists(st.floats(0.0, 1e6) | st.just(np.nan), min_size=6, max_size=6),
)
def test_a_coupling_limit_needs_a_limit_and_a_prediction(limit, prediction):
    prediction = np.array(prediction[: len(limit)])
    limit = np.array(limit)
    assume(np.all(~(prediction > 0.0) | (prediction > 1e-290)))
    found = coupling_at_limit(1.0, limit, prediction)
    assert np.array_equal(np.isfinite(found), np.isfinite(limit) & (prediction > 0.0))
    bands = coupling_at_limit(1.0, np.tile(limit[:, None], 5), prediction)
    assert np.array_equal(bands, np.tile(found[:, None], 5), equal_nan=True)


@settings(deadline=None)
@given(st.floats(0.05, 20.0), st.sampled_from([0.0, 0.03, 0.2]))
def test_limits_go_with_one_over_the_efficiency(factor, error):
    samples = [scaled(signal(), f, error) for f in (1.0, factor)]
    one, other = (fit_signals(ARCHIVE, {"w0000": sample}).limits for sample in samples)
    assert one.status == other.status == ("ok",)
    # both are searched to the relative tolerance of the configuration
    tolerance = 4.0 * ARCHIVE.analysis.inference.limit_rel_tolerance
    assert factor * other.limit_observed == pytest.approx(one.limit_observed, rel=tolerance)
    assert factor * other.limit_expected == pytest.approx(one.limit_expected, rel=tolerance)


@settings(deadline=None)
@given(st.floats(0.0, 0.3), st.floats(0.01, 0.3))
def test_an_error_of_the_signal_never_makes_an_expected_limit_smaller(error, more):
    samples = [scaled(signal(), 1.0, size) for size in (error, error + more)]
    one, other = (fit_signals(ARCHIVE, {"w0000": sample}).limits for sample in samples)
    assert other.limit_expected[0, 2] >= one.limit_expected[0, 2]
