"""Fast |M|^2 of e+e- -> mu+ mu- mu+ mu- in QED for blocks of trial events.

Twelve diagrams from four muon currents and four muon lines with the electron current on them;
each is computed once and serves both pairings of the muons.
"""

from __future__ import annotations

import math

from fourmu.physics.constants import ALPHA
from fourmu.physics.kernels import event_loop, straight_line
from fourmu.physics.kinematics import FloatArray

from .line_kernels import (
    BLOCK,
    Complex2,
    Complex4,
    boson_side,
    chiral_current,
    contract,
    electron_left,
    electron_right,
    norm2,
    spinor,
)

__all__ = ["me2_four_muon_block"]

_E8 = (4.0 * math.pi * ALPHA) ** 4

Four = tuple[Complex4, Complex4, Complex4, Complex4]
Spins = tuple[Complex2, Complex2]


@straight_line
def _currents(uL: Spins, uR: Spins, vL: Spins, vR: Spins) -> Four:
    """Half currents of a muon pair for spins (u, v) = 00, 01, 10, 11."""
    return (
        chiral_current(1.0, 1.0, uL[0], uR[0], vL[0], vR[0]),
        chiral_current(1.0, 1.0, uL[0], uR[0], vL[1], vR[1]),
        chiral_current(1.0, 1.0, uL[1], uR[1], vL[0], vR[0]),
        chiral_current(1.0, 1.0, uL[1], uR[1], vL[1], vR[1]),
    )


@straight_line
def _sides(
    uL: Spins,
    uR: Spins,
    W: tuple[Complex4, Complex4],
    Y: tuple[Complex4, Complex4],
    vL: Spins,
    vR: Spins,
) -> Four:
    """Annihilation: what a muon line with the electron current on it offers the other pair."""
    return (
        boson_side(1.0, 1.0, uL[0], uR[0], W[0], Y[0], vL[0], vR[0]),
        boson_side(1.0, 1.0, uL[0], uR[0], W[1], Y[0], vL[1], vR[1]),
        boson_side(1.0, 1.0, uL[1], uR[1], W[0], Y[1], vL[0], vR[0]),
        boson_side(1.0, 1.0, uL[1], uR[1], W[1], Y[1], vL[1], vR[1]),
    )


@straight_line
def _electron_side(
    root_s: float,
    kt: float,
    kx: float,
    ky: float,
    kz: float,
    inverse_1: float,
    inverse_2: float,
    J: Complex4,
    E: Complex4,
    scale_J: float,
    scale_E: float,
) -> Complex4:
    """Conversion: the electron line with current J on it, times a scale, added to scaled E.

    k is the momentum of J; the electron after emitting it has q1 = pa - k, after the other
    photon q2 = k - pb; the inverses are 1/q1^2 and 1/q2^2.
    """
    a, b, d = J[0] * scale_J, J[1] * scale_J, J[3] * scale_J
    minus = complex(kx, -ky)
    plus = complex(kx, ky)
    # q1 sigma: ((half - kt) - (half - kz), -(-kx + i ky)), ...
    x_0 = inverse_1 * ((kz - kt) * -b + minus * a)
    x_1 = inverse_1 * (plus * -b + (root_s - kt - kz) * a)
    # q2 sigma: time kt - half, z kz + half
    y_0 = inverse_2 * (d * (kt - kz - root_s) + b * plus)
    y_1 = inverse_2 * (-(d * minus) - b * (kt + kz))
    return (
        E[0] * scale_E + y_1,
        E[1] * scale_E - x_1 - y_0,
        E[2] * scale_E,
        E[3] * scale_E + x_0,
    )


@straight_line
def _row(J: Four, E: Complex4, K: Complex4, F: Four) -> Complex4:
    """Amplitudes of one spin state of a pair with the four of the other."""
    return (
        contract(J[0], E) + contract(K, F[0]),
        contract(J[1], E) + contract(K, F[1]),
        contract(J[2], E) + contract(K, F[2]),
        contract(J[3], E) + contract(K, F[3]),
    )


@straight_line
def _scaled(J: Complex4, scale: float) -> Complex4:
    return J[0] * scale, J[1] * scale, J[2] * scale, J[3] * scale


