"""Fermion lines of tree diagrams as arrays: spinors, currents, and two vertices on one line.

Chiral representation, gamma^mu = ((0, sigma^mu), (sigmabar^mu, 0)), gamma5 = diag(-1, 1).
Spins are quantised along z in the rest frame; sums over both spins do not depend on that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.physics.kinematics import FloatArray

__all__ = [
    "GAMMA",
    "GAMMA5",
    "ComplexArray",
    "FermionLine",
    "attach_two",
    "current",
    "dot",
    "incoming_pair",
    "outgoing_pair",
    "polarisation_vectors",
    "scattering_line",
    "spinor_u",
    "spinor_v",
]

ComplexArray = npt.NDArray[np.complex128]

_ONE = np.eye(2, dtype=np.complex128)
_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=np.complex128)
_METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def _gamma() -> ComplexArray:
    gamma = np.zeros((4, 4, 4), dtype=np.complex128)
    gamma[0, :2, 2:] = gamma[0, 2:, :2] = _ONE
    gamma[1:, :2, 2:] = _PAULI
    gamma[1:, 2:, :2] = -_PAULI
    return gamma


GAMMA = _gamma()
"""gamma^mu with upper index, (4, 4, 4)."""
GAMMA5 = np.diag([-1.0, -1.0, 1.0, 1.0]).astype(np.complex128)
_GAMMA_LOWER = np.einsum("mn,nab->mab", _METRIC, GAMMA)


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Minkowski product of four-vectors (..., 4)."""
    product = a * b
    return np.asarray(product[..., 0] - np.sum(product[..., 1:], axis=-1))


def _slash(p: FloatArray) -> ComplexArray:
    return np.asarray(np.einsum("...m,mab->...ab", p, _GAMMA_LOWER))


def spinor_u(p: FloatArray, mass_gev: float) -> ComplexArray:
    """Spinors u(p, s) of both spins, (n, 2, 4), normalised to ubar u = 2 m."""
    shifted = (p[:, 0] + mass_gev)[:, None, None] * _ONE
    along = np.einsum("ni,iab->nab", p[:, 1:], _PAULI)
    norm = np.sqrt(2.0 * (p[:, 0] + mass_gev))[:, None, None]
    # the matrices are sqrt(p.sigma) and sqrt(p.sigmabar); their columns are the two spins
    both = np.concatenate([(shifted - along) / norm, (shifted + along) / norm], axis=1)
    return np.asarray(both.swapaxes(1, 2))


def spinor_v(p: FloatArray, mass_gev: float) -> ComplexArray:
    """Spinors v(p, s) of both spins, (n, 2, 4), normalised to vbar v = -2 m."""
    v = spinor_u(p, mass_gev)
    v[:, :, 2:] *= -1.0
    return v


def _bar(spinor: ComplexArray) -> ComplexArray:
    return np.asarray(np.conj(spinor) @ GAMMA[0])


@dataclass(frozen=True, kw_only=True)
class FermionLine:
    """One lepton line from ket to bra, for n points and both spins of either end.

    ``bra`` and ``ket`` are (n, 2, 4); ``flow_in`` (n, 4) is the momentum along the arrow at the
    ket (minus the physical one for an antiparticle); ``emitted`` (n, 4) is what the line gives
    to the photons and bosons on it.
    """

    bra: ComplexArray
    ket: ComplexArray
    flow_in: FloatArray
    emitted: FloatArray
    mass_gev: float


def outgoing_pair(p_minus: FloatArray, p_plus: FloatArray, mass_gev: float) -> FermionLine:
    """Line of an outgoing particle and antiparticle."""
    return FermionLine(
        bra=_bar(spinor_u(p_minus, mass_gev)),
        ket=spinor_v(p_plus, mass_gev),
        flow_in=-p_plus,
        emitted=-(p_minus + p_plus),
        mass_gev=mass_gev,
    )


