"""Fits and limits of whole batches: properties, borders, failures as values."""

import copy
import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.config.inference import Inference
from fourmu.errors import ConvergenceError
from fourmu.inference import limits
from fourmu.inference.asymptotics import log_normal_cdf, root_qa_of_bands
from fourmu.statmodel import batch_of, example_workspace

# limits are solved to 1e-10 and fits to about 1e-10 in ln L, which moves them by as little
RELATIVE = 1e-8

seeds = st.integers(0, 2**32 - 1)
rates = st.sampled_from([0.3, 1.0, 5.0, 30.0])


def run(*specs, **options):
    batch = batch_of((f"w{i}", spec) for i, spec in enumerate(specs))
    return limits(batch, Inference(**options), threads=1)


def signal(spec):
    return spec["channels"][0]["samples"][0]


def make(seed, rate, **options):
    return example_workspace(np.random.default_rng(seed), bins=60, events_per_bin=rate, **options)


@given(seed=seeds, rate=rates, factor=st.floats(0.05, 20.0))
@settings(max_examples=25, deadline=None)
def test_limits_scale_as_one_over_the_signal(seed, rate, factor):
    spec = make(seed, rate)
    scaled = copy.deepcopy(spec)
    entry = signal(scaled)
    entry["data"] = [factor * y for y in entry["data"]]
    histosys = entry["modifiers"][-1]["data"]
    for key in histosys:
        histosys[key] = [factor * y for y in histosys[key]]
    found = run(spec, scaled)
    assert found.status == ("ok", "ok")
    assert found.limit_observed[0] == pytest.approx(factor * found.limit_observed[1], rel=RELATIVE)
    np.testing.assert_allclose(
        found.limit_expected[0], factor * found.limit_expected[1], rtol=RELATIVE
    )
    assert found.q0[0] == pytest.approx(found.q0[1], abs=RELATIVE)


@given(seed=seeds, rate=rates)
@settings(max_examples=25, deadline=None)
def test_order_of_bins_samples_and_modifiers_does_not_matter(seed, rate):
    spec = make(seed, rate)
    rng = np.random.default_rng(seed)
    order = rng.permutation(60)
    shuffled = copy.deepcopy(spec)
    channel = shuffled["channels"][0]
    for sample in channel["samples"]:
        sample["data"] = [sample["data"][i] for i in order]
        for modifier in sample["modifiers"]:
            if modifier["type"] == "histosys":
                for key, values in modifier["data"].items():
                    modifier["data"][key] = [values[i] for i in order]
        rng.shuffle(sample["modifiers"])
    rng.shuffle(channel["samples"])
    data = shuffled["observations"][0]["data"]
    shuffled["observations"][0]["data"] = [data[i] for i in order]
    found = run(spec, shuffled)
    np.testing.assert_allclose(found.limit_observed[0], found.limit_observed[1], rtol=RELATIVE)
    np.testing.assert_allclose(found.limit_expected[0], found.limit_expected[1], rtol=RELATIVE)
    # the minimum is flat: parameters are known to the square root of what ln L is
    assert found.poi_hat[0] == pytest.approx(found.poi_hat[1], abs=1e-5)
    assert found.twice_nll_null[0] == pytest.approx(found.twice_nll_null[1], rel=1e-10)


@given(seed=seeds, rate=rates, injected=st.sampled_from([0.0, 0.2, 1.0]))
@settings(max_examples=25, deadline=None)
def test_expected_limits_rise_and_stronger_levels_exclude_less(seed, rate, injected):
    spec = make(seed, rate, injected=injected)
    weak, strong = run(spec, confidence_level=0.90), run(spec, confidence_level=0.95)
    assert weak.status == ("ok",)
    assert (np.diff(weak.limit_expected[0]) > 0).all()
    assert (strong.limit_expected > weak.limit_expected).all()
    assert strong.limit_observed[0] > weak.limit_observed[0] > max(weak.poi_hat[0], 0.0)