@straight_line
def _pairing(
    root_s: float,
    kt: float,
    kx: float,
    ky: float,
    kz: float,
    virtuality_1: float,
    virtuality_2: float,
    J1: Four,
    J2: Four,
    E1: Four,
    E2: Four,
    conversion: float,
    annihilation: float,
) -> Four:
    """All amplitudes of one pairing; k is the momentum of pair 1."""
    inverse_s = annihilation / (root_s * root_s)
    # q1^2 and q2^2 are the virtualities of the electron
    inverse_q1 = 1.0 / (virtuality_1 - root_s * (kt - kz))
    inverse_q2 = 1.0 / (virtuality_1 - root_s * (kt + kz))
    scale_1 = 1.0 / virtuality_1
    scale_2 = 1.0 / virtuality_2
    scale_C = conversion * scale_1 * scale_2
    scale_E = inverse_s * scale_2
    scale_F = inverse_s * scale_1
    return (
        _row(
            J2,
            _electron_side(
                root_s, kt, kx, ky, kz, inverse_q1, inverse_q2, J1[0], E1[0], scale_C, scale_E
            ),
            _scaled(J1[0], scale_F),
            E2,
        ),
        _row(
            J2,
            _electron_side(
                root_s, kt, kx, ky, kz, inverse_q1, inverse_q2, J1[1], E1[1], scale_C, scale_E
            ),
            _scaled(J1[1], scale_F),
            E2,
        ),
        _row(
            J2,
            _electron_side(
                root_s, kt, kx, ky, kz, inverse_q1, inverse_q2, J1[2], E1[2], scale_C, scale_E
            ),
            _scaled(J1[2], scale_F),
            E2,
        ),
        _row(
            J2,
            _electron_side(
                root_s, kt, kx, ky, kz, inverse_q1, inverse_q2, J1[3], E1[3], scale_C, scale_E
            ),
            _scaled(J1[3], scale_F),
            E2,
        ),
    )


@straight_line
def _square(
    A0: Complex4,
    A1: Complex4,
    A2: Complex4,
    A3: Complex4,
    B0: Complex4,
    B1: Complex4,
    B2: Complex4,
    B3: Complex4,
) -> float:
    """Sum over spins of |A - B|^2.

    A[(u1, v0)][(u3, v2)] and B[(u3, v0)][(u1, v2)] with pairs of spins counted 00, 01, 10, 11.
    """
    total = norm2(A0[0] - B0[0]) + norm2(A0[1] - B0[1]) + norm2(A0[2] - B2[0])
    total += norm2(A0[3] - B2[1]) + norm2(A1[0] - B1[0]) + norm2(A1[1] - B1[1])
    total += norm2(A1[2] - B3[0]) + norm2(A1[3] - B3[1]) + norm2(A2[0] - B0[2])
    total += norm2(A2[1] - B0[3]) + norm2(A2[2] - B2[2]) + norm2(A2[3] - B2[3])
    total += norm2(A3[0] - B1[2]) + norm2(A3[1] - B1[3]) + norm2(A3[2] - B3[2])
    return total + norm2(A3[3] - B3[3])


