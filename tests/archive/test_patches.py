"""Background-only workspaces and patches: nothing is lost, and nothing else is allowed."""

import copy
import json

import jsonpatch
import numpy as np
import pyhf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.archive import canonical_digest, patched, split_workspaces
from fourmu.archive.patches import patch_of, patchset_document, signal_place
from fourmu.errors import ConsistencyError, InputError
from fourmu.statmodel import example_workspace, workspace_bytes

pytestmark = pytest.mark.filterwarnings(
    "ignore:jsonschema.RefResolver:DeprecationWarning"  # of pyhf
)

MODELS = ("zprime", "scalar", "third_one")
METADATA = {
    "description": "a window",
    "references": {"hepdata": "ins0000000"},
    "licence": "CC-BY-4.0",
    "citation": "someone",
    "doi": None,
    "data_kind": "pseudo-data",
}


def window(seed, *, models=MODELS, shape=True, place=0):
    """Workspaces that differ in the signal alone: its size and its systematics."""
    rng = np.random.default_rng(seed)
    common = example_workspace(rng, bins=int(rng.integers(1, 40)), shape=shape)
    found = {}
    for model in models:
        workspace = copy.deepcopy(common)
        samples = workspace["channels"][0]["samples"]
        signal = samples.pop(0)
        signal["data"] = (np.array(signal["data"]) * rng.uniform(0.1, 3.0)).tolist()
        signal["modifiers"][1]["data"] = {"hi": 1.0 + rng.random(), "lo": 1.0 - rng.random()}
        samples.insert(place, signal)
        found[model] = workspace
    return found


def patchset(workspaces, mass_gev=3.25):
    background, patches = split_workspaces(workspaces, "w0000")
    return background, patchset_document(patches, background, mass_gev=mass_gev, metadata=METADATA)


def replace(path, value=()):
    return [{"op": "replace", "path": path, "value": value}]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([0, 1, 2]))
def test_patches_give_back_the_workspaces(seed, shape, place):
    workspaces = window(seed, shape=shape, place=place)
    before = copy.deepcopy(workspaces)
    background, patches = split_workspaces(workspaces, "w0000")
    assert list(patches) == list(MODELS)
    for model, workspace in workspaces.items():
        found = patched(background, patches[model], "w0000")
        # the bytes are what digests are taken of
        assert workspace_bytes(found) == workspace_bytes(workspace)
    assert workspaces == before


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_jsonpatch_does_with_our_patches_what_we_do(seed):
    background, patches = split_workspaces(window(seed), "w0000")
    for patch in patches.values():
        theirs = jsonpatch.JsonPatch(patch).apply(background)
        assert theirs == patched(background, patch, "w0000")


@pytest.mark.parametrize("shape", [True, False])
def test_the_signal_of_a_background_only_workspace_is_empty(shape):
    workspaces = window(7, shape=shape)
    background, _ = split_workspaces(workspaces, "w0000")
    i, j = signal_place(background, "w0000")
    signal = background["channels"][i]["samples"][j]
    whole = workspaces["zprime"]["channels"][i]["samples"][j]
    assert signal["data"] == [0.0] * len(whole["data"])
    # shifted shapes would put a yield back
    for modifier in signal["modifiers"]:
        if modifier["type"] == "histosys":
            assert not any(modifier["data"]["hi_data"] + modifier["data"]["lo_data"])
    names = [(modifier["name"], modifier["type"]) for modifier in signal["modifiers"]]
    assert names == [(modifier["name"], modifier["type"]) for modifier in whole["modifiers"]]
    model = pyhf.Workspace(background).model()
    expected = sum(
        np.array(sample["data"])
        for sample in background["channels"][i]["samples"]
        if sample["name"] != "signal"
    )
    rates = model.expected_data(model.config.suggested_init(), include_auxdata=False)
    np.testing.assert_array_equal(rates, expected)


def test_a_patch_leaves_the_background_only_workspace_alone():
    background, patches = split_workspaces(window(8), "w0000")
    before = copy.deepcopy(background)
    for patch in patches.values():
        patched(background, patch, "w0000")
    assert background == before


@pytest.mark.parametrize("key", ["data", "modifiers"])
def test_a_patch_may_replace_one_part_of_a_sample(key):
    background, patches = split_workspaces(window(9), "w0000")
    (operation,) = patches["scalar"]
    value = operation["value"][key]
    found = patched(background, replace(f"/channels/0/samples/0/{key}", value), "w0000")
    expected = copy.deepcopy(background)
    expected["channels"][0]["samples"][0][key] = value
    assert found == expected


