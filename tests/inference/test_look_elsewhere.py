"""Global p-values, their errors, and the bound by up-crossings."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from fourmu.config.look_elsewhere import LookElsewhere as Settings
from fourmu.errors import ConsistencyError, DomainError
from fourmu.inference import (
    ScanBins,
    UpCrossings,
    count_up_crossings,
    global_bound,
    global_significance,
    local_of_global,
    look_elsewhere,
)


def bins_of(ranges, step=1.0):
    n = len(ranges)
    centre = 100.0 + step * np.arange(n)
    return ScanBins(
        start=np.arange(n + 1),
        low=centre - 0.5,
        high=centre + 0.5,
        centre=centre,
        sigma=np.ones(n),
        mass_gev=centre / 100.0,
        mlp_range=np.asarray(ranges),
    )


def found_in(z_scans, z_local, ranges=None, **settings):
    z_scans = np.asarray(z_scans, dtype=np.float32)
    ranges = [0] * z_scans.shape[1] if ranges is None else ranges
    names = [f"w{i}" for i in range(z_scans.shape[1])]
    return look_elsewhere(
        names, bins_of(ranges), np.asarray(z_local, dtype=float), z_scans, Settings(**settings)
    )


def gaussian_scans(scans, length, step, seed):
    """Stationary process of unit variance and correlation exp(-x^2/4), x in sigma.

    It is what a matched filter for a Gaussian peak sees on a flat background.
    """
    rng = np.random.default_rng(seed)
    n = round(length / step)
    x = np.minimum(np.arange(n), n - np.arange(n)) * step
    power = np.maximum(np.fft.rfft(np.exp(-0.25 * x * x)).real, 0.0)
    noise = np.fft.rfft(rng.standard_normal((scans, n)), axis=1)
    return np.fft.irfft(noise * np.sqrt(power), n, axis=1).astype(np.float32)


@pytest.mark.parametrize(("above", "scans"), [(10, 100), (1, 1000), (999, 1000), (1000, 1000)])
def test_the_interval_is_that_of_clopper_and_pearson(above, scans):
    z = np.concatenate([np.full(above, 3.0), np.full(scans - above, 1.0)])[:, None]
    value = global_significance(found_in(z, [2.0]).full, 2.0)
    assert value.scans_above == above
    assert value.p_scans == above / scans
    tail = NormalDist().cdf(-1.0)
    assert stats.binom.sf(above - 1, scans, value.p_scans_low) == pytest.approx(tail, rel=1e-6)
    if above < scans:
        assert stats.binom.cdf(above, scans, value.p_scans_high) == pytest.approx(tail, rel=1e-6)
    else:
        assert value.p_scans_high == 1.0
    assert not value.is_upper_limit
    assert value.z_scans_interval[0] <= value.z_scans <= value.z_scans_interval[1]


def test_a_significance_that_no_scan_reaches_has_an_upper_limit_on_its_p_value():
    value = global_significance(found_in(np.ones((1000, 1)), [5.0]).full, 5.0)
    assert value.is_upper_limit
    assert value.p_scans == 0.0
    assert (1.0 - value.p_scans_high) ** 1000 == pytest.approx(0.05, rel=1e-9)
    assert value.z_scans == pytest.approx(NormalDist().inv_cdf(1.0 - value.p_scans_high))


def test_a_bound_below_one_over_the_number_of_scans_is_an_extrapolation():
    region = found_in(gaussian_scans(200, 50.0, 1.0, 1), np.zeros(50)).full
    assert not global_significance(region, 2.5).is_extrapolation
    assert global_significance(region, 5.0).is_extrapolation


def test_up_crossings_are_counted_once_each():
    z = np.array([[2.0, 0.0, 1.5, 1.6, 0.0, 1.0], [0.0, 0.0, 0.0, np.nan, 0.0, 0.0]])
    found = count_up_crossings(z.astype(np.float32), 1.0)
    assert found.mean == 1.0  # two and none; the first hypothesis has nothing below it
    assert found.error == pytest.approx(math.sqrt(2.0) / math.sqrt(2.0))


def test_up_crossings_of_a_gaussian_process_follow_rice_and_the_exponential():
    length, scans = 200.0, 400
    z = gaussian_scans(scans, length, 0.1, 5)
    low = count_up_crossings(z, 1.0)
    # Rice: sqrt(-rho'') / (2 pi) exp(-z^2 / 2) per unit length, with -rho'' = 1/2; on a grid of
    # 0.1 excursions shorter than a step are missed, fewer than one in a hundred
    rice = length * math.sqrt(0.5) / (2.0 * math.pi) * math.exp(-0.5)
    assert low.mean == pytest.approx(rice, abs=4.0 * low.error + 0.01 * rice)
    for level in (2.0, 2.5, 3.0):
        high = count_up_crossings(z, level)
        spread = math.hypot(high.error, low.error * high.mean / low.mean)
        assert low.expected_at(level) == pytest.approx(
            high.mean, abs=4.0 * spread + 0.03 * high.mean
        )


def test_the_bound_of_gross_and_vitells_holds_and_is_close_where_it_is_small():
    z = gaussian_scans(2000, 200.0, 0.25, 6)
    region = found_in(z, np.zeros(z.shape[1])).full
    for level in (2.5, 3.0, 3.5, 4.0):
        value = global_significance(region, level)
        error = math.sqrt(max(value.p_scans, 1 / 2000) / 2000)
        assert value.p_scans <= value.p_bound + 3.0 * error
    # two up-crossings in one scan are rare: the bound is the probability within a third
    value = global_significance(region, 3.5)
    assert value.p_bound == pytest.approx(value.p_scans, rel=0.35)


def test_the_bound_is_at_most_one():
    bound, error = global_bound(1.0, UpCrossings(z=1.0, mean=100.0, error=1.0))
    assert bound == 1.0
    assert error == pytest.approx(1.0)


def test_a_local_significance_has_the_global_p_value_it_was_asked_for():
    region = found_in(gaussian_scans(1000, 100.0, 1.0, 7), np.zeros(100)).full
    z, by_bound = local_of_global(region, 0.1)
    assert not by_bound
    assert global_significance(region, z).p_scans == pytest.approx(0.1)
    z, by_bound = local_of_global(region, 1e-6)
    assert by_bound
    assert global_significance(region, z).p_bound == pytest.approx(1e-6, rel=1e-6)


def test_ranges_have_their_own_scans():
    rng = np.random.default_rng(4)
    z = np.abs(rng.standard_normal((500, 30)))
    found = found_in(z, np.zeros(30), ranges=[0] * 20 + [2] * 10)
    assert [region.name for region in found.regions] == ["full", "range 0", "range 2"]
    assert [region.hypotheses for region in found.regions] == [30, 20, 10]
    np.testing.assert_allclose(found.range(2).largest, np.sort(z[:, 20:].max(axis=1)), rtol=1e-6)
    both = np.maximum(z[:, :20].max(axis=1), z[:, 20:].max(axis=1))
    np.testing.assert_allclose(found.full.largest, np.sort(both), rtol=1e-6)
    # independent ranges: no excess above a level in either
    level = 2.5
    p = [global_significance(region, level).p_scans for region in found.regions]
    assert p[0] == pytest.approx(1.0 - (1.0 - p[1]) * (1.0 - p[2]), abs=4.0 * math.sqrt(0.1 / 500))


def test_excesses_are_separate_and_in_order():
    z = np.zeros(40)
    z[[5, 7, 20, 30]] = 3.0, 2.9, 2.5, 2.7
    found = found_in(np.ones((10, 40)), z, excesses=3, excess_separation_sigmas=5.0)
    assert [excess.workspace for excess in found.excesses] == ["w5", "w30", "w20"]
    assert found.excesses[0].mass_gev == pytest.approx(1.05)
    assert found.excesses[0].in_full.z_local == 3.0


def test_without_an_excess_there_is_none():
    assert found_in(np.ones((10, 3)), np.zeros(3)).excesses == ()


def test_windows_that_were_not_fitted_are_left_out():
    z = np.array([1.0, np.nan, 2.0])
    scans = np.array([[0.5, np.nan, 0.1], [np.nan, np.nan, 0.2]])
    found = found_in(scans, z)
    assert found.workspaces == ("w0", "w2")
    np.testing.assert_array_equal(found.failed_fits, [1, 0])
    np.testing.assert_allclose(found.full.largest, [0.2, 0.5], rtol=1e-6)


def test_scans_of_other_windows_are_refused():
    with pytest.raises(ConsistencyError):
        look_elsewhere(["a"], bins_of([0]), np.zeros(1), np.zeros((5, 2), dtype=np.float32))
    with pytest.raises(DomainError):
        found_in(np.zeros((0, 2)), np.zeros(2))


def test_the_tail_of_normal_fits_is_normal():
    rng = np.random.default_rng(8)
    found = found_in(np.maximum(rng.standard_normal((2000, 20)), 0.0), np.zeros(20))
    normal = stats.norm.sf([0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    pull = (found.full.tail[:6] - normal) / found.full.tail_error[:6]
    assert np.abs(pull).max() < 4.0
