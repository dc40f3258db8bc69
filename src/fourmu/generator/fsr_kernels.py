"""Radiation of photons off muons, one dipole at a time, by the veto algorithm.

A dipole is a mu+ and a mu- of one event. In its rest frame, with M its mass, a photon has the
energy x M / 2 and, in the frame of the muons that are left (mass M sqrt(1 - x), velocity b), the
cosine c to mu+. The density in ln(x) and c is that of a massive vector that decays to
mu+ mu- gamma; it is exact for one pair of muons. With several pairs it is multiplied by the
eikonal factor of all charges over the sum of those of the dipoles, which is 1/2 along a muon that
belongs to two dipoles.
"""

from __future__ import annotations

import math

import numpy as np

from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kernels import internal_kernel, kernel
from fourmu.physics.kinematics import FloatArray

__all__ = ["radiate_events"]

_M2 = MUON_MASS_GEV**2


@internal_kernel
def _product(a: FloatArray, b: FloatArray) -> float:
    return float(a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3])


@internal_kernel
def _boosted(p: FloatArray, frame: FloatArray, mass: float, sign: float, out: FloatArray) -> None:
    """Boost ``p`` into (sign -1) or out of (+1) the rest frame of ``frame``, of given mass."""
    along = sign * (frame[1] * p[1] + frame[2] * p[2] + frame[3] * p[3]) / mass
    shift = sign * (p[0] + along * mass / (frame[0] + mass)) / mass
    energy = frame[0] / mass * p[0] + along
    out[1] = p[1] + frame[1] * shift
    out[2] = p[2] + frame[2] * shift
    out[3] = p[3] + frame[3] * shift
    out[0] = energy


@internal_kernel
def _crude_rate(mass2: float, alpha: float) -> float:
    """Integral over c of the crude density per ln(x): alpha/pi (1 + v^2)/v ln((1 + v)/(1 - v))."""
    v2 = 1.0 - 4.0 * _M2 / mass2
    if v2 <= 1e-12:
        return 0.0
    v = math.sqrt(v2)
    reach = math.log((1.0 + v) * (1.0 + v) * mass2 / (4.0 * _M2))
    return alpha / math.pi * (1.0 + v2) / v * reach


@internal_kernel
def _exact_share(mass2: float, x: float, b2: float, c: float) -> float:
    """Exact density over the crude one, but for the crude one's normalisation at velocity b.

    Density of x1, x2 (energies of the muons over M/2) with r = (m/M)^2, v^2 = 1 - 4 r:
    alpha/(2 pi v) {[(x1+2r)^2 + (x2+2r)^2 - 8 r (1+2r)]/((1+2r)(1-x1)(1-x2))
    - 2r/(1-x1)^2 - 2r/(1-x2)^2}, with 1-x2 = x (1 - b c)/2, 1-x1 = x (1 + b c)/2.
    """
    r = _M2 / mass2
    v = math.sqrt(1.0 - 4.0 * r)
    b = math.sqrt(b2)
    open_1 = 0.5 * x * (1.0 + b * c)
    open_2 = 0.5 * x * (1.0 - b * c)
    s_1 = 1.0 - open_1 + 2.0 * r
    s_2 = 1.0 - open_2 + 2.0 * r
    term = (s_1 * s_1 + s_2 * s_2 - 8.0 * r * (1.0 + 2.0 * r)) / ((1.0 + 2.0 * r) * open_1 * open_2)
    term -= 2.0 * r / (open_1 * open_1) + 2.0 * r / (open_2 * open_2)
    return max(term, 0.0) * x * x * b / v * (1.0 - b2 * c * c) / (4.0 * (1.0 + v * v))


@internal_kernel
def _dipole(p: FloatArray, q: FloatArray, k: FloatArray) -> float:
    """Eikonal factor of two opposite charges, times the momentum-independent constants."""
    a, b = _product(p, k), _product(q, k)
    return 2.0 * _product(p, q) / (a * b) - _M2 / (a * a) - _M2 / (b * b)


