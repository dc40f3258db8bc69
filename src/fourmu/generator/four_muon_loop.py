"""The loop that makes unweighted events of e+e- -> mu+ mu- mu+ mu-, and trains its tables.

A pairing (0,1)(2,3) of the muons is drawn from a mixture of three densities. The muons of the
heavier pair are exchanged with the probability that the eikonal interference of radiation from
electrons and muons asks for. Both pairings are averaged, so no peak is missed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fourmu.physics.constants import CROSS_SECTION_FB_GEV2, MUON_MASS_GEV
from fourmu.physics.kernels import inlined, kernel
from fourmu.physics.kinematics import FloatArray

from .beam_kernels import collision, write_event
from .four_muon_densities import (
    MASS_CELLS,
    TABLE_CELLS,
    THRESHOLD2,
    axis_shape,
    channel_densities,
    emission_shape,
    half_log,
)
from .four_muon_exchange import exchange_asymmetry, exchange_muons
from .four_muon_kernels import me2_four_muon_block
from .line_kernels import BLOCK

__all__ = ["FourMuonTables", "fill_four_muon_events"]

_M = MUON_MASS_GEV
_ROWS = 38
# flux 1/(2 s), identical particles 1/4; phase space dM1^2 dM2^2 / (2 pi)^2 x p dOmega /
# (16 pi^2 sqrt s) x beta dOmega / (32 pi^2) for both pairs, azimuths uniform
_FB = CROSS_SECTION_FB_GEV2 / 8.0 * (2.0 * math.pi) / (16.0 * math.pi**2 * (32.0 * math.pi**2) ** 2)


class FourMuonTables(NamedTuple):
    """What the loop looks up.

    Attributes
    ----------
    edges
        (1, bins + 1) equally likely bins of the beam fractions.
    share
        (2 cells,) probability of the mass cells: conversion, then annihilation (emitter first).
    cumulative
        (2 cells + 1,) their sums.
    log_ceiling
        (b,) log of the largest weight in fb at energies equidistant in
        t = log((sqrt(s') - 4 m) / (top - 4 m)), from ``log_low`` to zero.
    ceiling
        Largest weight of a collision.
    conversion, annihilation
        Factors of the amplitudes of the two classes.
    interference
        Largest asymmetry that the exchange of emitters may have, below one.
    """

    edges: FloatArray
    share: FloatArray
    cumulative: FloatArray
    log_ceiling: FloatArray
    log_low: float
    ceiling: float
    sqrt_s: float
    spread: float
    top: float
    low: float
    beta: float
    isr: bool
    angular: bool
    conversion: float
    annihilation: float
    interference: float


@inlined
def _draw_decay(rng: np.random.Generator, beta2: float) -> float:
    """Cosine with density 2 - beta^2 + beta^2 c^2."""
    c = 2.0 * rng.random() - 1.0
    if rng.random() * (2.0 - 2.0 / 3.0 * beta2) < beta2 / 3.0:
        c = math.copysign(np.cbrt(abs(c)), c)
    return c


@kernel
def _log_ceiling(tables: FourMuonTables, root: float) -> float:
    levels = len(tables.log_ceiling)
    if levels == 1:
        return float(tables.log_ceiling[0])
    t = math.log((root - 4.0 * _M) / (tables.top - 4.0 * _M))
    place = max((1.0 - t / tables.log_low) * (levels - 1), 0.0)
    lower = min(int(place), levels - 2)
    part = place - lower
    ceilings = tables.log_ceiling
    return float((1.0 - part) * ceilings[lower] + part * ceilings[lower + 1])


@kernel
def _trial(
    rng: np.random.Generator,
    w: FloatArray,
    i: int,
    tables: FourMuonTables,
    statistics: FloatArray,
) -> None:
    """Draw one trial event for slot ``i`` of the block ``w``."""
    root = root_s = delta_1 = delta_2 = m1 = m2 = span = log_ceiling = 0.0
    channel = 0
    while True:
        root_s, delta_1, delta_2, weight = collision(
            rng, tables.sqrt_s, tables.spread, tables.isr, tables.edges[0], tables.beta
        )
        statistics[0] += 1.0
        root = root_s * math.sqrt((1.0 - delta_1) * (1.0 - delta_2))
        if root <= 4.0 * _M or root < tables.low:
            continue
        log_ceiling = _log_ceiling(tables, root)
        weight *= math.exp(log_ceiling) / tables.ceiling
        statistics[1] += weight
        if weight > 1.0:
            statistics[2] += weight - 1.0
        if rng.random() >= weight:
            continue
        statistics[3] += 1.0
        span = 2.0 * math.log((root - 2.0 * _M) / (2.0 * _M))
        cell = int(np.searchsorted(tables.cumulative, rng.random(), side="right")) - 1
        cell = min(cell, 2 * TABLE_CELLS - 1)
        channel = cell // TABLE_CELLS
        cell -= channel * TABLE_CELLS
        u1 = (cell // MASS_CELLS + 1.0 - rng.random()) / MASS_CELLS
        u2 = (cell % MASS_CELLS + 1.0 - rng.random()) / MASS_CELLS
        m1 = THRESHOLD2 * math.exp(span * np.cbrt(u1) ** 2)
        m2 = THRESHOLD2 * math.exp(span * np.cbrt(u2) ** 2)
        if math.sqrt(m1) + math.sqrt(m2) < root * (1.0 - 1e-12):
            break
    s = root * root
    if channel == 1 and rng.random() < 0.5:
        m1, m2 = m2, m1
        channel = 2
    E1 = 0.5 * (s + m1 - m2) / root
    E2 = 0.5 * (s + m2 - m1) / root
    M1 = math.sqrt(m1)
    M2 = math.sqrt(m2)
    p2 = 0.25 * (s - (M1 + M2) * (M1 + M2)) * (s - (M1 - M2) * (M1 - M2)) / s
    p = math.sqrt(p2)
    b1 = 1.0 - THRESHOLD2 / m1
    b2 = 1.0 - THRESHOLD2 / m2
    axis = c1 = c2 = 0.0
    if channel == 0:
        a, excess, kappa = axis_shape(s, m1, m2, p2)
        half = half_log(a, excess)
        while True:
            axis = min(max(a * math.tanh((2.0 * rng.random() - 1.0) * half), -1.0), 1.0)
            if rng.random() * (a * a + 1.0 + kappa) < a * a + axis * axis + kappa:
                break
        c1 = _draw_decay(rng, b1)
        c2 = _draw_decay(rng, b2)
    else:
        axis = _draw_decay(rng, 1.0)
        if channel == 1:
            a, excess = emission_shape(m1, m2, p2)
            c1 = a * math.tanh((2.0 * rng.random() - 1.0) * half_log(a, excess))
            c1 = min(max(c1, -1.0), 1.0)
            c2 = _draw_decay(rng, b2)
        else:
            a, excess = emission_shape(m2, m1, p2)
            c2 = a * math.tanh((2.0 * rng.random() - 1.0) * half_log(a, excess))
            c2 = min(max(c2, -1.0), 1.0)
            c1 = _draw_decay(rng, b1)

    # axis of pair 1 and two directions across it
    d = math.sqrt(1.0 - axis * axis)
    angle = 2.0 * math.pi * rng.random()
    cp, sp = math.cos(angle), math.sin(angle)
    e1x, e1y, e1z = axis * cp, axis * sp, -d
    e2x, e2y = -sp, cp
    e3x, e3y, e3z = d * cp, d * sp, axis
    half = 0.5 * M1 * math.sqrt(b1)
    angle = 2.0 * math.pi * rng.random()
    across = half * math.sqrt(1.0 - c1 * c1)
    ux, uy = across * math.cos(angle), across * math.sin(angle)
    nx, ny, nz = ux * e1x + uy * e2x, ux * e1y + uy * e2y, ux * e1z
    along = E1 / M1 * half * c1
    shift = p / M1 * half * c1
    f = 0.5 * p + along
    w[i] = 0.5 * E1 + shift
    w[BLOCK + i] = f * e3x + nx
    w[2 * BLOCK + i] = f * e3y + ny
    w[3 * BLOCK + i] = f * e3z + nz
    f = 0.5 * p - along
    w[4 * BLOCK + i] = 0.5 * E1 - shift
    w[5 * BLOCK + i] = f * e3x - nx
    w[6 * BLOCK + i] = f * e3y - ny
    w[7 * BLOCK + i] = f * e3z - nz
    half = 0.5 * M2 * math.sqrt(b2)
    angle = 2.0 * math.pi * rng.random()
    across = half * math.sqrt(1.0 - c2 * c2)
    ux, uy = across * math.cos(angle), across * math.sin(angle)
    nx, ny, nz = ux * e1x + uy * e2x, ux * e1y + uy * e2y, ux * e1z
    along = E2 / M2 * half * c2
    shift = p / M2 * half * c2
    f = -0.5 * p - along
    w[8 * BLOCK + i] = 0.5 * E2 + shift
    w[9 * BLOCK + i] = f * e3x + nx
    w[10 * BLOCK + i] = f * e3y + ny
    w[11 * BLOCK + i] = f * e3z + nz
    f = -0.5 * p + along
    w[12 * BLOCK + i] = 0.5 * E2 - shift
    w[13 * BLOCK + i] = f * e3x - nx
    w[14 * BLOCK + i] = f * e3y - ny
    w[15 * BLOCK + i] = f * e3z - nz

    asymmetry = 0.0
    if m1 >= m2:
        asymmetry = exchange_asymmetry(w, i, root, 0, 1, 2, 3, m2, m1, tables.interference)
        if rng.random() < 0.5 * (1.0 - asymmetry):
            exchange_muons(w, i, 0, 1)
            asymmetry = -asymmetry
            c1 = -c1
    else:
        asymmetry = exchange_asymmetry(w, i, root, 2, 3, 0, 1, m1, m2, tables.interference)
        if rng.random() < 0.5 * (1.0 - asymmetry):
            exchange_muons(w, i, 2, 3)
            asymmetry = -asymmetry
            c2 = -c2

    # the other pairing, (0,3)(2,1)
    E3 = w[i] + w[12 * BLOCK + i]
    x3 = w[BLOCK + i] + w[13 * BLOCK + i]
    y3 = w[2 * BLOCK + i] + w[14 * BLOCK + i]
    z3 = w[3 * BLOCK + i] + w[15 * BLOCK + i]
    E4 = root - E3
    q2 = max(x3 * x3 + y3 * y3 + z3 * z3, 1e-12)
    q = math.sqrt(q2)
    m3 = max(E3 * E3 - q2, THRESHOLD2 * (1.0 + 1e-12))
    m4 = max(E4 * E4 - q2, THRESHOLD2 * (1.0 + 1e-12))
    c3 = (2.0 * w[i] - E3) / (q * math.sqrt(1.0 - THRESHOLD2 / m3))
    c4 = (2.0 * w[8 * BLOCK + i] - E4) / (q * math.sqrt(1.0 - THRESHOLD2 / m4))
    w[16 * BLOCK + i] = m1
    w[17 * BLOCK + i] = m2
    w[18 * BLOCK + i] = m3
    w[19 * BLOCK + i] = m4
    g = channel_densities(tables.share, s, span, m1, m2, p2, axis, c1, c2)
    h = channel_densities(
        tables.share,
        s,
        span,
        m3,
        m4,
        q2,
        z3 / q,
        min(max(c3, -1.0), 1.0),
        min(max(c4, -1.0), 1.0),
    )
    if m3 >= m4:
        other_asymmetry = exchange_asymmetry(w, i, root, 0, 3, 2, 1, m4, m3, tables.interference)
    else:
        other_asymmetry = exchange_asymmetry(w, i, root, 2, 1, 0, 3, m3, m4, tables.interference)
    here = 1.0 + asymmetry
    there = 1.0 + other_asymmetry
    total = here * (g[0] + g[1] + g[2]) + there * (h[0] + h[1] + h[2])
    w[21 * BLOCK + i] = _FB / s / (0.5 * total)
    w[22 * BLOCK + i] = log_ceiling
    w[23 * BLOCK + i] = root_s
    w[24 * BLOCK + i] = delta_1
    w[25 * BLOCK + i] = delta_2
    w[26 * BLOCK + i] = here * g[0] / total
    w[27 * BLOCK + i] = here * g[1] / total
    w[28 * BLOCK + i] = here * g[2] / total
    w[29 * BLOCK + i] = there * h[0] / total
    w[30 * BLOCK + i] = there * h[1] / total
    w[31 * BLOCK + i] = there * h[2] / total
    w[32 * BLOCK + i] = g[3]
    w[33 * BLOCK + i] = g[4]
    w[34 * BLOCK + i] = g[5]
    w[35 * BLOCK + i] = h[3]
    w[36 * BLOCK + i] = h[4]
    w[37 * BLOCK + i] = h[5]


@kernel
def fill_four_muon_events(
    rng: np.random.Generator,
    tables: FourMuonTables,
    momenta: FloatArray,
    photons: FloatArray,
    weights: FloatArray,
    training: FloatArray,
    power: float,
    statistics: FloatArray,
) -> None:
    """Make unweighted events, or survey weights and train tables.

    Parameters
    ----------
    rng
        Source of randomness.
    tables
        See :class:`FourMuonTables`.
    momenta, photons
        (n, 4, 4) and (n, 2, 4), written.
    weights
        If not empty: receives the weights in fb of points inside phase space, collision weights
        left out, and no events are made.
    training
        (2, 2 cells): adds sums over points of channel share, and of share x weight^power.
    power
        The larger, the smaller the largest weight after training.
    statistics
        (7,) added to: collisions tried, their weights and the excess above one; points tried
        (inside phase space or not), their weights over the ceiling, the excess above one, and
        the squares of these weights. Points come in whole blocks: all of a block count, also
        those that are one too many.
    """
    w = np.empty(_ROWS * BLOCK)
    surveying = len(weights) > 0
    target = len(weights) if surveying else len(momenta)
    done = 0
    while done < target:
        for i in range(BLOCK):
            _trial(rng, w, i, tables, statistics)
        me2_four_muon_block(w, tables.conversion, tables.annihilation)
        for i in range(BLOCK):
            value = w[20 * BLOCK + i] * w[21 * BLOCK + i]
            share = value * math.exp(-w[22 * BLOCK + i])
            statistics[4] += share
            statistics[6] += share * share
            if share > 1.0:
                statistics[5] += share - 1.0
            if done == target:
                continue  # tried, hence counted
            if surveying:
                weights[done] = value
                done += 1
                lifted = value**power
                for k in range(6):
                    cell = int(w[(32 + k) * BLOCK + i])
                    training[0, cell] += w[(26 + k) * BLOCK + i]
                    training[1, cell] += w[(26 + k) * BLOCK + i] * lifted
                continue
            if rng.random() < share:
                exchange = rng.random() < 0.5
                for j in range(4):
                    row = (j + 2) % 4 if exchange and j % 2 == 1 else j
                    for c in range(4):
                        momenta[done, j, c] = w[(4 * row + c) * BLOCK + i]
                write_event(
                    rng,
                    momenta[done],
                    photons[done],
                    w[23 * BLOCK + i],
                    w[24 * BLOCK + i],
                    w[25 * BLOCK + i],
                    tables.angular,
                )
                done += 1
