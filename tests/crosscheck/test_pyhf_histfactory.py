"""Every modifier of HistFactory against pyhf: likelihoods, fits and limits.

pyhf's CLs is evaluated at our limits, where it must be 1 - confidence level; pyhf's fits get exact
gradients (``pyhf_reference``). CLs = 0.1 changes by at least as much, relatively, as the limit
does, so that 1e-7 in it stands for 1e-6 in the limit.
"""

import copy

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fourmu.config.inference import Inference
from fourmu.inference import likelihood, limits
from fourmu.statmodel import batch_of
from random_workspaces import random_workspace

pyhf = pytest.importorskip("pyhf")

from pyhf_reference import (  # noqa: E402
    ExactGradients,
    compare_limits,
    model_and_data,
    places,
    pyhf_with,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

NORMSYS, HISTOSYS = ("code1", "code4"), ("code0", "code2", "code4p")
seeds = st.integers(0, 2**32 - 1)
KINDS = ("normfactor", "normsys", "histosys", "lumi", "staterror", "shapesys", "shapefactor")


@given(seed=seeds, normsys=st.sampled_from(NORMSYS), histosys=st.sampled_from(HISTOSYS))
@settings(max_examples=25, deadline=None)
def test_model_is_that_of_pyhf(seed, normsys, histosys):
    rng = np.random.default_rng(seed)
    spec = random_workspace(rng)
    codes = {"normsys_code": normsys, "histosys_code": histosys}
    batch = batch_of([("w", spec)], **codes)
    assert batch.message == ("",)
    model, data = model_and_data(spec, **codes)
    order, tables = places(batch, model), batch.tables
    assert sorted(order) == list(range(tables.init.size))
    np.testing.assert_array_equal(tables.init[order], model.config.suggested_init())
    bounds = np.stack([tables.lower, tables.upper], axis=1)
    np.testing.assert_array_equal(bounds[order], model.config.suggested_bounds())
    np.testing.assert_array_equal(tables.fixed[order], model.config.suggested_fixed())
    alphas = tables.lower < -0.1
    reach = 0.9 if histosys == "code2" else 3.0  # beyond 1 pyhf's code 2 is not continuous
    theta = np.where(
        alphas,
        np.clip(rng.normal(0.0, 1.3, alphas.size), -reach, reach),
        rng.uniform(0.5, 1.5, alphas.size),
    )
    ours = likelihood(batch, 0, theta).twice_nll
    theirs = float(pyhf.infer.mle.twice_nll(theta[order], data, model)[0])
    assert ours == pytest.approx(theirs, rel=1e-12)


@given(seed=seeds, normsys=st.sampled_from(NORMSYS), histosys=st.sampled_from(HISTOSYS))
@settings(max_examples=15, deadline=None)
def test_derivatives_of_the_general_form(seed, normsys, histosys):
    rng = np.random.default_rng(seed)
    spec = random_workspace(rng)
    batch = batch_of([("w", spec)], normsys_code=normsys, histosys_code=histosys)
    alphas = batch.tables.lower < -0.1
    theta = np.where(alphas, rng.uniform(0.1, 0.9, alphas.size), rng.uniform(0.5, 1.5, alphas.size))
    here = likelihood(batch, 0, theta)
    step = 1e-5
    scale = 1.0 + np.abs(here.hessian).max()
    for j in range(theta.size):
        move = step * (np.arange(theta.size) == j)
        above, below = likelihood(batch, 0, theta + move), likelihood(batch, 0, theta - move)
        slope = (above.half_deviance - below.half_deviance) / (2 * step)
        assert here.gradient[j] == pytest.approx(slope, abs=3e-8 * scale)
        columns = (above.gradient - below.gradient) / (2 * step)
        np.testing.assert_allclose(here.hessian[j], columns, atol=3e-7 * scale)


@given(seed=seeds)
@example(seed=1184)  # CLs jumps across its level: two minima change places
@settings(max_examples=15, deadline=None)
def test_general_and_factorised_form_agree(seed):
    rng = np.random.default_rng(seed)
    spec = random_workspace(rng, channels=1, kinds=KINDS[:4])
    batch = batch_of([("w", spec)])
    assert batch.tables.general[0] == 0
    general = batch_of([("w", spec)])
    general.tables.general[0] = 1
    one, other = limits(batch, threads=1), limits(general, threads=1)
    assert one.status == other.status
    np.testing.assert_allclose(one.limit_observed, other.limit_observed, rtol=1e-9)
    np.testing.assert_allclose(one.limit_expected, other.limit_expected, rtol=1e-9)
    theta = one.parameters_free
    if one.status == ("ok",):
        first, second = likelihood(batch, 0, theta), likelihood(general, 0, theta)
        np.testing.assert_allclose(first.twice_nll, second.twice_nll, rtol=1e-12)
        np.testing.assert_allclose(first.hessian, second.hessian, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_limits_with_each_modifier(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    compare_limits(random_workspace(rng, channels=2, kinds=(kind,), bins=3))


@pytest.mark.parametrize("seed", [1, 7, 12])
def test_limits_with_all_modifiers(seed):
    compare_limits(random_workspace(np.random.default_rng(seed)))


def scaled_workspace(seed):
    rng = np.random.default_rng(seed)
    return random_workspace(rng, scale=float(rng.choice([5.0, 20.0, 100.0])))


@pytest.mark.parametrize("seed", [102, 108, 112])
def test_limits_with_kinks(seed):
    compare_limits(scaled_workspace(seed), normsys_code="code1", histosys_code="code0")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [101, 103, 104, 105, 106, 107, 109, 110, 111, 113])
def test_limits_of_many_workspaces_with_kinks(seed):
    """At 106 a minimum beyond a kink becomes the lowest on the way to the last limit."""
    compare_limits(scaled_workspace(seed), normsys_code="code1", histosys_code="code0")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(100, 114), *range(115, 140)])  # 114: see below
