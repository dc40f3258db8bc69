"""While an analysis is blind nothing observed is fitted or shown."""

import numpy as np
import pytest

from fourmu.config import Analysis
from fourmu.config.samples import PseudoData, Samples
from fourmu.errors import ConfigError
from fourmu.inference import ToyLimits, limits
from fourmu.pipeline.blinding import (
    expected_in_place_of_observed,
    limits_without_observation,
    toys_without_observation,
)
from fourmu.pipeline.sealed import commitment, sealed_injections, truth
from fourmu.statmodel import batch_of, example_workspace
from fourmu.templates import Template, Window


@pytest.fixture
def found():
    workspaces = [(str(seed), example_workspace(np.random.default_rng(seed))) for seed in (1, 2)]
    return limits(batch_of(workspaces), threads=1)


def test_expected_limits_stay_and_observed_fields_have_no_number(found):
    blind = limits_without_observation(found)
    np.testing.assert_array_equal(blind.limit_expected, found.limit_expected)
    assert blind.status == found.status
    for name in ("poi_hat", "poi_hat_error", "q0", "z_local", "p0", "limit_observed"):
        assert np.isfinite(getattr(found, name)).all()
        assert np.isnan(getattr(blind, name)).all()
    assert np.isnan(blind.twice_nll_free).all()
    assert np.isnan(blind.goodness_of_fit_p).all()
    assert all("--unblind" in message for message in blind.message)


def test_toys_keep_their_expected_limits_alone():
    some = np.array([1.0, 2.0])
    toys = ToyLimits(
        limit_observed=some,
        limit_observed_error=0.1 * some,
        limit_expected=np.tile(some[:, None], 5),
        limit_expected_error=np.tile(some[:, None], 5),
        goodness_of_fit_p=0.5 * some,
        n_toys=np.array([100, 100]),
        n_failed=np.array([0, 0]),
        message=("", ""),
    )
    blind = toys_without_observation(toys)
    assert np.isnan(blind.limit_observed).all()
    assert np.isnan(blind.limit_observed_error).all()
    assert np.isnan(blind.goodness_of_fit_p).all()
    np.testing.assert_array_equal(blind.limit_expected, toys.limit_expected)
    assert toys_without_observation(None) is None


def test_windows_hold_the_nominal_background_of_their_model():
    low = np.linspace(1.0, 1.9, 10)
    window = Window(
        name="w0000",
        index=0,
        mass_gev=1.5,
        reduced_mass_gev=1.45,
        sigma_gev=0.1,
        mlp_range=1,
        vetoed=False,
        bin_low=low,
        bin_high=low + 0.1,
    )
    template = Template(
        window=window,
        signal=np.ones(10),
        background=np.stack([np.linspace(2.0, 1.0, 10), np.linspace(1.0, 2.0, 10)]),
        observed=np.arange(10.0),
        efficiency=0.5,
        signal_wide=None,
        signal_narrow=None,
    )
    (blind,) = expected_in_place_of_observed([template])
    np.testing.assert_allclose(blind.observed, 3.0)
    np.testing.assert_array_equal(blind.signal, template.signal)


def sealed(count, seed=1, **settings):
    samples = Samples(pseudo_data=PseudoData(sealed_injections=count, **settings))
    return Analysis(seed=seed, samples=samples)


def test_sealed_signals_are_drawn_from_the_seed_within_their_ranges():
    ranges = {"sealed_mass_gev": (1.0, 2.0), "sealed_xsec_fb": (0.5, 0.7)}
    signals = sealed_injections(sealed(20, **ranges))
    assert signals == sealed_injections(sealed(20, **ranges))
    assert signals != sealed_injections(sealed(20, seed=2, **ranges))
    assert {signal.model for signal in signals} == {"zprime", "scalar"}
    assert all(1.0 <= signal.mass_gev <= 2.0 for signal in signals)
    assert all(0.5 <= signal.xsec_fb <= 0.7 for signal in signals)
    # one more does not move the others
    assert sealed_injections(sealed(19, **ranges)) == signals[:19]


def test_the_commitment_changes_with_the_signals_and_tells_none():
    first = commitment(sealed(2))
    assert len(first) == 64
    assert len({first, commitment(sealed(1)), commitment(sealed(2, seed=2))}) == 3
    assert first == commitment(sealed(2).model_copy(update={"blind": True}))


def test_the_truth_is_told_when_nothing_is_blind(tmp_path):
    analysis = sealed(2).model_copy(update={"source": tmp_path / "analysis.yaml"})
    text = truth(analysis)
    for signal in sealed_injections(analysis):
        assert f"{signal.mass_gev:.4f} GeV" in text
    assert commitment(analysis) in text
    with pytest.raises(ConfigError, match="blind") as caught:
        truth(analysis.model_copy(update={"blind": True}))
    for signal in sealed_injections(analysis):
        assert f"{signal.mass_gev:.2f}" not in str(caught.value)
