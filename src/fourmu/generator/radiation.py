"""Initial-state radiation: the structure function of the beams and the radiated photons.

Each beam keeps a fraction x of its momentum, distributed as D(x); the hard process happens at
s' = x1 x2 s and is boosted along the beam.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import ALPHA, ELECTRON_MASS_GEV
from fourmu.physics.kernels import inlined
from fourmu.physics.kinematics import FloatArray

__all__ = [
    "BEAM_BINS",
    "Photons",
    "beam_exponent",
    "best_beam_table",
    "luminosity_average",
    "photon_pair",
    "structure_function",
    "structure_weight",
]

Photons = Literal["collinear", "angular"]
"""Directions of radiated photons: along the beams, or with their angles."""
BEAM_BINS = 1024
"""Bins of a table of beam fractions."""
_POWERS = np.arange(-3.0, 2.01, 0.25)


def beam_exponent(sqrt_s_gev: float) -> float:
    """Return beta = (alpha/pi) (ln(s/m_e^2) - 1), the strength of radiation off one beam."""
    return ALPHA / math.pi * (math.log(sqrt_s_gev**2 / ELECTRON_MASS_GEV**2) - 1.0)


@inlined
def structure_weight(delta: float, beta: float) -> float:
    """D(x) / (beta delta^(beta-1)) at delta = 1 - x: D(x) dx is this times du, u = delta^beta.

    Notes
    -----
    D(x) = beta (1-x)^(beta-1) [1 + 3 beta/4 + (27 - 8 pi^2) beta^2/96] - beta (1+x)/2
    - (beta^2/8) [(1 + 3 x^2) ln x / (1-x) + 4 (1+x) ln(1-x) + 5 + x].
    """
    soft = 1.0 + 0.75 * beta + (27.0 - 8.0 * math.pi**2) * beta * beta / 96.0
    if delta < 1e-300:
        return soft
    x = 1.0 - delta
    if x <= 0.0:
        return 0.0
    log_ratio = math.log1p(-delta) / delta
    hard = 0.5 * (1.0 + x) + 0.125 * beta * (
        (1.0 + 3.0 * x * x) * log_ratio + 4.0 * (1.0 + x) * math.log(delta) + 5.0 + x
    )
    return soft - float(hard * delta ** (1.0 - beta))


def structure_function(u: FloatArray, beta: float) -> tuple[FloatArray, FloatArray]:
    """Fraction x and structure weight at u."""
    delta = u ** (1.0 / beta)
    x = 1.0 - delta
    soft = 1.0 + 0.75 * beta + (27.0 - 8.0 * math.pi**2) * beta**2 / 96.0
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.where(delta > 0.0, np.log1p(-delta) / delta, -1.0)
        hard = 0.5 * (1.0 + x) + 0.125 * beta * (
            (1.0 + 3.0 * x**2) * log_ratio + 4.0 * (1.0 + x) * np.log(delta) + 5.0 + x
        )
        weight = np.where(delta > 0.0, soft - hard * delta ** (1.0 - beta), soft)
    return x, weight


def _fine_u(x_min: float, beta: float, points: int) -> FloatArray:
    """Grid in u that resolves soft photons and, in log x, hard ones."""
    middle = 0.5
    soft = np.linspace(0.0, (1.0 - middle) ** beta, points)
    if x_min >= middle:
        return np.linspace(0.0, (1.0 - x_min) ** beta, points)
    hard = (1.0 - np.geomspace(middle, x_min, points)) ** beta
    return np.concatenate([soft, hard[1:]])


def best_beam_table(
    sqrt_s_prime_gev: FloatArray,
    log_size: FloatArray,
    top_gev: float,
    beta: float,
) -> tuple[FloatArray, float]:
    """Bins of the beam fractions that follow a cross section, and the largest weight with them.

    Parameters
    ----------
    sqrt_s_prime_gev, log_size
        (b,) increasing energies, from the least that is wanted to ``top_gev``, and the log of
        the size of the hard process there.
    top_gev
        Largest c.m. energy of a collision.
    beta
        Strength of radiation.

    Returns
    -------
    edges, ceiling
        (bins + 1,) edges in u = (1-x)^beta of bins that are equally likely, and the largest
        product of structure weights, bin widths and size. Both beams use the same bins, made
        for D(x) x^-power with the power that makes the ceiling small.
    """
    u = _fine_u((sqrt_s_prime_gev[0] / top_gev) ** 2, beta, 4096)
    x, density = structure_function(0.5 * (u[1:] + u[:-1]), beta)
    mass = np.diff(u) * density
    log_z = 2.0 * np.log(sqrt_s_prime_gev / top_gev)
    ceilings, tables = [], []
    for power in _POWERS:
        cumulative = np.concatenate([[0.0], np.cumsum(mass * x**-power)])
        edges = np.interp(np.linspace(0.0, cumulative[-1], BEAM_BINS + 1), cumulative, u)
        x_edge, density_edge = structure_function(edges, beta)
        flattened = density_edge * x_edge**-power
        single = BEAM_BINS * float(
            np.max(np.maximum(flattened[1:], flattened[:-1]) * np.diff(edges))
        )
        ceilings.append(single**2 * math.exp(float(np.max(power * log_z + log_size))))
        tables.append(edges)
    best = int(np.argmin(ceilings))
    return tables[best], ceilings[best]


def luminosity_average(
    function: Callable[[FloatArray], FloatArray],
    sqrt_s_gev: float,
    sqrt_s_min_gev: float,
    *,
    sqrt_s_max_gev: float | None = None,
    order: int = 96,
) -> float:
    """Integrate D(x1) D(x2) f(sqrt(x1 x2 s)) over both beams.

    Parameters
    ----------
    function
        Takes an array of sqrt(s') in GeV; smooth above the minimum.
    sqrt_s_gev
        C.m. energy of the beams.
    sqrt_s_min_gev, sqrt_s_max_gev
        Range of sqrt(s') that counts.

    Returns
    -------
    average
        The integral, good to 1e-4 for cross sections.

    Notes
    -----
    z = x1 x2 is the outer variable and the share of log z taken by the first beam the inner one:
    x1 = z^a, x2 = z^(1-a). Both soft singularities then sit at the ends of a, where powers of a
    and of 1-a remove them.
    """
    if sqrt_s_max_gev is not None and sqrt_s_max_gev <= sqrt_s_min_gev:
        raise DomainError("empty range of sqrt(s')", found=(sqrt_s_min_gev, sqrt_s_max_gev))
    beta = beam_exponent(sqrt_s_gev)
    node, weight = np.polynomial.legendre.leggauss(order)
    unit, unit_weight = 0.5 * (node + 1.0), 0.5 * weight
    # total log L = -ln z between its limits, mapped with L = v^(1/(2 beta)) (soft power 2 beta-1)
    longest = 2.0 * math.log(sqrt_s_gev / sqrt_s_min_gev)
    shortest = 0.0
    if sqrt_s_max_gev is not None and sqrt_s_max_gev < sqrt_s_gev:
        shortest = 2.0 * math.log(sqrt_s_gev / sqrt_s_max_gev)
    total = 0.0
    # two pieces: soft in the power, hard in the log, so that both are smooth
    border = min(max(0.02, shortest), longest)
    pieces: list[tuple[FloatArray, FloatArray]] = []
    if shortest < border:
        v_low, v_high = shortest ** (2 * beta), border ** (2 * beta)
        v = v_low + (v_high - v_low) * unit
        length = v ** (1.0 / (2.0 * beta))
        pieces.append((length, (v_high - v_low) * unit_weight * length / (2.0 * beta * v)))
    if border < longest:
        # x^2 spacing towards the largest photon energies, where cross sections may end like a root
        log_low, log_high = math.log(border), math.log(longest)
        t = log_low + (log_high - log_low) * unit
        length = np.exp(t)
        pieces.append((length, (log_high - log_low) * unit_weight * length))
    # share a of the first beam, on (0, 1/2) with q = a^beta; the other half is the mirror image
    q_max = 0.5**beta
    q = q_max * unit
    share = q ** (1.0 / beta)
    share_weight = q_max * unit_weight * share / (beta * q)
    for length, length_weight in pieces:
        values = function(sqrt_s_gev * np.exp(-0.5 * length))
        first = share[None, :] * length[:, None]
        second = length[:, None] - first
        density = _structure_log(first, beta) * _structure_log(second, beta)
        inner = 2.0 * np.sum(density * share_weight, axis=1) * length
        total += float(np.sum(length_weight * values * inner))
    return total


def _structure_log(length: FloatArray, beta: float) -> FloatArray:
    """Density of L = -ln x, x D(x)."""
    delta = -np.expm1(-length)
    safe = np.maximum(delta, 1e-300)
    _, weight = structure_function(safe**beta, beta)
    return np.asarray(weight * beta * safe ** (beta - 1.0) * np.exp(-length))


@inlined
def photon_pair(
    root_s: float,
    delta_1: float,
    delta_2: float,
    angular: bool,
    r_1: float,
    r_2: float,
    phi_1: float,
    phi_2: float,
) -> tuple[float, float, float, float, float, float, float, float]:
    """Photons of e- (first four numbers) and e+ as (E, px, py, pz) each.

    Collinear photons carry delta root_s / 2. With angles, cos(theta) to the own beam follows
    1/(1 - b cos theta), b the velocity of the electrons, from the uniform numbers r and phi, and
    both energies are multiplied by the common factor that keeps s' = x1 x2 s; it is one in the
    collinear limit.
    """
    e_1 = 0.5 * root_s * delta_1
    e_2 = 0.5 * root_s * delta_2
    if not angular:
        return e_1, 0.0, 0.0, e_1, e_2, 0.0, 0.0, -e_2
    # 1 - cos(theta) from 1 - b cos(theta) = (1 - b) ((1 + b)/(1 - b))^r without cancellation
    ratio = (2.0 * ELECTRON_MASS_GEV / root_s) ** 2
    b = math.sqrt(1.0 - ratio)
    near = ratio / (1.0 + b)  # 1 - b
    span = math.log((1.0 + b) / near)
    open_1 = min(max(near * math.expm1(r_1 * span) / b, 0.0), 2.0)
    open_2 = min(max(near * math.expm1(r_2 * span) / b, 0.0), 2.0)
    cos_1, sin_1 = 1.0 - open_1, math.sqrt(open_1 * (2.0 - open_1))
    cos_2, sin_2 = -(1.0 - open_2), math.sqrt(open_2 * (2.0 - open_2))
    x_1, y_1 = sin_1 * math.cos(phi_1), sin_1 * math.sin(phi_1)
    x_2, y_2 = sin_2 * math.cos(phi_2), sin_2 * math.sin(phi_2)
    cos_12 = x_1 * x_2 + y_1 * y_2 + cos_1 * cos_2
    # s' = s - 2 root_s k (E1 + E2) + 2 k^2 E1 E2 (1 - cos_12) solved for the factor k
    half_b = root_s * (e_1 + e_2)
    a = 2.0 * e_1 * e_2 * (1.0 - cos_12)
    c = 2.0 * half_b - 4.0 * e_1 * e_2
    factor = 1.0
    if c > 0.0:
        factor = c / (half_b + math.sqrt(max(half_b * half_b - a * c, 0.0)))
    e_1 *= factor
    e_2 *= factor
    return e_1, e_1 * x_1, e_1 * y_1, e_1 * cos_1, e_2, e_2 * x_2, e_2 * y_2, e_2 * cos_2