def test_limits_of_many_workspaces(seed):
    rng = np.random.default_rng(seed)
    spec = random_workspace(rng, scale=float(rng.choice([5.0, 20.0, 100.0])))
    compare_limits(spec)


def test_pyhf_stays_in_a_higher_minimum():
    """Its own function is lower by 1 at our limit's conditional fit than where scipy ends."""
    rng = np.random.default_rng(114)
    spec = random_workspace(rng, scale=float(rng.choice([5.0, 20.0, 100.0])))
    found = limits(batch_of([("w", spec)]), threads=1)
    assert found.status == ("ok",)
    model, data = model_and_data(spec)
    mu = float(found.limit_observed[0])
    with pyhf_with(ExactGradients(spec, {})):
        higher = pyhf.infer.mle.fixed_poi_fit(mu, data, model, return_fitted_val=True)[1]
    held = copy.deepcopy(spec)
    for sample in (s for c in held["channels"] for s in c["samples"]):
        if sample["name"] == "signal":  # the conditional fit is the null fit of signal at mu
            fixed = copy.deepcopy(sample)
            fixed["name"] = "held"
            fixed["data"] = [mu * y for y in sample["data"]]
            fixed["modifiers"] = [m for m in sample["modifiers"] if m["name"] != "mu"]
            for modifier in fixed["modifiers"]:
                if modifier["type"] == "histosys":
                    for key, values in modifier["data"].items():
                        modifier["data"][key] = [mu * y for y in values]
            for channel in held["channels"]:
                if sample in channel["samples"]:
                    channel["samples"] = [*channel["samples"], fixed]
    ours = limits(batch_of([("w", held)]), threads=1)
    assert ours.twice_nll_null[0] < float(higher) - 0.5


