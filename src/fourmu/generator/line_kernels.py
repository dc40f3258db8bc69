"""Fast amplitudes with massless electrons, as straight-line algebra that vectorises.

The electron has left helicity and moves along +z, the positron along -z: the electron current
then is one entry of a 2x2 matrix. By parity the right-handed electron gives the same as the
left-handed one with left and right couplings of X exchanged; a random sign of gA (or gP) stands
for the sum over both. Vectors J are held as the 2x2 matrices J_mu sigma^mu = ((a, b), (c, d)).

A block of trial events is a structure of arrays in one flat buffer, row r of event i at
``r * BLOCK + i``: distances are constants, so the loop over a block vectorises. ``BLOCK`` is
not a power of two, because rows would then fall on the same cache lines.
"""

from __future__ import annotations

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import straight_line

__all__ = [
    "BLOCK",
    "boson_side",
    "chiral_current",
    "contract",
    "electron_left",
    "electron_right",
    "norm2",
    "spinor",
]

BLOCK = 104
"""Trial events of a block."""
_M = MUON_MASS_GEV

Complex2 = tuple[complex, complex]
Complex4 = tuple[complex, complex, complex, complex]


@straight_line
def spinor(E: float, x: float, y: float, z: float) -> tuple[float, float, complex]:
    """Numbers a, b, t of sqrt(p.sigma) = ((a, -t*), (-t, b)).

    The matrix sqrt(p.sigmabar) is ((b, t*), (t, a)).

    Their columns are the left and right parts of u for both spins; v has the right part negative.
    """
    norm = 1.0 / (2.0 * (E + _M)) ** 0.5
    return (E + _M - z) * norm, (E + _M + z) * norm, complex(x * norm, y * norm)


@straight_line
def chiral_current(
    gL: float, gR: float, uL: Complex2, uR: Complex2, vL: Complex2, vR: Complex2
) -> Complex4:
    """Half of J_mu sigma^mu of J^mu = ubar gamma^mu (gL P_L + gR P_R) v; uL, uR are conjugated."""
    return (
        gL * (vL[0] * uL[0]) + gR * (vR[1] * uR[1]),
        gL * (vL[0] * uL[1]) - gR * (vR[0] * uR[1]),
        gL * (vL[1] * uL[0]) - gR * (vR[1] * uR[0]),
        gL * (vL[1] * uL[1]) + gR * (vR[0] * uR[0]),
    )


@straight_line
def electron_right(
    qt: float, qx: float, qy: float, qz: float, inverse: float, vL: Complex2, vR: Complex2
) -> Complex4:
    """Propagator and electron current applied to v: left (2) and right (2) components.

    q is the momentum after the electron current, ``inverse`` is 1 / (q^2 - m^2). The electron
    current is taken as the matrix with the single entry 1 at (1, 0).
    """
    side = complex(qx, -qy)
    return (
        inverse * (vL[0] * side),
        inverse * (_M * vR[0] - (qt + qz) * vL[0]),
        inverse * (vR[0] * side),
        inverse * ((qt - qz) * vR[0] - _M * vL[0]),
    )


@straight_line
def electron_left(
    qt: float, qx: float, qy: float, qz: float, inverse: float, uL: Complex2, uR: Complex2
) -> Complex4:
    """Ubar with electron current and propagator applied: left (2) and right (2) components."""
    side = complex(qx, -qy)
    return (
        inverse * ((qt + qz) * uR[1] - _M * uL[1]),
        inverse * (uR[1] * side),
        inverse * (_M * uR[1] - (qt - qz) * uL[1]),
        inverse * (uL[1] * side),
    )


@straight_line
def boson_side(
    gL: float,
    gR: float,
    uL: Complex2,
    uR: Complex2,
    W: Complex4,
    Y: Complex4,
    vL: Complex2,
    vR: Complex2,
) -> Complex4:
    """Coefficients (A, B, C, D) of the other boson's (a, b, c, d) on a muon line.

    ``W`` comes from :func:`electron_right`, ``Y`` from :func:`electron_left`; the line is
    ubar J (gL P_L + gR P_R) W + Y J (gL P_L + gR P_R) v.
    """
    return (
        gR * (uR[0] * W[2] + Y[0] * vR[0]) + gL * (uL[1] * W[1] + Y[3] * vL[1]),
        gR * (uR[0] * W[3] + Y[0] * vR[1]) - gL * (uL[0] * W[1] + Y[2] * vL[1]),
        gR * (uR[1] * W[2] + Y[1] * vR[0]) - gL * (uL[1] * W[0] + Y[3] * vL[0]),
        gR * (uR[1] * W[3] + Y[1] * vR[1]) + gL * (uL[0] * W[0] + Y[2] * vL[0]),
    )


@straight_line
def contract(J: Complex4, E: Complex4) -> complex:
    """Sum of coefficients times the matrix of a current."""
    return J[0] * E[0] + J[1] * E[1] + J[2] * E[2] + J[3] * E[3]


@straight_line
def norm2(z: complex) -> float:
    """Return |z|^2."""
    return z.real * z.real + z.imag * z.imag
