"""The validation models of pyhf: their published CLs, and pyhf itself beside us.

Numbers from scikit-hep/pyhf (Apache 2.0), ``validation/data/*.json`` (yields) and
``tests/test_validation.py`` (CLs at mu = 1). They hold for
codes 1 and 0, the defaults of ``pyhf.Model``, and for q_mu: the observed ones are compared where
q_mu and q~_mu are the same (a positive best fit, q below q_A).
"""

import numpy as np
import pytest
import scipy.stats

from fourmu.config.inference import Inference
from fourmu.inference import limits
from fourmu.statmodel import batch_of

pyhf = pytest.importorskip("pyhf")

from pyhf_reference import (  # noqa: E402
    ExactGradients,
    compare_limits,
    model_and_data,
    pyhf_with,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

OLD_CODES = {"normsys_code": "code1", "histosys_code": "code0"}
MU = {"name": "mu", "type": "normfactor", "data": None}


def sample(name, data, *modifiers):
    return {"name": name, "data": data, "modifiers": list(modifiers)}


def norm(name, lo, hi):
    return {"name": name, "type": "normsys", "data": {"lo": lo, "hi": hi}}


def histo(name, lo, hi):
    return {"name": name, "type": "histosys", "data": {"lo_data": lo, "hi_data": hi}}


def sizes(kind, name, data):
    return {"name": name, "type": kind, "data": data}


def workspace(channels, parameters=()):
    """Make a workspace of {channel: (data, samples)}."""
    return {
        "version": "1.0.0",
        "channels": [{"name": name, "samples": found[1]} for name, found in channels.items()],
        "observations": [{"name": name, "data": found[0]} for name, found in channels.items()],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": list(parameters)}}],
    }


LUMI = {"name": "lumi", "auxdata": [1.0], "bounds": [[0.0, 10.0]], "inits": [1.0], "sigmas": [0.1]}
LUMI_MODIFIER = {"name": "lumi", "type": "lumi", "data": None}
SHAPEFACTOR = {"name": "shape", "type": "shapefactor", "data": None}

MODELS = {
    "1bin_shapesys": workspace(
        {
            "c": (
                [55.0],
                [
                    sample("signal", [10.0], MU),
                    sample("background", [50.0], sizes("shapesys", "u", [7.0])),
                ],
            )
        }
    ),
    "1bin_lumi": workspace(
        {
            "c": (
                [55.0],
                [
                    sample("signal", [20.0], MU),
                    sample("background1", [100.0], LUMI_MODIFIER),
                    sample("background2", [0.0], LUMI_MODIFIER),
                ],
            )
        },
        [LUMI],
    ),
    "1bin_normsys": workspace(
        {
            "c": (
                [120.0, 180.0],
                [
                    sample("signal", [30.0, 95.0], MU),
                    sample("background", [100.0, 150.0], norm("n", 0.9, 1.1)),
                ],
            )
        }
    ),
    "2bin_histosys": workspace(
        {
            "c": (
                [120.0, 180.0],
                [
                    sample("signal", [30.0, 95.0], MU),
                    sample("background", [100.0, 150.0], histo("h", [98.0, 100.0], [102.0, 190.0])),
                ],
            )
        }
    ),
    "2bin_2channel": workspace(
        {
            "signal": (
                [110.0, 155.0],
                [
                    sample("signal", [10.0, 35.0], MU),
                    sample("background", [100.0, 150.0], sizes("shapesys", "s", [10.0, 10.0])),
                ],
            ),
            "control": (
                [205.0, 345.0],
                [sample("background", [200.0, 350.0], sizes("shapesys", "c", [5.0, 10.0]))],
            ),
        }
    ),
    "2bin_2channel_couplednorm": workspace(
        {
            "signal": (
                [105.0, 220.0],
                [
                    sample("signal", [10.0, 35.0], MU),
                    sample("bkg1", [100.0, 100.0], norm("n", 0.9, 1.1)),
                    sample("bkg2", [50.0, 100.0], norm("n", 0.5, 1.5)),
                ],
            ),
            "control": ([110.0, 105.0], [sample("bkg1", [100.0, 100.0], norm("n", 0.9, 1.1))]),
        }
    ),
    "2bin_2channel_coupledhisto": workspace(
        {
            "signal": (
                [170.0, 220.0],
                [
                    sample("signal", [30.0, 35.0], MU),
                    sample("bkg1", [100.0, 100.0], histo("h", [90.0, 90.0], [110.0, 110.0])),
                    sample("bkg2", [50.0, 120.0], histo("h", [45.0, 45.0], [55.0, 55.0])),
                ],
            ),
            "control": (
                [110.0, 105.0],
                [sample("bkg1", [105.0, 100.0], histo("h", [95.0, 90.0], [110.0, 115.0]))],
            ),
        }
    ),
    "2bin_2channel_coupledshapefactor": workspace(
        {
            "signal": (
                [220.0, 230.0],
                [
                    sample("signal", [20.0, 20.0], MU),
                    sample("bkg1", [100.0, 70.0], SHAPEFACTOR),
                ],
            ),
            "control": ([200.0, 300.0], [sample("bkg1", [100.0, 100.0], SHAPEFACTOR)]),
        }
    ),
    # 2bin_statex.json: without published CLs
    "2bin_statex": workspace(
        {
            "c": (
                [100.0, 100.0],
                [
                    sample("signal", [10.0, 10.0], MU),
                    sample("bkg1", [50.0, 70.0], sizes("staterror", "stat", [10.0, 10.0])),
                    sample("bkg2", [30.0, 20.0], sizes("staterror", "stat", [5.0, 5.0])),
                    sample("bkg3", [20.0, 15.0]),
                ],
            )
        }
    ),
    # test_shapesys_nuisparfilter_validation: a bin without uncertainty
    "shapesys_filtered": workspace(
        {
            "c": (
                [100.0, 10.0],
                [
                    sample("signal", [20.0, 10.0], MU),
                    sample("background1", [100.0, 10.0], sizes("shapesys", "s", [10.0, 0.0])),
                ],
            )
        }
    ),
}

PUBLISHED = {  # CLs observed (None: see above) and expected
    "1bin_shapesys": (0.4541865416, [0.06371799399, 0.1509650340, 0.3279606951]),
    "1bin_lumi": (None, [0.01060338, 0.04022273, 0.13614217, 0.37078321]),
    "1bin_normsys": (
        0.0006735317023683173,
        [7.471684419e-10, 5.741155151e-08, 3.689808806e-06, 0.0001696573154, 0.004392708999],
    ),
    "2bin_histosys": (
        0.1001463460725534,
        [7.134513306e-06, 0.0001254710063, 0.001880010666, 0.02078964908, 0.1369249452],
    ),
    "2bin_2channel": (
        0.056332621064982304,
        [0.0004349135482, 0.003422300050, 0.02337423266, 0.1218654226, 0.4038207425],
    ),
    "2bin_2channel_couplednorm": (None, [0.05522391466, 0.1361323993, 0.3068720101]),
    "2bin_2channel_coupledshapefactor": (
        None,
        [0.01375329993, 0.04888740006, 0.1555529625, 0.4007561343],
    ),
}


TWO_MINIMA = "2bin_2channel_coupledhisto"


@pytest.mark.parametrize("codes", [OLD_CODES, {}], ids=["old_codes", "codes"])
@pytest.mark.parametrize("name", [name for name in MODELS if name != TWO_MINIMA])
def test_pyhf_agrees(name, codes):
    compare_limits(MODELS[name], **codes)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_cls_is_that_of_our_limit(name):
    """At a level of 1 - CLs the limit is 1, but for what pyhf's fits leave in a minimum."""
    observed, expected = PUBLISHED[name]
    batch = batch_of([("w", MODELS[name])], **OLD_CODES)
    for place, cls in enumerate([observed, *expected]):
        if cls is not None:
            found = limits(batch, Inference(confidence_level=1.0 - cls), threads=1)
            limit = [found.limit_observed[0], *found.limit_expected[0]][place]
            assert limit == pytest.approx(1.0, rel=5e-5), (name, place)


def test_published_cls_of_the_coupled_histosys_is_that_of_a_higher_minimum():
    """bkg2 falls in its second bin on either side: a minimum of each, and pyhf stays in its own.

    pyhf's CLs at mu = 1 is 0.0797 from alpha = 0.48; beyond the kink -2 ln L is lower by 0.5.
    """
    spec, level = MODELS[TWO_MINIMA], 1.0 - 0.07967400132261188
    batch = batch_of([("w", spec)], **OLD_CODES)
    found = limits(batch, Inference(confidence_level=level), threads=1)
    assert found.status == ("ok",)
    model, data = model_and_data(spec, **OLD_CODES)

    def profile(mu, data):
        """Lowest -2 ln L of pyhf on a grid of alpha, below and above 0."""
        sides = []
        for alphas in (np.linspace(-2.0, 0.0, 401), np.linspace(0.0, 2.0, 401)):
            values = [pyhf.infer.mle.twice_nll([alpha, mu], data, model)[0] for alpha in alphas]
            sides.append(float(np.nanmin(values)))
        return sides

    assert model.config.par_names == ["h", "mu"]
    with pyhf_with(ExactGradients(spec, OLD_CODES)):
        theirs = float(pyhf.infer.mle.fixed_poi_fit(1.0, data, model, return_fitted_val=True)[1])
        cls = float(pyhf.infer.hypotest(1.0, data, model))
    assert cls == pytest.approx(1.0 - level, rel=1e-6)
    below, above = profile(1.0, data)
    assert theirs == pytest.approx(above, abs=1e-3)
    assert below < theirs - 0.5
    assert found.twice_nll_null[0] == pytest.approx(min(profile(0.0, data)), abs=1e-3)
    assert found.twice_nll_free[0] == pytest.approx(min(profile(found.poi_hat[0], data)), abs=1e-3)
    assert found.limit_observed[0] > 1.1  # a better conditional fit is a weaker exclusion
    # q and q_A of the lowest minima give CLs at our limit
    mu = float(found.limit_observed[0])
    q = min(profile(mu, data)) - found.twice_nll_free[0]
    background = model.expected_data(found.parameters_null[[0, 1]])
    q_asimov = min(profile(mu, background)) - min(profile(0.0, background))
    root, root_asimov = np.sqrt(q), np.sqrt(q_asimov)
    tail = scipy.stats.norm.sf
    if root <= root_asimov:
        ratio = tail(root) / tail(root - root_asimov)
    else:
        ratio = tail((q + q_asimov) / (2 * root_asimov)) / tail((q - q_asimov) / (2 * root_asimov))
    assert ratio == pytest.approx(1.0 - level, rel=3e-3)
