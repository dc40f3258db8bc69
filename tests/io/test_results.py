"""Limits on disk."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fourmu.config.inference import Inference
from fourmu.errors import InputError
from fourmu.inference import expected_bands, limits, toy_limits
from fourmu.io.results import limit_rows, read_limits, read_toys, write_limits_json
from fourmu.statmodel import batch_of, example_workspace

FIELDS = [
    "workspace",
    "patch",
    "poi",
    "poi_hat",
    "poi_hat_error",
    "poi_hat_at_boundary",
    "twice_nll_free",
    "twice_nll_null",
    "q0",
    "z_local",
    "p0",
    "limit_observed",
    "limit_expected",
    "limit_observed_toys",
    "limit_observed_toys_error",
    "limit_expected_toys",
    "limit_expected_toys_error",
    "limit_expected_pseudo",
    "limit_expected_pseudo_error",
    "n_toys",
    "goodness_of_fit_p",
    "status",
    "message",
]


@pytest.fixture(scope="module")
def found():
    spec = example_workspace(np.random.default_rng(1), bins=30)
    return limits(batch_of([("good.json", spec), ("bad.json", {})]), threads=1)


@pytest.fixture(scope="module")
def by_toys():
    spec = example_workspace(np.random.default_rng(1), bins=30)
    batch = batch_of([("good.json", spec), ("bad.json", {})])
    asymptotic = limits(batch, threads=1)
    settings = Inference(toys=50, goodness_of_fit_toys=100, pseudo_experiments=50)
    toys = toy_limits(batch, asymptotic, settings, seed=1, threads=1)
    return asymptotic, toys, expected_bands(batch, asymptotic, settings, seed=1, threads=1)


def test_a_row_has_every_field_and_only_ok_carries_numbers(found):
    good, bad = limit_rows(found)
    assert list(good) == list(bad) == FIELDS
    assert (good["workspace"], good["poi"], good["status"]) == ("good.json", "xsec_fb", "ok")
    assert len(good["limit_expected"]) == 5
    carried = {name for name, value in bad.items() if value is not None}
    assert carried == {"workspace", "status", "message"}


def test_json_round_trip_keeps_every_digit(found, tmp_path):
    path = tmp_path / "deep" / "limits.json"
    write_limits_json(path, found, seed=3, provenance={"config": "abc"})
    content = json.loads(path.read_text())
    assert (content["confidence_level"], content["seed"]) == (0.9, 3)
    assert content["provenance"] == {"config": "abc"}
    again = read_limits(path)
    assert again.workspaces == found.workspaces
    assert again.status == found.status
    np.testing.assert_array_equal(again.limit_expected, found.limit_expected)
    np.testing.assert_array_equal(again.p0, found.p0)
    assert limit_rows(again) == limit_rows(found)


def test_rows_of_toys_and_bands(by_toys):
    asymptotic, toys, bands = by_toys
    good, bad = limit_rows(asymptotic, toys, bands)
    assert list(good) == list(bad) == FIELDS
    assert good["limit_observed_toys"] == toys.limit_observed[0]
    assert good["limit_expected_toys_error"] == toys.limit_expected_error[0].tolist()
    assert good["limit_expected_pseudo"] == bands.limit_expected[0].tolist()
    assert good["n_toys"] == toys.n_toys[0]
    assert good["message"] is None
    # too few counts per bin for a chi-squared: the goodness of fit is that of the toys
    assert np.isnan(asymptotic.goodness_of_fit_p[0])
    assert good["goodness_of_fit_p"] == toys.goodness_of_fit_p[0]
    carried = {name for name, value in bad.items() if value is not None}
    assert carried == {"workspace", "status", "message"}
    only_bands = limit_rows(asymptotic, bands=bands)[0]
    assert only_bands["limit_observed_toys"] is None
    assert only_bands["n_toys"] is None


def test_failed_fits_of_toys_are_told(by_toys):
    asymptotic, toys, bands = by_toys
    some = replace(toys, n_failed=np.array([3, 0]), message=("odd", ""))
    assert limit_rows(asymptotic, some, bands)[0]["message"] == (
        "odd; fits of 3 toys did not converge, they are left out"
    )


def test_toys_come_back_from_the_file(by_toys, tmp_path):
    asymptotic, toys, bands = by_toys
    path = tmp_path / "limits.json"
    write_limits_json(path, asymptotic, toys=toys, bands=bands, seed=1)
    again_toys, again_bands = read_toys(path)
    again = read_limits(path)
    assert limit_rows(again, again_toys, again_bands) == limit_rows(asymptotic, toys, bands)
    np.testing.assert_array_equal(again_toys.limit_expected, toys.limit_expected)
    write_limits_json(path, asymptotic)
    none, nothing = read_toys(path)
    assert np.isnan(none.limit_observed).all()
    assert np.isnan(nothing.limit_expected).all()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"results": [{}], "confidence_level": 0.9}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"x\.json"):
        read_limits(path)
    with pytest.raises(InputError, match=r"x\.json"):
        read_toys(path)
