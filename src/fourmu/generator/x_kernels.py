"""Fast |M|^2 of e+e- -> mu+ mu- X, X -> mu+ mu-, for blocks of trial events."""

from __future__ import annotations

import math

from fourmu.physics.constants import ALPHA
from fourmu.physics.kernels import event_loop
from fourmu.physics.kinematics import FloatArray

from .line_kernels import (
    BLOCK,
    boson_side,
    chiral_current,
    contract,
    electron_left,
    electron_right,
    norm2,
    spinor,
)

__all__ = ["me2_scalar", "me2_vector"]

_E4 = (4.0 * math.pi * ALPHA) ** 2


@event_loop
def me2_vector(w: FloatArray, gV: float, gA: float) -> None:
    """|M|^2 of a decayed spin-1 X for one block, without its propagator.

    Rows 0-15 of ``w``: momenta (E, px, py, pz) of mu+, mu-, mu+ from X, mu- from X in the frame
    of the hard process; row 16: sign of gA. Row 17 receives |M|^2 averaged over initial spins.
    """
    for i in range(BLOCK):
        v_a, v_b, v_t = spinor(w[i], w[BLOCK + i], w[2 * BLOCK + i], w[3 * BLOCK + i])
        u_a, u_b, u_t = spinor(
            w[4 * BLOCK + i], w[5 * BLOCK + i], w[6 * BLOCK + i], w[7 * BLOCK + i]
        )
        y_a, y_b, y_t = spinor(
            w[8 * BLOCK + i], w[9 * BLOCK + i], w[10 * BLOCK + i], w[11 * BLOCK + i]
        )
        x_a, x_b, x_t = spinor(
            w[12 * BLOCK + i], w[13 * BLOCK + i], w[14 * BLOCK + i], w[15 * BLOCK + i]
        )
        axial = gA * w[16 * BLOCK + i]
        gL = gV - axial
        gR = gV + axial
        kt = w[8 * BLOCK + i] + w[12 * BLOCK + i]
        kx = w[9 * BLOCK + i] + w[13 * BLOCK + i]
        ky = w[10 * BLOCK + i] + w[14 * BLOCK + i]
        kz = w[11 * BLOCK + i] + w[15 * BLOCK + i]
        mass2 = kt * kt - kx * kx - ky * ky - kz * kz
        root_s = w[i] + w[4 * BLOCK + i] + kt
        s = root_s * root_s
        # virtual muons: s - 2 root_s E of the muon that does not radiate X
        inverse_w = 1.0 / (s - 2.0 * root_s * w[i])
        inverse_y = 1.0 / (s - 2.0 * root_s * w[4 * BLOCK + i])

        # conjugated columns of u: spins 0 and 1 of the prompt mu-
        u_c = u_t.conjugate()
        uL0 = (complex(u_a, 0.0), -u_c)
        uR0 = (complex(u_b, 0.0), u_c)
        uL1 = (-u_t, complex(u_b, 0.0))
        uR1 = (u_t, complex(u_a, 0.0))
        v_c = v_t.conjugate()
        vL0 = (complex(v_a, 0.0), -v_t)
        vR0 = (complex(-v_b, 0.0), -v_t)
        vL1 = (-v_c, complex(v_b, 0.0))
        vR1 = (-v_c, complex(-v_a, 0.0))
        qt = root_s - w[i]
        W0 = electron_right(
            qt, -w[BLOCK + i], -w[2 * BLOCK + i], -w[3 * BLOCK + i], inverse_w, vL0, vR0
        )
        W1 = electron_right(
            qt, -w[BLOCK + i], -w[2 * BLOCK + i], -w[3 * BLOCK + i], inverse_w, vL1, vR1
        )
        qt = w[4 * BLOCK + i] - root_s
        Y0 = electron_left(
            qt, w[5 * BLOCK + i], w[6 * BLOCK + i], w[7 * BLOCK + i], inverse_y, uL0, uR0
        )
        Y1 = electron_left(
            qt, w[5 * BLOCK + i], w[6 * BLOCK + i], w[7 * BLOCK + i], inverse_y, uL1, uR1
        )
        E00 = boson_side(gL, gR, uL0, uR0, W0, Y0, vL0, vR0)
        E01 = boson_side(gL, gR, uL0, uR0, W1, Y0, vL1, vR1)
        E10 = boson_side(gL, gR, uL1, uR1, W0, Y1, vL0, vR0)
        E11 = boson_side(gL, gR, uL1, uR1, W1, Y1, vL1, vR1)

        x_c = x_t.conjugate()
        xL0 = (complex(x_a, 0.0), -x_c)
        xR0 = (complex(x_b, 0.0), x_c)
        xL1 = (-x_t, complex(x_b, 0.0))
        xR1 = (x_t, complex(x_a, 0.0))
        y_c = y_t.conjugate()
        yL0 = (complex(y_a, 0.0), -y_t)
        yR0 = (complex(-y_b, 0.0), -y_t)
        yL1 = (-y_c, complex(y_b, 0.0))
        yR1 = (-y_c, complex(-y_a, 0.0))
        total = 0.0
        k_minus = complex(kx, -ky)
        k_plus = complex(kx, ky)
        for J in (
            chiral_current(gL, gR, xL0, xR0, yL0, yR0),
            chiral_current(gL, gR, xL0, xR0, yL1, yR1),
            chiral_current(gL, gR, xL1, xR1, yL0, yR0),
            chiral_current(gL, gR, xL1, xR1, yL1, yR1),
        ):
            # remove the part along k, which the axial current does not conserve
            along = (
                0.5 / mass2 * (J[0] * (kt + kz) + J[1] * k_plus + J[2] * k_minus + J[3] * (kt - kz))
            )
            T = (
                J[0] - along * (kt - kz),
                J[1] + along * k_minus,
                J[2] + along * k_plus,
                J[3] - along * (kt + kz),
            )
            total += norm2(contract(T, E00)) + norm2(contract(T, E01))
            total += norm2(contract(T, E10)) + norm2(contract(T, E11))
        # electron current 2 root_s, currents 2, photon 1/s; two of four initial spin states
        w[17 * BLOCK + i] = total * (_E4 * 0.5 * 16.0 / s)