def workspace_of(model, observed):
    """Return the workspace of one of pyhf's simple models."""
    return {
        "version": "1.0.0",
        "channels": model.spec["channels"],
        "observations": [{"name": model.config.channels[0], "data": observed}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }


def test_hello_world_of_pyhf():
    """pyhf's README: CLs = 0.05251497 observed and 0.06445321 expected at mu = 1."""
    model = pyhf.simplemodels.uncorrelated_background(
        signal=[12.0, 11.0], bkg=[50.0, 52.0], bkg_uncertainty=[3.0, 7.0]
    )
    spec = workspace_of(model, [51.0, 48.0])
    batch = batch_of([("hello", spec)])
    for level, column in ((0.05251497, 0), (0.06445321, 3)):
        found = limits(batch, Inference(confidence_level=1.0 - level), threads=1)
        limit = [found.limit_observed[0], *found.limit_expected[0]][column]
        assert limit == pytest.approx(1.0, abs=1e-5)  # pyhf differentiates numerically there
    compare_limits(spec)


def test_correlated_background_of_pyhf():
    model = pyhf.simplemodels.correlated_background(
        signal=[12.0, 11.0], bkg=[50.0, 52.0], bkg_up=[45.0, 57.0], bkg_down=[55.0, 47.0]
    )
    compare_limits(workspace_of(model, [51.0, 48.0]))


def test_one_sided_systematics_end_at_their_kink():
    """With hi = lo = 1.1 the background can only rise: with a deficit, alpha is 0 exactly."""
    spec = {
        "version": "1.0.0",
        "channels": [
            {
                "name": "c",
                "samples": [
                    {
                        "name": "signal",
                        "data": [5.0, 1.0],
                        "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                    },
                    {
                        "name": "background",
                        "data": [50.0, 60.0],
                        "modifiers": [
                            {"name": "up", "type": "normsys", "data": {"hi": 1.1, "lo": 1.1}},
                            {"name": "skew", "type": "normsys", "data": {"hi": 1.2, "lo": 0.98}},
                        ],
                    },
                ],
            }
        ],
        "observations": [{"name": "c", "data": [44.0, 52.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }
    found = limits(batch_of([("w", spec)], normsys_code="code1"), threads=1)
    assert found.status == ("ok",)
    assert found.parameters(0)["up"] == (0.0, 0.0)
    assert found.parameters(0)["skew"][1] < 0.0
    # the minimum without signal, by hand: alpha on a fine grid on the other side
    alpha = np.linspace(-3.0, 0.0, 300001)
    rate = 0.98**-alpha
    observed, nominal = np.array([[44.0], [52.0]]), np.array([[50.0], [60.0]])
    nll = (nominal * rate - observed * np.log(nominal * rate)).sum(axis=0) + 0.5 * alpha**2
    assert found.parameters(0)["skew"][1] == pytest.approx(alpha[nll.argmin()], abs=2e-5)


def test_pyhf_accepts_a_negative_rate_where_nothing_is_observed():
    """An empty bin pulls pyhf's best fit to rates below zero; ours ends at zero."""
    spec = {
        "version": "1.0.0",
        "channels": [
            {
                "name": "c",
                "samples": [
                    {
                        "name": "signal",
                        "data": [2.0, 0.5],
                        "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                    },
                    {"name": "background", "data": [1.0, 8.0], "modifiers": []},
                ],
            }
        ],
        "observations": [{"name": "c", "data": [0.0, 8.0]}],
        "measurements": [
            {
                "name": "m",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "bounds": [[-10.0, 10.0]], "inits": [1.0]}],
                },
            }
        ],
    }
    found = limits(batch_of([("w", spec)]), threads=1)
    assert found.poi_hat[0] == pytest.approx(-0.5, abs=1e-7)
    assert found.poi_hat_at_boundary[0]
    model, data = model_and_data(spec)
    theirs = pyhf.infer.mle.fit(data, model)
    assert model.expected_actualdata(theirs)[0] < -1.0


def test_pyhf_upper_limit_ignores_the_level_without_a_scan():
    model = pyhf.simplemodels.uncorrelated_background(
        signal=[12.0, 11.0], bkg=[50.0, 52.0], bkg_uncertainty=[3.0, 7.0]
    )
    spec = workspace_of(model, [51.0, 48.0])
    theirs, data = model_and_data(spec)
    limit, _ = pyhf.infer.intervals.upper_limits.upper_limit(data, theirs, level=0.10)
    batch = batch_of([("w", spec)])
    at_95 = limits(batch, Inference(confidence_level=0.95), threads=1).limit_observed[0]
    at_90 = limits(batch, Inference(confidence_level=0.90), threads=1).limit_observed[0]
    assert float(limit) == pytest.approx(at_95, rel=1e-4)
    assert at_90 < 0.95 * at_95


def published_size():
    """Eight channels with shared systematics and some hundred parameters, from a seed."""
    rng = np.random.default_rng(11)
    return random_workspace(rng, channels=8, bins=12, scale=40.0, signal=3.0, kinds=KINDS[:6])


def test_workspace_of_a_published_size_has_the_likelihood_of_pyhf():
    spec = published_size()
    batch = batch_of([("w", spec)])
    assert batch.tables.init.size > 100
    found = limits(batch, threads=1)
    assert found.status == ("ok",)
    model, data = model_and_data(spec)
    order = places(batch, model)
    for values, ours in (
        (found.parameters_null, found.twice_nll_null[0]),
        (found.parameters_free, found.twice_nll_free[0]),
    ):
        theirs = float(pyhf.infer.mle.twice_nll(values[order], data, model)[0])
        assert ours == pytest.approx(theirs, rel=1e-10)


@pytest.mark.slow
def test_limits_of_a_workspace_of_a_published_size():
    compare_limits(published_size())


def test_code_2_goes_on_where_that_of_pyhf_jumps():
    spec = {
        "version": "1.0.0",
        "channels": [
            {
                "name": "c",
                "samples": [
                    {
                        "name": "signal",
                        "data": [5.0],
                        "modifiers": [
                            {"name": "mu", "type": "normfactor", "data": None},
                            {
                                "name": "shift",
                                "type": "histosys",
                                "data": {"hi_data": [7.0], "lo_data": [4.0]},
                            },
                        ],
                    }
                ],
            }
        ],
        "observations": [{"name": "c", "data": [5.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }
    codes = {"normsys_code": "code4", "histosys_code": "code2"}
    batch = batch_of([("w", spec)], **codes)
    model, _ = model_and_data(spec, **codes)
    order = places(batch, model)

    def rates(alpha):
        theta = np.where(np.array(batch.parameter_names[0]) == "mu", 1.0, alpha)
        theirs = float(model.expected_actualdata(theta[order])[0])
        return float(likelihood(batch, 0, theta).rates[0]), theirs

    assert rates(0.7)[0] == pytest.approx(rates(0.7)[1], rel=1e-13)
    below, above = rates(1.0 - 1e-9), rates(1.0 + 1e-9)
    assert above[0] == pytest.approx(below[0], abs=1e-7)
    assert below[1] - above[1] == pytest.approx(2.0, abs=1e-7)  # from a + b to 0


def one_bin(background, *modifiers, data=55.0, signal=1.0, upper=10.0):
    return {
        "version": "1.0.0",
        "channels": [
            {
                "name": "c",
                "samples": [
                    {
                        "name": "signal",
                        "data": [signal],
                        "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                    },
                    {"name": "background", "data": [background], "modifiers": list(modifiers)},
                ],
            }
        ],
        "observations": [{"name": "c", "data": [data]}],
        "measurements": [
            {
                "name": "m",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "bounds": [[0.0, upper]], "inits": [1.0]}],
                },
            }
        ],
    }


def test_limit_that_pyhf_does_not_bracket():
    """pyhf raises where its search reaches the upper bound of mu; ours goes on to the limit."""
    norm = {"name": "n", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}
    narrow = one_bin(50.0, norm)
    found = limits(batch_of([("w", narrow)]), threads=1)
    assert found.status == ("ok",)
    assert found.limit_observed[0] > 10.0
    model, data = model_and_data(narrow)
    with pytest.raises(ValueError, match="outside of its bounds"):
        pyhf.infer.intervals.upper_limits.toms748_scan(data, model, 0.0, 10.0, level=0.1)
    wide = compare_limits(one_bin(50.0, norm, upper=100.0))
    np.testing.assert_allclose(wide.limit_observed, found.limit_observed, rtol=1e-7)
    np.testing.assert_allclose(wide.limit_expected, found.limit_expected, rtol=1e-7)
