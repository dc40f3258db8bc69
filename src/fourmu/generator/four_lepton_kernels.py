"""|M|^2 of e+e- -> l+ l- L+ L- of unlike pairs in QED, for blocks of trial events, all massive.

Three fermion lines joined by two photons: 6 diagrams. If the first pair are electrons, the
beams may also scatter: 6 more, with the relative sign of an exchange of electrons.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import ALPHA, ELECTRON_MASS_GEV
from fourmu.physics.kernels import internal_kernel, kernel
from fourmu.physics.kinematics import FloatArray

from .spinor_blocks import (
    LANES,
    attach,
    bra_spinors,
    current,
    ket_spinors,
    pair_square,
    scatter_square,
    sum_of_squares,
)

__all__ = ["FourLeptonWork", "four_lepton_work", "me2_four_lepton_block"]

_E8 = (4.0 * math.pi * ALPHA) ** 4

IntArray = npt.NDArray[np.int64]


class FourLeptonWork(NamedTuple):
    """Memory of one block, and the places of the spins in the amplitudes.

    Spins are counted as (e+, l-, l+, L-, L+); that of the incoming e- is fixed, because parity
    and time reversal make both give the same in trees of QED. The integer arrays are the places of
    the spins (bra, ket) of a line: of the beams, of l and of L where the beams annihilate, of
    ``electron`` and ``positron`` where they scatter.
    """

    spinors: FloatArray
    vectors: FloatArray
    struck: FloatArray
    absorbed: FloatArray
    amplitude: FloatArray
    flow: FloatArray
    emitted: FloatArray
    inverse: FloatArray
    beams: IntArray
    light: IntArray
    heavy: IntArray
    electron: IntArray
    positron: IntArray


def four_lepton_work() -> FourLeptonWork:
    """Memory for :func:`me2_four_lepton_block`."""
    return FourLeptonWork(
        spinors=np.zeros((12, 8 * LANES)),
        vectors=np.zeros((12, 8 * LANES)),
        struck=np.zeros((8, 8 * LANES)),
        absorbed=np.zeros((8, 8 * LANES)),
        amplitude=np.zeros((32, 2 * LANES)),
        flow=np.zeros((3, 4 * LANES)),
        emitted=np.zeros((3, 4 * LANES)),
        inverse=np.zeros((3, LANES)),
        beams=np.array([0, 16]),
        light=np.array([0, 4, 8, 12]),
        heavy=np.array([0, 1, 2, 3]),
        electron=np.array([0, 8]),
        positron=np.array([0, 4, 16, 20]),
    )


@internal_kernel
def _joined(
    work: FourLeptonWork,
    sign: float,
    mass_1: float,
    mass_2: float,
    mass_3: float,
    size_1: int,
    size_2: int,
    places_1: IntArray,
    places_2: IntArray,
    places_3: IntArray,
) -> None:
    """Add the diagrams of three lines, whose spinors, momenta and propagators are in ``work``.

    Spinors 0-1 and 2-3 are bras and kets of the first line, and so on; the first line has one
    ket. Photon propagators are in ``inverse``.
    """
    s, v, inverse = work.spinors, work.vectors, work.inverse
    for j in range(2):
        current(v[j], s[j], s[2], inverse[0])
        for k in range(2):
            current(v[4 + 2 * j + k], s[4 + j], s[6 + k], inverse[1])
            current(v[8 + 2 * j + k], s[8 + j], s[10 + k], inverse[2])
    one, two, three = v[0:size_1], v[4 : 4 + size_2], v[8:12]
    emitted, flow = work.emitted, work.flow
    attach(
        work.amplitude,
        sign,
        s[0:2],
        s[2:3],
        flow[0],
        mass_1,
        two,
        emitted[1],
        three,
        emitted[2],
        places_1,
        places_2,
        places_3,
        work.struck,
        work.absorbed,
    )
    attach(
        work.amplitude,
        sign,
        s[4:6],
        s[6:8],
        flow[1],
        mass_2,
        one,
        emitted[0],
        three,
        emitted[2],
        places_2,
        places_1,
        places_3,
        work.struck,
        work.absorbed,
    )
    attach(
        work.amplitude,
        sign,
        s[8:10],
        s[10:12],
        flow[2],
        mass_3,
        one,
        emitted[0],
        two,
        emitted[1],
        places_3,
        places_1,
        places_2,
        work.struck,
        work.absorbed,
    )


@kernel
def me2_four_lepton_block(
    p: FloatArray,
    out: FloatArray,
    light_mass: float,
    heavy_mass: float,
    scattering: bool,
    work: FourLeptonWork,
) -> None:
    """|M|^2 of a block, summed over final and averaged over initial spins, GeV^-4.

    Parameters
    ----------
    p
        (6, 4 rows): e+, e- along the z axis, then l+, l-, L+, L-.
    out
        (LANES,), written.
    light_mass, heavy_mass
        Masses of l and L in GeV.
    scattering
        Whether l are electrons, so that the beams may scatter.
    work
        From :func:`four_lepton_work`.
    """
    m = ELECTRON_MASS_GEV
    s, flow, emitted, inverse = work.spinors, work.flow, work.emitted, work.inverse
    work.amplitude[:] = 0.0
    bra_spinors(s[0:2], p[0], m, -1.0)
    ket_spinors(s[2:4], p[1], m, 1.0)
    bra_spinors(s[4:6], p[3], light_mass, 1.0)
    ket_spinors(s[6:8], p[2], light_mass, -1.0)
    bra_spinors(s[8:10], p[5], heavy_mass, 1.0)
    ket_spinors(s[10:12], p[4], heavy_mass, -1.0)
    for c in range(4 * LANES):
        flow[0, c] = p[1, c]
        flow[1, c] = -p[2, c]
        flow[2, c] = -p[4, c]
        emitted[0, c] = p[0, c] + p[1, c]
        emitted[1, c] = -(p[2, c] + p[3, c])
        emitted[2, c] = -(p[4, c] + p[5, c])
    pair_square(inverse[0], p[0], p[1], m)
    pair_square(inverse[1], p[2], p[3], light_mass)
    pair_square(inverse[2], p[4], p[5], heavy_mass)
    _joined(work, 1.0, m, light_mass, heavy_mass, 2, 4, work.beams, work.light, work.heavy)
    if scattering:
        bra_spinors(s[0:2], p[3], m, 1.0)
        bra_spinors(s[4:6], p[0], m, -1.0)
        for c in range(4 * LANES):
            emitted[0, c] = p[1, c] - p[3, c]
            emitted[1, c] = p[0, c] - p[2, c]
        scatter_square(inverse[0], p[1], p[3], m)
        scatter_square(inverse[1], p[0], p[2], m)
        _joined(work, -1.0, m, m, heavy_mass, 2, 4, work.electron, work.positron, work.heavy)
    sum_of_squares(out, work.amplitude, 0.5 * _E8)
