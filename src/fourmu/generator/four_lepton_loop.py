"""The loop that makes unweighted events of e+e- -> l+ l- L+ L-, and trains its tables."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import CROSS_SECTION_FB_GEV2, ELECTRON_MASS_GEV
from fourmu.physics.kernels import internal_kernel, kernel
from fourmu.physics.kinematics import FloatArray

from .beam_kernels import collision, write_event
from .channel_tables import ChannelTables, Training, draw_channel, train_point
from .four_lepton_channels import CHANNELS, DIMENSIONS, Leptons, channel_densities, draw_point
from .four_lepton_kernels import FourLeptonWork, me2_four_lepton_block
from .spinor_blocks import LANES

__all__ = ["FourLeptonTables", "fill_four_lepton_events"]

IntArray = npt.NDArray[np.int64]

# flux 1/(2 s); phase space dX^2 dK^2 / (2 pi)^2 and three times 1/(8 pi) dcos / 2
_FB = CROSS_SECTION_FB_GEV2 / 2.0 / ((2.0 * math.pi) ** 2 * (8.0 * math.pi) ** 3 * 8.0)
_PATIENCE = 3_000_000.0


class FourLeptonTables(NamedTuple):
    """What the loop looks up.

    Attributes
    ----------
    channels
        See :class:`ChannelTables`.
    leptons
        See :class:`Leptons`.
    edges
        (1, bins + 1) equally likely bins of the beam fractions.
    ceiling
        Largest weight in fb.
    min_tracks
        Charged particles that must lie inside the cuts.
    cosine_low, cosine_high, momentum_min
        Cosine to the electron beam and momentum in GeV, in the c.m. frame.
    """

    channels: ChannelTables
    leptons: Leptons
    edges: FloatArray
    ceiling: float
    min_tracks: int
    cosine_low: float
    cosine_high: float
    momentum_min: float
    sqrt_s: float
    spread: float
    low: float
    beta: float
    isr: bool
    angular: bool


@internal_kernel
def _accepted(tables: FourLeptonTables, q: FloatArray, delta_1: float, delta_2: float) -> bool:
    """Whether enough particles are inside the cuts, in the c.m. frame of the beams.

    Radiated photons count as collinear here, also if they get an angle afterwards.
    """
    x_1, x_2 = 1.0 - delta_1, 1.0 - delta_2
    gamma = 0.5 * (x_1 + x_2) / math.sqrt(x_1 * x_2)
    along = 0.5 * (x_1 - x_2) / math.sqrt(x_1 * x_2)
    found = 0
    for leg in range(2, 6):
        pz = gamma * q[leg, 3] + along * q[leg, 0]
        p = math.sqrt(q[leg, 1] * q[leg, 1] + q[leg, 2] * q[leg, 2] + pz * pz)
        inside = p >= tables.momentum_min
        inside &= tables.cosine_low * p <= pz <= tables.cosine_high * p
        found += inside
    return found >= tables.min_tracks


@internal_kernel
def _trial(
    rng: np.random.Generator,
    lane: int,
    tables: FourLeptonTables,
    q: FloatArray,
    places: FloatArray,
    p: FloatArray,
    columns: FloatArray,
    parts: FloatArray,
    cells: IntArray,
    surveying: bool,
    training: Training,
    statistics: FloatArray,
) -> bool:
    """Draw one trial event inside the cuts for a lane of the block; False if none was found."""
    leptons = tables.leptons
    threshold = 2.0 * (leptons.light_mass + leptons.heavy_mass)
    start = statistics[0]
    while statistics[0] - start < _PATIENCE:
        root_s, delta_1, delta_2, weight = collision(
            rng, tables.sqrt_s, tables.spread, tables.isr, tables.edges[0], tables.beta
        )
        statistics[0] += 1.0
        root = root_s * math.sqrt((1.0 - delta_1) * (1.0 - delta_2))
        if root <= threshold * (1.0 + 1e-9) or root < tables.low:
            continue
        channel = draw_channel(rng, tables.channels)
        if not draw_point(rng, tables.channels, channel, root, q, leptons):
            continue
        inside = _accepted(tables, q, delta_1, delta_2)
        if not inside and not surveying:
            continue
        density = channel_densities(tables.channels, root, q, leptons, places, parts, cells, lane)
        if not density > 0.0:
            continue  # rounding at the very border of phase space
        if not inside:
            train_point(training, 0.0, parts, cells, lane)
            continue
        E = 0.5 * root
        pz = math.sqrt((E - ELECTRON_MASS_GEV) * (E + ELECTRON_MASS_GEV))
        for leg in range(2):
            p[leg, lane] = E
            p[leg, LANES + lane] = 0.0
            p[leg, 2 * LANES + lane] = 0.0
            p[leg, 3 * LANES + lane] = (2 * leg - 1) * pz
        for leg in range(2, 6):
            for c in range(4):
                p[leg, c * LANES + lane] = q[leg, c]
        columns[0, lane] = weight * _FB / (root * root) / density
        columns[1, lane] = root_s
        columns[2, lane] = delta_1
        columns[3, lane] = delta_2
        return True
    return False


@kernel
def fill_four_lepton_events(
    rng: np.random.Generator,
    tables: FourLeptonTables,
    work: FourLeptonWork,
    momenta: FloatArray,
    photons: FloatArray,
    weights: FloatArray,
    training: Training,
    statistics: FloatArray,
) -> bool:
    """Make unweighted events, or survey weights and train tables.

    Parameters
    ----------
    rng
        Source of randomness.
    tables
        See :class:`FourLeptonTables`.
    work
        Memory of a block.
    momenta, photons
        (n, 4, 4): l+, l-, L+, L-, and (n, 2, 4), written.
    weights
        If not empty: receives the weights in fb of points inside the cuts, and no events are
        made.
    training
        Added to in a survey.
    statistics
        (5,) added to: points tried (inside phase space and cuts or not), those inside, their
        weights in fb, the squares of these, the excess above the ceiling. Points come in whole
        blocks: all of a block count.

    Returns
    -------
    found
        False if the cuts let no point through.
    """
    p = np.empty((6, 4 * LANES))
    q = np.zeros((8, 4))
    places = np.zeros((CHANNELS, DIMENSIONS + 1))
    columns = np.empty((4, LANES))
    parts = np.zeros((CHANNELS, LANES))
    cells = np.zeros((CHANNELS, DIMENSIONS, LANES), dtype=np.int64)
    value = np.empty(LANES)
    leptons = tables.leptons
    surveying = len(weights) > 0
    target = len(weights) if surveying else len(momenta)
    done = 0
    while done < target:
        for i in range(LANES):
            if not _trial(
                rng, i, tables, q, places, p, columns, parts, cells, surveying, training, statistics
            ):
                return False
        me2_four_lepton_block(
            p, value, leptons.light_mass, leptons.heavy_mass, leptons.scattering, work
        )
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
                for j in range(4):
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
    return True
