"""|M|^2 of e+e- -> mu+ mu- gamma for blocks of trial events, electrons and muons massive.

Photons along the beams make up most of the cross section, and there the electron mass decides:
a kernel with massless electrons would not do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import ALPHA, ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kernels import internal_event_loop, kernel
from fourmu.physics.kinematics import FloatArray

from .spinor_blocks import (
    LANES,
    attach,
    bra_spinors,
    current,
    ket_spinors,
    pair_square,
    sum_of_squares,
)

__all__ = ["MumuGammaWork", "me2_mumu_gamma_block", "mumu_gamma_work"]

_E6 = (4.0 * math.pi * ALPHA) ** 3

IntArray = npt.NDArray[np.int64]


class MumuGammaWork(NamedTuple):
    """Memory of one block, and the places of the spins in the amplitudes.

    Spins are counted as ((e+, mu-, mu+, photon)); that of e- is fixed, because parity and time
    reversal make both give the same in trees of QED.
    """

    spinors: FloatArray
    electrons: FloatArray
    muons: FloatArray
    photon: FloatArray
    struck: FloatArray
    absorbed: FloatArray
    amplitude: FloatArray
    flow: FloatArray
    taken: FloatArray
    inverse: FloatArray
    place_electrons: IntArray
    place_muons: IntArray
    place_photon: IntArray


def mumu_gamma_work() -> MumuGammaWork:
    """Memory for :func:`me2_mumu_gamma_block`."""
    return MumuGammaWork(
        spinors=np.zeros((8, 8 * LANES)),
        electrons=np.zeros((2, 8 * LANES)),
        muons=np.zeros((4, 8 * LANES)),
        photon=np.zeros((2, 8 * LANES)),
        struck=np.zeros((8, 8 * LANES)),
        absorbed=np.zeros((8, 8 * LANES)),
        amplitude=np.zeros((16, 2 * LANES)),
        flow=np.zeros((2, 4 * LANES)),
        taken=np.zeros((3, 4 * LANES)),
        inverse=np.zeros((3, LANES)),
        place_electrons=np.array([0, 8]),
        place_muons=np.array([0, 2, 4, 6]),
        place_photon=np.array([0, 1]),
    )


@internal_event_loop
def _polarisations(out: FloatArray, p: FloatArray) -> None:
    """Write two real polarisation vectors across a photon into (2, 8 rows)."""
    first, second = out[0], out[1]
    for i in range(LANES):
        x, y, z = p[LANES + i], p[2 * LANES + i], p[3 * LANES + i]
        across = math.sqrt(x * x + y * y)
        size = math.sqrt(x * x + y * y + z * z)
        cosine = x / across if across > 0.0 else 1.0
        sine = y / across if across > 0.0 else 0.0
        c = z / size
        down = -across / size
        first[i] = down
        first[2 * LANES + i] = -down
        first[4 * LANES + i] = c * cosine
        first[5 * LANES + i] = -c * sine
        first[6 * LANES + i] = c * cosine
        first[7 * LANES + i] = c * sine
        second[4 * LANES + i] = -sine
        second[5 * LANES + i] = -cosine
        second[6 * LANES + i] = -sine
        second[7 * LANES + i] = cosine


@kernel
def me2_mumu_gamma_block(
    p: FloatArray, out: FloatArray, work: MumuGammaWork, initial: bool, final: bool
) -> None:
    """|M|^2 of a block, summed over final and averaged over initial spins, GeV^-2.

    Parameters
    ----------
    p
        (5, 4 rows): e+, e-, mu+, mu-, photon.
    out
        (LANES,), written.
    work
        From :func:`mumu_gamma_work`.
    initial, final
        Whether the electrons and the muons radiate; each alone is gauge invariant.
    """
    spinors, flow, taken, inverse = work.spinors, work.flow, work.taken, work.inverse
    bra_spinors(spinors[0:2], p[0], ELECTRON_MASS_GEV, -1.0)
    ket_spinors(spinors[2:4], p[1], ELECTRON_MASS_GEV, 1.0)
    bra_spinors(spinors[4:6], p[3], MUON_MASS_GEV, 1.0)
    ket_spinors(spinors[6:8], p[2], MUON_MASS_GEV, -1.0)
    for c in range(4 * LANES):
        flow[0, c] = p[1, c]
        flow[1, c] = -p[2, c]
        taken[0, c] = p[0, c] + p[1, c]
        taken[1, c] = -(p[2, c] + p[3, c])
        taken[2, c] = -p[4, c]
    pair_square(inverse[0], p[0], p[1], ELECTRON_MASS_GEV)
    pair_square(inverse[1], p[2], p[3], MUON_MASS_GEV)
    for j in range(2):
        current(work.electrons[j], spinors[j], spinors[2], inverse[0])
        for k in range(2):
            current(work.muons[2 * j + k], spinors[4 + j], spinors[6 + k], inverse[1])
    _polarisations(work.photon, p[4])
    work.amplitude[:] = 0.0
    if final:
        attach(
            work.amplitude,
            1.0,
            spinors[4:6],
            spinors[6:8],
            flow[1],
            MUON_MASS_GEV,
            work.electrons,
            taken[0],
            work.photon,
            taken[2],
            work.place_muons,
            work.place_electrons,
            work.place_photon,
            work.struck,
            work.absorbed,
        )
    if initial:
        attach(
            work.amplitude,
            1.0,
            spinors[0:2],
            spinors[2:3],
            flow[0],
            ELECTRON_MASS_GEV,
            work.muons,
            taken[1],
            work.photon,
            taken[2],
            work.place_electrons,
            work.place_muons,
            work.place_photon,
            work.struck,
            work.absorbed,
        )
    # the average over four states, with one of two spins of e-
    sum_of_squares(out, work.amplitude, 0.5 * _E6)
