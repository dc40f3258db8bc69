"""Errors, correlations and pulls: against pyhf, and what they mean."""

import itertools

import numpy as np
import pyhf
import pytest

from fourmu.errors import ConsistencyError
from fourmu.inference import limits
from fourmu.inference.nuisances import pulls
from fourmu.statmodel import batch_of, example_workspace

CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}


def fitted(*specs, fit="free"):
    batch = batch_of((f"w{i}", spec) for i, spec in enumerate(specs))
    found = limits(batch, threads=1)
    return found, pulls(batch, found, fit=fit)


def counting(background, observed, *, size=0.1, signal=(0.0, 5.0), auxiliary=0.0):
    """Return a two-bin workspace with a normalisation uncertainty of the background."""
    return {
        "version": "1.0.0",
        "channels": [
            {
                "name": "bins",
                "samples": [
                    {
                        "name": "signal",
                        "data": list(signal),
                        "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                    },
                    {
                        "name": "background",
                        "data": list(background),
                        "modifiers": [
                            {
                                "name": "scale",
                                "type": "normsys",
                                "data": {"hi": 1.0 + size, "lo": 1.0 / (1.0 + size)},
                            }
                        ],
                    },
                ],
            }
        ],
        "observations": [{"name": "bins", "data": [float(n) for n in observed]}],
        "measurements": [
            {
                "name": "count",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "scale", "auxdata": [auxiliary]}],
                },
            }
        ],
    }


def hessian_by_differences(function, point, scale):
    """Second derivatives by central differences of fourth order, in units of ``scale``."""
    step, n = 0.1, len(point)
    nodes = {-2: 1.0 / 12.0, -1: -8.0 / 12.0, 1: 8.0 / 12.0, 2: -1.0 / 12.0}  # first derivative

    def at(*moves):
        moved = np.array(point)
        for place, size in moves:
            moved[place] += size * step * scale[place]
        return function(moved)

    hessian = np.empty((n, n))
    for j in range(n):
        curve = {-2: -1.0 / 12.0, -1: 16.0 / 12.0, 0: -30.0 / 12.0, 1: 16.0 / 12.0, 2: -1.0 / 12.0}
        hessian[j, j] = sum(weight * at((j, size)) for size, weight in curve.items())
        for k in range(j):
            hessian[j, k] = hessian[k, j] = sum(
                a * b * at((j, first), (k, second))
                for (first, a), (second, b) in itertools.product(nodes.items(), repeat=2)
            )
    return hessian / step**2 / np.outer(scale, scale)


def all_kinds():
    """Two channels with every kind of constrained parameter, two of them shared."""

    def factor(name, kind, data=None):
        return {"name": name, "type": kind, "data": data}

    shared = factor("common", "normsys", {"hi": 1.06, "lo": 0.95})
    signal = [factor("mu", "normfactor"), factor("lumi", "lumi")]
    channels = [
        {
            "name": "search",
            "samples": [
                {"name": "signal", "data": [4.0, 12.0, 5.0], "modifiers": signal},
                {
                    "name": "background",
                    "data": [60.0, 50.0, 40.0],
                    "modifiers": [shared, factor("counted", "shapesys", [6.0, 8.0, 5.0])],
                },
            ],
        },
        {
            "name": "control",
            "samples": [
                {
                    "name": "background",
                    "data": [300.0, 250.0],
                    "modifiers": [
                        shared,
                        factor("simulated", "staterror", [15.0, 9.0]),
                        factor(
                            "tilt",
                            "histosys",
                            {"hi_data": [330.0, 240.0], "lo_data": [280.0, 260.0]},
                        ),
                    ],
                },
            ],
        },
    ]
    lumi = {"name": "lumi", "inits": [1.0], "bounds": [[0.5, 1.5]], "auxdata": [1.0]}
    return {
        "version": "1.0.0",
        "channels": channels,
        "observations": [
            {"name": "search", "data": [66.0, 70.0, 41.0]},
            {"name": "control", "data": [320.0, 239.0]},
        ],
        "measurements": [
            {"name": "all", "config": {"poi": "mu", "parameters": [{**lumi, "sigmas": [0.02]}]}}
        ],
    }