@event_loop
def me2_scalar(w: FloatArray, gS: float, gP: float) -> None:
    """|M|^2 of an undecayed spin-0 X for one block; rows as in :func:`me2_vector`."""
    for i in range(BLOCK):
        v_a, v_b, v_t = spinor(w[i], w[BLOCK + i], w[2 * BLOCK + i], w[3 * BLOCK + i])
        u_a, u_b, u_t = spinor(
            w[4 * BLOCK + i], w[5 * BLOCK + i], w[6 * BLOCK + i], w[7 * BLOCK + i]
        )
        root_s = w[i] + w[4 * BLOCK + i] + w[8 * BLOCK + i] + w[12 * BLOCK + i]
        s = root_s * root_s
        inverse_w = 1.0 / (s - 2.0 * root_s * w[i])
        inverse_y = 1.0 / (s - 2.0 * root_s * w[4 * BLOCK + i])
        pseudo = gP * w[16 * BLOCK + i]
        sL = complex(gS, -pseudo)
        sR = complex(gS, pseudo)
        u_c = u_t.conjugate()
        v_c = v_t.conjugate()
        total = 0.0
        for uL, uR in (
            ((complex(u_a, 0.0), -u_c), (complex(u_b, 0.0), u_c)),
            ((-u_t, complex(u_b, 0.0)), (u_t, complex(u_a, 0.0))),
        ):
            Y = electron_left(
                w[4 * BLOCK + i] - root_s,
                w[5 * BLOCK + i],
                w[6 * BLOCK + i],
                w[7 * BLOCK + i],
                inverse_y,
                uL,
                uR,
            )
            for vL, vR in (
                ((complex(v_a, 0.0), -v_t), (complex(-v_b, 0.0), -v_t)),
                ((-v_c, complex(v_b, 0.0)), (-v_c, complex(-v_a, 0.0))),
            ):
                W = electron_right(
                    root_s - w[i],
                    -w[BLOCK + i],
                    -w[2 * BLOCK + i],
                    -w[3 * BLOCK + i],
                    inverse_w,
                    vL,
                    vR,
                )
                left = uR[0] * W[0] + uR[1] * W[1] + Y[0] * vL[0] + Y[1] * vL[1]
                right = uL[0] * W[2] + uL[1] * W[3] + Y[2] * vR[0] + Y[3] * vR[1]
                total += norm2(sL * left + sR * right)
        w[17 * BLOCK + i] = total * (_E4 * 0.5 * 4.0 / s)
