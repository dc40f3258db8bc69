"""Everything that passes between stages as JSON comes back to the last bit."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fourmu.classifiers import MlpRange, Network, WorkingPoint
from fourmu.errors import ConsistencyError
from fourmu.statmodel import IndexEntry, index_document, index_entries
from fourmu.templates import Resolution, SignalModel
from fourmu.templates.efficiency import EfficiencyCurve
from fourmu.templates.shape_curves import ShapeCurves
from fourmu.templates.signal_model import RangeModel
from fourmu.templates.smoothing import SmoothCurve

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SINGLE = st.floats(allow_nan=False, allow_infinity=False, width=32)
# all curves of a shape, as they are spelled in signal_<model>.json (docs/file_formats.md)
SHAPE_CURVES = (
    *("offset", "log_sigma", "log_width_ratio", "logit_fraction"),
    *("log_alpha_1", "log_power_1", "log_alpha_2", "log_power_2"),
)


def vector(length, elements=NUMBERS):
    return arrays(np.float64, length, elements=elements)


def through_json(content):
    return json.loads(json.dumps(content, allow_nan=False))


def assert_same(one, other):
    """The same record, number by number; -0 is not 0 and NaN is NaN."""
    assert type(one) is type(other)
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    else:
        assert repr(one) == repr(other)


RANGES = st.builds(
    MlpRange,
    index=st.integers(0, 4),
    low_gev=NUMBERS,
    high_gev=NUMBERS,
    interval_low_gev=NUMBERS,
    interval_high_gev=NUMBERS,
)


@st.composite
def networks(draw):
    sizes = [*draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)), 1]
    layers = list(itertools.pairwise(sizes))
    return Network(
        mlp_range=draw(RANGES),
        variables=tuple(draw(st.text(max_size=5)) for _ in range(sizes[0])),
        mean=draw(arrays(np.float32, sizes[0], elements=SINGLE)),
        scale=draw(arrays(np.float32, sizes[0], elements=SINGLE)),
        weights=tuple(draw(arrays(np.float32, layer, elements=SINGLE)) for layer in layers),
        biases=tuple(draw(arrays(np.float32, out, elements=SINGLE)) for _, out in layers),
        activation=draw(st.sampled_from(["relu", "tanh"])),
    )


@st.composite
def working_points(draw):
    masses = draw(st.integers(1, 5))
    names = [field.name for field in dataclasses.fields(WorkingPoint) if field.name != "mlp_range"]
    return WorkingPoint(
        mlp_range=draw(st.integers(0, 4)), **{name: draw(vector(masses)) for name in names}
    )


@st.composite
def curves(draw):
    terms = draw(st.integers(1, 4))
    return SmoothCurve(
        low=draw(NUMBERS),
        high=draw(NUMBERS),
        coefficients=draw(vector(terms)),
        covariance=draw(vector((terms, terms))),
        chi2_per_dof=draw(NUMBERS),
    )


@st.composite
def resolutions(draw):
    masses = draw(st.integers(1, 5))
    return Resolution(
        mass_gev=draw(vector(masses)),
        sigma_gev=draw(vector(masses)),
        error_gev=draw(vector(masses)),
        log_curve=draw(curves()),
    )


@st.composite
def efficiencies(draw):
    masses = draw(st.integers(1, 4))
    return EfficiencyCurve(
        mass_gev=draw(vector(masses)),
        efficiency=draw(vector(masses)),
        error=draw(vector(masses)),
        curve=draw(curves()),
        left_out=draw(vector(masses, NUMBERS | st.just(np.nan))),
    )


@st.composite
def signal_models(draw):
    def part(index):
        masses = draw(st.integers(1, 3))
        shape = ShapeCurves(
            curves={name: draw(curves()) for name in SHAPE_CURVES},
            covariance=draw(vector((2, 2))),
            mass_gev=draw(vector(masses)),
            n_candidates=draw(vector(masses)),
            chi2_per_dof=draw(vector(masses)),
            valid=draw(st.booleans()),
        )
        return RangeModel(
            mlp_range=index,
            low_gev=draw(NUMBERS),
            high_gev=draw(NUMBERS),
            shape=shape,
            efficiency=draw(efficiencies()),
            efficiency_no_isr=draw(st.none() | efficiencies()),
        )

    return SignalModel(
        model=draw(st.text(max_size=8)),
        ranges=tuple(part(index) for index in range(draw(st.integers(1, 2)))),
    )


@settings(max_examples=50, deadline=None)
@given(network=networks())
def test_networks(network):
    assert_same(network, Network.from_dict(through_json(network.to_dict())))


@settings(max_examples=50, deadline=None)
@given(point=working_points())
def test_working_points(point):
    assert_same(point, WorkingPoint.from_dict(through_json(point.to_dict())))


@settings(max_examples=50, deadline=None)
@given(resolution=resolutions())
def test_resolutions(resolution):
    assert_same(resolution, Resolution.from_dict(through_json(resolution.to_dict())))


@settings(max_examples=25, deadline=None)
@given(model=signal_models())
def test_signal_models(model):
    assert_same(model, SignalModel.from_dict(through_json(model.to_dict())))


@settings(max_examples=50, deadline=None)
@given(data=st.data(), masses=st.lists(NUMBERS, min_size=1, max_size=4, unique=True))
def test_indices(data, masses):
    entries = []
    for place, mass in enumerate(sorted(masses)):
        edges = tuple(data.draw(st.lists(NUMBERS, max_size=3)))
        vetoed = data.draw(st.booleans())
        entries.append(
            IndexEntry(
                name=f"w{place:04d}",
                mass_gev=mass,
                reduced_mass_gev=data.draw(NUMBERS),
                sigma_gev=data.draw(NUMBERS),
                mlp_range=data.draw(st.integers(0, 4)),
                bin_low=edges,
                bin_high=edges,
                efficiency=None if vetoed else data.draw(NUMBERS),
                digest=None if vetoed else 64 * "0",
                vetoed=vetoed,
            )
        )
    found = index_entries(through_json(index_document("zprime", entries)))
    assert_same(tuple(entries), tuple(found))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_json_has_no_word_for_never_reach_it(value):
    network = Network(
        mlp_range=MlpRange(
            index=0, low_gev=0.2, high_gev=1.0, interval_low_gev=0.2, interval_high_gev=1.1
        ),
        variables=("a",),
        mean=np.zeros(1, np.float32),
        scale=np.ones(1, np.float32),
        weights=(np.ones((1, 1), np.float32),),
        biases=(np.zeros(1, np.float32),),
        activation="relu",
    )
    for name in ("mean", "scale"):
        with pytest.raises(ConsistencyError, match="not finite"):
            dataclasses.replace(network, **{name: np.array([value], np.float32)})