WORKSPACES = {
    "few counts": example_workspace(
        np.random.default_rng(7), bins=40, events_per_bin=1.0, injected=1.0
    ),
    "many counts": example_workspace(
        np.random.default_rng(7), bins=40, events_per_bin=30.0, injected=1.0
    ),
    "every kind of constraint": all_kinds(),
}


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")  # of pyhf
@pytest.mark.parametrize("name", WORKSPACES)
def test_errors_correlations_and_pulls_are_those_of_pyhf(name):
    spec = WORKSPACES[name]
    found, result = fitted(spec)
    model = pyhf.Workspace(spec).model(modifier_settings=CODES)
    data = np.array(pyhf.Workspace(spec).data(model))
    names = list(result.parameter_names[0])
    order = [names.index(entry) for entry in parameter_names(model)]
    assert np.isfinite(result.error).all()

    def nll(values):
        return -float(np.asarray(model.logpdf(values, data))[0])

    hessian = hessian_by_differences(nll, result.value[order], result.error[order])
    covariance = np.linalg.inv(hessian)
    error = np.sqrt(np.diag(covariance))
    # truncation: steps of 0.1 errors to the fourth power times the sixth derivative in units of
    # the error, about 10 where the shape is only piecewise smooth; rounding: 1e-13 / 0.1^2
    np.testing.assert_allclose(result.error[order], error, rtol=1e-3)
    np.testing.assert_allclose(
        result.correlation(0)[np.ix_(order, order)], covariance / np.outer(error, error), atol=1e-3
    )
    poi = names.index(spec["measurements"][0]["config"]["poi"])
    assert found.poi_hat_error[0] == pytest.approx(result.error[poi], rel=1e-12)
    measured, width = constraints(model)
    np.testing.assert_allclose(
        result.pull[order], (result.value[order] - measured) / width, rtol=1e-9, atol=1e-9
    )


def parameter_names(model):
    """Names of pyhf's parameters in its order, as ours: numbered where there is one per bin."""
    vectors = {"shapesys", "staterror", "shapefactor"}
    kinds = dict(model.config.modifiers)
    for name in model.config.par_order:
        size = model.config.param_set(name).n_parameters
        for j in range(size):
            yield f"{name}[{j}]" if kinds[name] in vectors else name


def constraints(model):
    """Measured values and widths of pyhf's constraints in the order of its parameters."""
    measured, width = [], []
    for name in model.config.par_order:
        found = model.config.param_set(name)
        if not found.constrained:
            measured += [np.nan] * found.n_parameters
            width += [np.nan] * found.n_parameters
        elif found.pdf_type == "poisson":
            measured += list(np.array(found.auxdata) / np.array(found.factors))
            width += list(1.0 / np.sqrt(found.factors))
        else:
            measured += list(found.auxdata)
            width += list(found.width())
    return np.array(measured), np.array(width)


def test_without_signal_its_uncertainties_are_not_pulled():
    spec = example_workspace(np.random.default_rng(3), bins=40)
    _, result = fitted(spec, fit="null")
    names = np.array(result.parameter_names[0])
    of_signal = ~np.char.startswith(names, "background") & (names != "xsec_fb")
    # what has no effect keeps the measured value, and the error of its constraint
    assert result.pull[of_signal] == pytest.approx(0.0, abs=1e-9)
    assert result.error[of_signal] == pytest.approx(1.0, abs=1e-9)
    assert np.isnan(result.error[names == "xsec_fb"]).all()  # held at zero
    free = np.char.startswith(names, "background") | (names == "xsec_fb")
    assert np.isnan(result.pull[free]).all()


