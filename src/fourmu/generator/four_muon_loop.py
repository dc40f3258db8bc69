"""The loop that makes unweighted events of e+e- -> mu+ mu- mu+ mu-, and trains its tables.

Variables of a pairing (0,1)(2,3) of the muons: the masses of both pairs, their axis, the decay
angles in the frames of the pairs. Three densities are mixed. Conversion: the axis follows the
electron propagators; annihilation with either pair as emitter: the decay angle of the emitter
follows the muon propagators. Photons decay as if transverse. The masses come from joint tables
in u, log(M^2 / 4 m^2) = (range) u^(2/3), which is flat at threshold. The muons of the
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
from .four_muon_kernels import me2_four_muon_block
from .x_kernels import BLOCK

__all__ = ["MASS_CELLS", "FourMuonTables", "fill_four_muon_events"]

MASS_CELLS = 32
_CELLS = MASS_CELLS * MASS_CELLS
_M = MUON_MASS_GEV
_4M2 = 4.0 * MUON_MASS_GEV**2
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
def _decay_density(beta2: float, c: float) -> float:
    return (2.0 - beta2 + beta2 * c * c) / (4.0 - 4.0 / 3.0 * beta2)


@inlined
def _axis_shape(s: float, m1: float, m2: float, p2: float) -> tuple[float, float, float]:
    """a, a^2 - 1 and kappa of the conversion density -1 + (2 a^2 + kappa)/(a^2 - c^2)."""
    B2 = s * p2
    excess = m1 * m2 / B2
    return 0.5 * (s - m1 - m2) / math.sqrt(B2), excess, s * (m1 + m2) / B2


@inlined
def _half_log(a: float, excess: float) -> float:
    """Artanh(1/a) with a^2 - 1 given."""
    return 0.5 * math.log((a + 1.0) * (a + 1.0) / excess)


@inlined
def _emission_shape(m_emitter: float, m_other: float, p2: float) -> tuple[float, float]:
    """Give a and a^2 - 1 of the decay angle of an emitting pair, density 1/(a^2 - c^2)."""
    speed2 = p2 * (1.0 - _4M2 / m_emitter)
    excess = (m_other + _4M2 * p2 / m_emitter) / speed2
    return math.sqrt(1.0 + excess), excess


@kernel
def _densities(
    share: FloatArray,
    s: float,
    span: float,
    m1: float,
    m2: float,
    p2: float,
    axis: float,
    c1: float,
    c2: float,
) -> tuple[float, float, float, int, int, int]:
    """Densities of the three channels over phase space, and their mass cells; m are squared."""
    l1 = max(math.log(m1 / _4M2), 0.0) / span
    l2 = max(math.log(m2 / _4M2), 0.0) / span
    root1 = math.sqrt(l1)
    root2 = math.sqrt(l2)
    k1 = min(int(l1 * root1 * MASS_CELLS), MASS_CELLS - 1)
    k2 = min(int(l2 * root2 * MASS_CELLS), MASS_CELLS - 1)
    b1 = max(1.0 - _4M2 / m1, 1e-12)
    b2 = max(1.0 - _4M2 / m2, 1e-12)
    p = math.sqrt(p2)
    # d u / d M^2, and what phase space has
    common = (
        MASS_CELLS
        * MASS_CELLS
        * 2.25
        * root1
        * root2
        / (m1 * m2 * span * span)
        * math.sqrt(s)
        / (p * math.sqrt(b1 * b2))
    )
    d1 = _decay_density(b1, c1)
    d2 = _decay_density(b2, c2)
    a, excess, kappa = _axis_shape(s, m1, m2, p2)
    top = 2.0 * (1.0 + excess) + kappa
    conversion = (-1.0 + top / (excess + 1.0 - axis * axis)) / (
        -2.0 + 2.0 * top / a * _half_log(a, excess)
    )
    flat_axis = 0.375 * (1.0 + axis * axis)
    a, excess = _emission_shape(m1, m2, p2)
    e1 = 0.5 * a / ((excess + 1.0 - c1 * c1) * _half_log(a, excess))
    a, excess = _emission_shape(m2, m1, p2)
    e2 = 0.5 * a / ((excess + 1.0 - c2 * c2) * _half_log(a, excess))
    cell = k1 * MASS_CELLS + k2
    mirror = k2 * MASS_CELLS + k1
    return (
        common * share[cell] * conversion * d1 * d2,
        common * 0.5 * share[_CELLS + cell] * flat_axis * e1 * d2,
        common * 0.5 * share[_CELLS + mirror] * flat_axis * e2 * d1,
        cell,
        _CELLS + cell,
        _CELLS + mirror,
    )


@kernel
def _interference(
    w: FloatArray,
    i: int,
    root: float,
    plus: int,
    minus: int,
    other: int,
    last: int,
    k2: float,
    pair2: float,
    largest: float,
) -> float:
    """Asymmetry under exchange of ``plus`` and ``minus``, the muons that may emit the photon k.

    Eikonal currents of electrons and muons, weighted by the photon propagators 1/pair2 and 1/s;
    ``other`` and ``last`` make up k, k2 is its square; numbers are those of muons in ``w``.
    """
    s = root * root
    kt = w[4 * other * BLOCK + i] + w[4 * last * BLOCK + i]
    kz = w[(4 * other + 3) * BLOCK + i] + w[(4 * last + 3) * BLOCK + i]
    inverse_a = 1.0 / (k2 - root * (kt - kz))
    inverse_b = 1.0 / (k2 - root * (kt + kz))
    # 2 p.k + k^2 = (P - other muon)^2 - m^2
    inverse_minus = 1.0 / (s - 2.0 * root * w[4 * plus * BLOCK + i])
    inverse_plus = 1.0 / (s - 2.0 * root * w[4 * minus * BLOCK + i])
    product = initial = final = 0.0
    sign = 1.0
    for c in range(4):
        k = w[(4 * other + c) * BLOCK + i] + w[(4 * last + c) * BLOCK + i]
        a = b = 0.0
        if c == 0:
            a = b = root
        elif c == 3:
            a, b = root, -root
        electrons = (a - k) * inverse_a - (b - k) * inverse_b
        muons = (2.0 * w[(4 * minus + c) * BLOCK + i] + k) * inverse_minus - (
            2.0 * w[(4 * plus + c) * BLOCK + i] + k
        ) * inverse_plus
        electrons /= pair2
        muons /= s
        product += sign * electrons * muons
        initial += sign * electrons * electrons
        final += sign * muons * muons
        sign = -1.0
    size = abs(initial) + abs(final)
    if size <= 0.0:
        return 0.0
    return min(max(-2.0 * product / size, -largest), largest)


@kernel
def _exchange(w: FloatArray, i: int, a: int, b: int) -> None:
    for c in range(4):
        first = w[(4 * a + c) * BLOCK + i]
        w[(4 * a + c) * BLOCK + i] = w[(4 * b + c) * BLOCK + i]
        w[(4 * b + c) * BLOCK + i] = first


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
        cell = min(cell, 2 * _CELLS - 1)
        channel = cell // _CELLS
        cell -= channel * _CELLS
        u1 = (cell // MASS_CELLS + 1.0 - rng.random()) / MASS_CELLS
        u2 = (cell % MASS_CELLS + 1.0 - rng.random()) / MASS_CELLS
        m1 = _4M2 * math.exp(span * np.cbrt(u1) ** 2)
        m2 = _4M2 * math.exp(span * np.cbrt(u2) ** 2)
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
    b1 = 1.0 - _4M2 / m1
    b2 = 1.0 - _4M2 / m2
    axis = c1 = c2 = 0.0
    if channel == 0:
        a, excess, kappa = _axis_shape(s, m1, m2, p2)
        half = _half_log(a, excess)
        while True:
            axis = min(max(a * math.tanh((2.0 * rng.random() - 1.0) * half), -1.0), 1.0)
            if rng.random() * (a * a + 1.0 + kappa) < a * a + axis * axis + kappa:
                break
        c1 = _draw_decay(rng, b1)
        c2 = _draw_decay(rng, b2)
    else:
        axis = _draw_decay(rng, 1.0)
        if channel == 1:
            a, excess = _emission_shape(m1, m2, p2)
            c1 = a * math.tanh((2.0 * rng.random() - 1.0) * _half_log(a, excess))
            c1 = min(max(c1, -1.0), 1.0)
            c2 = _draw_decay(rng, b2)
        else:
            a, excess = _emission_shape(m2, m1, p2)
            c2 = a * math.tanh((2.0 * rng.random() - 1.0) * _half_log(a, excess))
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
        asymmetry = _interference(w, i, root, 0, 1, 2, 3, m2, m1, tables.interference)
        if rng.random() < 0.5 * (1.0 - asymmetry):
            _exchange(w, i, 0, 1)
            asymmetry = -asymmetry
            c1 = -c1
    else:
        asymmetry = _interference(w, i, root, 2, 3, 0, 1, m1, m2, tables.interference)
        if rng.random() < 0.5 * (1.0 - asymmetry):
            _exchange(w, i, 2, 3)
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
    m3 = max(E3 * E3 - q2, _4M2 * (1.0 + 1e-12))
    m4 = max(E4 * E4 - q2, _4M2 * (1.0 + 1e-12))
    c3 = (2.0 * w[i] - E3) / (q * math.sqrt(1.0 - _4M2 / m3))
    c4 = (2.0 * w[8 * BLOCK + i] - E4) / (q * math.sqrt(1.0 - _4M2 / m4))
    w[16 * BLOCK + i] = m1
    w[17 * BLOCK + i] = m2
    w[18 * BLOCK + i] = m3
    w[19 * BLOCK + i] = m4
    g = _densities(tables.share, s, span, m1, m2, p2, axis, c1, c2)
    h = _densities(
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
        other_asymmetry = _interference(w, i, root, 0, 3, 2, 1, m4, m3, tables.interference)
    else:
        other_asymmetry = _interference(w, i, root, 2, 1, 0, 3, m3, m4, tables.interference)
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
        the squares of these weights.
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
            if done == target:
                break
            value = w[20 * BLOCK + i] * w[21 * BLOCK + i]
            share = value * math.exp(-w[22 * BLOCK + i])
            statistics[4] += share
            statistics[6] += share * share
            if share > 1.0:
                statistics[5] += share - 1.0
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