def incoming_pair(p_minus: FloatArray, p_plus: FloatArray, mass_gev: float) -> FermionLine:
    """Line of an incoming particle that annihilates with an incoming antiparticle."""
    return FermionLine(
        bra=_bar(spinor_v(p_plus, mass_gev)),
        ket=spinor_u(p_minus, mass_gev),
        flow_in=p_minus,
        emitted=p_minus + p_plus,
        mass_gev=mass_gev,
    )


def scattering_line(
    p_in: FloatArray, p_out: FloatArray, mass_gev: float, *, antiparticle: bool
) -> FermionLine:
    """Line of a lepton, or antilepton, that comes in and goes out."""
    if antiparticle:
        return FermionLine(
            bra=_bar(spinor_v(p_in, mass_gev)),
            ket=spinor_v(p_out, mass_gev),
            flow_in=-p_out,
            emitted=p_in - p_out,
            mass_gev=mass_gev,
        )
    return FermionLine(
        bra=_bar(spinor_u(p_out, mass_gev)),
        ket=spinor_u(p_in, mass_gev),
        flow_in=p_in,
        emitted=p_in - p_out,
        mass_gev=mass_gev,
    )


def current(line: FermionLine, vertices: ComplexArray = GAMMA) -> ComplexArray:
    """Return bra vertex ket, (n, 2, 2, number of vertices), for one vertex on the line."""
    return np.asarray(np.einsum("nia,mab,njb->nijm", line.bra, vertices, line.ket, optimize=True))


def attach_two(
    line: FermionLine,
    first: ComplexArray,
    absorbed_first: FloatArray,
    second: ComplexArray,
    absorbed_second: FloatArray,
) -> ComplexArray:
    """Sum of the two orderings of two vertices on a line, propagator included.

    Parameters
    ----------
    line
        The line.
    first, second
        Vertex matrices, (a, 4, 4) and (b, 4, 4).
    absorbed_first, absorbed_second
        Momentum (n, 4) that the line takes up at each vertex, GeV.

    Returns
    -------
    amplitude
        (n, 2, 2, a, b), GeV^0 for vertices without dimension.
    """

    def propagator(absorbed: FloatArray) -> ComplexArray:
        q = line.flow_in + absorbed
        numerator = _slash(q) + line.mass_gev * np.eye(4)
        off_shell = dot(absorbed, absorbed) + 2.0 * dot(absorbed, line.flow_in)
        return np.asarray(numerator / off_shell[:, None, None])

    left_first = np.einsum("nia,xab->nixb", line.bra, first)
    left_second = np.einsum("nia,yab->niyb", line.bra, second)
    right_first = np.einsum("xab,njb->njxa", first, line.ket)
    right_second = np.einsum("yab,njb->njya", second, line.ket)
    return np.asarray(
        np.einsum(
            "nixa,nab,njyb->nijxy",
            left_first,
            propagator(absorbed_second),
            right_second,
            optimize=True,
        )
        + np.einsum(
            "niya,nab,njxb->nijxy",
            left_second,
            propagator(absorbed_first),
            right_first,
            optimize=True,
        )
    )


def polarisation_vectors(p: FloatArray, mass_gev: float) -> FloatArray:
    """Real polarisation vectors of a vector boson, (n, 3, 4), or (n, 2, 4) when massless.

    Their sum over the polarisations is -g + p p / m^2; without mass it is the physical part.
    """
    space = p[:, 1:]
    size = np.linalg.norm(space, axis=1, keepdims=True)
    direction = np.divide(space, size, out=np.tile([0.0, 0.0, 1.0], (len(p), 1)), where=size > 0)
    # the axis least along the direction makes the first transverse vector well defined
    axis = np.eye(3)[np.argmin(np.abs(direction), axis=1)]
    first = np.cross(direction, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(direction, first)
    zero = np.zeros((len(p), 1))
    vectors = [np.hstack([zero, first]), np.hstack([zero, second])]
    if mass_gev > 0.0:
        vectors.append(np.hstack([size, direction * p[:, :1]]) / mass_gev)
    return np.stack(vectors, axis=1)