@pytest.mark.parametrize("auxiliary", [0.0, 0.7])
def test_a_pull_is_counted_from_the_measured_value(auxiliary):
    expected = 1e4 * 1.1**auxiliary  # of the background, at the measured value
    observed = (expected * 1.05, expected * 1.05)
    _, result = fitted(counting((1e4, 1e4), observed, auxiliary=auxiliary, signal=(0.0, 50.0)))
    pull = result.of("scale", "pull")[0]
    # the first bin measures ln(rate) to 1 %, the constraint to ln 1.1: weighted mean
    width = np.log(1.1)
    wanted = np.log(1.05) / width / (1.0 + 1.0 / (expected * 1.05 * width**2))
    # the Poisson error of the bin is 1 % of its rate: cubic terms matter by as much
    assert pull == pytest.approx(wanted, rel=0.01)
    assert result.of("scale", "measured")[0] == auxiliary


def test_pulls_spread_by_what_the_data_add():
    rng = np.random.default_rng(11)
    toys, size, expected = 400, 0.05, 400.0
    specs = [
        counting(
            (expected, expected),
            rng.poisson(expected, 2),
            size=size,
            auxiliary=float(rng.standard_normal()),
            signal=(0.0, 50.0),
        )
        for _ in range(toys)
    ]
    _, result = fitted(*specs)
    values, error = result.of("scale", "pull"), result.of("scale", "error").mean()
    # var(pull) = 1 - error^2 for a linear Gaussian model; its relative error is sqrt(2 / toys)
    assert values.mean() == pytest.approx(0.0, abs=3.0 * values.std() / np.sqrt(toys))
    assert values.var() == pytest.approx(1.0 - error**2, rel=3.0 * np.sqrt(2.0 / toys))


def test_a_parameter_at_its_bound_is_held_there():
    # the signal of the second bin is missing: a background of its own alone describes the first
    spec = counting((100.0, 100.0), (100, 100))
    spec["channels"][0]["samples"].append(
        {
            "name": "other",
            "data": [10.0, 0.0],
            "modifiers": [{"name": "other", "type": "normfactor", "data": None}],
        }
    )
    spec["observations"][0]["data"] = [70.0, 100.0]  # pushes "other" below zero
    alone = counting((100.0, 100.0), (70, 100))
    _, result = fitted(spec)
    _, without = fitted(alone)
    assert result.of("other", "value")[0] == 0.0
    assert np.isnan(result.of("other", "error")[0])
    for name in ("mu", "scale"):
        # both fits end within 1e-9 of ln L, so parameters within 1e-4 errors
        assert result.of(name, "error")[0] == pytest.approx(without.of(name, "error")[0], rel=1e-4)
    place = result.parameter_names[0].index("other")
    assert np.isnan(result.correlation(0)[place]).all()


def test_a_best_fit_that_an_empty_bin_stops_has_no_error():
    found, result = fitted(counting((1.0, 1.0), (3, 0), signal=(1.0, 5.0)))
    assert found.poi_hat_at_boundary[0]
    assert np.isnan(result.of("mu", "error")[0])
    assert np.isfinite(result.of("scale", "error")[0])


def test_a_refused_window_has_no_numbers_and_harms_no_other():
    good = counting((10.0, 10.0), (12, 14))
    bad = counting((10.0, 10.0), (12, -1))
    _, result = fitted(good, bad, good)
    assert result.of("scale", "error")[[0, 2]] == pytest.approx(result.error[1])
    assert np.isnan(result.of("scale", "error")[1])
    assert result.covariance(1).size == 0


def test_fits_of_other_windows_are_refused():
    batch = batch_of([("w", counting((10.0, 10.0), (12, 14)))])
    other = batch_of([("w", example_workspace(np.random.default_rng(1), bins=10))])
    with pytest.raises(ConsistencyError, match="parameters of the batch"):
        pulls(batch, limits(other, threads=1))
