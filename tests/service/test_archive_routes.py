"""What the archive says of itself, and its limits."""

import csv
import io

import numpy as np
import pytest

from fourmu.archive import index_rows, problems, summary
from fourmu.couplings import TRIDENT_RANGE_GEV, g_minus_2_band, trident_coupling
from fourmu.physics.models import MODELS


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")  # of pyhf
def test_the_example_archive_holds(archive):
    # but for its signals, which are no curves in mass
    reasons = {reason.partition(": ")[2] for _, reason in problems(archive)}
    assert reasons == {"the signal is not luminosity x efficiency x shape"}


def test_the_archive_is_summed_up(client, archive):
    found = client.get("/api/archive").json()
    assert {key: found[key] for key in summary(archive.index)} == summary(archive.index)
    assert found["models"] == ["zprime", "scalar"]
    assert found["digest"] == client.service.digest


def test_models_have_their_couplings(client):
    zprime, scalar = client.get("/api/models").json()
    assert zprime["couplings"] == {"gV": 1.0, "gA": 0.0, "gS": 0.0, "gP": 0.0}
    assert scalar["couplings"] == {"gV": 0.0, "gA": 0.0, "gS": 1.0, "gP": 0.0}
    assert zprime["has_g_minus_2_band"]
    assert zprime["title"] == MODELS["zprime"].title


@pytest.mark.parametrize("model", ["zprime", "scalar"])
def test_limits_are_those_of_the_index(client, archive, model):
    found = client.get(f"/api/models/{model}/limits").json()
    index, table = archive.index, archive.index.table(model)
    assert found["window"] == list(index.name)
    assert found["vetoed"] == index.vetoed.tolist()
    assert found["status"] == list(table.status)
    for name in ("xsec_limit_fb", "coupling_limit", "z_local", "p0", "poi_hat", "efficiency"):
        np.testing.assert_array_equal(np.array(found[name], dtype=float), getattr(table, name))
    bands = [band or [None] * 5 for band in found["coupling_limit_expected"]]
    np.testing.assert_array_equal(np.array(bands, dtype=float), table.coupling_limit_expected)


def test_a_vetoed_window_has_no_numbers(client, archive):
    found = client.get("/api/models/zprime/limits").json()
    place = int(np.flatnonzero(archive.index.vetoed)[0])
    assert found["xsec_limit_fb"][place] is None
    assert found["xsec_limit_expected_fb"][place] is None


def test_other_bounds_stand_beside_the_limits(client, archive):
    mass = archive.index.mass_gev
    zprime = client.get("/api/models/zprime/limits").json()
    band = g_minus_2_band(MODELS["zprime"], mass, measurement=zprime["g_minus_2"]["measurement"])
    assert zprime["g_minus_2"]["coupling_low"] == band.coupling_low.tolist()
    assert mass.max() < TRIDENT_RANGE_GEV[1]
    assert zprime["trident"]["coupling"] == trident_coupling(mass).tolist()
    assert client.get("/api/models/scalar/limits").json()["trident"] is None


def test_the_table_has_the_rows_of_the_index(client, archive):
    answer = client.get("/api/models/scalar/limits.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    expected = [row for row in index_rows(archive.index) if row["model"] == "scalar"]
    assert answer.headers["content-type"].startswith("text/csv")
    assert [row["window"] for row in rows] == [row["window"] for row in expected]
    assert [row["xsec_limit_fb"] for row in rows] == [
        "" if row["xsec_limit_fb"] is None else str(row["xsec_limit_fb"]) for row in expected
    ]


def test_two_columns_are_what_darkcast_reads(client, archive):
    lines = client.get("/api/models/zprime/limits.lmt").text.splitlines()
    limit = archive.index.table("zprime").coupling_limit
    known = np.isfinite(limit)
    found = np.array([line.split() for line in lines], dtype=float)
    np.testing.assert_array_equal(found, np.stack([archive.index.mass_gev, limit], axis=1)[known])


@pytest.mark.parametrize("ending", ["", ".csv", ".lmt"])
def test_an_unknown_model_is_not_found(client, ending):
    answer = client.get(f"/api/models/nothing/limits{ending}")
    assert answer.status_code == 404
    assert answer.json()["key"] == "model"
    assert "zprime" in answer.json()["detail"]
