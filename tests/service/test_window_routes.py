"""Windows: numbers, files, fits."""

import hashlib
import json

import numpy as np
import pytest

from fourmu.archive import patched
from fourmu.inference import limits
from fourmu.statmodel import batch_of
from fourmu.statmodel.expectation import expected_bins

WINDOW = "w0003"


def vetoed_window(index):
    return index.name[int(np.flatnonzero(index.vetoed)[0])]


def test_every_window_is_listed(client, archive):
    found = client.get("/api/windows").json()
    assert [entry["name"] for entry in found] == list(archive.index.name)
    edges = [entry["mass_low_gev"] for entry in found] + [found[-1]["mass_high_gev"]]
    np.testing.assert_array_equal(edges, archive.index.edges_gev)


def test_the_nearest_window_is_found(client, archive):
    index = archive.index
    for place in (0, 4, len(index) - 1):
        found = client.get("/api/windows", params={"mass": index.mass_gev[place] + 1e-4}).json()
        assert found["name"] == index.name[place]


@pytest.mark.parametrize("mass", ["1.0", "900"])
def test_a_mass_outside_the_scan_has_no_window(client, mass):
    answer = client.get(f"/api/windows?mass={mass}")
    assert answer.status_code == 404
    assert answer.json()["key"] == "mass"


@pytest.mark.parametrize("mass", ["nan", "inf", "-1", "0", "x", "", "1e999"])
def test_what_is_no_mass_is_refused(client, mass):
    answer = client.get(f"/api/windows?mass={mass}")
    assert answer.status_code == 422
    assert answer.json()["key"] == "mass"


def test_a_window_has_bins_and_numbers_of_all_models(client, archive):
    found = client.get(f"/api/windows/{WINDOW}").json()
    place = archive.index.name.index(WINDOW)
    assert found["bin_low"] == list(archive.index.bin_low[place])
    for model, table in archive.index.models.items():
        assert found["models"][model]["xsec_limit_fb"] == table.xsec_limit_fb[place]
        assert found["models"][model]["status"] == "ok"


def test_files_are_those_of_the_archive(client, archive):
    for what, name in (("background", "BkgOnly"), ("patchset", "patchset")):
        content = client.get(f"/api/windows/{WINDOW}/{what}").content
        assert content == archive.read(f"windows/{WINDOW}/{name}.json")


@pytest.mark.parametrize("model", ["zprime", "scalar"])
def test_background_and_patch_make_the_workspace_of_the_archive(client, archive, model):
    background = client.get(f"/api/windows/{WINDOW}/background").json()
    patch = client.get(f"/api/windows/{WINDOW}/patch", params={"model": model}).json()
    answer = client.get(f"/api/windows/{WINDOW}/workspace", params={"model": model})
    digests = archive.index.table(model).workspace_sha256
    place = archive.index.name.index(WINDOW)
    assert hashlib.sha256(answer.content).hexdigest() == digests[place]
    assert patched(background, patch, "test") == answer.json()


def test_files_can_be_saved_under_a_name(client):
    parameters = {"model": "zprime", "download": "1"}
    saved = client.get(f"/api/windows/{WINDOW}/workspace", params=parameters)
    expected = f'attachment; filename="{WINDOW}_zprime_workspace.json"'
    assert saved.headers["content-disposition"] == expected
    shown = client.get(f"/api/windows/{WINDOW}/workspace", params={"model": "zprime"})
    assert "content-disposition" not in shown.headers


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")  # of pyhf
@pytest.mark.parametrize("model", ["zprime", "scalar"])
def test_a_fit_is_that_of_pyhf(client, archive, model):
    found = client.get(f"/api/windows/{WINDOW}/fit", params={"model": model}).json()
    workspaces = {name: content for _, name, content in archive.window_workspaces(WINDOW)}
    fitted = limits(batch_of([("window", workspaces[model])]), archive.analysis.inference)
    values = fitted.parameters(0)
    free = {name: value for name, (value, _) in values.items()}
    null = {name: value for name, (_, value) in values.items()}
    at_limit = {**free, "xsec_fb": float(fitted.limit_observed[0])}
    for key, parameters, samples in (
        ("signal", free, ["signal"]),
        ("background", free, ["background_0", "background_1"]),
        ("total", free, ["signal", "background_0", "background_1"]),
        ("background_only", null, ["background_0", "background_1"]),
        ("signal_at_limit", at_limit, ["signal"]),
    ):
        bins = expected_bins(workspaces[model], parameters)
        expected = np.sum([bins[name] for name in samples], axis=0)
        # differences of sums of a few events: rounding of 1e-16 of these
        np.testing.assert_allclose(found[key], expected, rtol=1e-9, atol=1e-12, err_msg=key)
    assert found["observed"] == workspaces[model]["observations"][0]["data"]
    assert found["xsec_limit_fb"] == fitted.limit_observed[0]
    assert found["poi_hat"] == fitted.poi_hat[0]


@pytest.mark.parametrize("what", ["background", "patchset", "patch", "workspace", "fit"])
def test_a_vetoed_window_has_no_likelihood(client, archive, what):
    parameters = {} if what in ("background", "patchset") else {"model": "zprime"}
    answer = client.get(f"/api/windows/{vetoed_window(archive.index)}/{what}", params=parameters)
    assert answer.status_code == 404
    assert "veto" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("address", "status", "key"),
    [
        ("/api/windows/w9999", 404, "window"),
        ("/api/windows/w9999/background", 404, "window"),
        ("/api/windows/..%2f..%2fetc/background", 404, None),
        (f"/api/windows/{WINDOW}/workspace", 422, "model"),
        (f"/api/windows/{WINDOW}/workspace?model=nothing", 404, "model"),
        (f"/api/windows/{WINDOW}/workspace?model=zprime&download=yes", 422, "download"),
        (f"/api/windows/{WINDOW}/fit?model=zprime&unknown=1", 422, "unknown"),
        (f"/api/windows/{WINDOW}/nothing", 404, None),
    ],
)
def test_what_is_not_there_is_said_to_be_so(client, address, status, key):
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("key") == key


def test_the_posted_workspace_of_a_window_gives_its_limit(client, archive):
    content = client.get(f"/api/windows/{WINDOW}/workspace", params={"model": "scalar"}).content
    row = client.post(
        "/api/limits/workspace", content=content, headers={"content-type": "application/json"}
    ).json()
    place = archive.index.name.index(WINDOW)
    assert row["status"] == "ok"
    assert row["limit_observed"] == archive.index.table("scalar").xsec_limit_fb[place]
    assert row["confidence_level"] == archive.index.confidence_level
    assert json.loads(content)["measurements"][0]["config"]["poi"] == row["poi"]
