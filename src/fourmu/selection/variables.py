"""The sixteen discriminating variables (Sec. IV D).

All from pre-fit momenta in the c.m. frame of the beams, whose axes here are those of the
detector: z is the detector axis. Momenta are divided by the largest momentum a pair of that
mass can have against a pair at threshold, where double photon conversion peaks.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray, momentum_two_body

__all__ = [
    "PAIR_MOMENTUM_FLOOR_GEV",
    "VARIABLES",
    "fill_variables",
    "pair_momentum_max_gev",
    "sixteen_variables",
]

VARIABLES: Final = (
    "pair_momentum",
    "abs_cos_helicity",
    "plus_momentum",
    "minus_momentum",
    "plus_pt",
    "minus_pt",
    "recoil_plus_momentum",
    "recoil_minus_momentum",
    "recoil_plus_pt",
    "recoil_minus_pt",
    "pair_pt_to_soft_recoil",
    "pair_pt_to_hard_recoil",
    "pair_pt",
    "pair_pt_product",
    "recoil_pt_to_soft",
    "recoil_pt_to_hard",
)
"""Names in the order of the columns; all but the helicity cosine are scaled momenta, and
``pair_pt_product`` is that of ``pair_pt`` and ``pair_pt_to_soft_recoil`` (choice)."""

PAIR_MOMENTUM_FLOOR_GEV: Final = 0.1
"""The scale is clipped here, which it reaches at 10.36 GeV; it is zero at 10.369 (choice)."""


@kernel
def _pair_momentum_max(mass: float, sqrt_s: float) -> float:
    """Scale of one candidate, clipped from below."""
    s = sqrt_s * sqrt_s
    above = mass + 2.0 * MUON_MASS_GEV
    below = mass - 2.0 * MUON_MASS_GEV
    product = (s - above * above) * (s - below * below)
    if product <= 0.0 or above >= sqrt_s:
        return PAIR_MOMENTUM_FLOOR_GEV
    return max(math.sqrt(product) / (2.0 * sqrt_s), PAIR_MOMENTUM_FLOOR_GEV)


def pair_momentum_max_gev(mass_gev: float | FloatArray, sqrt_s_gev: float) -> FloatArray:
    """Largest c.m. momentum p0 of a pair of this mass, its recoil pair being at threshold.

    Parameters
    ----------
    mass_gev
        Any shape, dimuon masses.
    sqrt_s_gev
        Centre-of-mass energy.

    Returns
    -------
    FloatArray
        GeV, never below ``PAIR_MOMENTUM_FLOOR_GEV``.

    Examples
    --------
    >>> pair_momentum_max_gev(np.array([0.212, 3.0, 5.0, 9.0]), 10.58).round(3).tolist()
    [5.286, 4.862, 4.105, 1.449]
    """
    scale = momentum_two_body(sqrt_s_gev, np.asarray(mass_gev, np.float64), 2.0 * MUON_MASS_GEV)
    return np.maximum(scale, PAIR_MOMENTUM_FLOOR_GEV)


def sixteen_variables(momenta: FloatArray, sqrt_s_gev: float) -> npt.NDArray[np.float32]:
    """Variables of candidates.

    Parameters
    ----------
    momenta
        Shape (n, 4, 3), GeV, c.m. frame with z along the detector axis, of the candidate's mu+
        and mu-, then the recoil mu+ and mu-.
    sqrt_s_gev
        Nominal centre-of-mass energy.

    Returns
    -------
    ndarray
        Shape (n, 16), float32, in the order of ``VARIABLES``.
    """
    momenta = np.ascontiguousarray(momenta, dtype=np.float64)
    out = np.empty((len(momenta), len(VARIABLES)), dtype=np.float32)
    _fill_all(momenta, sqrt_s_gev, out)
    return out


@kernel
def _fill_all(momenta: FloatArray, sqrt_s: float, out: npt.NDArray[np.float32]) -> None:
    """Loop over candidates."""
    for i in range(len(momenta)):
        fill_variables(momenta[i], 0, 1, 2, 3, sqrt_s, out[i])


@kernel
def _pt_to_axis(
    x: float, y: float, z: float, ax: float, ay: float, az: float, axis: float
) -> tuple[float, float]:
    """Transverse momentum of (x, y, z) to an axis of length ``axis``, and its projection on it.

    An axis of no length, a muon at rest, has no direction: both are zero.
    """
    if axis == 0.0:
        return 0.0, 0.0
    along = (x * ax + y * ay + z * az) / axis
    cx, cy, cz = y * az - z * ay, z * ax - x * az, x * ay - y * ax
    return math.sqrt(cx * cx + cy * cy + cz * cz) / axis, along


@kernel
def fill_variables(
    p: FloatArray,
    plus: int,
    minus: int,
    recoil_plus: int,
    recoil_minus: int,
    sqrt_s: float,
    out: npt.NDArray[np.float32],
) -> None:
    """Variables of one candidate into ``out`` (16,).

    ``p`` (4, 3) holds c.m. momenta in GeV; the four places say which muon is which.
    """
    a, b, c, d = p[plus], p[minus], p[recoil_plus], p[recoil_minus]
    pa = math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
    pb = math.sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    pc = math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2])
    pd = math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    m2 = MUON_MASS_GEV * MUON_MASS_GEV
    energy_a, energy_b = math.sqrt(pa * pa + m2), math.sqrt(pb * pb + m2)
    x, y, z = a[0] + b[0], a[1] + b[1], a[2] + b[2]
    u, v, w = c[0] + d[0], c[1] + d[1], c[2] + d[2]
    pair = math.sqrt(x * x + y * y + z * z)
    energy = energy_a + energy_b
    mass = math.sqrt(max(energy * energy - pair * pair, 4.0 * m2))
    scale = 1.0 / _pair_momentum_max(mass, sqrt_s)
    # helicity angle: momentum of mu- in the pair frame, of which the part along the flight
    # of the pair is boosted and its magnitude is fixed by the mass
    cosine = 0.0
    decay_squared = 0.25 * mass * mass - m2
    if pair > 0.0 and decay_squared > 0.0:
        along_lab = (b[0] * x + b[1] * y + b[2] * z) / pair
        along = (energy * along_lab - pair * energy_b) / mass
        cosine = min(abs(along) / math.sqrt(decay_squared), 1.0)
    if pc <= pd:
        to_soft, along_soft = _pt_to_axis(x, y, z, c[0], c[1], c[2], pc)
        to_hard, _ = _pt_to_axis(x, y, z, d[0], d[1], d[2], pd)
    else:
        to_soft, along_soft = _pt_to_axis(x, y, z, d[0], d[1], d[2], pd)
        to_hard, _ = _pt_to_axis(x, y, z, c[0], c[1], c[2], pc)
    if along_soft < 0.0:
        to_soft = -to_soft
    if pa <= pb:
        recoil_soft, _ = _pt_to_axis(u, v, w, a[0], a[1], a[2], pa)
        recoil_hard, _ = _pt_to_axis(u, v, w, b[0], b[1], b[2], pb)
    else:
        recoil_soft, _ = _pt_to_axis(u, v, w, b[0], b[1], b[2], pb)
        recoil_hard, _ = _pt_to_axis(u, v, w, a[0], a[1], a[2], pa)
    pair_pt = math.sqrt(x * x + y * y)
    out[0] = pair * scale
    out[1] = cosine
    out[2] = pa * scale
    out[3] = pb * scale
    out[4] = math.sqrt(a[0] * a[0] + a[1] * a[1]) * scale
    out[5] = math.sqrt(b[0] * b[0] + b[1] * b[1]) * scale
    out[6] = pc * scale
    out[7] = pd * scale
    out[8] = math.sqrt(c[0] * c[0] + c[1] * c[1]) * scale
    out[9] = math.sqrt(d[0] * d[0] + d[1] * d[1]) * scale
    out[10] = to_soft * scale
    out[11] = to_hard * scale
    out[12] = pair_pt * scale
    out[13] = pair_pt * scale * to_soft * scale
    out[14] = recoil_soft * scale
    out[15] = recoil_hard * scale
