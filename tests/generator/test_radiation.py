"""Structure functions and K factors at truth level (PHYSICS 2)."""

import numpy as np
import pytest

from fourmu.generator import cross_section
from fourmu.generator.radiation import (
    beam_exponent,
    best_beam_table,
    luminosity_average,
    structure_function,
)


def test_structure_functions_are_normalised():
    """Momentum fractions of one beam add up to one to the order of the expansion, beta^3."""
    assert luminosity_average(np.ones_like, 10.58, 1e-3) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("low", "share"), [(10.0, 0.865), (10.54, 0.691)])
def test_weight_near_the_full_energy(low, share):
    # quoted to three digits
    assert luminosity_average(np.ones_like, 10.58, low) == pytest.approx(share, abs=5.1e-4)


def test_quadrature_agrees_with_sampling():
    """An independent integral: both fractions drawn from the soft part, weighted."""
    rng = np.random.default_rng(1)
    n = 400_000
    beta = beam_exponent(10.58)
    (x1, w1), (x2, w2) = (structure_function(rng.random(n), beta) for _ in range(2))
    z = x1 * x2
    value = w1 * w2 * np.where(z > 0.01, (1 - z) / np.maximum(z, 0.01), 0.0)
    expected = luminosity_average(lambda root: 1 / (root / 10.58) ** 2 - 1, 10.58, 1.058)
    assert abs(value.mean() - expected) < 3 * value.std() / np.sqrt(n)


@pytest.mark.parametrize(
    ("model", "mass", "k"),
    [
        ("zprime", 0.3, 1.06),
        ("zprime", 1.0, 1.02),
        ("zprime", 3.0, 0.96),
        ("zprime", 5.0, 0.91),
        ("zprime", 8.0, 0.83),
        ("zprime", 9.0, 0.79),
        ("scalar", 0.3, 1.11),
        ("scalar", 3.0, 0.97),
    ],
)
def test_k_factors(model, mass, k):
    ratio = cross_section(model, mass, isr=True).xsec_fb / cross_section(model, mass).xsec_fb
    # "about", to two digits; at 0.3 GeV the tail down to threshold adds up to 0.02
    assert ratio == pytest.approx(k, abs=0.02 if mass < 1.0 else 0.006)


def test_beam_table_bounds_all_weights():
    beta = beam_exponent(10.58)
    roots = np.geomspace(1.0, 10.58, 500)
    log_size = -1.5 * np.log(roots)
    edges, ceiling = best_beam_table(roots, log_size, 10.58, beta)
    assert np.all(np.diff(edges) > 0)
    rng = np.random.default_rng(2)
    k = rng.integers(0, len(edges) - 1, (2, 100_000))
    u = edges[k] + rng.random(k.shape) * (edges[k + 1] - edges[k])
    x, density = structure_function(u, beta)
    weight = np.prod(density * (edges[k + 1] - edges[k]) * (len(edges) - 1), axis=0)
    root = 10.58 * np.sqrt(np.prod(x, axis=0))
    weight *= np.where(root > 1.0, root**-1.5, 0.0) / ceiling
    assert weight.max() <= 1.0
    assert weight.mean() > 0.5