@internal_kernel
def _coherence(
    p: FloatArray, charge: FloatArray, present: FloatArray, group: FloatArray, i: int, k: FloatArray
) -> float:
    """Eikonal factor of all muons of a group over the sum of its dipoles of opposite charge."""
    opposite = equal = 0.0
    for a in range(len(p)):
        for b in range(a):
            if not (present[a] and present[b] and group[a] == group[i] and group[b] == group[i]):
                continue
            factor = _dipole(p[a], p[b], k)
            if charge[a] * charge[b] < 0.0:
                opposite += factor
            else:
                equal += factor
    if opposite <= 0.0:
        return 0.0
    return min(max(1.0 - equal / opposite, 0.0), 1.0)


@internal_kernel
def _radiated(
    p: FloatArray, q: FloatArray, x: float, c: float, azimuth: float, work: FloatArray
) -> None:
    """Let the dipole (p, q) radiate: rows of ``work`` (5, 4) get new p, new q and the photon.

    In the rest frame of the dipole the photon and the pair of muons are back to back; the muon of
    larger energy keeps its direction, so that soft and collinear photons leave it where it was.
    """
    total, axis = work[3], work[4]
    for m in range(4):
        total[m] = p[m] + q[m]
    mass2 = _product(total, total)
    mass = math.sqrt(mass2)
    _boosted(p, total, mass, -1.0, axis)
    size = math.sqrt(axis[1] * axis[1] + axis[2] * axis[2] + axis[3] * axis[3])
    for m in range(1, 4):
        axis[m] /= size
    # energies in the rest frame from the invariants, angles from momentum balance
    left2 = mass2 * (1.0 - x)
    b = math.sqrt(max(1.0 - 4.0 * _M2 / left2, 0.0))
    energy_k = 0.5 * x * mass
    energy_p = 0.5 * mass * (1.0 - 0.5 * x * (1.0 + b * c))
    energy_q = 0.5 * mass * (1.0 - 0.5 * x * (1.0 - b * c))
    size_p = math.sqrt(max(energy_p * energy_p - _M2, 0.0))
    size_q = math.sqrt(max(energy_q * energy_q - _M2, 0.0))
    # e: unit vector across the axis, at random
    if abs(axis[3]) < 0.9:
        ux, uy, uz = axis[2], -axis[1], 0.0
    else:
        ux, uy, uz = 0.0, axis[3], -axis[2]
    norm = math.sqrt(ux * ux + uy * uy + uz * uz)
    ux, uy, uz = ux / norm, uy / norm, uz / norm
    wx = axis[2] * uz - axis[3] * uy
    wy = axis[3] * ux - axis[1] * uz
    wz = axis[1] * uy - axis[2] * ux
    cosine, sine = math.cos(azimuth), math.sin(azimuth)
    ex, ey, ez = cosine * ux + sine * wx, cosine * uy + sine * wy, cosine * uz + sine * wz
    # the muon of larger energy stays on the axis, at +1 for p and -1 for q
    first = energy_p >= energy_q
    main, other = (size_p, size_q) if first else (size_q, size_p)
    sign = 1.0 if first else -1.0
    along_k = (other * other - main * main - energy_k * energy_k) / (2.0 * main)
    across = math.sqrt(max(energy_k * energy_k - along_k * along_k, 0.0))
    along_o = -main - along_k
    energies = (energy_p, energy_q) if first else (energy_q, energy_p)
    hard, soft = (work[0], work[1]) if first else (work[1], work[0])
    hard[0] = energies[0]
    hard[1], hard[2], hard[3] = sign * main * axis[1], sign * main * axis[2], sign * main * axis[3]
    soft[0] = energies[1]
    soft[1] = sign * along_o * axis[1] - across * ex
    soft[2] = sign * along_o * axis[2] - across * ey
    soft[3] = sign * along_o * axis[3] - across * ez
    photon = work[2]
    photon[0] = energy_k
    photon[1] = sign * along_k * axis[1] + across * ex
    photon[2] = sign * along_k * axis[2] + across * ey
    photon[3] = sign * along_k * axis[3] + across * ez
    for row in range(3):
        _boosted(work[row], total, mass, 1.0, work[row])


