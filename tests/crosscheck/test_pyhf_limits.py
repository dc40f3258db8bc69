"""Fits and limits against tightly converged pyhf.

Instead of searching pyhf's limits, which takes seconds a window, pyhf's CLs is evaluated at ours:
it must be 1 - confidence level. CLs changes by a few times its relative change of mu, so the
tolerance of 3e-6 of CLs = 0.1 stands for 1e-5 in the limit or better; pyhf differentiates
numerically and is itself good to about 1e-7.
"""

import numpy as np
import pytest

from fourmu.inference import likelihood, limits
from fourmu.statmodel import batch_of, example_workspace

pyhf = pytest.importorskip("pyhf")

pytestmark = [  # of pyhf's own: a deprecated resolver, logarithms in its line searches
    pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

CASES = {
    "few counts": {"events_per_bin": 0.3, "degree": 1},
    "few counts, quadratic": {"events_per_bin": 0.3, "degree": 2},
    "many counts": {"events_per_bin": 30.0, "degree": 2},
    "large excess": {"events_per_bin": 3.0, "injected": 1.5},
    "deficit": {"events_per_bin": 1.0, "degree": 2},
    "background at zero": {"events_per_bin": 3.0},
}


def prepare(name, bins=30):
    rng = np.random.default_rng(list(CASES).index(name))
    spec = example_workspace(rng, bins=bins, **CASES[name])
    data = np.array(spec["observations"][0]["data"])
    if name == "deficit":
        data[bins // 2 - 3 : bins // 2 + 3] = 0.0
    if name == "background at zero":
        data[: bins // 2] = 0.0
    spec["observations"][0]["data"] = data.tolist()
    return spec


@pytest.fixture(scope="module")
def tight():
    """Converge pyhf tightly, and leave its backend as it was."""
    before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-11, maxiter=5000))
    yield
    pyhf.set_backend(*before)


def model_and_data(spec):
    workspace = pyhf.Workspace(spec)
    model = workspace.model(
        modifier_settings={
            "normsys": {"interpcode": "code4"},
            "histosys": {"interpcode": "code4p"},
        }
    )
    return model, workspace.data(model)


def cls_of(mu, data, model):
    observed, expected = pyhf.infer.hypotest(
        mu, data, model, test_stat="qtilde", return_expected_set=True
    )
    return [float(observed), *map(float, expected)]


def compare(spec):
    found = limits(batch_of([("w", spec)]), threads=1)
    assert found.status == ("ok",)
    model, data = model_and_data(spec)
    null = float(pyhf.infer.mle.fixed_poi_fit(0.0, data, model, return_fitted_val=True)[1])
    free = float(pyhf.infer.mle.fit(data, model, return_fitted_val=True)[1])
    assert found.twice_nll_null[0] == pytest.approx(null, abs=1e-6)
    if found.poi_hat[0] > 0:
        assert found.twice_nll_free[0] == pytest.approx(free, abs=1e-6)
    assert found.q0[0] == pytest.approx(max(null - free, 0.0), abs=2e-6)
    tested = [found.limit_observed[0], *found.limit_expected[0]]
    for place, mu in enumerate(tested):
        assert cls_of(float(mu), data, model)[place] == pytest.approx(0.1, abs=3e-6)
    return found


@pytest.mark.parametrize("name", CASES)
def test_limits_are_those_of_pyhf(tight, name):
    found = compare(prepare(name))
    if name == "large excess":
        assert found.z_local[0] > 5
    if name == "deficit":
        assert found.poi_hat[0] < 0
    if name == "background at zero":
        assert found.parameters(0)["background_0"][1] == 0.0


@pytest.mark.parametrize("name", CASES)
def test_likelihood_is_that_of_pyhf_everywhere(name):
    spec = prepare(name)
    model, data = model_and_data(spec)
    batch = batch_of([("w", spec)])
    constrained = batch.tables.constraint > 0
    rng = np.random.default_rng(99)
    for _ in range(20):
        theta = np.where(
            constrained,
            rng.normal(0.0, 1.5, constrained.size),
            rng.uniform(0.1, 2.0, constrained.size),
        )
        place = {name: j for j, name in enumerate(batch.parameter_names[0])}
        ordered = [theta[place[name]] for name in model.config.par_order]
        theirs = -2.0 * float(model.logpdf(ordered, data)[0])
        ours = likelihood(batch, 0, theta).twice_nll
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_limits_of_full_windows_are_those_of_pyhf(tight, seed):
    rng = np.random.default_rng(seed)
    compare(
        example_workspace(
            rng,
            degree=int(rng.integers(1, 3)),
            events_per_bin=float(10 ** rng.uniform(-0.6, 1.7)),
            injected=float(rng.choice([0.0, 0.0, 0.2])),
        )
    )
