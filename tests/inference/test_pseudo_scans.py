"""Pseudo-scans: what they expect, what windows share, and that q0 is that of the limits."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from fourmu.config.inference import Inference
from fourmu.errors import ConsistencyError
from fourmu.inference import (
    ScanBins,
    background_fits,
    draw_candidates,
    limits,
    look_elsewhere,
    pseudo_scans,
    scan_bins,
    scan_significances,
    scan_spectra,
)
from fourmu.inference.scan_fits import fill_counts
from fourmu.statmodel import IndexEntry, batch_of, example_workspace
from fourmu.templates import BorderSharing, SmoothCurve
from scan_example import SIGMA, small_scan


def sharing(bins, correlation):
    """Neighbouring ranges share candidates with one correlation everywhere."""
    (_, high), (low, _) = bins.extents_gev[0], bins.extents_gev[1]
    curve = SmoothCurve(
        low=low,
        high=high,
        coefficients=np.array([correlation]),
        covariance=np.zeros((1, 1)),
        chi2_per_dof=1.0,
    )
    return [BorderSharing(lower_range=0, low_gev=low, high_gev=high, correlation=curve)]


def linear(bins, slope=0.3, rate=4.0):
    """Contents of the bins over one straight line for all windows."""
    middle = 0.5 * (bins.low + bins.high)
    return rate * (1.0 + slope * (middle - 1.0)) * (bins.high - bins.low) / SIGMA


def counts(bins, candidates):
    out = np.empty(len(bins.low))
    start = np.concatenate([[0], np.cumsum([part.size for part in candidates])])
    fill_counts(
        np.concatenate(candidates), start, bins.mlp_range[bins.owner], bins.low, bins.high, out
    )
    return out


def test_a_spectrum_that_is_straight_is_reproduced_in_every_bin():
    _, bins = small_scan(windows=12, step=7, rate=4.0, ranges=2)
    rates = linear(bins)
    spectra = scan_spectra(bins, rates, sharing(bins, 0.7), fine_bins_per_sigma=10)
    # fine bins divide those of the windows here, up to rounding of the edges
    content = spectra.content(bins.mlp_range[bins.owner], bins.low, bins.high)
    np.testing.assert_allclose(content, rates, rtol=1e-6)


def test_windows_whose_fit_failed_do_not_enter_the_spectrum():
    _, bins = small_scan(windows=12, step=7, rate=4.0)
    rates = linear(bins)
    broken = np.where(bins.owner == 5, np.nan, rates)
    spectra = scan_spectra(bins, broken, [], fine_bins_per_sigma=10)
    content = spectra.content(bins.mlp_range[bins.owner], bins.low, bins.high)
    np.testing.assert_allclose(content, rates, rtol=1e-6)


def test_nothing_is_expected_where_no_window_has_bins():
    _, bins = small_scan(windows=2, step=100, rate=4.0)
    spectra = scan_spectra(bins, linear(bins), [], fine_bins_per_sigma=10)
    between = spectra.content(np.array([0]), bins.high[59:60], bins.low[60:61])
    assert between[0] == pytest.approx(0.0, abs=4.0 * 0.1)  # at most one fine bin


def test_mean_counts_of_pseudo_scans_are_the_expected_ones():
    _, bins = small_scan(windows=12, step=7, rate=4.0, ranges=2)
    spectra = scan_spectra(bins, linear(bins), sharing(bins, 0.7), fine_bins_per_sigma=10)
    expected = spectra.content(bins.mlp_range[bins.owner], bins.low, bins.high)
    draws = [
        counts(bins, draw_candidates(spectra, np.random.default_rng((5, scan))))
        for scan in range(300)
    ]
    pull = (np.mean(draws, axis=0) - expected) / np.sqrt(expected / 300)
    # 720 bins that overlap: none beyond 5, and the spread of a normal variable
    assert np.abs(pull).max() < 5.0
    assert np.std(pull) == pytest.approx(1.0, abs=0.15)


def test_overlapping_windows_of_a_range_share_their_counts_bin_by_bin():
    _, bins = small_scan(windows=12, step=7, rate=4.0)
    spectra = scan_spectra(bins, linear(bins), [], fine_bins_per_sigma=10)
    found = counts(bins, draw_candidates(spectra, np.random.default_rng(3))).reshape(12, 60)
    assert found.sum() > 1000
    for below, above in pairwise(found):
        np.testing.assert_array_equal(below[7:], above[:-7])


@pytest.mark.parametrize("correlation", [0.0, 0.7, 1.0])
def test_windows_across_a_border_are_correlated_by_what_passes_both_networks(correlation):
    _, bins = small_scan(windows=2, step=1, rate=4.0, ranges=2)
    spectra = scan_spectra(bins, linear(bins), sharing(bins, correlation), fine_bins_per_sigma=10)
    draws = []
    for scan in range(1000):
        lower, upper = draw_candidates(spectra, np.random.default_rng((9, scan)))
        draws.append([np.sum((part > 0.8) & (part < 1.2)) for part in (lower, upper)])
    found = np.corrcoef(np.transpose(draws))[0, 1]
    # 4 standard errors of a correlation coefficient of 1,000 pairs
    assert found == pytest.approx(
        correlation, abs=4.0 * (1.0 - correlation**2) / math.sqrt(1000) + 1e-12
    )


def test_counting_agrees_with_a_histogram_even_with_gaps_and_steps_back():
    rng = np.random.default_rng(2)
    # some of them at the edges of bins
    candidates = [np.sort(np.append(rng.random(497), [0.2, 0.2, 0.5])), np.sort(rng.random(300))]
    low = np.array([0.0, 0.1, 0.2, 0.5, 0.2, 0.9, 0.05, 0.05])
    high = np.array([0.1, 0.2, 0.3, 0.6, 0.3, 2.0, 0.06, 0.06])
    spectrum = np.array([0, 0, 0, 0, 0, 0, 1, 0])
    out = np.empty(8)
    fill_counts(np.concatenate(candidates), np.array([0, 500, 800]), spectrum, low, high, out)
    expected = [
        np.sum((candidates[s] >= a) & (candidates[s] < b))
        for s, a, b in zip(spectrum, low, high, strict=True)
    ]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("rate", [0.3, 3.0, 30.0])
@pytest.mark.parametrize("shape", [False, True])
def test_q0_is_that_of_the_limits(rate, shape):
    specs = [
        example_workspace(np.random.default_rng(i), events_per_bin=rate, shape=shape)
        for i in range(25)
    ]
    batch = batch_of((str(i), spec) for i, spec in enumerate(specs))
    found, wanted = background_fits(batch), limits(batch, threads=1)
    assert np.count_nonzero(wanted.q0) in range(5, 21)
    # fits stop within 1e-9 of ln L; significances are kept to seven digits
    np.testing.assert_allclose(found.z_local**2, wanted.q0, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.null, wanted.parameters_null, rtol=1e-4, atol=1e-5)


def test_systematics_that_only_scale_the_signal_do_not_change_q0():
    batch, bins = small_scan(windows=6, step=7, rate=4.0)
    background = background_fits(batch)
    spectra = scan_spectra(bins, background.null_rates, [], fine_bins_per_sigma=10)
    candidates = [draw_candidates(spectra, np.random.default_rng(1))]
    as_observed = scan_significances(batch, bins, background, candidates)
    tables = batch.tables
    shift = np.random.default_rng(2).normal(size=(1, tables.auxiliary.size))
    drawn = scan_significances(
        batch,
        bins,
        background,
        candidates,
        auxiliary=tables.auxiliary + np.where(tables.constraint > 0, shift, 0.0),
    )
    assert as_observed.max() > 0.5
    np.testing.assert_allclose(drawn, as_observed, atol=1e-4)


def test_results_depend_on_seed_and_scan_alone():
    batch, bins = small_scan(windows=12, step=7, rate=4.0, ranges=2)
    background = background_fits(batch)
    spectra = scan_spectra(bins, background.null_rates, sharing(bins, 0.7), fine_bins_per_sigma=10)

    def run(scans, threads, seed=(4, 2)):
        return pseudo_scans(
            batch, bins, spectra, background, seed=seed, scans=scans, threads=threads
        )

    one = run(range(35), 1)
    np.testing.assert_array_equal(run(range(35), 2), one)
    np.testing.assert_array_equal(run(range(20, 35), 2), one[20:])
    assert not np.array_equal(run(range(35), 1, seed=(4, 3)), one)
    assert one.dtype == np.float32


def test_independent_windows_have_the_p_value_of_independent_trials():
    n, scans = 12, 1500
    batch, bins = small_scan(windows=n, step=60, rate=5.0)
    background = background_fits(batch)
    spectra = scan_spectra(bins, background.null_rates, [], fine_bins_per_sigma=10)
    z = pseudo_scans(batch, bins, spectra, background, seed=(1,), scans=range(scans), threads=1)
    for level in (1.0, 1.5, 2.0, 2.5):
        local = np.mean(z >= level, axis=0)
        expected = 1.0 - np.prod(1.0 - local)
        found = np.mean(z.max(axis=1) >= level)
        # errors of both, which come from the same scans
        assert found == pytest.approx(expected, abs=4.0 * math.sqrt(0.25 / scans))
    assert np.abs(np.corrcoef(z.T) - np.eye(n)).max() < 4.5 / math.sqrt(scans)


def test_local_p_values_are_uniform_where_bins_are_full():
    batch, bins = small_scan(windows=6, step=60, rate=300.0)
    background = background_fits(batch)
    spectra = scan_spectra(bins, background.null_rates, [], fine_bins_per_sigma=10)
    z = pseudo_scans(batch, bins, spectra, background, seed=(6,), scans=range(400), threads=1)
    positive = z[z > 0.0].astype(np.float64)
    assert np.mean(z > 0.0) == pytest.approx(0.5, abs=4.0 * math.sqrt(0.25 / z.size))
    assert stats.kstest(2.0 * stats.norm.sf(positive), "uniform").pvalue > 1e-3


def test_fits_that_fail_are_counted_and_are_no_excess():
    batch, bins = small_scan(windows=6, step=7, rate=4.0)
    background = background_fits(batch)
    spectra = scan_spectra(bins, background.null_rates, [], fine_bins_per_sigma=10)
    z = pseudo_scans(
        batch,
        bins,
        spectra,
        background,
        seed=(1,),
        scans=range(3),
        settings=Inference(max_iterations=1),
        threads=1,
    )
    assert np.isnan(z).all()
    found = look_elsewhere(batch.workspaces, bins, background.z_local, z)
    np.testing.assert_array_equal(found.failed_fits, np.full(6, 3))
    np.testing.assert_array_equal(found.full.largest, np.zeros(3))


def test_constraints_that_are_counts_are_refused():
    spec = example_workspace(np.random.default_rng(1), bins=60)
    batch = batch_of([("w", spec)])
    constraint = np.where(batch.tables.constraint == 1, 2, 0)
    changed = type(batch)(**{**vars(batch), "tables": batch.tables._replace(constraint=constraint)})
    with pytest.raises(ConsistencyError, match="Gaussian"):
        background_fits(changed)


def test_an_index_that_does_not_fit_the_workspaces_is_refused():
    def entry(name, centre, bins):
        return IndexEntry(
            name=name,
            mass_gev=centre,
            reduced_mass_gev=centre,
            sigma_gev=SIGMA,
            mlp_range=0,
            bin_low=tuple(range(bins)),
            bin_high=tuple(range(1, bins + 1)),
            efficiency=1.0,
            digest=None,
            vetoed=False,
        )

    entries = [entry("w0000", 1.0, 3), entry("w0001", 2.0, 4)]
    assert scan_bins(entries, np.array([0, 3, 7])).extents_gev == {0: (0.0, 4.0)}
    with pytest.raises(ConsistencyError, match="same bins"):
        scan_bins(entries, np.array([0, 3, 6]))
    with pytest.raises(ConsistencyError, match="order"):
        scan_bins(entries[::-1], np.array([0, 4, 7]))


@pytest.mark.parametrize("names", [("tilt", "tilt"), ("tilt", "other")])
def test_a_systematic_is_drawn_once_per_name_and_scan(names):
    workspaces = []
    for name in names:
        spec = example_workspace(np.random.default_rng(5), bins=60, shape=False)
        for sample in spec["channels"][0]["samples"]:
            sample["modifiers"].append(
                {"name": name, "type": "histosys", "data": tilted(sample["data"])}
            )
        workspaces.append((str(len(workspaces)), spec))
    batch = batch_of(workspaces)
    edges = 1.0 + SIGMA * np.arange(-30, 31)
    bins = ScanBins(
        start=batch.tables.bin_start,
        low=np.tile(edges[:-1], 2),
        high=np.tile(edges[1:], 2),
        centre=np.ones(2),
        sigma=np.full(2, SIGMA),
        mass_gev=np.ones(2),
        mlp_range=np.zeros(2, dtype=np.int64),
    )
    background = background_fits(batch)
    spectra = scan_spectra(bins, background.null_rates, [], fine_bins_per_sigma=10)
    z = pseudo_scans(batch, bins, spectra, background, seed=(1,), scans=range(20), threads=1)
    # two windows of the same model and candidates: only the auxiliary data can differ
    assert np.array_equal(z[:, 0], z[:, 1]) == (names[0] == names[1])


def tilted(data):
    """Variations of a sample that turn it around the middle of the window."""
    nominal, up = np.array(data), np.array(data) * np.linspace(0.7, 1.3, len(data))
    return {"hi_data": up.tolist(), "lo_data": (2.0 * nominal - up).tolist()}
