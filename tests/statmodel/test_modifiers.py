"""Workspaces with the modifiers of single bins: what becomes parameters, what is refused."""

import copy

import numpy as np
import pytest

from fourmu.inference import limits
from fourmu.statmodel import batch_of


def modifier(kind, name, data=None):
    return {"name": name, "type": kind, "data": data}


def workspace(*background, channels=("a",), settings=()):
    """Return a workspace whose background has the given modifiers in every channel."""
    samples = [
        {"name": "signal", "data": [3.0, 2.0], "modifiers": [modifier("normfactor", "mu")]},
        {"name": "background", "data": [20.0, 30.0], "modifiers": list(background)},
    ]
    return {
        "version": "1.0.0",
        "channels": [{"name": name, "samples": copy.deepcopy(samples)} for name in channels],
        "observations": [{"name": name, "data": [22.0, 28.0]} for name in channels],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": list(settings)}}],
    }


def refusal(spec):
    batch = batch_of([("w", spec)])
    return batch.status[0], batch.message[0]


LUMI = {"name": "lumi", "inits": [1.0], "bounds": [[0.5, 1.5]], "auxdata": [1.0], "sigmas": [0.1]}


def test_staterror_bins_without_uncertainty_are_fixed():
    spec = workspace(modifier("staterror", "stat", [2.0, 0.0]))
    batch = batch_of([("w", spec)])
    assert batch.parameter_names[0] == ("mu", "stat[0]", "stat[1]")
    np.testing.assert_array_equal(batch.tables.fixed, [False, False, True])
    np.testing.assert_allclose(batch.tables.precision, [0.0, 100.0, 1.0])


def test_shapesys_counts_its_auxiliary_events():
    spec = workspace(modifier("shapesys", "shape", [2.0, 3.0]))
    tables = batch_of([("w", spec)]).tables
    np.testing.assert_allclose(tables.auxiliary, [0.0, 100.0, 100.0])
    np.testing.assert_array_equal(tables.auxiliary, tables.rate_factor)


def test_channels_stand_in_the_order_of_their_names():
    spec = workspace(channels=("b", "a"))
    spec["observations"][0]["data"] = [1.0, 2.0]
    np.testing.assert_array_equal(batch_of([("w", spec)]).tables.observed, [22.0, 28.0, 1.0, 2.0])


def test_unlike_windows_share_a_batch():
    specs = [
        workspace(),
        workspace(modifier("staterror", "stat", [2.0, 1.0]), channels=("a", "b")),
        workspace(modifier("lumi", "lumi"), settings=[LUMI]),
    ]
    together = limits(batch_of((str(i), spec) for i, spec in enumerate(specs)), threads=1)
    alone = [limits(batch_of([("w", spec)]), threads=1).limit_observed[0] for spec in specs]
    assert together.status == ("ok", "ok", "ok")
    np.testing.assert_array_equal(together.limit_observed, alone)


def test_free_factors_of_nothing_stay():
    spec = workspace(modifier("normfactor", "idle"))
    for channel in spec["channels"]:
        channel["samples"][1]["modifiers"] = []
        channel["samples"].append(
            {"name": "none", "data": [0.0, 0.0], "modifiers": [modifier("normfactor", "idle")]}
        )
    found = limits(batch_of([("w", spec)]), threads=1)
    assert found.status == ("ok",)
    assert found.parameters(0)["idle"] == (1.0, 1.0)


