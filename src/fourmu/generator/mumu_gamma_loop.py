"""The loop that makes unweighted events of e+e- -> mu+ mu- gamma, and trains its tables.

Variables: the photon energy k, the cosine of the photon to the beam, and the cosine of mu- to the
photon in the frame of the muons. Two channels: radiation off the electrons, 1/(1 - b^2 c^2) in the
first cosine, and off the muons, the same in the second with the velocity of the muons. Both take
log(k / (sqrt(s)/2 - k)), which flattens 1/k and the photon propagator 1/M^2(mumu).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import CROSS_SECTION_FB_GEV2, ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kernels import internal_kernel, kernel
from fourmu.physics.kinematics import FloatArray

from .beam_kernels import collision, write_event
from .channel_tables import (
    ChannelTables,
    Training,
    draw_channel,
    draw_unit,
    train_point,
    unit_cell,
)
from .mumu_gamma_kernels import MumuGammaWork, me2_mumu_gamma_block
from .spinor_blocks import LANES

__all__ = ["CHANNELS", "DIMENSIONS", "MumuGammaTables", "fill_mumu_gamma_events"]

IntArray = npt.NDArray[np.int64]

CHANNELS = 2
DIMENSIONS = 3
_M2 = MUON_MASS_GEV**2
# flux 1/(2 s); phase space 2 sqrt(s) dk / 2 pi x 2 k / sqrt(s) / (8 pi) dc / 2 x beta / (8 pi)
# dc' / 2, azimuths uniform
_FB = CROSS_SECTION_FB_GEV2 / 2.0 / (128.0 * math.pi**3)


class MumuGammaTables(NamedTuple):
    """What the loop looks up.

    Attributes
    ----------
    channels
        See :class:`ChannelTables`.
    edges
        (1, bins + 1) equally likely bins of the beam fractions.
    ceiling
        Largest weight in fb.
    energy_min
        Least photon energy in GeV, in the frame of the hard process.
    cosine_max
        Largest |cos| of the photon to the beam there.
    initial, final
        Whether the electrons and the muons radiate the photon.
    """

    channels: ChannelTables
    edges: FloatArray
    ceiling: float
    energy_min: float
    cosine_max: float
    initial: bool
    final: bool
    sqrt_s: float
    spread: float
    low: float
    beta: float
    isr: bool
    angular: bool


@internal_kernel
def _reach(one_minus_square: float, size: float) -> float:
    """Artanh of ``size`` with 1 - size^2 given."""
    return 0.5 * math.log((1.0 + size) * (1.0 + size) / one_minus_square)


@internal_kernel
def _trial(
    rng: np.random.Generator,
    lane: int,
    tables: MumuGammaTables,
    p: FloatArray,
    columns: FloatArray,
    parts: FloatArray,
    cells: IntArray,
    statistics: FloatArray,
) -> None:
    """Draw one trial event for a lane of the block."""
    channels = tables.channels
    root_s = root = delta_1 = delta_2 = weight = k_max = 0.0
    while True:
        root_s, delta_1, delta_2, weight = collision(
            rng, tables.sqrt_s, tables.spread, tables.isr, tables.edges[0], tables.beta
        )
        statistics[0] += 1.0
        root = root_s * math.sqrt((1.0 - delta_1) * (1.0 - delta_2))
        if root <= 2.0 * MUON_MASS_GEV or root < tables.low:
            continue
        k_max = 0.5 * root - 2.0 * _M2 / root
        if k_max > tables.energy_min:
            break
    half = 0.5 * root
    channel = draw_channel(rng, channels)
    logit_low = math.log(tables.energy_min / (half - tables.energy_min))
    span = math.log(k_max / (2.0 * _M2 / root)) - logit_low
    y_k = draw_unit(rng, channels, channel, 0)
    ratio = math.exp(logit_low + span * y_k)
    k = min(half * ratio / (1.0 + ratio), k_max)
    pair2 = root * root - 2.0 * root * k
    speed2 = max(1.0 - 4.0 * _M2 / pair2, 1e-12)
    speed = math.sqrt(speed2)
    reach = _reach(1.0 - speed2, speed)
    # the beam: 1 - b^2 c^2 without cancellation
    ratio2 = (2.0 * ELECTRON_MASS_GEV / root) ** 2
    b = math.sqrt(1.0 - ratio2)
    c_max = tables.cosine_max
    beam_reach = _reach((1.0 - c_max) * (1.0 + c_max) + ratio2 * c_max * c_max, b * c_max)
    y_c = draw_unit(rng, channels, channel, 1)
    y_m = draw_unit(rng, channels, channel, 2)
    if channel == 0:
        c = min(max(math.tanh((2.0 * y_c - 1.0) * beam_reach) / b, -c_max), c_max)
        c_m = 2.0 * y_m - 1.0
    else:
        c = c_max * (2.0 * y_c - 1.0)
        c_m = min(max(math.tanh((2.0 * y_m - 1.0) * reach) / speed, -1.0), 1.0)

    # densities of both channels in (k, c, c_m)
    sin2 = (1.0 - c) * (1.0 + c)
    y_0 = 0.5 + 0.5 * math.atanh(min(max(b * c, -b), b)) / beam_reach
    if channel == 0:
        y_0 = y_c
    y_1 = 0.5 + 0.5 * math.atanh(min(max(speed * c_m, -speed), speed)) / reach
    if channel == 1:
        y_1 = y_m
    cells[0, 0, lane] = cells[1, 0, lane] = unit_cell(y_k)
    cells[0, 1, lane] = unit_cell(y_0)
    cells[1, 1, lane] = unit_cell(0.5 + 0.5 * c / c_max)
    cells[0, 2, lane] = unit_cell(0.5 + 0.5 * c_m)
    cells[1, 2, lane] = unit_cell(y_1)
    common = half / (k * (half - k) * span)
    g_0 = channels.share[0] * common * 0.5 * b / (beam_reach * (sin2 + ratio2 * c * c)) * 0.5
    g_1 = channels.share[1] * common * 0.5 / c_max * 0.5 * speed
    g_1 /= reach * (1.0 - speed2 * c_m * c_m)
    for d in range(DIMENSIONS):
        g_0 *= channels.density[0, d, cells[0, d, lane]]
        g_1 *= channels.density[1, d, cells[1, d, lane]]
    total = g_0 + g_1
    parts[0, lane] = g_0 / total
    parts[1, lane] = g_1 / total

    # photon along n, mu- at c_m to it in the frame of the muons
    sine = math.sqrt(sin2)
    angle = 2.0 * math.pi * rng.random()
    cp, sp = math.cos(angle), math.sin(angle)
    angle = 2.0 * math.pi * rng.random()
    across = 0.5 * math.sqrt(pair2 * speed2 * (1.0 - c_m) * (1.0 + c_m))
    ux, uy = across * math.cos(angle), across * math.sin(angle)
    tx = ux * c * cp - uy * sp
    ty = ux * c * sp + uy * cp
    tz = -ux * sine
    nx, ny, nz = sine * cp, sine * sp, c
    along = 0.5 * (root - k) * speed * c_m
    shift = 0.5 * k * speed * c_m
    E = half
    pz = math.sqrt((E - ELECTRON_MASS_GEV) * (E + ELECTRON_MASS_GEV))
    for leg in range(2):
        p[leg, lane] = E
        p[leg, LANES + lane] = 0.0
        p[leg, 2 * LANES + lane] = 0.0
    p[0, 3 * LANES + lane] = -pz
    p[1, 3 * LANES + lane] = pz
    a = -0.5 * k - along
    p[2, lane] = 0.5 * (root - k) + shift
    p[2, LANES + lane] = a * nx - tx
    p[2, 2 * LANES + lane] = a * ny - ty
    p[2, 3 * LANES + lane] = a * nz - tz
    a = -0.5 * k + along
    p[3, lane] = 0.5 * (root - k) - shift
    p[3, LANES + lane] = a * nx + tx
    p[3, 2 * LANES + lane] = a * ny + ty
    p[3, 3 * LANES + lane] = a * nz + tz
    p[4, lane] = k
    p[4, LANES + lane] = k * nx
    p[4, 2 * LANES + lane] = k * ny
    p[4, 3 * LANES + lane] = k * nz
    columns[0, lane] = weight * _FB / (root * root) * k * speed / total
    columns[1, lane] = root_s
    columns[2, lane] = delta_1
    columns[3, lane] = delta_2


@kernel
def fill_mumu_gamma_events(
    rng: np.random.Generator,
    tables: MumuGammaTables,
    work: MumuGammaWork,
    momenta: FloatArray,
    photons: FloatArray,
    weights: FloatArray,
    training: Training,
    statistics: FloatArray,
) -> None:
    """Make unweighted events, or survey weights and train tables.

    Parameters
    ----------
    rng
        Source of randomness.
    tables
        See :class:`MumuGammaTables`.
    work
        Memory of a block.
    momenta, photons
        (n, 3, 4): mu+, mu-, photon, and (n, 2, 4), written.
    weights
        If not empty: receives the weights in fb of points inside phase space, and no events are
        made.
    training
        Added to in a survey.
    statistics
        (5,) added to: points tried (inside phase space or not), those inside, their weights in
        fb, the squares of these, the excess above the ceiling. Points come in whole blocks: all
        of a block count.
    """
    p = np.empty((5, 4 * LANES))
    columns = np.empty((4, LANES))
    parts = np.empty((CHANNELS, LANES))
    cells = np.empty((CHANNELS, DIMENSIONS, LANES), dtype=np.int64)
    value = np.empty(LANES)
    surveying = len(weights) > 0
    target = len(weights) if surveying else len(momenta)
    done = 0
    while done < target:
        for i in range(LANES):
            _trial(rng, i, tables, p, columns, parts, cells, statistics)
        me2_mumu_gamma_block(p, value, work, tables.initial, tables.final)
        for i in range(LANES):
            weight = value[i] * columns[0, i]
            statistics[1] += 1.0
            statistics[2] += weight
            statistics[3] += weight * weight
            statistics[4] += max(weight - tables.ceiling, 0.0)
            if done == target:
                continue  # tried, hence counted
            if surveying:
                weights[done] = weight
                done += 1
                train_point(training, weight, parts, cells, i)
            elif rng.random() * tables.ceiling < weight:
                for j in range(3):
                    for c in range(4):
                        momenta[done, j, c] = p[j + 2, c * LANES + i]
                write_event(
                    rng,
                    momenta[done],
                    photons[done],
                    columns[1, i],
                    columns[2, i],
                    columns[3, i],
                    tables.angular,
                )
                done += 1
