"""pyhs3 reads our HS3 documents and finds the likelihood of pyhf, constants included."""

import copy
import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from fourmu.inference import limits
from fourmu.statmodel import batch_of, example_workspace, hs3_document
from pyhf_reference import model_and_data, places

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)

EVALUATE = Path(__file__).with_name("evaluate_hs3.py")

TOLERANCE = 1e-9
"""On -2 ln L, absolute. Each bin contributes n ln(rate), rate and ln(n!), 8e3 at most in sum over
the bins of a workspace here, at any of the points. Ten roundings of 1.1e-16 in each, times 2, are
2e-11, in pyhf and in pyhs3; those of a product of 120 probabilities are 3e-14."""

LARGEST = 1400.0
"""Of -2 ln L: pyhs3 multiplies probabilities, and doubles have all their digits down to 2.2e-308,
where -2 ln is 1416."""


@pytest.fixture(scope="session")
def twice_nll_of_pyhs3(interpreter_with, tmp_path_factory):
    """Return the function from a document and points to the values that pyhs3 finds."""
    python = interpreter_with("pyhs3")
    folder = tmp_path_factory.mktemp("pyhs3")

    def evaluate(document, points):
        files = [folder / "document.json", folder / "points.json"]
        for file, content in zip(files, (document, points), strict=True):
            file.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
        done = subprocess.run(
            [python, EVALUATE, *files],
            env=os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={folder / 'compiled'}"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return evaluate


def plain():
    """The structure of the published windows."""
    return example_workspace(np.random.default_rng(1), shape=False, injected=1.0)


def sparse():
    """Most bins empty, three coefficients, sizes up and down that differ, one of them fixed."""
    spec = example_workspace(
        np.random.default_rng(2), bins=60, degree=2, events_per_bin=0.3, shape=False
    )
    (channel,) = spec["channels"]
    for place, sample in enumerate(channel["samples"][1:]):
        data = {"hi": 1.3 + 0.07 * place, "lo": 0.95}
        sample["modifiers"].insert(0, {"name": f"size_{place}", "type": "normsys", "data": data})
    spec["measurements"][0]["config"]["parameters"].append(
        {"name": "size_1", "inits": [0.4], "bounds": [[-1.0, 2.0]], "fixed": True}
    )
    return spec


def shapes():
    """A histosys on the signal, last of its modifiers, and one on a background."""
    spec = example_workspace(np.random.default_rng(3), events_per_bin=10.0, signal_yield=200.0)
    signal, background, _ = spec["channels"][0]["samples"]
    signal["modifiers"] = [
        modifier
        for modifier in signal["modifiers"]
        if (modifier["name"], modifier["type"]) != ("mass_resolution", "normsys")
    ]
    assert signal["modifiers"][-1]["type"] == "histosys"
    nominal = np.array(background["data"])
    slope = np.linspace(-0.1, 0.15, nominal.size)
    data = {
        "hi_data": (nominal * (1.0 + slope)).tolist(),
        "lo_data": (nominal * (1.0 - slope**2)).tolist(),
    }
    background["modifiers"].append({"name": "slope", "type": "histosys", "data": data})
    return spec


def two_channels():
    """Windows that share the cross section and nothing that is constrained."""
    spec = example_workspace(np.random.default_rng(4), bins=30, shape=False)
    other = example_workspace(np.random.default_rng(5), bins=20, shape=False)
    (channel,) = other["channels"]
    channel["name"] = "another"
    for sample in channel["samples"]:
        for modifier in sample["modifiers"]:
            if modifier["name"] != "xsec_fb":
                modifier["name"] += "_another"
    spec["channels"].append(channel)
    spec["observations"].append({**other["observations"][0], "name": "another"})
    return spec


def small():
    """The sparse one with two of its systematics, for what takes no others."""
    spec = sparse()
    for sample in spec["channels"][0]["samples"]:
        sample["modifiers"] = [
            modifier
            for modifier in sample["modifiers"]
            if modifier["type"] == "normfactor" or modifier["name"] in ("trigger", "size_0")
        ]
    return spec


def inside(spec):
    """Parameter points with pyhf's -2 ln L: initial, fitted, and 12 at random inside the bounds.

    A random point too far off for pyhs3 (see LARGEST) is moved halfway to the best fit until it
    is not.
    """
    model, data = model_and_data(spec)

    def value(point):
        return float(-2.0 * model.logpdf(point.tolist(), data)[0])

    batch = batch_of([("w", spec)])
    found = limits(batch, threads=1)
    assert found.status == ("ok",), found.message
    order = places(batch, model)
    low, high = np.array(model.config.suggested_bounds()).T
    best = np.clip(found.parameters_free[order], low, high)  # the cross section may be negative
    points = [np.array(model.config.suggested_init()), best, found.parameters_null[order]]
    rng = np.random.default_rng(6)
    for _ in range(12):
        point = rng.uniform(low, high)
        while not value(point) < LARGEST:
            point = 0.5 * (point + best)
        points.append(point)
    named = [dict(zip(model.config.par_names, point.tolist(), strict=True)) for point in points]
    return named, [value(point) for point in points]


DESCRIBED = {
    "edges": np.linspace(2.0, 2.6, 121),
    "metadata": {"authors": ["The fourmu developers"], "description": "a window"},
}


@pytest.mark.parametrize(
    ("make", "options"),
    [(plain, DESCRIBED), (sparse, {}), (shapes, {}), (two_channels, {})],
    ids=["plain", "sparse", "shapes", "two_channels"],
)
def test_likelihood_is_that_of_pyhf(make, options, twice_nll_of_pyhs3):
    spec = make()
    points, expected = inside(spec)
    found = twice_nll_of_pyhs3(hs3_document(spec, **options), points)
    assert len(found) >= 10
    assert max(expected) - min(expected) > 100.0  # the points are not all one point
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=TOLERANCE)


