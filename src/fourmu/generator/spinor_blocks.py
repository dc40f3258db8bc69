"""Fermion lines with massive leptons for blocks of trial events: exact tree amplitudes, fast.

The same algebra as :mod:`.fermion_lines` (chiral representation, spins along z in the rest
frame), laid out as rows of ``LANES`` events so that every loop over a row vectorises. A spinor
is eight rows: real and imaginary parts of L0, L1, R0, R1. A vector J is eight rows, too: real and
imaginary parts of J0 + J3, J0 - J3, J1 - i J2, J1 + i J2. Its slash takes (L, R) to
((a, -b), (-c, d)) R and ((d, b), (c, a)) L with these four numbers as d, a, b, c.
A four-momentum is four rows (E, px, py, pz).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fourmu.physics.kernels import internal_event_loop
from fourmu.physics.kinematics import FloatArray

__all__ = [
    "LANES",
    "attach",
    "bra_spinors",
    "current",
    "ket_spinors",
    "pair_square",
    "scatter_square",
    "sum_of_squares",
]

LANES = 48
"""Trial events of a block."""

IntArray = npt.NDArray[np.int64]


@internal_event_loop
def ket_spinors(out: FloatArray, p: FloatArray, mass: float, sign: float) -> None:
    """Write both spins of u(p), (2, 8 rows), or of v(p) with ``sign`` -1."""
    first = out[0]
    second = out[1]
    for i in range(LANES):
        E = p[i]
        x = p[LANES + i]
        y = p[2 * LANES + i]
        z = p[3 * LANES + i]
        norm = 1.0 / math.sqrt(2.0 * (E + mass))
        a = (E + mass - z) * norm
        b = (E + mass + z) * norm
        x *= norm
        y *= norm
        first[i] = a
        first[LANES + i] = 0.0
        first[2 * LANES + i] = -x
        first[3 * LANES + i] = -y
        first[4 * LANES + i] = sign * b
        first[5 * LANES + i] = 0.0
        first[6 * LANES + i] = sign * x
        first[7 * LANES + i] = sign * y
        second[i] = -x
        second[LANES + i] = y
        second[2 * LANES + i] = b
        second[3 * LANES + i] = 0.0
        second[4 * LANES + i] = sign * x
        second[5 * LANES + i] = -sign * y
        second[6 * LANES + i] = sign * a
        second[7 * LANES + i] = 0.0


@internal_event_loop
def bra_spinors(out: FloatArray, p: FloatArray, mass: float, sign: float) -> None:
    """Write both spins of ubar(p), or of vbar(p): rows that multiply L, then R, of a ket."""
    ket_spinors(out, p, mass, sign)
    for s in range(2):
        spinor = out[s]
        for c in range(4):
            for i in range(LANES):
                left = spinor[c * LANES + i]
                right = spinor[(c + 4) * LANES + i]
                conjugate = 1.0 - 2.0 * (c % 2)
                spinor[c * LANES + i] = conjugate * right
                spinor[(c + 4) * LANES + i] = conjugate * left


@internal_event_loop
def current(out: FloatArray, bra: FloatArray, ket: FloatArray, scale: FloatArray) -> None:
    """Write scale * bra gamma^mu ket into the eight rows of a vector."""
    for i in range(LANES):
        f = 2.0 * scale[i]
        b0 = complex(bra[i], bra[LANES + i]) * f
        b1 = complex(bra[2 * LANES + i], bra[3 * LANES + i]) * f
        b2 = complex(bra[4 * LANES + i], bra[5 * LANES + i]) * f
        b3 = complex(bra[6 * LANES + i], bra[7 * LANES + i]) * f
        k0 = complex(ket[i], ket[LANES + i])
        k1 = complex(ket[2 * LANES + i], ket[3 * LANES + i])
        k2 = complex(ket[4 * LANES + i], ket[5 * LANES + i])
        k3 = complex(ket[6 * LANES + i], ket[7 * LANES + i])
        d = b0 * k2 + b3 * k1
        a = b1 * k3 + b2 * k0
        b = b1 * k2 - b3 * k0
        c = b0 * k3 - b2 * k1
        out[i] = d.real
        out[LANES + i] = d.imag
        out[2 * LANES + i] = a.real
        out[3 * LANES + i] = a.imag
        out[4 * LANES + i] = b.real
        out[5 * LANES + i] = b.imag
        out[6 * LANES + i] = c.real
        out[7 * LANES + i] = c.imag


@internal_event_loop
def _strike(out: FloatArray, bra: FloatArray, J: FloatArray) -> None:
    """Write the row spinor bra Jslash."""
    for i in range(LANES):
        b0 = complex(bra[i], bra[LANES + i])
        b1 = complex(bra[2 * LANES + i], bra[3 * LANES + i])
        b2 = complex(bra[4 * LANES + i], bra[5 * LANES + i])
        b3 = complex(bra[6 * LANES + i], bra[7 * LANES + i])
        d = complex(J[i], J[LANES + i])
        a = complex(J[2 * LANES + i], J[3 * LANES + i])
        b = complex(J[4 * LANES + i], J[5 * LANES + i])
        c = complex(J[6 * LANES + i], J[7 * LANES + i])
        l0 = b2 * d + b3 * c
        l1 = b2 * b + b3 * a
        r0 = b0 * a - b1 * c
        r1 = b1 * d - b0 * b
        out[i] = l0.real
        out[LANES + i] = l0.imag
        out[2 * LANES + i] = l1.real
        out[3 * LANES + i] = l1.imag
        out[4 * LANES + i] = r0.real
        out[5 * LANES + i] = r0.imag
        out[6 * LANES + i] = r1.real
        out[7 * LANES + i] = r1.imag


@internal_event_loop
def _absorb(
    out: FloatArray, J: FloatArray, ket: FloatArray, q: FloatArray, scale: FloatArray, mass: float
) -> None:
    """Write scale * (qslash + mass) Jslash ket; q is real, four rows."""
    for i in range(LANES):
        k0 = complex(ket[i], ket[LANES + i])
        k1 = complex(ket[2 * LANES + i], ket[3 * LANES + i])
        k2 = complex(ket[4 * LANES + i], ket[5 * LANES + i])
        k3 = complex(ket[6 * LANES + i], ket[7 * LANES + i])
        d = complex(J[i], J[LANES + i])
        a = complex(J[2 * LANES + i], J[3 * LANES + i])
        b = complex(J[4 * LANES + i], J[5 * LANES + i])
        c = complex(J[6 * LANES + i], J[7 * LANES + i])
        l0 = a * k2 - b * k3
        l1 = d * k3 - c * k2
        r0 = d * k0 + b * k1
        r1 = c * k0 + a * k1
        f = scale[i]
        m = f * mass
        qd = f * (q[i] + q[3 * LANES + i])
        qa = f * (q[i] - q[3 * LANES + i])
        qb = complex(f * q[LANES + i], -f * q[2 * LANES + i])
        qc = complex(f * q[LANES + i], f * q[2 * LANES + i])
        s0 = qa * r0 - qb * r1 + m * l0
        s1 = qd * r1 - qc * r0 + m * l1
        s2 = qd * l0 + qb * l1 + m * r0
        s3 = qc * l0 + qa * l1 + m * r1
        out[i] = s0.real
        out[LANES + i] = s0.imag
        out[2 * LANES + i] = s1.real
        out[3 * LANES + i] = s1.imag
        out[4 * LANES + i] = s2.real
        out[5 * LANES + i] = s2.imag
        out[6 * LANES + i] = s3.real
        out[7 * LANES + i] = s3.imag


@internal_event_loop
def _join(total: FloatArray, bra: FloatArray, ket: FloatArray) -> None:
    """Add bra . ket to the two rows of an amplitude."""
    for i in range(LANES):
        real = total[i]
        imaginary = total[LANES + i]
        for c in range(4):
            x = bra[2 * c * LANES + i]
            y = bra[(2 * c + 1) * LANES + i]
            u = ket[2 * c * LANES + i]
            v = ket[(2 * c + 1) * LANES + i]
            real += x * u - y * v
            imaginary += x * v + y * u
        total[i] = real
        total[LANES + i] = imaginary


@internal_event_loop
def _one_order(
    amplitude: FloatArray,
    bras: FloatArray,
    kets: FloatArray,
    left: FloatArray,
    right: FloatArray,
    q: FloatArray,
    scale: FloatArray,
    mass: float,
    places_line: IntArray,
    places_left: IntArray,
    places_right: IntArray,
    struck: FloatArray,
    absorbed: FloatArray,
) -> None:
    """Diagram with the vectors ``left`` next to the bra and ``right`` next to the ket."""
    n_ket, n_left, n_right = len(kets), len(left), len(right)
    for i in range(len(bras)):
        for a in range(n_left):
            _strike(struck[i * n_left + a], bras[i], left[a])
    for j in range(n_ket):
        for b in range(n_right):
            _absorb(absorbed[j * n_right + b], right[b], kets[j], q, scale, mass)
    for i in range(len(bras)):
        for a in range(n_left):
            row = struck[i * n_left + a]
            for j in range(n_ket):
                place = places_line[i * n_ket + j] + places_left[a]
                for b in range(n_right):
                    _join(amplitude[place + places_right[b]], row, absorbed[j * n_right + b])


@internal_event_loop
def _propagator(
    q: FloatArray, scale: FloatArray, flow: FloatArray, absorbed: FloatArray, sign: float
) -> None:
    """Momentum of the line after it took up ``absorbed``, and sign / (q^2 - m^2)."""
    for i in range(LANES):
        x, y, z = absorbed[LANES + i], absorbed[2 * LANES + i], absorbed[3 * LANES + i]
        u, v, w = flow[LANES + i], flow[2 * LANES + i], flow[3 * LANES + i]
        off_shell = absorbed[i] * (absorbed[i] + 2.0 * flow[i])
        off_shell -= x * (x + 2.0 * u) + y * (y + 2.0 * v) + z * (z + 2.0 * w)
        scale[i] = sign / off_shell
        q[i] = absorbed[i] + flow[i]
        q[LANES + i] = x + u
        q[2 * LANES + i] = y + v
        q[3 * LANES + i] = z + w


@internal_event_loop
def attach(
    amplitude: FloatArray,
    sign: float,
    bras: FloatArray,
    kets: FloatArray,
    flow: FloatArray,
    mass: float,
    first: FloatArray,
    absorbed_first: FloatArray,
    second: FloatArray,
    absorbed_second: FloatArray,
    places_line: IntArray,
    places_first: IntArray,
    places_second: IntArray,
    struck: FloatArray,
    absorbed: FloatArray,
) -> None:
    """Add both orderings of two vectors on a line to amplitudes of all spins.

    Parameters
    ----------
    amplitude
        (spins, 2 rows), added to.
    sign
        Factor of these diagrams.
    bras, kets
        (1 or 2, 8 rows) spinors at the ends of the line.
    flow
        (4 rows,) momentum along the arrow at the ket.
    mass
        Mass of the line in GeV.
    first, second
        (n, 8 rows) vectors, propagators of their bosons included.
    absorbed_first, absorbed_second
        (4 rows,) momentum that the line takes up at each.
    places_line, places_first, places_second
        Index of spins of the line (bra, ket) and of the vectors: the sum of the three is the
        place in ``amplitude``.
    struck, absorbed
        (at least 8, 8 rows) memory to work in.
    """
    q = np.empty(4 * LANES)
    scale = np.empty(LANES)
    _propagator(q, scale, flow, absorbed_second, sign)
    _one_order(
        amplitude,
        bras,
        kets,
        first,
        second,
        q,
        scale,
        mass,
        places_line,
        places_first,
        places_second,
        struck,
        absorbed,
    )
    _propagator(q, scale, flow, absorbed_first, sign)
    _one_order(
        amplitude,
        bras,
        kets,
        second,
        first,
        q,
        scale,
        mass,
        places_line,
        places_second,
        places_first,
        struck,
        absorbed,
    )


@internal_event_loop
def sum_of_squares(out: FloatArray, amplitude: FloatArray, factor: float) -> None:
    """Write factor * sum over spins of |amplitude|^2 into one row."""
    for i in range(LANES):
        out[i] = 0.0
    for k in range(len(amplitude)):
        row = amplitude[k]
        for i in range(LANES):
            real = row[i]
            imaginary = row[LANES + i]
            out[i] += factor * (real * real + imaginary * imaginary)


@internal_event_loop
def pair_square(out: FloatArray, p: FloatArray, q: FloatArray, mass: float) -> None:
    """Write 1 / (p + q)^2 of an outgoing pair of equal masses, also near its threshold."""
    for i in range(LANES):
        cross = p[i] * q[i] - mass * mass
        cross -= p[LANES + i] * q[LANES + i] + p[2 * LANES + i] * q[2 * LANES + i]
        cross -= p[3 * LANES + i] * q[3 * LANES + i]
        out[i] = 1.0 / (4.0 * mass * mass + 2.0 * max(cross, 0.0))


@internal_event_loop
def scatter_square(out: FloatArray, p: FloatArray, q: FloatArray, mass: float) -> None:
    """Write 1 / (p - q)^2 for p along the z axis, without cancellation at small angles.

    Notes
    -----
    E E' - p p' - m^2 = m^2 (E - E')^2 / (E E' + p p' - m^2), and
    1 - cos = p_T^2 / (p'^2 (1 + cos)).
    """
    for i in range(LANES):
        E, F = p[i], q[i]
        size = abs(p[3 * LANES + i])
        across2 = q[LANES + i] * q[LANES + i] + q[2 * LANES + i] * q[2 * LANES + i]
        along = q[3 * LANES + i] * (p[3 * LANES + i] / size)
        other = math.sqrt(across2 + along * along)
        # p' (1 - cos), from the transverse momentum where the angle is small
        open_angle = across2 / (other + abs(along))
        open_angle = open_angle if along > 0.0 else other - along
        bend = mass * mass * (E - F) * (E - F) / (E * F - mass * mass + size * other)
        out[i] = -0.5 / (bend + size * open_angle)