REFUSED = {
    "lumi without settings": workspace(modifier("lumi", "lumi")),
    "lumi without width": workspace(
        modifier("lumi", "lumi"), settings=[{k: v for k, v in LUMI.items() if k != "sigmas"}]
    ),
    "another kind of the same name": workspace(
        modifier("normfactor", "x"), modifier("staterror", "x", [1.0, 1.0])
    ),
    "too few uncertainties": workspace(modifier("staterror", "x", [1.0])),
    "shapesys in two channels": workspace(
        modifier("shapesys", "x", [1.0, 1.0]), channels=("a", "b")
    ),
    "init outside of the bounds": workspace(
        settings=[{"name": "mu", "inits": [30.0], "bounds": [[0.0, 10.0]]}]
    ),
    "two inits for one parameter": workspace(settings=[{"name": "mu", "inits": [1.0, 2.0]}]),
    "one init for two parameters": workspace(
        modifier("staterror", "x", [1.0, 1.0]), settings=[{"name": "x", "inits": [1.0]}]
    ),
    "bounds reversed": workspace(settings=[{"name": "mu", "bounds": [[5.0, 1.0]]}]),
    "width of zero": workspace(
        modifier("staterror", "x", [1.0, 1.0]), settings=[{"name": "x", "sigmas": [0.0, 1.0]}]
    ),
    "fixed as text": workspace(settings=[{"name": "mu", "fixed": "yes"}]),
    "not a number in the uncertainties": workspace(modifier("shapesys", "x", [float("nan"), 1.0])),
    "uncertainties missing": workspace(modifier("shapesys", "x")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_contradictions_are_invalid_with_a_reason(what):
    status, message = refusal(REFUSED[what])
    assert status == "invalid"
    assert message


def test_observation_without_channel_is_invalid():
    spec = workspace()
    spec["observations"].append({"name": "elsewhere", "data": [1.0]})
    assert refusal(spec) == ("invalid", "there is no channel named 'elsewhere'")


def test_shapefactor_of_unlike_channels_is_invalid():
    spec = workspace(modifier("shapefactor", "x"), channels=("a", "b"))
    spec["observations"][1]["data"].append(5.0)
    for sample in spec["channels"][1]["samples"]:
        sample["data"].append(5.0)
    assert "3 bins, the first channel with it has 2" in refusal(spec)[1]


@pytest.mark.parametrize("poi", ["alpha", "stat"])
def test_impossible_parameters_of_interest_are_refused(poi):
    spec = workspace(
        modifier("normsys", "alpha", {"hi": 1.1, "lo": 0.9}),
        modifier("staterror", "stat", [1.0, 1.0]),
    )
    spec["measurements"][0]["config"]["poi"] = poi
    status, message = refusal(spec)
    assert status in ("unsupported", "invalid")
    assert poi in message


def test_poi_that_acts_on_nothing_in_any_channel():
    spec = workspace(channels=("a", "b"))
    for channel in spec["channels"]:
        channel["samples"][0]["data"] = [0.0, 0.0]
    assert refusal(spec)[0] == "no_signal"


def test_a_poi_behind_a_factor_of_zero_acts_on_nothing():
    spec = workspace(settings=[{"name": "off", "inits": [0.0], "fixed": True}])
    spec["channels"][0]["samples"][0]["modifiers"].append(modifier("normfactor", "off"))
    assert refusal(spec)[0] == "no_signal"


def test_counts_that_nothing_explains_are_not_converged():
    spec = workspace()
    spec["channels"][0]["samples"][1]["data"] = [0.0, 30.0]
    found = limits(batch_of([("w", spec)]), threads=1)
    assert found.status == ("not_converged",)
    assert "expects none" in found.message[0]


def test_infinite_bounds_are_allowed():
    spec = workspace(settings=[{"name": "mu", "bounds": [[0.0, float("inf")]]}])
    usual = limits(batch_of([("w", workspace())]), threads=1)
    found = limits(batch_of([("w", spec)]), threads=1)
    assert found.limit_observed[0] == pytest.approx(usual.limit_observed[0], rel=1e-8)


def test_more_parameters_than_memory_allows_are_refused_by_number():
    bins = 5000
    spec = workspace(modifier("shapefactor", "x"))
    spec["observations"][0]["data"] = [1.0] * bins
    for sample in spec["channels"][0]["samples"]:
        sample["data"] = [1.0] * bins
    status, message = refusal(spec)
    assert status == "unsupported"
    assert "5001 parameters" in message


@pytest.mark.parametrize(
    "huge",
    [
        modifier("staterror", "stat", [1e308, 1.0]),
        modifier("histosys", "histo", {"hi_data": [1e308, 30.0], "lo_data": [-1e308, 30.0]}),
    ],
)
def test_numbers_that_overflow_are_a_row_without_a_warning(huge):
    found = limits(batch_of([("w", workspace(huge))]), threads=1)  # warnings are errors
    assert found.status[0] in ("invalid", "not_converged")
    assert np.isnan(found.limit_observed[0])
