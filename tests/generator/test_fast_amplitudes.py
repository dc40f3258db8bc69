"""The vectorised kernels with massless electrons are tied to the exact amplitudes."""

import numpy as np
import pytest

from fourmu.generator.amplitudes import me2_four_muon, me2_x, me2_x_decayed
from fourmu.generator.four_muon_kernels import me2_four_muon_block
from fourmu.generator.line_kernels import BLOCK
from fourmu.generator.three_body import dalitz_density
from fourmu.generator.x_kernels import me2_scalar, me2_vector
from fourmu.physics.constants import CROSS_SECTION_FB_GEV2, ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import invariant_mass
from fourmu.physics.models import Couplings

# corrections of the electron mass are of relative order m_e^2 / |t| with |t| the least momentum
# transfer; isotropic points stay above 0.01 GeV^2, so 3e-5 covers the worst of them
ELECTRON_MASS_EFFECT = ELECTRON_MASS_GEV**2 / 0.01


def block_of(momenta, rows):
    w = np.zeros(rows * BLOCK)
    for muon in range(4):
        for component in range(4):
            start = (4 * muon + component) * BLOCK
            w[start : start + BLOCK] = momenta[:, 2 + muon, component]
    return w


@pytest.mark.parametrize("sqrt_s", [10.58, 4.0])
@pytest.mark.parametrize("part", ["all", "conversion", "annihilation"])
def test_four_muons(points, part, sqrt_s):
    momenta = points(BLOCK, np.random.default_rng(5), sqrt_s=sqrt_s)
    w = block_of(momenta, 21)
    for row, (i, j) in enumerate(((2, 3), (4, 5), (2, 5), (4, 3))):
        start = (16 + row) * BLOCK
        w[start : start + BLOCK] = invariant_mass(momenta[:, i] + momenta[:, j]) ** 2
    me2_four_muon_block(w, float(part != "annihilation"), float(part != "conversion"))
    exact = me2_four_muon(momenta, part=part, identical=False)
    np.testing.assert_allclose(w[20 * BLOCK :], exact, rtol=ELECTRON_MASS_EFFECT)


@pytest.mark.parametrize("couplings", [(1.0, 0.0), (0.0, 1.0), (0.7, -0.4)])
@pytest.mark.parametrize("mass", [0.25, 3.0, 9.0])
def test_vector_with_decay(points, couplings, mass):
    momenta = points(BLOCK, np.random.default_rng(6), mass=mass)
    w = block_of(momenta, 18)
    mean = np.zeros(BLOCK)
    for sign in (1.0, -1.0):
        w[16 * BLOCK : 17 * BLOCK] = sign
        me2_vector(w, *couplings)
        mean += 0.5 * w[17 * BLOCK :]
    width = 0.01
    exact = (
        me2_x_decayed(momenta, Couplings(vector=couplings[0], axial=couplings[1]), mass, width)
        * (mass * width) ** 2
    )
    np.testing.assert_allclose(mean, exact, rtol=1e-6)


@pytest.mark.parametrize("couplings", [(1.0, 0.0), (0.0, 1.0), (0.7, -0.4)])
def test_scalar(points, couplings):
    mass = 2.0
    momenta = points(BLOCK, np.random.default_rng(7), mass=mass)
    w = block_of(momenta, 18)
    mean = np.zeros(BLOCK)
    for sign in (1.0, -1.0):
        w[16 * BLOCK : 17 * BLOCK] = sign
        me2_scalar(w, *couplings)
        mean += 0.5 * w[17 * BLOCK :]
    undecayed = np.concatenate([momenta[:, :4], momenta[:, 4:].sum(axis=1, keepdims=True)], axis=1)
    exact = me2_x(undecayed, Couplings(scalar=couplings[0], pseudoscalar=couplings[1]), mass)
    np.testing.assert_allclose(mean, exact, rtol=1e-6)


@pytest.mark.parametrize(
    ("couplings", "squares"),
    [
        (Couplings(vector=1.0), (1.0, 0.0, 0.0, 0.0)),
        (Couplings(axial=1.0), (0.0, 1.0, 0.0, 0.0)),
        (Couplings(scalar=1.0), (0.0, 0.0, 1.0, 0.0)),
        (Couplings(pseudoscalar=1.0), (0.0, 0.0, 0.0, 1.0)),
        (Couplings(vector=0.8, axial=0.5), (0.64, 0.25, 0.0, 0.0)),
        (Couplings(scalar=0.8, pseudoscalar=0.5), (0.0, 0.0, 0.64, 0.25)),
    ],
)
@pytest.mark.parametrize("mass", [0.3, 4.0])
def test_closed_form_is_the_average_over_orientations(couplings, squares, mass):
    """Exact |M|^2 averaged over beam directions by a rule that is exact for cos^2."""
    sqrt_s, tau, share = 10.58, 0.37, 0.61
    s = sqrt_s**2
    total = s + mass**2
    r_low = np.log(2 * sqrt_s * mass / (total - 2 * sqrt_s * mass))
    high = total - 4 * MUON_MASS_GEV**2
    r_high = np.log(high / (total - high))
    ratio = np.exp(r_low + (r_high - r_low) * tau**2 * (3 - 2 * tau))
    Q = total * ratio / (1 + ratio)
    energy, pair2 = Q / (2 * sqrt_s), total - Q
    eta = share * np.arctanh(
        np.sqrt(1 - (mass / energy) ** 2) * np.sqrt(1 - 4 * MUON_MASS_GEV**2 / pair2)
    )
    y = np.tanh(eta)
    jacobian = 0.5 * Q * (1 - y**2) * (eta / share)
    jacobian *= Q * pair2 / total * (r_high - r_low) * 6 * tau * (1 - tau)

    d_minus, d_plus = 0.5 * Q * (1 + y), 0.5 * Q * (1 - y)
    e_plus, e_minus = (s - d_minus) / (2 * sqrt_s), (s - d_plus) / (2 * sqrt_s)
    p_plus = np.sqrt(e_plus**2 - MUON_MASS_GEV**2)
    p_minus = np.sqrt(e_minus**2 - MUON_MASS_GEV**2)
    p_x = np.sqrt(energy**2 - mass**2)
    cosine = (p_x**2 - p_plus**2 - p_minus**2) / (2 * p_plus * p_minus)
    plus = p_plus * np.array([1.0, 0.0, 0.0])
    minus = p_minus * np.array([cosine, np.sqrt(1 - cosine**2), 0.0])
    final = np.array(
        [[e_plus, *plus], [e_minus, *minus], [energy, *(-plus - minus)]], dtype=np.float64
    )
    # |M|^2 is quadratic in the beam direction: the mean over three axes is the exact average
    momentum = np.sqrt(s / 4 - ELECTRON_MASS_GEV**2)
    momenta = np.empty((3, 5, 4))
    for axis in range(3):
        direction = np.zeros(3)
        direction[axis] = momentum
        momenta[axis] = [[sqrt_s / 2, *-direction], [sqrt_s / 2, *direction], *final]
    average = me2_x(momenta, couplings, mass).mean()
    expected = CROSS_SECTION_FB_GEV2 / (2 * s) * average / (128 * np.pi**3 * s) * jacobian
    ours = dalitz_density(s, mass, tau, share, *squares)
    # massless electrons against massive ones: m_e^2 / s
    assert ours == pytest.approx(expected, rel=1e-7)
