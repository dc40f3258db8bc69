"""Workspaces become arrays; those that are not fitted are refused by name."""

import copy
import json

import numpy as np
import pytest

from fourmu.errors import DomainError, InputError
from fourmu.statmodel import batch_of, example_workspace, read_workspaces, workspace_files
from fourmu.statmodel.interpolation import code4_coefficients, histosys_templates


@pytest.fixture
def spec():
    return example_workspace(np.random.default_rng(1), bins=10)


def refusal(spec, **options):
    batch = batch_of([("w", spec)], **options)
    return batch.status[0], batch.message[0]


def signal(spec):
    return spec["channels"][0]["samples"][0]


def test_windows_of_different_shape_share_a_batch():
    rng = np.random.default_rng(2)
    specs = [
        example_workspace(rng, bins=10, degree=1),
        example_workspace(rng, bins=7, degree=2, shape=False),
    ]
    batch = batch_of((f"w{i}", spec) for i, spec in enumerate(specs))
    tables = batch.tables
    assert batch.status == ("", "")
    np.testing.assert_array_equal(np.diff(tables.bin_start), [10, 7])
    np.testing.assert_array_equal(np.diff(tables.term_start), [3 + 2, 1 + 3])
    np.testing.assert_array_equal(np.diff(tables.parameter_start), [1 + 9 + 2, 1 + 8 + 3])
    assert tables.templates.size == 10 * 5 + 7 * 4
    np.testing.assert_array_equal(tables.observed[10:], specs[1]["observations"][0]["data"])


def test_normsys_and_histosys_of_one_name_share_a_parameter(spec):
    batch = batch_of([("w", spec)])
    assert batch.parameter_names[0].count("mass_resolution") == 1


def test_settings_of_the_measurement_override_defaults(spec):
    spec["measurements"][0]["config"]["parameters"] += [
        {"name": "tracking", "inits": [0.5], "bounds": [[-3, 3]], "auxdata": [0.2], "fixed": True}
    ]
    batch = batch_of([("w", spec)])
    j = batch.parameter_names[0].index("tracking")
    tables = batch.tables
    assert (tables.init[j], tables.lower[j], tables.upper[j]) == (0.5, -3, 3)
    assert tables.auxiliary[j] == 0.2
    assert tables.fixed[j]


def test_a_refused_window_keeps_its_place(spec):
    batch = batch_of([("a", spec), ("b", {}), ("c", spec)])
    assert batch.status == ("", "invalid", "")
    np.testing.assert_array_equal(np.diff(batch.tables.bin_start), [10, 0, 10])
    np.testing.assert_array_equal(batch.usable, [0, 2])


def test_unknown_modifiers_are_named_with_their_sample(spec):
    signal(spec)["modifiers"].append({"name": "odd", "type": "unheard_of", "data": [0.1] * 10})
    status, message = refusal(spec)
    assert status == "unsupported"
    assert "unheard_of 'odd' of sample 'signal'" in message


def test_unknown_interpolations_are_errors(spec):
    with pytest.raises(DomainError, match="code3"):
        batch_of([("w", spec)], normsys_code="code3")
    with pytest.raises(DomainError, match="code4 "):
        batch_of([("w", spec)], histosys_code="code4 ")


def test_no_signal(spec):
    entry = signal(spec)
    entry["data"] = [0.0] * 10
    entry["modifiers"] = entry["modifiers"][:-1]
    assert refusal(spec)[0] == "no_signal"


def broken(change):
    return pytest.param(change, id=change.__name__)


def nan_in_template(spec):
    signal(spec)["data"][3] = float("nan")


def infinite_data(spec):
    spec["observations"][0]["data"][0] = float("inf")


def negative_data(spec):
    spec["observations"][0]["data"][0] = -1.0


def text_in_data(spec):
    spec["observations"][0]["data"][0] = "1"


def flag_in_data(spec):
    spec["observations"][0]["data"][0] = True


def no_bins(spec):
    spec["observations"][0]["data"] = []


def short_template(spec):
    signal(spec)["data"].pop()


def short_variation(spec):
    signal(spec)["modifiers"][-1]["data"]["hi_data"].pop()


def no_samples(spec):
    spec["channels"][0]["samples"] = []


def no_observations(spec):
    del spec["observations"]


def other_observation(spec):
    spec["observations"][0]["name"] = "elsewhere"


def modifiers_missing(spec):
    del signal(spec)["modifiers"]


def modifier_twice(spec):
    signal(spec)["modifiers"].append(copy.deepcopy(signal(spec)["modifiers"][1]))


def sample_twice(spec):
    spec["channels"][0]["samples"].append(copy.deepcopy(signal(spec)))


def negative_normsys(spec):
    signal(spec)["modifiers"][1]["data"]["lo"] = -0.1


def name_of_another_kind(spec):
    signal(spec)["modifiers"].append({"name": "tracking", "type": "normfactor", "data": None})