def test_sizes_that_single_precision_holds_are_interpolated_in_it(twice_nll_of_pyhs3):
    """If this fails, pyhs3 has become better: see the notes of hs3_document."""
    spec = small()
    background = spec["channels"][0]["samples"][1]
    background["modifiers"][0]["data"]["hi"] = 1.5
    points, expected = inside(spec)
    off = np.abs(np.subtract(twice_nll_of_pyhs3(hs3_document(spec), points), expected))
    # ln(1.5) off by 2^-24 = 6e-8 moves the factor by less than 5e-7, the likelihood by less than
    # twice that for each of 500 events
    assert TOLERANCE < off.max() < 2 * 500 * 5e-7


def test_why_shared_constraints_are_refused_and_domains_are_those_of_pyhf(twice_nll_of_pyhs3):
    """If this fails, pyhs3 has become better: see what hs3_document can allow."""
    spec = small()
    points, _ = inside(spec)
    points = [point | {"trigger": alpha} for point in points[:2] for alpha in (0.7, 5.0, 7.0)]
    document = hs3_document(spec)
    shared = copy.deepcopy(document)
    signal, background, *_ = shared["distributions"][0]["samples"]
    trigger = next(entry for entry in signal["modifiers"] if entry["name"] == "trigger")
    unmoved = {**trigger["data"], "hi": 1.0, "lo": 1.0}
    background["modifiers"].append({**trigger, "data": unmoved})
    alone, twice = twice_nll_of_pyhs3(document, points), twice_nll_of_pyhs3(shared, points)
    clipped = np.array([0.7, 5.0, 5.0] * 2)
    expected = math.log(2.0 * math.pi) + clipped**2
    np.testing.assert_allclose(np.subtract(twice, alone), expected, rtol=0.0, atol=2 * TOLERANCE)
    assert alone[1::3] == alone[2::3]
