"""The loop that makes unweighted events of e+e- -> mu+ mu- X, X -> mu+ mu-."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import CROSS_SECTION_FB_GEV2, MUON_MASS_GEV
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .beam_kernels import collision, write_event
from .line_kernels import BLOCK
from .three_body import dalitz_point
from .x_kernels import me2_scalar, me2_vector

__all__ = ["TAU_CELLS", "W_CELLS", "XTables", "fill_x_events"]

TAU_CELLS = 40
W_CELLS = 12
_M = MUON_MASS_GEV
_ROWS = 24
# flux 1/(2s), phase space dd1 dd2 / (128 pi^3 s); orientation and decay angles are averages
_FB = CROSS_SECTION_FB_GEV2 / (2.0 * 128.0 * math.pi**3)


class XTables(NamedTuple):
    """What the loop looks up; node arrays are over masses (a), energies (b) and cells.

    Attributes
    ----------
    edges
        (a, bins + 1) equally likely bins of the beam fractions.
    ceiling
        (a,) largest weight of a collision.
    log_total
        (a, b) log of the summed cell bounds in fb.
    cumulative
        (a, b, cells + 1) share of the bounds up to each cell.
    log_low
        Energies are equidistant in t = log((sqrt(s') - threshold) / (top - threshold)), from
        this value to zero.
    """

    edges: FloatArray
    ceiling: FloatArray
    log_total: FloatArray
    cumulative: FloatArray
    log_low: float
    sqrt_s: float
    spread: float
    top: float
    low: float
    beta: float
    isr: bool
    angular: bool


@kernel
def _trial(
    rng: np.random.Generator,
    w: FloatArray,
    i: int,
    mass: float,
    node: int,
    scale: float,
    tables: XTables,
    statistics: FloatArray,
) -> None:
    """Draw one trial event for slot ``i`` of the block ``w``."""
    threshold = mass + 2.0 * _M
    cells = TAU_CELLS * W_CELLS
    levels = tables.log_total.shape[1]
    root = root_s = delta_1 = delta_2 = 0.0
    level = 0
    log_total = 0.0
    while True:
        root_s, delta_1, delta_2, weight = collision(
            rng, tables.sqrt_s, tables.spread, tables.isr, tables.edges[node], tables.beta
        )
        statistics[0] += 1.0
        root = root_s * math.sqrt((1.0 - delta_1) * (1.0 - delta_2))
        if root <= threshold or root < tables.low:
            continue
        t = math.log((root - threshold) / (tables.top - threshold))
        place = max((1.0 - t / tables.log_low) * (levels - 1), 0.0)
        lower = min(int(place), levels - 2)
        part = place - lower
        level = lower + 1 if part > 0.5 else lower
        log_total = (1.0 - part) * tables.log_total[node, lower] + part * (
            tables.log_total[node, lower + 1]
        )
        weight *= math.exp(log_total) / tables.ceiling[node]
        statistics[1] += weight
        if weight > 1.0:
            statistics[2] += weight - 1.0
        if rng.random() < weight:
            break
    cumulative = tables.cumulative[node, level]
    cell = int(np.searchsorted(cumulative, rng.random(), side="right")) - 1
    cell = min(cell, cells - 1)
    bound = scale * math.exp(log_total) * (cumulative[cell + 1] - cumulative[cell]) * cells
    tau = (cell // W_CELLS + rng.random()) / TAU_CELLS
    sign = 2.0 * rng.random() - 1.0
    y_share = (cell % W_CELLS + abs(sign)) / W_CELLS
    s = root * root
    Q, y, y_max, jacobian = dalitz_point(s, mass, tau, y_share)
    if sign < 0.0:
        y = -y

    # X along e3; the muons back to back in their own frame, mu- at cosine -y / y_max to X
    energy = Q / (2.0 * root)
    p_x = math.sqrt(max(energy * energy - mass * mass, 0.0))
    pair = root - energy
    pair_mass = math.sqrt(max(s + mass * mass - Q, 4.0 * _M * _M))
    p_star = math.sqrt(max(0.25 * pair_mass * pair_mass - _M * _M, 0.0))
    cosine = min(max(y / y_max, -1.0), 1.0) if y_max > 0.0 else 0.0
    along = pair / pair_mass * p_star * cosine
    energy_shift = p_x / pair_mass * p_star * cosine
    across = p_star * math.sqrt(1.0 - cosine * cosine)

    # orientation, and the decay of X
    c = 2.0 * rng.random() - 1.0
    d = math.sqrt(1.0 - c * c)
    angle = 2.0 * math.pi * rng.random()
    cp, sp = math.cos(angle), math.sin(angle)
    angle = 2.0 * math.pi * rng.random()
    ca, sa = math.cos(angle), math.sin(angle)
    c_x = 2.0 * rng.random() - 1.0
    d_x = math.sqrt(1.0 - c_x * c_x)
    angle = 2.0 * math.pi * rng.random()
    cx, sx = math.cos(angle), math.sin(angle)
    e1x, e1y, e1z = c * cp, c * sp, -d
    e2x, e2y = -sp, cp
    e3x, e3y, e3z = d * cp, d * sp, c
    tx, ty, tz = ca * e1x + sa * e2x, ca * e1y + sa * e2y, ca * e1z
    half = math.sqrt(max(0.25 * mass * mass - _M * _M, 0.0))
    x_along = energy / mass * half * c_x
    x_shift = p_x / mass * half * c_x
    ux, uy = half * d_x * cx, half * d_x * sx
    nx, ny, nz = ux * e1x + uy * e2x, ux * e1y + uy * e2y, ux * e1z

    a = along - 0.5 * p_x
    w[i] = 0.5 * pair - energy_shift
    w[BLOCK + i] = a * e3x + across * tx
    w[2 * BLOCK + i] = a * e3y + across * ty
    w[3 * BLOCK + i] = a * e3z + across * tz
    a = -along - 0.5 * p_x
    w[4 * BLOCK + i] = 0.5 * pair + energy_shift
    w[5 * BLOCK + i] = a * e3x - across * tx
    w[6 * BLOCK + i] = a * e3y - across * ty
    w[7 * BLOCK + i] = a * e3z - across * tz
    a = 0.5 * p_x + x_along
    w[8 * BLOCK + i] = 0.5 * energy + x_shift
    w[9 * BLOCK + i] = a * e3x + nx
    w[10 * BLOCK + i] = a * e3y + ny
    w[11 * BLOCK + i] = a * e3z + nz
    a = 0.5 * p_x - x_along
    w[12 * BLOCK + i] = 0.5 * energy - x_shift
    w[13 * BLOCK + i] = a * e3x - nx
    w[14 * BLOCK + i] = a * e3y - ny
    w[15 * BLOCK + i] = a * e3z - nz
    w[16 * BLOCK + i] = 1.0 if rng.random() < 0.5 else -1.0
    w[18 * BLOCK + i] = _FB / (s * s) * jacobian / bound
    w[19 * BLOCK + i] = root_s
    w[20 * BLOCK + i] = delta_1
    w[21 * BLOCK + i] = delta_2


@kernel
def fill_x_events(
    rng: np.random.Generator,
    masses: FloatArray,
    nodes: npt.NDArray[np.int64],
    scales: FloatArray,
    tables: XTables,
    couplings: tuple[float, float, float, float],
    ceiling: float,
    momenta: FloatArray,
    photons: FloatArray,
    ratios: FloatArray,
    statistics: FloatArray,
) -> None:
    """Make one unweighted event per entry of ``masses``, or survey weights.

    Parameters
    ----------
    rng
        Source of randomness.
    masses, nodes, scales
        (n,) mass of X, index of the mass node whose tables serve it, and its cross section
        relative to that of the node.
    tables
        See :class:`XTables`.
    couplings
        gV, gA, gS, gP, real; V/A and S/P are not mixed.
    ceiling
        Largest weight relative to the bound of a cell.
    momenta, photons
        (n, 4, 4) and (n, 2, 4), written. The mass of an event is kept until one is accepted.
    ratios
        If not empty: receives weights over bounds of trial events, and no events are made.
    statistics
        (6,) added to: collisions tried, their weights and the excess above one; points tried,
        their weights over the ceiling and the excess above one.
    """
    w = np.empty(_ROWS * BLOCK)
    slot = np.empty(BLOCK, dtype=np.int64)
    n = len(masses)
    gV, gA, gS, gP = couplings
    spin_one = gV != 0.0 or gA != 0.0
    surveying = len(ratios) > 0
    following = 0
    for i in range(BLOCK):
        slot[i] = following % n if surveying else min(following, n)
        following += 1
    done = 0
    target = len(ratios) if surveying else n
    while done < target:
        for i in range(BLOCK):
            if surveying or slot[i] < n:
                e = slot[i]
                _trial(rng, w, i, masses[e], nodes[e], scales[e], tables, statistics)
        if spin_one:
            me2_vector(w, gV, gA)
        else:
            me2_scalar(w, gS, gP)
        for i in range(BLOCK):
            e = slot[i]
            if e >= n:
                continue
            mass2 = masses[e] * masses[e]
            value = w[17 * BLOCK + i] * w[18 * BLOCK + i]
            if spin_one:
                # decay averaged over angles and polarisations gives one
                value *= 0.75 / (
                    gV * gV * (mass2 + 2.0 * _M * _M) + gA * gA * (mass2 - 4.0 * _M * _M)
                )
            if surveying:
                if done < target:
                    ratios[done] = value
                    done += 1
                slot[i] = following % n
                following += 1
                continue
            share = value / ceiling
            statistics[3] += 1.0
            statistics[4] += share
            if share > 1.0:
                statistics[5] += share - 1.0
            if rng.random() < share:
                for j in range(4):
                    for c in range(4):
                        momenta[e, j, c] = w[(4 * j + c) * BLOCK + i]
                write_event(
                    rng,
                    momenta[e],
                    photons[e],
                    w[19 * BLOCK + i],
                    w[20 * BLOCK + i],
                    w[21 * BLOCK + i],
                    tables.angular,
                )
                done += 1
                slot[i] = min(following, n)
                following += 1