def poi_nowhere(spec):
    spec["measurements"][0]["config"]["poi"] = "elsewhere"


def bounds_reversed(spec):
    spec["measurements"][0]["config"]["parameters"][0]["bounds"] = [[2.0, 1.0]]


def bounds_missing_one(spec):
    spec["measurements"][0]["config"]["parameters"][0]["bounds"] = [[2.0]]


def channels_as_text(spec):
    spec["channels"] = "window"


@pytest.mark.parametrize(
    "change",
    [
        broken(change)
        for change in (
            nan_in_template,
            infinite_data,
            negative_data,
            text_in_data,
            flag_in_data,
            no_bins,
            short_template,
            short_variation,
            no_samples,
            no_observations,
            other_observation,
            modifiers_missing,
            modifier_twice,
            sample_twice,
            negative_normsys,
            name_of_another_kind,
            poi_nowhere,
            bounds_reversed,
            bounds_missing_one,
            channels_as_text,
        )
    ],
)
def test_malformed_workspaces_are_invalid_with_a_reason(spec, change):
    change(spec)
    status, message = refusal(spec)
    assert status == "invalid"
    assert message


@pytest.mark.parametrize("content", [None, 3, [], "text", {"channels": None}])
def test_json_that_is_no_workspace_is_invalid(content):
    assert refusal(content)[0] == "invalid"


def test_measurement_is_chosen_by_name(spec):
    second = copy.deepcopy(spec["measurements"][0])
    second["name"] = "other"
    second["config"]["parameters"][0]["bounds"] = [[0.0, 3.0]]
    spec["measurements"].append(second)
    assert batch_of([("w", spec)]).tables.upper[0] == 20.0
    assert batch_of([("w", spec)], measurement="other").tables.upper[0] == 3.0
    status, message = refusal(spec, measurement="third")
    assert status == "invalid"
    assert "'scan', 'other'" in message


def test_normsys_polynomial_continues_the_exponentials():
    hi, lo = np.array([1.08, 0.7]), np.array([0.95, 1.4])
    coefficients = code4_coefficients(hi, lo)
    for sign, factor in ((1.0, hi), (-1.0, lo)):
        powers = np.arange(1, 7)
        slope = sign * np.log(factor)
        value = 1.0 + coefficients[:, 2:] @ sign**powers
        first = coefficients[:, 2:] @ (powers * sign ** (powers - 1))
        second = coefficients[:, 2:] @ (powers * (powers - 1) * sign**powers)
        np.testing.assert_allclose(value, factor, rtol=1e-14)
        np.testing.assert_allclose(first, slope * factor, atol=1e-14)
        np.testing.assert_allclose(second, slope**2 * factor, atol=1e-14)


@pytest.mark.parametrize(("code", "at_one"), [("code0", 1.0), ("code2", 1.0), ("code4p", 8.0)])
def test_histosys_is_exact_at_one_standard_deviation(code, at_one):
    nominal, hi, lo = np.array([2.0, 3.0]), np.array([2.5, 2.8]), np.array([1.0, 3.1])
    (_, straight), (_, bent) = histosys_templates(code, nominal, hi, lo)
    np.testing.assert_allclose(nominal + straight + at_one * bent, hi, rtol=1e-15)
    np.testing.assert_allclose(nominal - straight + at_one * bent, lo, rtol=1e-15)


def test_folders_are_read_in_the_order_of_names(tmp_path, spec):
    (tmp_path / "sub").mkdir()
    for name in ("w0002.json", "w0001.json", "sub/w0000.json", "index.json"):
        (tmp_path / name).write_text(json.dumps(spec))
    (tmp_path / "notes.txt").write_text("no workspace")
    names = [name.removeprefix(str(tmp_path)) for name in read_workspaces(tmp_path).workspaces]
    assert names == ["/sub/w0000.json", "/w0001.json", "/w0002.json"]


def test_an_unreadable_file_is_a_row(tmp_path, spec):
    (tmp_path / "a.json").write_text(json.dumps(spec))
    (tmp_path / "b.json").write_text(json.dumps(spec)[:-10])
    batch = read_workspaces([tmp_path / "a.json", tmp_path / "b.json"])
    assert batch.status == ("", "invalid")
    assert "not valid JSON" in batch.message[1]


def test_paths_without_workspaces_are_errors(tmp_path):
    (tmp_path / "release.tar.gz").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for path in ("missing", "release.tar.gz", "empty"):
        with pytest.raises(InputError, match=path):
            read_workspaces(tmp_path / path)


def test_hidden_files_and_tables_of_contents_are_not_workspaces(tmp_path):
    for name in ("w0000.json", ".w0001.json.x.part", ".w0002.json", "index.json"):
        (tmp_path / name).write_text("{}")
    assert [file.name for file in workspace_files(tmp_path)] == ["w0000.json"]
    every = sorted(tmp_path.iterdir())
    assert [file.name for file in workspace_files(every)] == ["w0000.json"]
