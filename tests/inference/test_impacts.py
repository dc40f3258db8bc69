"""Impacts of systematic uncertainties on limits and best fits."""

import copy

import numpy as np
import pytest

from fourmu.inference import limits
from fourmu.inference.impacts import best_fit_impacts, constrained_parameters, limit_impacts
from fourmu.inference.nuisances import pulls
from fourmu.statmodel import batch_of, example_workspace


def make(seed=5, **options):
    return example_workspace(np.random.default_rng(seed), bins=40, shape=False, **options)


def packed(*specs):
    batch = batch_of((f"w{i}", spec) for i, spec in enumerate(specs))
    return batch, limits(batch, threads=1)


def normsys(spec):
    return [m for m in spec["channels"][0]["samples"][0]["modifiers"] if m["type"] == "normsys"]


def without(spec, *names):
    stripped = copy.deepcopy(spec)
    for sample in stripped["channels"][0]["samples"]:
        sample["modifiers"] = [m for m in sample["modifiers"] if m["name"] not in names]
    return stripped


def test_holding_parameters_is_the_same_as_not_having_them():
    spec = make(injected=0.3)
    names = [modifier["name"] for modifier in normsys(spec)]
    batch, found = packed(spec)
    result = limit_impacts(batch, found, threads=1)
    assert result.sources == constrained_parameters(batch) == tuple(names)
    _, one = packed(without(spec, "mlp"))
    _, none = packed(without(spec, *names))
    mlp = names.index("mlp")
    # limits are solved to 1e-10; the fits behind them to 1e-9 in ln L
    for impact, other in ((result.observed[mlp, 0], one), (result.observed_all[0], none)):
        assert impact == pytest.approx(
            found.limit_observed[0] / other.limit_observed[0] - 1.0, abs=1e-8
        )
    assert result.expected_all[0] == pytest.approx(
        found.limit_expected[0, 2] / none.limit_expected[0, 2] - 1.0, abs=1e-8
    )


def test_a_poisson_constraint_is_held_where_its_count_puts_it():
    counted = {"name": "counted", "type": "shapesys", "data": [4.0, 4.0, 3.0]}
    samples = [
        ("signal", [1.0, 9.0, 2.0], [{"name": "mu", "type": "normfactor", "data": None}]),
        ("background", [30.0, 28.0, 25.0], [counted]),
    ]
    spec = {
        "version": "1.0.0",
        "channels": [
            {
                "name": "bins",
                "samples": [{"name": n, "data": d, "modifiers": m} for n, d, m in samples],
            }
        ],
        "observations": [{"name": "bins", "data": [33.0, 31.0, 20.0]}],
        "measurements": [{"name": "count", "config": {"poi": "mu", "parameters": []}}],
    }
    batch, found = packed(spec)
    result = limit_impacts(batch, found, threads=1)
    _, exact = packed(without(spec, "counted"))
    assert len(result.sources) == 3
    assert result.observed_all[0] == pytest.approx(
        found.limit_observed[0] / exact.limit_observed[0] - 1.0, abs=1e-8
    )
    moved = best_fit_impacts(batch, found, pulls(batch, found), threads=1)
    up, down = moved.postfit[:, 0].T
    assert (up * down < 0.0).all()
    # where the signal is small the data of a bin constrain its background too
    assert (np.abs(moved.postfit) < np.abs(moved.prefit))[[0, 2]].all()


def test_expected_limits_worsen_as_a_gaussian_model_says():
    spec = without(make(events_per_bin=2000.0), *("trigger", "tracking", "particle_id"))
    spec = without(spec, *("beam_background", "interpolation", "fit_bias", "luminosity"))
    size = 0.05
    (modifier,) = normsys(spec)
    modifier["data"] = {"hi": 1.0 + size, "lo": 1.0 - size}
    batch, found = packed(spec)
    result = limit_impacts(batch, found, threads=1)
    # q = mu^2 / (sigma^2 + size^2 mu^2) is z^2 at mu = z sigma / sqrt(1 - z^2 size^2), with
    # z = 1.645 at the median; the code-4 interpolation differs from a straight line by size^2,
    # and the pulled parameter sits near -z size: a relative 2 z size^2 of the impact, rounded up
    z = 1.6449
    wanted = 1.0 / np.sqrt(1.0 - (z * size) ** 2) - 1.0
    assert result.expected[0, 0] == pytest.approx(wanted, rel=0.03)


def test_best_fits_move_as_the_correlation_says():
    batch, found = packed(make(events_per_bin=300.0, injected=5.0, seed=1))
    fitted = pulls(batch, found)
    result = best_fit_impacts(batch, found, fitted, threads=1)
    correlation = fitted.correlation(0)[0]  # the parameter of interest comes first
    for row, source in enumerate(result.sources):
        up, down = result.postfit[row, 0]
        linear = correlation[fitted.parameter_names[0].index(source)] * found.poi_hat_error[0]
        # a signal normalisation divides poi_hat: even orders cancel, the third is size^2 = 0.25 %
        assert 0.5 * (up - down) == pytest.approx(linear, rel=0.01)
        assert up < 0.0 < down
        # the data do not know the normalisation of the signal
        np.testing.assert_allclose(result.prefit[row], result.postfit[row], rtol=1e-2)


def test_windows_without_a_source_have_no_impact_of_it():
    full = make()
    poor = without(full, "mlp")
    fixed = copy.deepcopy(full)
    fixed["measurements"][0]["config"]["parameters"].append({"name": "mlp", "fixed": True})
    refused = copy.deepcopy(full)
    refused["observations"][0]["data"][0] = -1.0
    batch, found = packed(full, poor, fixed, refused)
    result = limit_impacts(batch, found, threads=1)
    row = result.sources.index("mlp")
    assert np.isfinite(result.expected[row]).tolist() == [True, False, False, False]
    assert np.isfinite(result.expected_all).tolist() == [True, True, True, False]
    moved = best_fit_impacts(batch, found, pulls(batch, found), threads=1)
    assert np.isfinite(moved.postfit[row, :, 0]).tolist() == [True, False, False, False]