@pytest.mark.parametrize(
    "patch",
    [
        replace("/measurements/0/config/poi", "other"),
        replace("/observations/0/data", [1.0]),
        replace("/version", "2.0.0"),
        replace("/channels", []),
        replace("/channels/0", {}),
        replace("/channels/0/name", "other"),
        replace("/channels/0/samples", []),
        replace("/channels/0/samples/0/name", "other"),
        replace("/channels/0/samples/-", {}),
        replace("/channels/00/samples/0", {}),
        replace("/channels/0/samples/0/data/3", 1.0),
        replace("/channels/0/samples/0~1data", []),
        replace(" /channels/0/samples/0", {}),
        replace("/channels/0/samples/0\n", {}),
        replace("", {}),
        replace(None, {}),
        [{"op": "add", "path": "/channels/0/samples/0", "value": {}}],
        [{"op": "remove", "path": "/channels/0/samples/0"}],
        [{"op": "move", "from": "/channels/0/samples/1", "path": "/channels/0/samples/0"}],
        [{"op": "copy", "from": "/channels/0/samples/1", "path": "/channels/0/samples/0"}],
        [{"op": "test", "path": "/channels/0/samples/0", "value": {}}],
        [{"op": "replace", "path": "/channels/0/samples/0"}],
        [{}],
    ],
    ids=lambda patch: f"{patch[0].get('op')} {patch[0].get('path')!r}",
)
def test_a_patch_may_do_nothing_else(patch):
    background, patches = split_workspaces(window(10), "w0000")
    with pytest.raises(InputError, match="a patch may only replace") as caught:
        patched(background, [*patches["zprime"], *patch], "w0000")
    assert caught.value.where == "w0000"


@pytest.mark.parametrize("path", ["/channels/1/samples/0", "/channels/0/samples/3"])
def test_a_path_that_does_not_exist_is_named(path):
    background, _ = split_workspaces(window(11), "w0000")
    with pytest.raises(InputError, match="does not exist") as caught:
        patched(background, replace(path, {}), "w0000")
    assert caught.value.found == path


@pytest.mark.parametrize("patch", [None, 5, [1, 2], {"op": "replace"}, "replace"])
def test_a_patch_that_is_none_is_refused(patch):
    background, _ = split_workspaces(window(12), "w0000")
    with pytest.raises(InputError, match="a patch"):
        patched(background, patch, "w0000")


def test_a_place_of_five_thousand_digits_is_refused():
    """Python does not turn so many digits into a number."""
    background, _ = split_workspaces(window(12), "w0000")
    with pytest.raises(InputError, match="a patch may only replace"):
        patched(background, replace(f"/channels/{'1' * 5000}/samples/0", {}), "w0000")


@pytest.mark.parametrize("part", ["background", "observation", "measurement"])
def test_models_that_differ_in_more_than_the_signal_are_refused(part):
    workspaces = window(13)
    other = workspaces["scalar"]
    if part == "background":
        other["channels"][0]["samples"][1]["data"][0] += 1e-9
    elif part == "observation":
        other["observations"][0]["data"][0] += 1.0
    else:
        other["measurements"][0]["config"]["parameters"][0]["bounds"] = [[0.0, 30.0]]
    with pytest.raises(ConsistencyError, match="differ in more than the signal") as caught:
        split_workspaces(workspaces, "w0013")
    assert (caught.value.where, caught.value.found) == ("w0013", "scalar")


def test_a_window_needs_one_signal():
    two = window(14)["zprime"]
    two["channels"][0]["samples"][1]["name"] = "signal"
    none = window(14)["zprime"]
    none["channels"][0]["samples"][0]["name"] = "X"
    for workspace, count in ((two, "2"), (none, "0")):
        with pytest.raises(ConsistencyError, match="one signal sample") as caught:
            split_workspaces({"zprime": workspace}, "w0014")
        assert caught.value.found == count
    with pytest.raises(ConsistencyError, match="needs a model"):
        split_workspaces({}, "w0014")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_digest_is_that_of_pyhf(document):
    assert canonical_digest(document) == pyhf.utils.digest(document)
    through_json = json.loads(json.dumps(document))
    assert canonical_digest(through_json) == pyhf.utils.digest(document)


def test_the_digest_does_not_depend_on_the_order_of_keys():
    workspace = window(15)["zprime"]
    shuffled = dict(reversed(workspace.items()))
    assert list(shuffled) != list(workspace)
    assert canonical_digest(shuffled) == canonical_digest(workspace)
    assert canonical_digest(pyhf.Workspace(workspace)) == canonical_digest(workspace)


@pytest.mark.parametrize("seed", [16, 17, 18])
def test_pyhf_takes_the_patchset(seed):
    workspaces = window(seed)
    background, document = patchset(workspaces)
    theirs = pyhf.PatchSet(json.loads(json.dumps(document)))
    theirs.verify(pyhf.Workspace(background))
    assert theirs.labels == ["model", "mass_gev"]
    assert [patch.name for patch in theirs.patches] == list(MODELS)
    for model, workspace in workspaces.items():
        assert theirs[model] == theirs[(model, 3.25)]
        applied = theirs.apply(pyhf.Workspace(background), model)
        assert workspace_bytes(dict(applied)) == workspace_bytes(workspace)


def test_pyhf_refuses_the_patchset_for_another_window():
    _, document = patchset(window(19))
    other, _ = patchset(window(20))
    with pytest.raises(pyhf.exceptions.PatchSetVerificationError):
        pyhf.PatchSet(document).verify(pyhf.Workspace(other))


def test_a_patch_names_its_place():
    sample = {"name": "signal"}
    assert patch_of(2, 3, sample) == replace("/channels/2/samples/3", sample)
