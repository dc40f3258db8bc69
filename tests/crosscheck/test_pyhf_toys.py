"""p-values by toys beside those of pyhf's own toy calculator."""

import logging
import math

import numpy as np
import pytest

from fourmu.inference import toy_p_values
from fourmu.inference.pseudo_data import window_data
from fourmu.statmodel import batch_of

pyhf = pytest.importorskip("pyhf")

pytestmark = [
    pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

PYHF_TOYS = 250


def workspace():
    """Three bins, a systematic of the signal's size and one of the background's shape."""
    modifiers = {
        "signal": [
            {"name": "mu", "type": "normfactor", "data": None},
            {"name": "efficiency", "type": "normsys", "data": {"hi": 1.15, "lo": 0.85}},
        ],
        "background": [
            {
                "name": "slope",
                "type": "histosys",
                "data": {"hi_data": [7.0, 5.0, 3.0], "lo_data": [5.0, 5.0, 5.0]},
            }
        ],
    }
    yields = {"signal": [1.0, 4.0, 2.0], "background": [6.0, 5.0, 4.0]}
    samples = [
        {"name": name, "data": data, "modifiers": modifiers[name]} for name, data in yields.items()
    ]
    return {
        "version": "1.0.0",
        "channels": [{"name": "c", "samples": samples}],
        "observations": [{"name": "c", "data": [7.0, 5.0, 3.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    }


def test_p_values_are_those_of_pyhf(monkeypatch):
    """Pyhf draws its background toys from the fit with mu = 0 to the data, as we do."""
    monkeypatch.setattr(logging.getLogger("pyhf"), "disabled", True)
    spec = workspace()
    model = pyhf.Workspace(spec).model(
        modifier_settings={
            "normsys": {"interpcode": "code4"},
            "histosys": {"interpcode": "code4p"},
        }
    )
    data = pyhf.Workspace(spec).data(model)
    mu = 1.0
    batch = batch_of([("w", spec)])
    ours = toy_p_values(batch, window_data(batch, 0), [mu], 4000, np.random.default_rng(1))

    state = np.random.get_state()  # noqa: NPY002  pyhf's numpy backend draws from the global one
    np.random.seed(7)  # noqa: NPY002
    try:
        calculator = pyhf.infer.calculators.ToyCalculator(
            data, model, test_stat="qtilde", ntoys=PYHF_TOYS, track_progress=False
        )
        signal, background = calculator.distributions(mu)
        q = float(calculator.teststatistic(mu))
        p_sb, p_b, _ = (float(p) for p in calculator.pvalues(q, signal, background))
    finally:
        np.random.set_state(state)  # noqa: NPY002
    assert ours.q_observed[0] == pytest.approx(q, abs=1e-4)
    for value, error, theirs in (
        (ours.p_sb[0], ours.p_sb_error[0], p_sb),
        (ours.p_b[0], ours.p_b_error[0], p_b),
    ):
        spread = math.hypot(error, math.sqrt(value * (1 - value) / PYHF_TOYS))
        assert abs(value - theirs) < 4 * spread
        assert 0.02 < value < 0.98