@event_loop
def me2_four_muon_block(w: FloatArray, conversion: float, annihilation: float) -> None:
    """|M|^2 of four muons for one block, without the factor 1/4 for identical particles.

    Rows 0-15 of ``w``: momenta (E, px, py, pz) of mu+, mu-, mu+, mu- in the frame of the hard
    process; rows 16-19: squared masses of the pairs (0,1), (2,3), (0,3), (2,1). Row 20
    receives |M|^2 averaged over initial spins. ``conversion`` and ``annihilation`` multiply the
    amplitudes of the two classes.
    """
    for i in range(BLOCK):
        a, b, t = spinor(w[i], w[BLOCK + i], w[2 * BLOCK + i], w[3 * BLOCK + i])
        c = t.conjugate()
        v0L = ((complex(a, 0.0), -t), (-c, complex(b, 0.0)))
        v0R = ((complex(-b, 0.0), -t), (-c, complex(-a, 0.0)))
        a, b, t = spinor(w[4 * BLOCK + i], w[5 * BLOCK + i], w[6 * BLOCK + i], w[7 * BLOCK + i])
        c = t.conjugate()
        u1L = ((complex(a, 0.0), -c), (-t, complex(b, 0.0)))
        u1R = ((complex(b, 0.0), c), (t, complex(a, 0.0)))
        a, b, t = spinor(w[8 * BLOCK + i], w[9 * BLOCK + i], w[10 * BLOCK + i], w[11 * BLOCK + i])
        c = t.conjugate()
        v2L = ((complex(a, 0.0), -t), (-c, complex(b, 0.0)))
        v2R = ((complex(-b, 0.0), -t), (-c, complex(-a, 0.0)))
        a, b, t = spinor(w[12 * BLOCK + i], w[13 * BLOCK + i], w[14 * BLOCK + i], w[15 * BLOCK + i])
        c = t.conjugate()
        u3L = ((complex(a, 0.0), -c), (-t, complex(b, 0.0)))
        u3R = ((complex(b, 0.0), c), (t, complex(a, 0.0)))

        root_s = w[i] + w[4 * BLOCK + i] + w[8 * BLOCK + i] + w[12 * BLOCK + i]
        s = root_s * root_s
        inverse = 1.0 / (s - 2.0 * root_s * w[i])
        qt = root_s - w[i]
        qx, qy, qz = -w[BLOCK + i], -w[2 * BLOCK + i], -w[3 * BLOCK + i]
        W0 = (
            electron_right(qt, qx, qy, qz, inverse, v0L[0], v0R[0]),
            electron_right(qt, qx, qy, qz, inverse, v0L[1], v0R[1]),
        )
        inverse = 1.0 / (s - 2.0 * root_s * w[8 * BLOCK + i])
        qt = root_s - w[8 * BLOCK + i]
        qx, qy, qz = -w[9 * BLOCK + i], -w[10 * BLOCK + i], -w[11 * BLOCK + i]
        W2 = (
            electron_right(qt, qx, qy, qz, inverse, v2L[0], v2R[0]),
            electron_right(qt, qx, qy, qz, inverse, v2L[1], v2R[1]),
        )
        inverse = 1.0 / (s - 2.0 * root_s * w[4 * BLOCK + i])
        qt = w[4 * BLOCK + i] - root_s
        qx, qy, qz = w[5 * BLOCK + i], w[6 * BLOCK + i], w[7 * BLOCK + i]
        Y1 = (
            electron_left(qt, qx, qy, qz, inverse, u1L[0], u1R[0]),
            electron_left(qt, qx, qy, qz, inverse, u1L[1], u1R[1]),
        )
        inverse = 1.0 / (s - 2.0 * root_s * w[12 * BLOCK + i])
        qt = w[12 * BLOCK + i] - root_s
        qx, qy, qz = w[13 * BLOCK + i], w[14 * BLOCK + i], w[15 * BLOCK + i]
        Y3 = (
            electron_left(qt, qx, qy, qz, inverse, u3L[0], u3R[0]),
            electron_left(qt, qx, qy, qz, inverse, u3L[1], u3R[1]),
        )

        A = _pairing(
            root_s,
            w[i] + w[4 * BLOCK + i],
            w[BLOCK + i] + w[5 * BLOCK + i],
            w[2 * BLOCK + i] + w[6 * BLOCK + i],
            w[3 * BLOCK + i] + w[7 * BLOCK + i],
            w[16 * BLOCK + i],
            w[17 * BLOCK + i],
            _currents(u1L, u1R, v0L, v0R),
            _currents(u3L, u3R, v2L, v2R),
            _sides(u1L, u1R, W0, Y1, v0L, v0R),
            _sides(u3L, u3R, W2, Y3, v2L, v2R),
            conversion,
            annihilation,
        )
        B = _pairing(
            root_s,
            w[i] + w[12 * BLOCK + i],
            w[BLOCK + i] + w[13 * BLOCK + i],
            w[2 * BLOCK + i] + w[14 * BLOCK + i],
            w[3 * BLOCK + i] + w[15 * BLOCK + i],
            w[18 * BLOCK + i],
            w[19 * BLOCK + i],
            _currents(u3L, u3R, v0L, v0R),
            _currents(u1L, u1R, v2L, v2R),
            _sides(u3L, u3R, W0, Y3, v0L, v0R),
            _sides(u1L, u1R, W2, Y1, v2L, v2R),
            conversion,
            annihilation,
        )
        # both electron helicities, average over four states, factor 4 root_s of every amplitude
        w[20 * BLOCK + i] = _E8 * 8.0 * s * _square(A[0], A[1], A[2], A[3], B[0], B[1], B[2], B[3])