@given(seed=seeds, rate=rates)
@settings(max_examples=15, deadline=None)
def test_cls_falls_with_the_signal_strength(seed, rate):
    levels = np.linspace(0.55, 0.99, 8)
    spec = make(seed, rate)
    found = [run(spec, confidence_level=level).limit_observed[0] for level in levels]
    assert (np.diff(found) > 0).all()


@given(seed=seeds, rate=rates)
@settings(max_examples=40, deadline=None)
def test_significance_belongs_to_the_best_fit(seed, rate):
    found = run(make(seed, rate))
    assert found.twice_nll_free[0] <= found.twice_nll_null[0] + 1e-9
    if found.poi_hat[0] > 0:
        drop = found.twice_nll_null[0] - found.twice_nll_free[0]
        assert found.q0[0] == pytest.approx(drop, abs=1e-9)
        assert found.p0[0] == pytest.approx(0.5 * math.erfc(math.sqrt(drop / 2)), abs=1e-9)
    else:
        assert (found.q0[0], found.z_local[0], found.p0[0]) == (0.0, 0.0, 0.5)


def test_threads_do_not_change_a_digit():
    rng = np.random.default_rng(11)
    specs = [
        example_workspace(rng, bins=40, degree=1 + i % 2, events_per_bin=0.3 * 1.1**i)
        for i in range(40)
    ]
    batch = batch_of((f"w{i}", spec) for i, spec in enumerate(specs))
    one, two = limits(batch, threads=1), limits(batch, threads=2)
    for name in ("poi_hat", "twice_nll_free", "limit_observed", "limit_expected"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def counting(observed, background, signal_yield=10.0):
    """Return a window of one bin whose background is known."""
    return {
        "channels": [
            {
                "name": "bin",
                "samples": [
                    {
                        "name": "signal",
                        "data": [signal_yield],
                        "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                    },
                    {"name": "background", "data": [background], "modifiers": []},
                ],
            }
        ],
        "observations": [{"name": "bin", "data": [observed]}],
        "measurements": [{"name": "count", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


@pytest.mark.parametrize(("observed", "background"), [(20.0, 12.0), (4.0, 9.0), (12.0, 12.0)])
def test_counting_experiment_is_solved_by_hand(observed, background):
    found = run(counting(observed, background))
    assert found.poi_hat[0] == pytest.approx((observed - background) / 10.0, abs=1e-7)
    assert found.poi_hat_error[0] == pytest.approx(math.sqrt(observed) / 10.0, rel=1e-6)
    if observed > background:
        q0 = 2.0 * (observed * math.log(observed / background) - observed + background)
        assert found.q0[0] == pytest.approx(q0, rel=1e-9)
    for limit, target in zip(found.limit_expected[0], root_qa_of_bands(0.9), strict=True):
        added = 10.0 * limit
        q_asimov = 2.0 * (added - background * math.log1p(added / background))
        assert math.sqrt(q_asimov) == pytest.approx(target, rel=1e-9)


def test_an_empty_bin_stops_a_negative_fit():
    found = run(counting(0.0, 3.0))
    assert found.status == ("ok",)
    assert found.poi_hat[0] == pytest.approx(-0.3, abs=1e-7)
    assert found.poi_hat_at_boundary[0]
    assert math.isnan(found.poi_hat_error[0])
    assert found.twice_nll_free[0] == pytest.approx(0.0, abs=1e-8)


def test_deficit_in_a_window_keeps_all_rates():
    spec = make(3, 0.5)
    data = spec["observations"][0]["data"]
    data[25:35] = [0.0] * 10
    batch = batch_of([("w", spec)])
    found = limits(batch)
    assert found.status == ("ok",)
    assert found.poi_hat[0] < 0
    assert found.poi_hat_at_boundary[0]
    peak = np.array(signal(spec)["data"])
    values = {name: free for name, (free, _) in found.parameters(0).items()}
    samples = spec["channels"][0]["samples"][1:]
    background = sum(values[s["name"]] * np.array(s["data"]) for s in samples)
    # the centre of the peak, where the shape systematic matters little, is emptied
    assert (background + values["xsec_fb"] * peak)[30] < 0.3 * background[30]


def test_a_window_without_any_event_has_limits():
    spec = make(1, 0.3)
    spec["observations"][0]["data"] = [0.0] * 60
    found = run(spec)
    assert found.status == ("ok",)
    assert found.poi_hat[0] == pytest.approx(0.0, abs=1e-6)
    # Poisson with nothing seen and nothing expected: q = q_A = 2 s at t = 0, CLs = 2 Phi(-sqrt q)
    assert found.limit_observed[0] == pytest.approx(found.limit_expected[0][2], rel=1e-6)


def test_an_excess_is_found():
    found = run(make(5, 3.0, injected=2.0))
    assert found.z_local[0] > 8
    assert found.poi_hat[0] == pytest.approx(2.0, abs=4 * found.poi_hat_error[0])


def test_limit_beyond_the_upper_bound_is_found():
    spec = make(5, 3.0)
    free = run(spec)
    bound = 0.5 * free.limit_observed[0]
    assert free.poi_hat[0] < bound
    poi = spec["measurements"][0]["config"]["parameters"][0]
    poi.update(bounds=[[0.0, bound]], inits=[0.5 * bound])
    assert run(spec).limit_observed[0] == pytest.approx(free.limit_observed[0], rel=RELATIVE)


def test_a_background_at_its_upper_bound_is_not_converged():
    spec = make(5, 3.0)
    for parameter in spec["measurements"][0]["config"]["parameters"][1:]:
        parameter["bounds"] = [[0.0, 0.5]]
        parameter["inits"] = [0.4]
    found = run(spec)
    assert found.status == ("not_converged",)
    assert "background_0 is at its upper bound 0.5" in found.message[0]
    assert np.isnan(found.limit_observed[0])
    assert np.isnan(found.limit_expected[0]).all()
    with pytest.raises(ConvergenceError, match="w0"):
        found.raise_for_status()


def test_a_background_at_zero_is_fine():
    spec = make(5, 3.0)
    data = np.array(spec["observations"][0]["data"])
    data[:30] = 0.0  # both coefficients cannot describe a step
    spec["observations"][0]["data"] = data.tolist()
    found = run(spec)
    assert found.status == ("ok",)
    assert found.parameters(0)["background_0"][1] == 0.0


def test_one_bad_window_does_not_stop_the_others():
    good, odd = make(1, 3.0), make(2, 3.0)
    signal(odd)["modifiers"].append({"name": "s", "type": "unheard_of", "data": [1.0] * 60})
    found = run(good, odd, {}, good)
    assert found.status == ("ok", "unsupported", "invalid", "ok")
    assert found.limit_observed[0] == found.limit_observed[3]
    assert np.isnan(found.limit_observed[1:3]).all()


def test_fixed_nuisance_parameters_stay():
    spec = make(2, 3.0)
    free = run(spec)
    config = spec["measurements"][0]["config"]["parameters"]
    config += [
        {"name": entry["name"], "inits": [0.0], "fixed": True}
        for entry in signal(spec)["modifiers"]
        if entry["type"] == "normsys"
    ]
    fixed = run(spec)
    assert fixed.parameters(0)["tracking"] == (0.0, 0.0)
    assert fixed.limit_observed[0] < free.limit_observed[0]


def test_goodness_of_fit_is_given_where_it_means_something():
    found = run(make(1, 0.5), make(1, 50.0))
    assert np.isnan(found.goodness_of_fit_p[0])
    assert 1e-3 < found.goodness_of_fit_p[1] < 1 - 1e-3


def test_log_of_the_normal_distribution_has_no_gap():
    below, above = log_normal_cdf(-30.0 - 1e-9), log_normal_cdf(-30.0 + 1e-9)
    assert above - below == pytest.approx(2e-9 * 30.0, rel=0.1)
    assert log_normal_cdf(-1.0) == pytest.approx(math.log(0.15865525393145707), rel=1e-14)
    assert log_normal_cdf(-1000.0) == pytest.approx(-500007.8266948121, rel=1e-13)


def test_doctest_of_the_front_door():
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(limits, "limits", globs={"limits": limits}):
        runner.run(test)
    assert runner.summarize().failed == 0
