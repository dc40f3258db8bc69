import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import boost, energy_momentum, invariant_mass
from fourmu.selection import VARIABLES, pair_momentum_max_gev, sixteen_variables
from fourmu.selection.variables import PAIR_MOMENTUM_FLOOR_GEV

SQRT_S = 10.58
INDEX = {name: index for index, name in enumerate(VARIABLES)}
momenta = st.lists(st.floats(-3.0, 3.0), min_size=12, max_size=12).map(
    lambda values: np.array(values).reshape(4, 3)
)


def transverse(p, axis):
    """Part of p at right angles to an axis."""
    unit = axis / np.linalg.norm(axis)
    return np.linalg.norm(p - (p @ unit) * unit)


def by_hand(p):
    """The definitions of Sec. IV D in plain NumPy, one candidate (4, 3)."""
    a, b, c, d = p
    vectors = energy_momentum(p, MUON_MASS_GEV)
    pair, recoil = a + b, c + d
    total = vectors[0] + vectors[1]
    mass = float(invariant_mass(total))
    s = SQRT_S**2
    product = (s - (mass + 2 * MUON_MASS_GEV) ** 2) * (s - (mass - 2 * MUON_MASS_GEV) ** 2)
    p0 = max(np.sqrt(max(product, 0.0)) / (2 * SQRT_S), PAIR_MOMENTUM_FLOOR_GEV)
    in_pair = boost(vectors[1], -total[1:] / total[0])[1:]
    norm = np.linalg.norm
    cosine = abs(in_pair @ pair) / (norm(in_pair) * norm(pair))
    soft, hard = sorted((c, d), key=norm)
    own_soft, own_hard = sorted((a, b), key=norm)
    to_soft = transverse(pair, soft) * np.sign(pair @ soft)
    scaled = [
        norm(a), norm(b), np.hypot(*a[:2]), np.hypot(*b[:2]),
        norm(c), norm(d), np.hypot(*c[:2]), np.hypot(*d[:2]),
        to_soft, transverse(pair, hard), np.hypot(*pair[:2]),
    ]  # fmt: skip
    return np.array(
        [norm(pair) / p0, cosine]
        + [value / p0 for value in scaled]
        + [
            np.hypot(*pair[:2]) * to_soft / p0**2,
            transverse(recoil, own_soft) / p0,
            transverse(recoil, own_hard) / p0,
        ]
    )


def test_scale_has_the_values_of_the_page():
    values = pair_momentum_max_gev(np.array([0.212, 3.0, 5.0, 9.0]), SQRT_S)
    assert values == pytest.approx([5.286, 4.862, 4.105, 1.449], abs=5e-4)
    above = pair_momentum_max_gev(np.array([10.368, 10.369, 10.5]), SQRT_S)
    assert above == pytest.approx(PAIR_MOMENTUM_FLOOR_GEV)


def test_definitions():
    rng = np.random.default_rng(1)
    p = rng.normal(0.0, 1.5, (200, 4, 3))
    expected = np.array([by_hand(one) for one in p])
    # single precision, of numbers up to about 100 where the scale is clipped
    assert sixteen_variables(p, SQRT_S) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@given(momenta, st.floats(-3.0, 3.0))
def test_a_turn_about_the_detector_axis_changes_nothing(p, angle):
    c, s = np.cos(angle), np.sin(angle)
    turned = p @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    one, two = sixteen_variables(np.stack([p, turned]), SQRT_S)
    assert np.all(np.isfinite(one))
    # products of two scaled momenta reach 1e4 where the scale is clipped; and equal recoil
    # momenta may change their order
    assert one[:10] == pytest.approx(two[:10], rel=1e-4, abs=1e-3)


def test_exchange_of_pairs_exchanges_their_muons():
    rng = np.random.default_rng(2)
    p = rng.normal(0.0, 1.2, (50, 4, 3))
    one, two = sixteen_variables(p, SQRT_S), sixteen_variables(p[:, [2, 3, 0, 1]], SQRT_S)
    scale = np.array(
        [
            [float(pair_momentum_max_gev(invariant_mass(energy_momentum(q, MUON_MASS_GEV).sum(0)),
                                         SQRT_S)) for q in (event[:2], event[2:])]
            for event in p
        ]
    )  # fmt: skip
    candidate = one[:, INDEX["plus_momentum"]] * scale[:, 0]
    recoil = two[:, INDEX["recoil_plus_momentum"]] * scale[:, 1]
    assert candidate == pytest.approx(recoil, rel=1e-5)


def test_helicity_cosine_of_an_unpolarised_decay_is_flat(reference_partons):
    partons = reference_partons("scalar_m3_undecayed_1k")
    p = partons.momenta[:, [2, 3, 0, 1], 1:]
    cosine = sixteen_variables(p, SQRT_S)[:, INDEX["abs_cos_helicity"]]
    n = len(cosine)
    assert cosine.mean() == pytest.approx(0.5, abs=4.0 / np.sqrt(12.0 * n))
    assert cosine.min() >= 0.0
    assert cosine.max() <= 1.0
