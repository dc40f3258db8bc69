"""Coverage at the true signal strength, a small version of docs/studies/coverage.py."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from fourmu.inference import coverage, gaussian_cls_coverage, limits
from fourmu.statmodel import batch_of, example_workspace

EXPERIMENTS = 80


def window(rate):
    """A window whose data are its expected background."""
    spec = example_workspace(np.random.default_rng(1), bins=40, events_per_bin=rate)
    samples = spec["channels"][0]["samples"][1:]
    data = np.sum([sample["data"] for sample in samples], axis=0)
    spec["observations"][0]["data"] = data.tolist()
    return batch_of([("w", spec)])


@pytest.mark.parametrize("rate", [0.3, 3.0, 30.0])
def test_cls_covers_too_much_and_cls_plus_b_as_it_should(rate):
    batch = window(rate)
    sigma = limits(batch).limit_expected[0, 2] / -norm.ppf(0.05)
    names = batch.parameter_names[0]
    truth = np.array([1.0 if name.startswith("background") else 0.0 for name in names])
    error = math.sqrt(0.9 * 0.1 / EXPERIMENTS)
    fractions = []
    for deviations in (1.645, 3.5):
        truth[names.index("xsec_fb")] = deviations * sigma
        found = coverage(batch, 0, truth, experiments=EXPERIMENTS, toys=50, seed=3)
        assert found.n_failed == 0
        assert found.cls > 0.9 - 3.5 * error
        assert found.cls >= found.p_sb
        # two of three tests at each of three rates
        assert found.p_sb == pytest.approx(0.9, abs=3.5 * error)
        expected = gaussian_cls_coverage(deviations, 0.9)
        assert found.cls == pytest.approx(expected, abs=3.5 * error)
        fractions.append(found.cls)
    assert fractions[0] > 0.9


def test_the_definition_of_cls_says_how_much_it_covers():
    assert gaussian_cls_coverage(0.0, 0.9) == 1.0
    assert gaussian_cls_coverage(1e-3, 0.9) == pytest.approx(1.0, abs=1e-9)
    # the median expected limit: CLb = 1/2, so the level is reached at CLs+b = 5 %
    assert gaussian_cls_coverage(-norm.ppf(0.05), 0.9) == pytest.approx(0.95, abs=1e-9)
    assert gaussian_cls_coverage(3.0, 0.9) == pytest.approx(0.905, abs=5e-4)
    assert gaussian_cls_coverage(20.0, 0.9) == pytest.approx(0.9, abs=1e-9)


def test_coverage_depends_on_the_seed_only():
    batch = window(1.0)
    truth = np.array(
        [1.0 if name.startswith("background") else 0.0 for name in batch.parameter_names[0]]
    )
    truth[batch.parameter_names[0].index("xsec_fb")] = 0.3
    options = {"experiments": 60, "toys": 30}
    one = coverage(batch, 0, truth, seed=3, threads=1, **options)
    assert one == coverage(batch, 0, truth, seed=3, threads=2, **options)
