"""HS3 documents hold what their workspaces hold; what HS3 would fit differently is refused."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fourmu
from fourmu.errors import InputError
from fourmu.statmodel import batch_of, example_workspace, hs3_document

NORMFACTORS = ("xsec_fb", "background_0", "background_1")


def modifier(kind, name, data=None):
    return {"name": name, "type": kind, "data": data}


def normsys(name, hi=1.1, lo=0.9):
    return modifier("normsys", name, {"hi": hi, "lo": lo})


def histosys(name, hi, lo):
    return modifier("histosys", name, {"hi_data": hi, "lo_data": lo})


def workspace(*, signal=(), background=(), channels=("window",), settings=(), poi="xsec_fb"):
    """Return channels of two bins whose samples have further modifiers."""
    samples = [
        {
            "name": "signal",
            "data": [3.0, 2.0],
            "modifiers": [modifier("normfactor", "xsec_fb"), *signal],
        },
        {
            "name": "background_0",
            "data": [20.0, 30.0],
            "modifiers": [modifier("normfactor", "background_0"), *background],
        },
    ]
    return {
        "version": "1.0.0",
        "channels": [{"name": name, "samples": copy.deepcopy(samples)} for name in channels],
        "observations": [{"name": name, "data": [22.0, 28.0]} for name in channels],
        "measurements": [
            {"name": "scan", "config": {"poi": poi, "parameters": list(settings)}},
        ],
    }


@pytest.fixture
def spec():
    return example_workspace(np.random.default_rng(1), bins=12, shape=False)


def modifiers_of(document, place=0):
    return document["distributions"][0]["samples"][place]["modifiers"]


def domain_of(document):
    (domain,) = document["domains"]
    return {axis["name"]: (axis["min"], axis["max"]) for axis in domain["axes"]}


def point_of(document):
    (point,) = document["parameter_points"]
    return {entry.pop("name"): entry for entry in copy.deepcopy(point["parameters"])}


def test_sections_refer_to_each_other(spec):
    document = hs3_document(spec)
    assert document["metadata"] == {
        "hs3_version": "0.2",
        "packages": [{"name": "fourmu", "version": fourmu.__version__}],
    }
    assert [entry["name"] for entry in document["distributions"]] == ["window"]
    assert document["distributions"][0]["type"] == "histfactory_dist"
    assert [entry["name"] for entry in document["data"]] == ["window_observed"]
    assert document["data"][0]["type"] == "binned"
    assert document["data"][0]["axes"] == document["distributions"][0]["axes"]
    assert document["likelihoods"] == [
        {"name": "likelihood", "distributions": ["window"], "data": ["window_observed"]}
    ]
    assert document["domains"][0]["type"] == "product_domain"
    assert document["analyses"] == [
        {
            "name": "scan",
            "likelihood": "likelihood",
            "domains": [document["domains"][0]["name"]],
            "init": document["parameter_points"][0]["name"],
            "parameters_of_interest": ["xsec_fb"],
        }
    ]


def test_parameters_are_those_of_the_fits(spec):
    document = hs3_document(spec)
    batch = batch_of([("w", spec)])
    tables = batch.tables
    bounds = zip(tables.lower.tolist(), tables.upper.tolist(), strict=True)
    assert domain_of(document) == dict(zip(batch.parameter_names[0], bounds, strict=True))
    assert point_of(document) == {
        name: {"value": value}
        for name, value in zip(batch.parameter_names[0], tables.init.tolist(), strict=True)
    }


def test_constrained_parameters_have_the_domain_of_pyhf(spec):
    domain = domain_of(hs3_document(spec))
    assert {domain[name] for name in set(domain) - set(NORMFACTORS)} == {(-5.0, 5.0)}
    assert domain["xsec_fb"] == (0.0, 20.0)


def test_settings_of_the_measurement_are_written():
    setting = {"name": "trigger", "inits": [0.5], "bounds": [[-3, 3]], "fixed": True}
    document = hs3_document(workspace(signal=[normsys("trigger")], settings=[setting]))
    assert domain_of(document)["trigger"] == (-3.0, 3.0)
    assert point_of(document)["trigger"] == {"value": 0.5, "const": True}
    assert point_of(document)["background_0"] == {"value": 1.0}
    assert domain_of(document)["background_0"] == (0.0, 10.0)


def test_modifiers_are_written_with_constraint_and_interpolation():
    spec = workspace(signal=[normsys("trigger", 1.2, 0.9), histosys("width", [4.0, 1.0], [2, 3])])
    assert modifiers_of(hs3_document(spec)) == [
        {
            "name": "width",
            "type": "histosys",
            "parameter": "width",
            "constraint": "Gauss",
            "data": {
                "hi": {"contents": [4.0, 1.0]},
                "lo": {"contents": [2.0, 3.0]},
                "interpolation": "code4p",
            },
        },
        {"name": "xsec_fb", "type": "normfactor", "parameter": "xsec_fb"},
        {
            "name": "trigger",
            "type": "normsys",
            "parameter": "trigger",
            "constraint": "Gauss",
            "data": {"hi": 1.2, "lo": 0.9, "interpolation": "code4"},
        },
    ]


def test_axes_count_bins_unless_edges_are_given(spec):
    (axis,) = hs3_document(spec)["distributions"][0]["axes"]
    assert axis == {"name": "window_bin", "min": 0.0, "max": 12.0, "nbins": 12}
    edges = np.linspace(2.0, 3.0, 13)
    (axis,) = hs3_document(spec, edges=edges)["data"][0]["axes"]
    assert axis == {"name": "window_gev", "min": 2.0, "max": 3.0, "edges": edges.tolist()}


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([0.0, 1.0], "do not fit the bins"),
        ([[0.0, 1.0, 2.0]], "do not fit the bins"),
        ([0.0, 1.0, 1.0], "increase"),
        ([0.0, 1.0, np.inf], "finite"),
        ([0.0, "one", 2.0], "malformed"),
    ],
)
def test_impossible_edges_are_refused(edges, message):
    with pytest.raises(InputError, match=message):
        hs3_document(workspace(), edges=edges)


def test_edges_belong_to_one_channel():
    with pytest.raises(InputError, match="single channel"):
        hs3_document(workspace(channels=("a", "b")), edges=[0.0, 1.0, 2.0])


def test_metadata_are_added(spec):
    given = {
        "authors": ["The fourmu developers"],
        "packages": [{"name": "other", "version": "1"}],
    }
    assert hs3_document(spec, metadata=given)["metadata"] == {"hs3_version": "0.2", **given}


@pytest.mark.parametrize("key", ["hs3_version", "licence"])
def test_metadata_unknown_to_hs3_are_refused(spec, key):
    with pytest.raises(InputError, match=f"no such metadata .*{key}"):
        hs3_document(spec, metadata={key: "1"})


def test_a_measurement_is_chosen_by_name(spec):
    other = {"name": "other", "config": {"poi": "", "parameters": []}}
    spec["measurements"].append(other)
    document = hs3_document(spec, measurement="other")
    assert document["analyses"][0]["name"] == "other"
    assert "parameters_of_interest" not in document["analyses"][0]
    assert domain_of(document)["xsec_fb"] == (0.0, 10.0)
    with pytest.raises(InputError, match=r"no such measurement .*scan, other"):
        hs3_document(spec, measurement="none")


def test_channels_share_free_parameters():
    document = hs3_document(workspace(channels=("b", "a")))
    assert document["likelihoods"][0]["distributions"] == ["b", "a"]
    assert document["likelihoods"][0]["data"] == ["b_observed", "a_observed"]
    assert list(domain_of(document)) == ["xsec_fb", "background_0"]


def test_the_workspace_is_left_alone(spec):
    before = copy.deepcopy(spec)
    document = hs3_document(spec)
    document["data"][0]["axes"][0]["nbins"] = 0
    document["data"][0]["contents"][0] = -1.0
    document["distributions"][0]["samples"][0]["data"]["contents"][0] = -1.0
    assert spec == before
    assert document["distributions"][0]["axes"][0]["nbins"] == 12


MC_STAT = modifier("staterror", "mc_stat", [1.0, 1.0])
WIDTH = histosys("width", [4.0, 1.0], [2.0, 3.0])
REFUSED = {
    "staterror": (workspace(background=[MC_STAT]), "staterror 'mc_stat'", "from one sample"),
    "shapesys": (
        workspace(background=[modifier("shapesys", "shape", [1.0, 0.0])]),
        "shapesys 'shape'",
        "divides by its uncertainties",
    ),
    "shapefactor": (
        workspace(background=[modifier("shapefactor", "shape")]),
        "shapefactor 'shape'",
        "one per bin",
    ),
    "lumi": (workspace(background=[modifier("lumi", "lumi")]), "lumi 'lumi'", "of any width"),
    "unheard of": (
        workspace(background=[modifier("odd", "shape")]),
        "odd 'shape'",
        "none of normfactor, normsys, histosys",
    ),
    "normsys of two samples": (
        workspace(signal=[normsys("trigger")], background=[normsys("trigger")]),
        "normsys 'trigger'",
        "twice, see normsys 'trigger' of channel 'window', sample 'signal'",
    ),
    "normsys and histosys of one name": (
        workspace(background=[normsys("width"), WIDTH]),
        "histosys 'width'",
        "twice, see normsys 'width'",
    ),
    "two histosys": (
        workspace(background=[WIDTH, {**WIDTH, "name": "offset"}]),
        "histosys 'offset'",
        "histosys 'width' already",
    ),
    "another kind of the same name": (
        workspace(background=[normsys("xsec_fb")]),
        "normsys 'xsec_fb'",
        "another kind, see normfactor 'xsec_fb'",
    ),
    "a modifier twice": (
        workspace(background=[modifier("normfactor", "background_0")]),
        "normfactor 'background_0'",
        "stands twice",
    ),
    "a constraint elsewhere": (
        workspace(
            background=[normsys("trigger")], settings=[{"name": "trigger", "auxdata": [0.4]}]
        ),
        "normsys 'trigger'",
        "at 0 .*found 0.4",
    ),
    "bounds without end": (
        workspace(
            background=[normsys("trigger")],
            settings=[{"name": "trigger", "bounds": [[-np.inf, 5.0]]}],
        ),
        "normsys 'trigger'",
        "infinite bounds",
    ),
    "the name of the channel": (
        workspace(background=[normsys("window")]),
        "normsys 'window'",
        "that of channel 'window'",
    ),
    "the name of the axis": (
        workspace(background=[normsys("window_bin")]),
        "normsys 'window_bin'",
        "that of channel 'window'",
    ),
    "logarithms of nothing": (
        workspace(background=[normsys("trigger", lo=0.0)]),
        "normsys 'trigger'",
        "must be positive",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_other_likelihoods_are_refused_by_name(what):
    spec, named, reason = REFUSED[what]
    with pytest.raises(InputError, match=reason) as caught:
        hs3_document(spec)
    message = str(caught.value)
    assert named in message
    assert "channel 'window'" in message
    assert "sample 'background_0'" in message


def test_a_constraint_of_two_channels_is_refused():
    spec = workspace(signal=[normsys("trigger")], channels=("a", "b"))
    with pytest.raises(InputError, match=r"channel 'b', sample 'signal': .* channel 'a'"):
        hs3_document(spec)


def test_a_width_of_a_constraint_is_refused():
    spec = workspace(signal=[normsys("trigger")], settings=[{"name": "trigger", "sigmas": [2.0]}])
    with pytest.raises(InputError, match="'trigger' does not use sigmas"):
        hs3_document(spec)


def test_bins_without_any_yield_are_refused():
    spec = workspace()
    for sample in spec["channels"][0]["samples"]:
        sample["data"][1] = 0.0
    with pytest.raises(InputError, match="channel 'window': bin 1 cannot be written"):
        hs3_document(spec)
    spec["channels"][0]["samples"][0]["modifiers"].append(histosys("width", [3.0, 1.0], [3.0, 0.0]))
    assert modifiers_of(hs3_document(spec))[0]["name"] == "width"


MALFORMED = {
    "no channels": ({"channels": []}, "'channels' must be a list"),
    "no observation": ({"observations": [{"name": "other", "data": [1.0, 1.0]}]}, "there is no"),
    "observation of text": ({"observations": [{"name": "window", "data": ["a", 1.0]}]}, "entry"),
    "observation without bins": ({"observations": [{"name": "window", "data": []}]}, "no bins"),
    "other bins": ({"observations": [{"name": "window", "data": [1.0]}]}, "2 numbers, expected 1"),
    "negative data": ({"observations": [{"name": "window", "data": [-1.0, 1.0]}]}, "negative"),
    "not finite": ({"observations": [{"name": "window", "data": [np.nan, 1.0]}]}, "not finite"),
    "no name": ({"channels": [{"samples": []}]}, "'name' is missing"),
    "channels of numbers": ({"channels": [1.0]}, "malformed workspace"),
    "unknown poi": (
        {"measurements": workspace(poi="mu")["measurements"]},
        "'mu' is in no modifier",
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_workspaces_are_refused_with_a_reason(what):
    change, reason = MALFORMED[what]
    with pytest.raises(InputError, match=reason):
        hs3_document(workspace() | change)


YIELDS = st.floats(1e-300, 1e300)
SIZES = st.floats(0.1, 10.0)


@st.composite
def workspaces(draw):
    """Workspaces of up to two channels with the supported modifiers, in any order."""
    channels, observations = [], []
    for place in range(draw(st.integers(1, 2))):
        name, bins = f"channel_{place}", draw(st.integers(1, 4))
        vectors = st.lists(YIELDS, min_size=bins, max_size=bins)
        samples = []
        for number in range(draw(st.integers(1, 3))):
            unique = f"{place}_{number}"
            modifiers = [modifier("normfactor", "xsec_fb")]
            if draw(st.booleans()):
                modifiers.append(histosys(f"shape_{unique}", draw(vectors), draw(vectors)))
            for _ in range(draw(st.integers(0, 2))):
                label = f"size_{unique}_{len(modifiers)}"
                modifiers.append(normsys(label, draw(SIZES), draw(SIZES)))
            modifiers = draw(st.permutations(modifiers))
            samples.append(
                {"name": f"sample_{number}", "data": draw(vectors), "modifiers": modifiers}
            )
        counts = st.lists(st.integers(0, 1000).map(float), min_size=bins, max_size=bins)
        channels.append({"name": name, "samples": samples})
        observations.append({"name": name, "data": draw(counts)})
    measurement = {"name": "scan", "config": {"poi": "xsec_fb", "parameters": []}}
    return {
        "version": "1.0.0",
        "channels": channels,
        "observations": observations,
        "measurements": [measurement],
    }


def back_to_pyhf(modifier):
    """Return an HS3 modifier as pyhf spells it."""
    data = modifier.get("data")
    if modifier["type"] == "normsys":
        data = {"hi": data["hi"], "lo": data["lo"]}
    elif modifier["type"] == "histosys":
        data = {"hi_data": data["hi"]["contents"], "lo_data": data["lo"]["contents"]}
    return {"name": modifier["parameter"], "type": modifier["type"], "data": data}


def by_name(modifiers):
    return sorted(modifiers, key=lambda entry: (entry["name"], entry["type"]))


@given(spec=workspaces())
def test_every_number_comes_back(spec):
    document = json.loads(json.dumps(hs3_document(spec), allow_nan=False))
    observed = [{"name": entry["name"], "data": entry["contents"]} for entry in document["data"]]
    assert observed == [
        {**entry, "name": f"{entry['name']}_observed"} for entry in spec["observations"]
    ]
    for channel, distribution in zip(spec["channels"], document["distributions"], strict=True):
        assert distribution["name"] == channel["name"]
        for sample, written in zip(channel["samples"], distribution["samples"], strict=True):
            assert written["name"] == sample["name"]
            assert written["data"]["contents"] == sample["data"]
            assert written["data"]["errors"] == [0.0] * len(sample["data"])
            back = [back_to_pyhf(modifier) for modifier in written["modifiers"]]
            assert by_name(back) == by_name(sample["modifiers"])
            kinds = [modifier["type"] for modifier in written["modifiers"]]
            assert "histosys" not in kinds[1:]  # pyhs3 subtracts what stands before it
