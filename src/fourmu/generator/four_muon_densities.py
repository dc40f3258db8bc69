"""Densities from which pairs of muons are drawn, for e+e- -> mu+ mu- mu+ mu-.

Variables of a pairing: the squared masses m1, m2 of both pairs, the cosine of their axis, and the
decay cosines c1, c2 in the frames of the pairs; p2 is the squared momentum of a pair. Conversion:
the axis follows the electron propagators; annihilation with either pair as emitter: the decay
angle of the emitter follows the muon propagators. Photons decay as if transverse. The masses come
from joint tables in u, log(M^2 / 4 m^2) = (range) u^(2/3), which is flat at threshold.
"""

from __future__ import annotations

import math

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import inlined, kernel
from fourmu.physics.kinematics import FloatArray

__all__ = [
    "MASS_CELLS",
    "TABLE_CELLS",
    "THRESHOLD2",
    "axis_shape",
    "channel_densities",
    "emission_shape",
    "half_log",
]

MASS_CELLS = 32
"""Cells of the tables along the mass of one pair."""
TABLE_CELLS = MASS_CELLS * MASS_CELLS
"""Cells of one joint table."""
THRESHOLD2 = 4.0 * MUON_MASS_GEV**2
"""Least squared mass of a pair in GeV^2."""


@inlined
def _decay_density(beta2: float, c: float) -> float:
    return (2.0 - beta2 + beta2 * c * c) / (4.0 - 4.0 / 3.0 * beta2)


@inlined
def axis_shape(s: float, m1: float, m2: float, p2: float) -> tuple[float, float, float]:
    """a, a^2 - 1 and kappa of the conversion density -1 + (2 a^2 + kappa)/(a^2 - c^2)."""
    B2 = s * p2
    excess = m1 * m2 / B2
    return 0.5 * (s - m1 - m2) / math.sqrt(B2), excess, s * (m1 + m2) / B2


@inlined
def half_log(a: float, excess: float) -> float:
    """Artanh(1/a) with a^2 - 1 given."""
    return 0.5 * math.log((a + 1.0) * (a + 1.0) / excess)


@inlined
def emission_shape(m_emitter: float, m_other: float, p2: float) -> tuple[float, float]:
    """Give a and a^2 - 1 of the decay angle of an emitting pair, density 1/(a^2 - c^2)."""
    speed2 = p2 * (1.0 - THRESHOLD2 / m_emitter)
    excess = (m_other + THRESHOLD2 * p2 / m_emitter) / speed2
    return math.sqrt(1.0 + excess), excess


@kernel
def channel_densities(
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
    l1 = max(math.log(m1 / THRESHOLD2), 0.0) / span
    l2 = max(math.log(m2 / THRESHOLD2), 0.0) / span
    root1 = math.sqrt(l1)
    root2 = math.sqrt(l2)
    k1 = min(int(l1 * root1 * MASS_CELLS), MASS_CELLS - 1)
    k2 = min(int(l2 * root2 * MASS_CELLS), MASS_CELLS - 1)
    b1 = max(1.0 - THRESHOLD2 / m1, 1e-12)
    b2 = max(1.0 - THRESHOLD2 / m2, 1e-12)
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
    a, excess, kappa = axis_shape(s, m1, m2, p2)
    top = 2.0 * (1.0 + excess) + kappa
    conversion = (-1.0 + top / (excess + 1.0 - axis * axis)) / (
        -2.0 + 2.0 * top / a * half_log(a, excess)
    )
    flat_axis = 0.375 * (1.0 + axis * axis)
    a, excess = emission_shape(m1, m2, p2)
    e1 = 0.5 * a / ((excess + 1.0 - c1 * c1) * half_log(a, excess))
    a, excess = emission_shape(m2, m1, p2)
    e2 = 0.5 * a / ((excess + 1.0 - c2 * c2) * half_log(a, excess))
    cell = k1 * MASS_CELLS + k2
    mirror = k2 * MASS_CELLS + k1
    return (
        common * share[cell] * conversion * d1 * d2,
        common * 0.5 * share[TABLE_CELLS + cell] * flat_axis * e1 * d2,
        common * 0.5 * share[TABLE_CELLS + mirror] * flat_axis * e2 * d1,
        cell,
        TABLE_CELLS + cell,
        TABLE_CELLS + mirror,
    )
