"""Fits of yields: the numbers of PHYSICS 13, and pulls of overlaid signals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from fourmu.config.inference import Inference
from fourmu.systematics import (
    BackgroundSample,
    bootstrapped_counts,
    fit_yields,
    mean_bias,
    overlaid_pulls,
    summarise_pulls,
    typical_pulls,
    width_bias,
    yield_batch,
)
from fourmu.templates import Template, Window, bernstein_integrals

SIGMA, CENTRE = 0.001, 3.0


def gaussian(edges, scale):
    return np.diff(ndtr((edges - CENTRE) / (scale * SIGMA)))


def template(per_bin, bins=120):
    edges = CENTRE + SIGMA * np.linspace(-30.0, 30.0, bins + 1)
    u = np.linspace(0.0, 1.0, bins + 1)
    window = Window(
        name="w0000",
        index=0,
        mass_gev=CENTRE,
        reduced_mass_gev=CENTRE,
        sigma_gev=SIGMA,
        mlp_range=0,
        bin_low=edges[:-1],
        bin_high=edges[1:],
    )
    return Template(
        window=window,
        signal=gaussian(edges, 1.0),
        background=bins * per_bin * bernstein_integrals(u[:-1], u[1:], 1),
        observed=np.zeros(bins),
        efficiency=0.4,
    ), gaussian(edges, 1.25)


@pytest.mark.parametrize(("per_bin", "ratio"), [(0.3, 0.94), (3.0, 0.91), (30.0, 0.89)])
def test_a_width_of_five_quarters_costs_what_physics_13_says(per_bin, ratio):
    """PHYSICS 13, on Asimov data with five times the expected limit."""
    known, wide = template(per_bin)
    found = width_bias([known], [wide], Inference(), times=5.0)
    assert found[0] == pytest.approx(ratio, abs=0.006)
    assert 1.07 * found[0] == pytest.approx(1.07 * ratio, abs=0.007)


def test_an_equal_width_has_no_bias():
    known, _ = template(3.0)
    assert width_bias([known], [known.signal], Inference())[0] == pytest.approx(1.0, abs=1e-4)


def test_a_yield_counts_events_in_the_window():
    known, _ = template(3.0)
    counts = known.background.sum(axis=0) + 20.0 * known.signal / known.signal.sum()
    found = fit_yields(yield_batch([known]), 0, counts[None], Inference())
    assert found.events[0] == pytest.approx(20.0, rel=1e-4)
    assert found.error[0] > np.sqrt(20.0)


def sample(rng, per_bin, times):
    """Background of several luminosities, two candidates per event."""
    events = rng.poisson(0.5 * times * per_bin * 200)
    mass = CENTRE + SIGMA * rng.uniform(-50.0, 50.0, 2 * events)
    return BackgroundSample(
        event=np.repeat(np.arange(events), 2),
        weight=np.full(2 * events, 1.0 / times),
        reduced_mass_gev=mass,
        passed=rng.random((2 * events, 1)) < 2.0,
    )


def test_bootstrapped_windows_fluctuate_as_data_do(rng):
    known, _ = template(3.0)
    (counts,) = bootstrapped_counts(sample(rng, 3.0, 10), [known], 400, rng)
    totals = counts.sum(axis=1)
    assert totals.mean() == pytest.approx(360.0, abs=25.0)  # the simulation itself: 5 %
    # pairs of candidates: more than Poisson
    assert 1.0 < totals.var() / totals.mean() < 2.3
    assert np.all(counts == np.round(counts))


def test_pulls_of_overlaid_signals_have_unit_width(rng):
    known, _ = template(3.0)
    single = sample(rng, 3.0, 20)
    independent = replace(single, event=np.arange(len(single.event)))
    counts = bootstrapped_counts(independent, [known], 400, rng)
    signal = CENTRE + SIGMA * rng.standard_normal(20_000)
    pulls, overlaid = overlaid_pulls([known], counts, [signal], Inference(), rng)
    found = summarise_pulls(pulls[0])
    assert 8.0 < overlaid[0] < 16.0
    assert found.count > 390
    # the simulated sample itself has a fluctuation: 1 / sqrt(20) of a standard deviation
    assert abs(found.mean.value) < 3.5 * np.hypot(found.mean.error, 0.22)
    assert abs(found.width.pull(1.0)) < 3.5


def test_pulls_without_an_error_are_counted():
    found = summarise_pulls(np.array([1.0, -1.0, np.nan, 0.0]))
    assert (found.count, found.failed) == (3, 1)
    assert np.isnan(summarise_pulls(np.array([np.nan])).width.value)


def test_the_mean_bias_leaves_out_windows_without_a_fit():
    found = mean_bias(np.array([0.9, np.nan, 0.92]))
    assert found.value == pytest.approx(0.09)
    assert found.error == pytest.approx(0.02 / np.sqrt(2.0))


def test_the_typical_width_does_not_count_what_moves_a_mass_in_all_sets(rng):
    """One simulated background: its fluctuation at a mass is common to all resampled sets."""
    at_a_mass = [offset + rng.standard_normal(400) for offset in 0.7 * rng.standard_normal(30)]
    found = typical_pulls([summarise_pulls(pulls) for pulls in at_a_mass])
    assert abs(found.width.pull(1.0)) < 3.5
    assert found.mean.error == pytest.approx(0.7 / np.sqrt(30), rel=0.4)
    pooled = summarise_pulls(np.concatenate(at_a_mass))
    assert pooled.width.value > 1.1
    nothing = typical_pulls([summarise_pulls(np.array([np.nan, np.nan]))])
    assert np.isnan(nothing.width.value)
    assert nothing.failed == 2