@kernel
def radiate_events(
    rng: np.random.Generator,
    muons: FloatArray,
    charge: FloatArray,
    group: FloatArray,
    energy_min: float,
    alpha: float,
    photons: FloatArray,
    counts: FloatArray,
) -> None:
    """Radiate photons off the muons of all events.

    Parameters
    ----------
    rng
        Source of randomness.
    muons
        (n, k, 4), changed in place; zero energy where a muon is absent.
    charge, group
        (k,) charges; only muons of equal group interfere.
    energy_min
        Least energy of a photon in the frame of the muons, GeV.
    alpha
        Fine structure constant.
    photons
        (n, m, 4), zeros, receives the hardest photons, hardest first.
    counts
        (n,), receives the numbers of photons.
    """
    k = muons.shape[1]
    dipoles = 0
    first = np.empty(k * k, dtype=np.int64)
    second = np.empty(k * k, dtype=np.int64)
    for a in range(k):
        for b in range(k):
            if charge[a] > 0.0 and charge[b] < 0.0 and group[a] == group[b]:
                first[dipoles] = a
                second[dipoles] = b
                dipoles += 1
    rate = np.empty(max(dipoles, 1))
    present = np.empty(k)
    work = np.empty((5, 4))
    trial = np.empty((k, 4))
    keep = photons.shape[1]
    for event in range(len(muons)):
        p = muons[event]
        for a in range(k):
            present[a] = 1.0 if p[a, 0] > 0.0 else 0.0
        x = 1.0
        fresh = True
        total = floor = 0.0
        while True:
            if fresh:
                total = 0.0
                floor = 1.0
                for d in range(dipoles):
                    a, b = first[d], second[d]
                    rate[d] = 0.0
                    if present[a] and present[b]:
                        mass2 = 2.0 * (_M2 + _product(p[a], p[b]))
                        rate[d] = _crude_rate(mass2, alpha)
                        # a photon along the flight of the dipole gains E + P
                        energy = p[a, 0] + p[b, 0]
                        gain = energy + math.sqrt(max(energy * energy - mass2, 0.0))
                        floor = min(floor, 2.0 * energy_min / gain)
                    total += rate[d]
                fresh = False
            if total <= 0.0:
                break
            x *= math.exp(math.log(1.0 - rng.random()) / total)
            if x < floor:
                break
            choice = rng.random() * total
            d = 0
            while d < dipoles - 1 and choice >= rate[d]:
                choice -= rate[d]
                d += 1
            a, b = first[d], second[d]
            mass2 = 2.0 * (_M2 + _product(p[a], p[b]))
            b2 = 1.0 - 4.0 * _M2 / (mass2 * (1.0 - x))
            if b2 <= 1e-10:
                continue
            # crude density at the velocity that is left, not above the one at x = 0
            velocity = math.sqrt(b2)
            reach = math.log((1.0 + velocity) ** 2 / (1.0 - b2))
            v = math.sqrt(1.0 - 4.0 * _M2 / mass2)
            crude = alpha / math.pi * (1.0 + v * v) / velocity * reach
            c = math.tanh((rng.random() - 0.5) * reach) / velocity
            share = crude / rate[d] * _exact_share(mass2, x, b2, c)
            r = rng.random()
            if r >= share:
                continue
            _radiated(p[a], p[b], x, c, 2.0 * math.pi * rng.random(), work)
            if work[2, 0] < energy_min:
                continue
            for m in range(k):
                source = p[m]
                if m == a:
                    source = work[0]
                elif m == b:
                    source = work[1]
                for n in range(4):
                    trial[m, n] = source[n]
            if r >= share * _coherence(trial, charge, present, group, a, work[2]):
                continue
            for n in range(4):
                p[a, n] = work[0, n]
                p[b, n] = work[1, n]
            fresh = True
            counts[event] += 1.0
            # insert among the hardest
            place = keep
            while place > 0 and photons[event, place - 1, 0] < work[2, 0]:
                place -= 1
            if place < keep:
                for row in range(keep - 1, place, -1):
                    for n in range(4):
                        photons[event, row, n] = photons[event, row - 1, n]
                for n in range(4):
                    photons[event, place, n] = work[2, n]
