"""Channels of e+e- -> l+ l- L+ L-: how points are drawn, and the densities of all channels.

``double``: P -> (l l)(L L), both pairs from photons off the beam line (conversion); the axis
follows the electron propagators. ``chain``: P -> a X, X -> b K, K -> c d, a pair K emitted by a
line with ends a and b. If the l are electrons that scatter, a follows the photon propagator 1/t of
its beam, and in X either nothing more (K from the outgoing b), or K along the incoming beam (K
from the incoming one), or b along its own beam: two photons in t channels make K
(multiperipheral), which then decays along them like a t channel of its own.

Squared masses follow 1/M^2, for X with the square of the mass of b taken off; all is relative to
limits that depend on what was drawn before. Numbers y are between 0 and 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import ELECTRON_MASS_GEV
from fourmu.physics.kernels import internal_kernel
from fourmu.physics.kinematics import FloatArray

from .channel_tables import ChannelTables, draw_unit, unit_cell
from .four_lepton_frames import boosted, direction_about, dot, momentum_square, transfer

__all__ = ["CHANNELS", "DIMENSIONS", "Leptons", "channel_densities", "draw_point"]

CHANNELS = 9
"""double; L- and L+ radiate (l l); then (L L) off l- and l+: from outgoing, incoming, both."""
DIMENSIONS = 5
_TINY = 1e-14

IntArray = npt.NDArray[np.int64]


class Leptons(NamedTuple):
    """Process and limits.

    Attributes
    ----------
    light_mass, heavy_mass
        Masses of l and L in GeV.
    scattering
        Whether l are electrons, so that the beams may scatter.
    open_min
        Least 1 - cos between a scattered electron and its beam that counts.
    """

    light_mass: float
    heavy_mass: float
    scattering: bool
    open_min: float


@internal_kernel
def _log_value(low: float, high: float, y: float) -> float:
    return low * math.exp(y * math.log(high / low))


@internal_kernel
def _log_place(low: float, high: float, value: float) -> tuple[float, float]:
    """Give y of a value that is uniform in its log, and dy / dvalue."""
    span = math.log(high / low)
    value = max(value, low)  # rounding
    return math.log(value / low) / span, 1.0 / (value * span)


@internal_kernel
def _reach(speed: float, one_minus_square: float) -> float:
    """Artanh of a speed with 1 - speed^2 given."""
    return 0.5 * math.log((1.0 + speed) * (1.0 + speed) / one_minus_square)


@internal_kernel
def _ends(channel: int, leptons: Leptons) -> tuple[int, int, int, float, float]:
    """Legs of a and b and the first of K, mass of a and b, mass of the leptons in K."""
    if channel <= 2:
        spectator = 3 + channel
        return spectator, 9 - spectator, 2, leptons.heavy_mass, leptons.light_mass
    spectator = 2 + (channel + 1) % 2
    return spectator, 5 - spectator, 4, leptons.light_mass, leptons.heavy_mass


@internal_kernel
def _beam(root: float) -> float:
    return math.sqrt((0.5 * root - ELECTRON_MASS_GEV) * (0.5 * root + ELECTRON_MASS_GEV))


@internal_kernel
def _axis_excess(s: float, m1: float, m2: float, p2: float) -> tuple[float, float]:
    """Give a and a^2 - 1 of the density 1 / (a^2 - c^2) of the electron propagators."""
    excess = m1 * m2 / (s * p2)
    return math.sqrt(1.0 + excess), excess


@internal_kernel
def _incoming(X2: float, K2: float, k: float, Q2: float, mass: float) -> tuple[float, float, float]:
    """Energy and momentum of the beam of b in the frame of X, and a - 1 of K along that beam.

    The propagator of the electron after it emitted K is proportional to 1 / (a - cos); a - 1 is
    free of the cancellation where the other momentum transfer, Q2 = -t, is small.
    """
    m2 = mass * mass
    MX = math.sqrt(X2)
    B = (X2 + m2 + Q2) / (2.0 * MX)
    size = math.sqrt((B - mass) * (B + mass))
    EK = math.sqrt(k * k + K2)
    numerator = K2 * (Q2 + 2.0 * m2 + (m2 + Q2) * (Q2 + 2.0 * m2 - K2) / X2) + 4.0 * m2 * k * k
    scale = 2.0 * size * k
    return B, size, numerator / (2.0 * B * EK - K2 + scale) / scale


@internal_kernel
def _half_t(q: FloatArray, leg: int, root: float, beam: float, mass: float) -> float:
    """Give -t / 2 between scattered electron ``leg`` and its beam, without cancellation."""
    across2 = q[leg, 1] * q[leg, 1] + q[leg, 2] * q[leg, 2]
    along = q[leg, 3] if leg == 3 else -q[leg, 3]
    size = math.sqrt(across2 + along * along)
    opening = across2 / (size + along) if along > 0.0 else size - along
    return float(transfer(0.5 * root, beam, q[leg, 0], size, mass) + beam * opening)


@internal_kernel
def _decay(q: FloatArray, first: int, mass2: float, speed: float, c: float, azimuth: float) -> None:
    """Write legs ``first`` and next: decay of the pair in row 7 at cosine c to its direction."""
    x, y, z = q[7, 1], q[7, 2], q[7, 3]
    size = math.sqrt(x * x + y * y + z * z)
    mass = math.sqrt(mass2)
    along = 0.5 * q[7, 0] * speed * c
    shift = 0.5 * size * speed * c
    across = 0.5 * mass * speed * math.sqrt(max((1.0 - c) * (1.0 + c), 0.0))
    tx, ty, tz = direction_about(x, y, z, 0.0, 1.0, azimuth)
    f = along / size if size > 0.0 else 0.0
    q[first, 0] = 0.5 * q[7, 0] + shift
    q[first + 1, 0] = 0.5 * q[7, 0] - shift
    t = across * tx, across * ty, across * tz
    for k in range(3):
        q[first, k + 1] = (0.5 + f) * q[7, k + 1] + t[k]
        q[first + 1, k + 1] = (0.5 - f) * q[7, k + 1] - t[k]


@internal_kernel
def _draw_double(
    rng: np.random.Generator, tables: ChannelTables, root: float, q: FloatArray, leptons: Leptons
) -> bool:
    """Draw a point of the channel ``double``."""
    s = root * root
    l2 = leptons.light_mass * leptons.light_mass
    h2 = leptons.heavy_mass * leptons.heavy_mass
    m1 = _log_value(4.0 * l2, (root - 2.0 * leptons.heavy_mass) ** 2, draw_unit(rng, tables, 0, 0))
    left = root - math.sqrt(m1)
    if left <= 2.0 * leptons.heavy_mass:
        return False
    m2 = _log_value(4.0 * h2, left * left, draw_unit(rng, tables, 0, 1))
    p2 = momentum_square(s, math.sqrt(m1), math.sqrt(m2))
    v1, v2 = 1.0 - 4.0 * l2 / m1, 1.0 - 4.0 * h2 / m2
    if p2 < _TINY or v1 < _TINY or v2 < _TINY:
        return False
    a, excess = _axis_excess(s, m1, m2, p2)
    half = 0.5 * math.log((a + 1.0) * (a + 1.0) / excess)
    c = min(max(a * math.tanh((2.0 * draw_unit(rng, tables, 0, 2) - 1.0) * half), -1.0), 1.0)
    angle = 2.0 * math.pi * rng.random()
    p = math.sqrt(p2)
    sine = math.sqrt((1.0 - c) * (1.0 + c))
    q[7, 0] = math.sqrt(p2 + m1)
    q[7, 1], q[7, 2], q[7, 3] = p * sine * math.cos(angle), p * sine * math.sin(angle), p * c
    c1 = 2.0 * draw_unit(rng, tables, 0, 3) - 1.0
    c2 = 2.0 * draw_unit(rng, tables, 0, 4) - 1.0
    _decay(q, 2, m1, math.sqrt(v1), c1, 2.0 * math.pi * rng.random())
    q[7, 0] = root - q[7, 0]
    for k in range(1, 4):
        q[7, k] = -q[7, k]
    _decay(q, 4, m2, math.sqrt(v2), c2, 2.0 * math.pi * rng.random())
    return True


@internal_kernel
def _draw_chain(
    rng: np.random.Generator,
    tables: ChannelTables,
    channel: int,
    root: float,
    q: FloatArray,
    leptons: Leptons,
) -> bool:
    """Draw a point of a chain."""
    a, b, first, m, m_pair = _ends(channel, leptons)
    s = root * root
    K2 = _log_value(
        4.0 * m_pair * m_pair, (root - 2.0 * m) ** 2, draw_unit(rng, tables, channel, 0)
    )
    MK = math.sqrt(K2)
    low, high = K2 + 2.0 * MK * m, (root - m) ** 2 - m * m
    if high <= low * (1.0 + _TINY):
        return False
    X2 = _log_value(low, high, draw_unit(rng, tables, channel, 1)) + m * m
    MX = math.sqrt(X2)
    p2 = momentum_square(s, MX, m)
    k2 = momentum_square(X2, MK, m)
    v2 = 1.0 - 4.0 * m_pair * m_pair / K2
    if p2 < _TINY or k2 < _TINY or v2 < _TINY:
        return False
    p, k = math.sqrt(p2), math.sqrt(k2)
    E = math.sqrt(p2 + m * m)
    y = draw_unit(rng, tables, channel, 2)
    beam = _beam(root)
    if leptons.scattering and channel > 2:
        least = transfer(0.5 * root, beam, E, p, m) / (beam * p)
        opening = _log_value(least + leptons.open_min, least + 2.0, y) - least
        opening = min(max(opening, 0.0), 2.0)
        c = (1.0 - opening) * (-1.0 if a == 2 else 1.0)
    else:
        opening = 2.0 * y
        c = 1.0 - opening
    sine = math.sqrt(opening * (2.0 - opening))
    angle = 2.0 * math.pi * rng.random()
    q[a, 0] = E
    q[a, 1], q[a, 2], q[a, 3] = p * sine * math.cos(angle), p * sine * math.sin(angle), p * c
    q[6, 0] = root - E
    for i in range(1, 4):
        q[6, i] = -q[a, i]
    # the direction of K in the frame of X
    Eb = math.sqrt(k2 + m * m)
    y = draw_unit(rng, tables, channel, 3)
    angle = 2.0 * math.pi * rng.random()
    sign = 1.0 if b == 3 else -1.0
    if channel <= 4:
        c = 2.0 * y - 1.0
        sine = math.sqrt((1.0 - c) * (1.0 + c))
        ux, uy, uz = direction_about(q[6, 1], q[6, 2], q[6, 3], c, sine, angle)
    else:
        _, bx, by, bz = boosted(0.5 * root, 0.0, 0.0, sign * beam, q, 6, MX, -1.0)
        B, size, near = _incoming(X2, K2, k, 2.0 * _half_t(q, a, root, beam, m), m)
        if channel <= 6:
            opening = min(max(_log_value(near, near + 2.0, y) - near, 0.0), 2.0)
            c = 1.0 - opening
        else:
            least = transfer(B, size, Eb, k, m) / (size * k)
            opening = min(max(_log_value(least, least + 2.0, y) - least, 0.0), 2.0)
            c = opening - 1.0  # b goes along the beam, K the other way
        sine = math.sqrt(opening * (2.0 - opening))
        ux, uy, uz = direction_about(bx, by, bz, c, sine, angle)
    q[b, 0], q[b, 1], q[b, 2], q[b, 3] = boosted(Eb, -k * ux, -k * uy, -k * uz, q, 6, MX, 1.0)
    for i in range(4):
        q[7, i] = q[6, i] - q[b, i]
    speed = math.sqrt(v2)
    y = 2.0 * draw_unit(rng, tables, channel, 4) - 1.0
    angle = 2.0 * math.pi * rng.random()
    if channel <= 6:
        _decay(q, first, K2, speed, y, angle)
        return True
    c = min(max(math.tanh(y * _reach(speed, 1.0 - v2)) / speed, -1.0), 1.0)
    _, x, y, z = boosted(
        0.5 * root - q[b, 0], -q[b, 1], -q[b, 2], sign * beam - q[b, 3], q, 7, MK, -1.0
    )
    ux, uy, uz = direction_about(x, y, z, c, math.sqrt((1.0 - c) * (1.0 + c)), angle)
    f = 0.5 * MK * speed
    q[first, 0], q[first, 1], q[first, 2], q[first, 3] = boosted(
        0.5 * MK, f * ux, f * uy, f * uz, q, 7, MK, 1.0
    )
    for i in range(4):
        q[first + 1, i] = q[7, i] - q[first, i]
    # on shell again, after the difference
    across = q[first + 1, 1] ** 2 + q[first + 1, 2] ** 2 + q[first + 1, 3] ** 2
    q[first + 1, 0] = math.sqrt(across + m_pair * m_pair)
    return True


@internal_kernel
def draw_point(
    rng: np.random.Generator,
    tables: ChannelTables,
    channel: int,
    root: float,
    q: FloatArray,
    leptons: Leptons,
) -> bool:
    """Write the final momenta, rows 2 to 5 of ``q`` (8, 4); False if outside phase space.

    Rows 6 and 7 are memory to work in.
    """
    if channel == 0:
        return _draw_double(rng, tables, root, q, leptons)
    return _draw_chain(rng, tables, channel, root, q, leptons)


@internal_kernel
def _set(
    place: FloatArray, g: float, y0: float, y1: float, y2: float, y3: float, y4: float
) -> None:
    place[0] = g
    place[1] = y0
    place[2] = y1
    place[3] = y2
    place[4] = y3
    place[5] = y4


@internal_kernel
def _double(root: float, q: FloatArray, leptons: Leptons, places: FloatArray) -> None:
    """Write density over phase space and numbers y of the channel ``double``."""
    s = root * root
    l2 = leptons.light_mass * leptons.light_mass
    h2 = leptons.heavy_mass * leptons.heavy_mass
    m1 = 2.0 * l2 + 2.0 * dot(q, 2, 3)
    m2 = 2.0 * h2 + 2.0 * dot(q, 4, 5)
    p2 = 0.0
    for k in range(1, 4):
        p2 += (q[2, k] + q[3, k]) ** 2
    p2 = max(p2, _TINY)
    p = math.sqrt(p2)
    v1 = math.sqrt(max(1.0 - 4.0 * l2 / m1, _TINY))
    v2 = math.sqrt(max(1.0 - 4.0 * h2 / m2, _TINY))
    y0, g0 = _log_place(4.0 * l2, (root - 2.0 * leptons.heavy_mass) ** 2, m1)
    left = max(root - math.sqrt(m1), 2.0 * leptons.heavy_mass * (1.0 + _TINY))
    y1, g1 = _log_place(4.0 * h2, left * left, m2)
    a, excess = _axis_excess(s, m1, m2, p2)
    half = 0.5 * math.log((a + 1.0) * (a + 1.0) / excess)
    c = min(max((q[2, 3] + q[3, 3]) / p, -1.0), 1.0)
    y2 = 0.5 + 0.25 * math.log((a + c) / (a - c)) / half
    g2 = 0.5 * a / ((excess + (1.0 - c) * (1.0 + c)) * half)
    y3 = 0.5 + 0.5 * (q[2, 0] - q[3, 0]) / (p * v1)
    y4 = 0.5 + 0.5 * (q[4, 0] - q[5, 0]) / (p * v2)
    _set(places[0], g0 * g1 * g2 * 0.25 / (2.0 * p / root * v1 * v2), y0, y1, y2, y3, y4)


@internal_kernel
def _chain(channel: int, root: float, q: FloatArray, leptons: Leptons, places: FloatArray) -> None:
    """Write densities over phase space and numbers y of a chain, and of its two scattering kin."""
    a, b, first, m, m_pair = _ends(channel, leptons)
    second = first + 1
    to_b = dot(q, first, b) + dot(q, second, b)
    K2 = 2.0 * m_pair * m_pair + 2.0 * dot(q, first, second)
    z = K2 + 2.0 * to_b
    MK = math.sqrt(K2)
    X2 = z + m * m
    MX = math.sqrt(X2)
    p = math.sqrt(max(q[a, 1] ** 2 + q[a, 2] ** 2 + q[a, 3] ** 2, _TINY))
    k = math.sqrt(max(momentum_square(X2, MK, m), _TINY))
    EK = math.sqrt(k * k + K2)
    in_frame = q[first, 0] + q[second, 0]
    one_minus = 4.0 * m_pair * m_pair / K2
    speed = math.sqrt(max(1.0 - one_minus, _TINY))
    low, high = K2 + 2.0 * MK * m, (root - m) ** 2 - m * m
    y0, common = _log_place(4.0 * m_pair * m_pair, (root - 2.0 * m) ** 2, K2)
    y1, g = _log_place(low, max(high, low * (1.0 + _TINY)), z)
    common *= g / (4.0 * p / root * k / MX * speed)
    size2 = 0.0
    for i in range(1, 4):
        size2 += (q[first, i] + q[second, i]) ** 2
    y4 = 0.5 + 0.5 * (q[first, 0] - q[second, 0]) / (math.sqrt(max(size2, _TINY)) * speed)
    y3 = 0.5 + 0.5 * (in_frame * MX - (root - q[a, 0]) * EK) / (p * k)
    if not leptons.scattering or channel <= 2:
        _set(places[channel], 0.125 * common, y0, y1, 0.5 - 0.5 * q[a, 3] / p, y3, y4)
        return
    beam = _beam(root)
    least = transfer(0.5 * root, beam, q[a, 0], p, m) / (beam * p)
    Q2 = 2.0 * _half_t(q, a, root, beam, m)
    w = 0.5 * Q2 / (beam * p)
    if w < least + leptons.open_min:
        for kind in range(3):
            places[channel + 2 * kind, 0] = 0.0
        return
    y2, g = _log_place(least + leptons.open_min, least + 2.0, w)
    common *= g
    _set(places[channel], 0.25 * common, y0, y1, y2, y3, y4)
    # the beam of b in the frame of X
    sign = beam if b == 3 else -beam
    with_K = 0.5 * root * in_frame - sign * (q[first, 3] + q[second, 3])
    B, size, near = _incoming(X2, K2, k, Q2, m)
    y3, g = _log_place(near, near + 2.0, (2.0 * with_K - K2) / (2.0 * size * k))
    _set(places[channel + 2], 0.5 * common * g, y0, y1, y2, y3, y4)
    half = _half_t(q, b, root, beam, m)
    least = transfer(B, size, math.sqrt(k * k + m * m), k, m) / (size * k)
    y3, g = _log_place(least, least + 2.0, half / (size * k))
    common *= g
    # its photon in the frame of K
    energy = (with_K - to_b) / MK
    size = math.sqrt(energy * energy + 2.0 * half)
    product = 0.5 * root * (q[first, 0] - q[second, 0]) - sign * (q[first, 3] - q[second, 3])
    product -= dot(q, first, b) - dot(q, second, b)
    c = min(max(-product / (size * MK * speed), -1.0), 1.0)
    reach = _reach(speed, one_minus)
    y4 = 0.5 + 0.25 * math.log((1.0 + speed * c) / (1.0 - speed * c)) / reach
    common *= 0.5 * speed / (reach * (1.0 - speed * speed * c * c))
    _set(places[channel + 4], common, y0, y1, y2, y3, y4)


@internal_kernel
def channel_densities(
    tables: ChannelTables,
    root: float,
    q: FloatArray,
    leptons: Leptons,
    places: FloatArray,
    parts: FloatArray,
    cells: IntArray,
    lane: int,
) -> float:
    """Density of the mixture at a point; write shares of channels and their cells.

    Parameters
    ----------
    tables
        Shares of zero switch channels off.
    root
        Energy of the collision in GeV.
    q
        (8, 4): final momenta in rows 2 to 5.
    leptons
        Process.
    places
        (c, 6) memory to work in.
    parts, cells
        (c, lanes) and (c, d, lanes), written at ``lane``: the probability that each channel made
        the point.

    Returns
    -------
    density
        With respect to phase space times (2 pi)^2 (8 pi)^3 8, azimuths averaged.
    """
    _double(root, q, leptons, places)
    for channel in range(1, 5):
        _chain(channel, root, q, leptons, places)
    total = 0.0
    for channel in range(CHANNELS):
        parts[channel, lane] = 0.0
        if tables.share[channel] <= 0.0:
            continue
        density = tables.share[channel] * places[channel, 0]
        for d in range(DIMENSIONS):
            cell = unit_cell(places[channel, d + 1])
            cells[channel, d, lane] = cell
            density *= tables.density[channel, d, cell]
        parts[channel, lane] = density
        total += density
    for channel in range(CHANNELS):
        parts[channel, lane] = parts[channel, lane] / total if total > 0.0 else 0.0
    return total
