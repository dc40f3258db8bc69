"""What the networks on both sides of a border share."""

import numpy as np

from fourmu.templates import border_sharing

EXTENTS = {0: (0.0, 1.2), 1: (0.8, 3.0), 2: (3.5, 5.0)}


def candidates(n, share, seed=1):
    """Candidates of which each network passes a half, together a share that rises with mass."""
    rng = np.random.default_rng(seed)
    mass = rng.uniform(0.0, 5.0, n)
    first = rng.random(n) < 0.5
    second = np.where(rng.random(n) < share(mass), first, ~first)
    return mass, np.column_stack([first, second, rng.random(n) < 0.5])


def test_the_correlation_is_the_share_that_passes_both():
    def share(mass):
        return 0.3 + 0.5 * mass

    mass, passed = candidates(400_000, share)
    (found,) = border_sharing(EXTENTS, mass, passed)
    assert (found.lower_range, found.low_gev, found.high_gev) == (0, 0.8, 1.2)
    x = np.linspace(0.81, 1.19, 9)
    # n_AB / sqrt(n_A n_B): both pass a half, and agree with this share
    assert len(found.correlation.coefficients) >= 2
    error = found.correlation.error(x)
    assert np.all(np.abs(found(x) - share(x)) < 4.0 * error + 0.01)
    assert error.max() < 0.03


def test_ranges_that_do_not_overlap_share_nothing():
    mass, passed = candidates(100_000, lambda m: np.full_like(m, 0.7))
    found = border_sharing(EXTENTS, mass, passed)
    assert [border.lower_range for border in found] == [0]
    np.testing.assert_array_equal(found[0](np.array([0.5, 1.3, 4.0])), 0.0)


def test_networks_that_agree_share_everything():
    mass, passed = candidates(20_000, np.ones_like)
    (found,) = border_sharing(EXTENTS, mass, passed)
    np.testing.assert_allclose(found(np.linspace(0.8, 1.2, 5)), 1.0, atol=1e-9)


def test_without_a_simulated_candidate_in_both_nothing_is_shared():
    mass, passed = candidates(1000, np.ones_like)
    (found,) = border_sharing(EXTENTS, mass[mass > 2.0], passed[mass > 2.0])
    np.testing.assert_array_equal(found(np.linspace(0.8, 1.2, 5)), 0.0)
