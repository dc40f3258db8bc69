"""e+e- -> mu+ mu- X in closed form on the Dalitz plot, and its integral.

With d1 = (p- + k)^2 - m^2, d2 = (p+ + k)^2 - m^2, Q = d1 + d2 and Pi = d1 d2 the squared
amplitude, summed over all spins and over the orientation of the event, is a rational function
(:func:`muon_tensor_trace`). The map from the unit square removes its peaks: Q through
log(Q / m_mumu^2), smoothed at both ends, and y = (d1 - d2) / Q through artanh(y), which cancels
the two muon propagators, 1 / (d1 d2) ~ 1 / (1 - y^2).
"""

from __future__ import annotations

import math

import numpy as np

from fourmu.physics.constants import ALPHA, CROSS_SECTION_FB_GEV2, MUON_MASS_GEV
from fourmu.physics.kernels import inlined, kernel
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import Couplings

__all__ = [
    "born_cross_sections",
    "coupling_squares",
    "dalitz_density",
    "dalitz_point",
    "muon_tensor_trace",
]

_M2 = MUON_MASS_GEV**2
_E4 = (4.0 * math.pi * ALPHA) ** 2
# flux 1/(2s), orientation average e^4 T / (3 s), phase space dd1 dd2 / (128 pi^3 s)
_FB = CROSS_SECTION_FB_GEV2 * _E4 / (2.0 * 3.0 * 128.0 * math.pi**3)


def coupling_squares(couplings: Couplings) -> FloatArray:
    """Return (gV^2, gA^2, gS^2, gP^2)."""
    c = couplings
    return np.array([c.vector, c.axial, c.scalar, c.pseudoscalar]) ** 2


@inlined
def muon_tensor_trace(
    s: float, mass2: float, Q: float, Pi: float, v2: float, a2: float, s2: float, p2: float
) -> float:
    """-g_{mu nu} H^{mu nu} of gamma* -> mu+ mu- X, summed over spins and polarisations.

    ``v2, a2, s2, p2`` are the squared couplings gV^2, gA^2, gS^2, gP^2; s and mass2 = m_X^2 in
    GeV^2. Interferences of V with A and of S with P vanish in this sum. The polynomials were
    found from traces over explicit gamma matrices; tests tie them to the exact amplitudes.
    """
    common = Q * Q - 2.0 * mass2 * Q + 2.0 * mass2 * mass2
    radiated = common - 2.0 * Pi + 2.0 * s * (s - Q) + 6.0 * s * mass2
    inner = s + 2.0 * _M2
    Q2 = Q * Q
    total = 0.0
    if v2 > 0.0:
        total += (
            8.0
            * v2
            * (Pi * (radiated + 4.0 * _M2 * (s + mass2 - Q)) - Q2 * inner * (mass2 + 2.0 * _M2))
        )
    if a2 > 0.0:
        helicity_flip = 2.0 * Q2 / mass2 + 8.0 * (Q - mass2) - 16.0 * s
        total += (
            8.0 * a2 * (Pi * (radiated + _M2 * helicity_flip) - Q2 * inner * (mass2 - 4.0 * _M2))
        )
    if s2 > 0.0:
        total += (
            4.0
            * s2
            * (
                Pi * (common + 8.0 * _M2 * (Q - mass2) + 2.0 * s * mass2)
                - Q2 * inner * (mass2 - 4.0 * _M2)
            )
        )
    if p2 > 0.0:
        total += 4.0 * p2 * (Pi * (common + 2.0 * s * mass2) - Q2 * inner * mass2)
    return total / (Pi * Pi)


@inlined
def dalitz_point(s: float, mass: float, tau: float, w: float) -> tuple[float, float, float, float]:
    """Map (tau, w) in (0,1) x (-1,1) to (Q, y, beta y-range, Jacobian dd1 dd2 / dtau dw).

    The third value is the largest |y|. The square must be above threshold.
    """
    root = math.sqrt(s)
    total = s + mass * mass
    low = 2.0 * root * mass
    high = total - 4.0 * _M2
    r_low = math.log(low / (total - low))
    r_high = math.log(high / (total - high))
    r = r_low + (r_high - r_low) * tau * tau * (3.0 - 2.0 * tau)
    ratio = math.exp(r)
    Q = min(max(total * ratio / (1.0 + ratio), low), high)
    pair2 = total - Q
    energy = Q / (2.0 * root)
    velocity = math.sqrt(max(1.0 - (mass / energy) ** 2, 0.0))
    y_max = velocity * math.sqrt(max(1.0 - 4.0 * _M2 / pair2, 0.0))
    eta_max = math.atanh(y_max)
    y = math.tanh(w * eta_max)
    dQ = Q * pair2 / total * (r_high - r_low) * 6.0 * tau * (1.0 - tau)
    return Q, y, y_max, 0.5 * Q * dQ * (1.0 - y * y) * eta_max


@inlined
def dalitz_density(
    s: float, mass: float, tau: float, w: float, v2: float, a2: float, s2: float, p2: float
) -> float:
    """Return d sigma / dtau dw in fb, Born, |w| <= 1, averaged over orientation and decay."""
    Q, y, _, jacobian = dalitz_point(s, mass, tau, w)
    Pi = 0.25 * Q * Q * (1.0 - y * y)
    trace = muon_tensor_trace(s, mass * mass, Q, Pi, v2, a2, s2, p2)
    return _FB / (s * s * s) * trace * jacobian


@kernel
def _integrate(
    s: FloatArray,
    mass: FloatArray,
    squares: FloatArray,
    tau: FloatArray,
    tau_weight: FloatArray,
    w: FloatArray,
    w_weight: FloatArray,
    out: FloatArray,
) -> None:
    for k in range(len(s)):
        total = 0.0
        if math.sqrt(s[k]) > mass[k] + 2.0 * MUON_MASS_GEV:
            for i in range(len(tau)):
                for j in range(len(w)):
                    total += (
                        tau_weight[i]
                        * w_weight[j]
                        * dalitz_density(
                            s[k],
                            mass[k],
                            tau[i],
                            w[j],
                            squares[0],
                            squares[1],
                            squares[2],
                            squares[3],
                        )
                    )
        out[k] = 2.0 * total  # w < 0 is the mirror image


def born_cross_sections(
    sqrt_s_gev: FloatArray, mass_gev: FloatArray, squares: FloatArray, *, order: int = 32
) -> FloatArray:
    """Born cross sections of e+e- -> mu+ mu- X in fb by Gauss-Legendre quadrature.

    Parameters
    ----------
    sqrt_s_gev, mass_gev
        C.m. energies and masses of X, broadcast against each other; zero below threshold.
    squares
        (4,): gV^2, gA^2, gS^2, gP^2.
    order
        Nodes in artanh y; twice as many in Q.

    Returns
    -------
    xsec_fb
        Same shape. Massless electrons: exact to 2e-5.
    """
    root, mass = np.broadcast_arrays(
        np.asarray(sqrt_s_gev, dtype=np.float64), np.asarray(mass_gev, dtype=np.float64)
    )
    x, weight = np.polynomial.legendre.leggauss(2 * order)
    z, z_weight = np.polynomial.legendre.leggauss(order)
    out = np.zeros(root.size)
    _integrate(
        root.ravel() ** 2,
        mass.ravel().copy(),
        np.asarray(squares, dtype=np.float64),
        0.5 * (x + 1.0),
        0.5 * weight,
        0.5 * (z + 1.0),
        0.5 * z_weight,
        out,
    )
    return out.reshape(root.shape)
