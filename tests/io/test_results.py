"""Limits on disk."""

import json

import numpy as np
import pytest

from fourmu.errors import InputError
from fourmu.inference import limits
from fourmu.io.results import limit_rows, read_limits, write_limits_json
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


@pytest.mark.parametrize("text", ["", "{", "[]", '{"results": [{}], "confidence_level": 0.9}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"x\.json"):
        read_limits(path)
