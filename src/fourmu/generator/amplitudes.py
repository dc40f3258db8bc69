"""Exact tree-level |M|^2 with massive electrons, for whole arrays of phase-space points.

Every process is made of fermion lines joined by photons, and all diagrams share their currents.
Momenta are (n, legs, 4) in GeV, incoming e+ then e-, then the final state; |M|^2 is averaged
over the initial and summed over the final spins, in GeV^(8 - 2 legs).

Notes
-----
Photon exchange only, alpha does not run. The numbers agree with MadGraph5_aMC@NLO at the points
of ``tests/reference/matrix_elements.json``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import ALPHA, ELECTRON_MASS_GEV, MUON_MASS_GEV, TAU_MASS_GEV
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import Couplings

from .fermion_lines import (
    GAMMA,
    GAMMA5,
    ComplexArray,
    FermionLine,
    attach_two,
    current,
    dot,
    incoming_pair,
    outgoing_pair,
    polarisation_vectors,
    scattering_line,
)

__all__ = [
    "NATURE",
    "Part",
    "TreeConstants",
    "me2_electrons_muons",
    "me2_four_muon",
    "me2_mumu_gamma",
    "me2_mumu_tautau",
    "me2_x",
    "me2_x_decayed",
]

Part = Literal["all", "conversion", "annihilation"]

_METRIC_SIGNS = np.array([1.0, -1.0, -1.0, -1.0])


@dataclass(frozen=True, kw_only=True)
class TreeConstants:
    """Masses in GeV and the fine-structure constant of tree amplitudes."""

    alpha: float = ALPHA
    electron_mass_gev: float = ELECTRON_MASS_GEV
    muon_mass_gev: float = MUON_MASS_GEV
    tau_mass_gev: float = TAU_MASS_GEV

    @property
    def e2(self) -> float:
        """Electric charge squared."""
        return 4.0 * math.pi * self.alpha


NATURE = TreeConstants()
"""The values of :mod:`fourmu.physics.constants`."""


def _square(line: FermionLine) -> FloatArray:
    """Virtuality q^2 of what a line emits, (n,)."""
    return dot(line.emitted, line.emitted)


def _sum_spins(amplitude: ComplexArray) -> FloatArray:
    squares = np.abs(amplitude) ** 2
    return np.asarray(np.sum(squares, axis=tuple(range(1, squares.ndim))))


def _check(p: FloatArray, legs: int, mass_gev: float = 0.0) -> None:
    if p.ndim != 3 or p.shape[1:] != (legs, 4):
        raise DomainError("momenta of a wrong shape", found=p.shape, expected=f"(n, {legs}, 4)")
    if not np.all(np.isfinite(p)):
        raise DomainError("momenta must be finite numbers", found="NaN or infinity")
    if not mass_gev >= 0.0:
        raise DomainError("a mass cannot be negative", found=mass_gev, key="mass")


def _three_lines(middle: FermionLine, one: FermionLine, other: FermionLine) -> ComplexArray:
    """Two photons from ``one`` and ``other`` on ``middle``: (n, 2,2 middle, 2,2 one, 2,2 other)."""
    tensor = attach_two(middle, GAMMA, one.emitted, GAMMA, other.emitted)
    lower_one = current(one) * _METRIC_SIGNS / _square(one)[:, None, None, None]
    lower_other = current(other) * _METRIC_SIGNS / _square(other)[:, None, None, None]
    return np.asarray(
        np.einsum("nijxy,nabx,ncdy->nijabcd", tensor, lower_one, lower_other, optimize=True)
    )


def _joined(a: FermionLine, b: FermionLine, c: FermionLine) -> ComplexArray:
    """Six diagrams of three distinct lines; spins in the order a, b, c."""
    return np.asarray(
        _three_lines(a, b, c)
        + np.einsum("nijabcd->nabijcd", _three_lines(b, a, c))
        + np.einsum("nijabcd->nabcdij", _three_lines(c, a, b))
    )


def me2_four_muon(
    momenta: FloatArray,
    *,
    part: Part = "all",
    identical: bool = True,
    constants: TreeConstants = NATURE,
) -> FloatArray:
    """|M|^2 of e+e- -> mu+ mu- mu+ mu- in QED.

    Parameters
    ----------
    momenta
        (n, 6, 4): e+, e-, mu+, mu-, mu+, mu-.
    part
        ``conversion``: both photons on the electron line (4 diagrams); ``annihilation``: one
        photon in the s channel (8 diagrams); ``all``: both and their interference.
    identical
        Include the factor 1/4 for two pairs of identical particles.
    constants
        Masses and alpha.

    Returns
    -------
    me2
        (n,), GeV^-4.
    """
    _check(momenta, 6)
    positron, electron, *muons = (momenta[:, i] for i in range(6))
    beam = incoming_pair(electron, positron, constants.electron_mass_gev)

    def pairing(
        plus_1: FloatArray, minus_1: FloatArray, plus_2: FloatArray, minus_2: FloatArray
    ) -> ComplexArray:
        one = outgoing_pair(minus_1, plus_1, constants.muon_mass_gev)
        two = outgoing_pair(minus_2, plus_2, constants.muon_mass_gev)
        amplitude = np.zeros((len(momenta),) + (2,) * 6, dtype=np.complex128)
        if part != "annihilation":
            amplitude += _three_lines(beam, one, two)
        if part != "conversion":
            amplitude += np.einsum("nijabcd->nabijcd", _three_lines(one, beam, two))
            amplitude += np.einsum("nijabcd->nabcdij", _three_lines(two, beam, one))
        return amplitude

    plus_1, minus_1, plus_2, minus_2 = muons
    direct = pairing(plus_1, minus_1, plus_2, minus_2)
    # spins of the second pairing come as (mu-_2, mu+_1, mu-_1, mu+_2): back to the first order
    exchanged = np.einsum("nijabcd->nijcbad", pairing(plus_1, minus_2, plus_2, minus_1))
    symmetry = 0.25 if identical else 1.0
    return 0.25 * symmetry * constants.e2**4 * _sum_spins(direct - exchanged)


def _x_vertices(couplings: Couplings) -> tuple[ComplexArray, bool]:
    """Vertex matrices of X on a muon line, and whether X has spin 1."""
    if couplings.spin == 1:
        return GAMMA @ (couplings.vector * np.eye(4) + couplings.axial * GAMMA5), True
    scalar = couplings.scalar * np.eye(4) + 1j * couplings.pseudoscalar * GAMMA5
    return scalar[None], False


def me2_x(
    momenta: FloatArray, couplings: Couplings, mass_gev: float, *, constants: TreeConstants = NATURE
) -> FloatArray:
    """|M|^2 of e+e- -> mu+ mu- X for a stable X of any couplings to muons.

    Parameters
    ----------
    momenta
        (n, 5, 4): e+, e-, mu+, mu-, X.
    couplings
        Couplings of X to muons; X has spin 1 or spin 0.
    mass_gev
        Mass of X; the sum over polarisations of spin 1 is -g + k k / m^2.

    Returns
    -------
    me2
        (n,), GeV^-2.
    """
    _check(momenta, 5, mass_gev)
    tensor = _x_tensor(momenta, couplings, constants)
    if couplings.spin == 1:
        vectors = polarisation_vectors(momenta[:, 4], mass_gev) * _METRIC_SIGNS
        tensor = np.asarray(np.einsum("n...y,npy->n...p", tensor, vectors))
    return 0.25 * _sum_spins(tensor)


def _x_tensor(momenta: FloatArray, couplings: Couplings, constants: TreeConstants) -> ComplexArray:
    """Amplitude with the free index of X, (n, 2, 2 muons, 2, 2 electrons, 4 or 1)."""
    positron, electron, plus, minus = (momenta[:, i] for i in range(4))
    beam = incoming_pair(electron, positron, constants.electron_mass_gev)
    muons = outgoing_pair(minus, plus, constants.muon_mass_gev)
    vertices, _ = _x_vertices(couplings)
    absorbed = -(muons.emitted + beam.emitted)
    tensor = attach_two(muons, GAMMA, beam.emitted, vertices, absorbed)
    photon = current(beam) * _METRIC_SIGNS / _square(beam)[:, None, None, None]
    joined = np.einsum("nijxy,nabx->nijaby", tensor, photon, optimize=True)
    return np.asarray(constants.e2 * joined)


def me2_x_decayed(
    momenta: FloatArray,
    couplings: Couplings,
    mass_gev: float,
    width_gev: float,
    *,
    constants: TreeConstants = NATURE,
) -> FloatArray:
    """|M|^2 of e+e- -> mu+ mu- X, X -> mu+ mu- with full spin correlations.

    Two diagrams, the second pair from X; not symmetrised over identical muons.

    Parameters
    ----------
    momenta
        (n, 6, 4): e+, e-, mu+, mu-, then mu+, mu- from X.
    couplings
        Couplings of X to muons.
    mass_gev, width_gev
        Propagator 1 / (q^2 - m^2 + i m width), q the momentum of the second pair.

    Returns
    -------
    me2
        (n,), GeV^-4.
    """
    _check(momenta, 6, mass_gev)
    if not width_gev > 0.0:
        raise DomainError(
            "a decaying particle needs a width above zero", key="width", found=width_gev
        )
    tensor = _x_tensor(momenta, couplings, constants)
    pair = outgoing_pair(momenta[:, 5], momenta[:, 4], constants.muon_mass_gev)
    vertices, vector = _x_vertices(couplings)
    decay = current(pair, vertices)
    k = -pair.emitted
    q2 = dot(k, k)
    if vector:
        along = np.einsum("nijm,nm->nij", decay * _METRIC_SIGNS, k) / mass_gev**2
        transverse = decay - along[..., None] * k[:, None, None, :]
        decay = transverse * _METRIC_SIGNS
    propagator = 1.0 / ((q2 - mass_gev**2) ** 2 + (mass_gev * width_gev) ** 2)
    amplitude = np.einsum("nijaby,ncdy->nijabcd", tensor, decay, optimize=True)
    return 0.25 * propagator * _sum_spins(np.asarray(amplitude))


def me2_mumu_gamma(momenta: FloatArray, *, constants: TreeConstants = NATURE) -> FloatArray:
    """|M|^2 of e+e- -> mu+ mu- gamma; ``momenta`` (n, 5, 4): e+, e-, mu+, mu-, gamma."""
    _check(momenta, 5)
    positron, electron, plus, minus, photon = (momenta[:, i] for i in range(5))
    beam = incoming_pair(electron, positron, constants.electron_mass_gev)
    muons = outgoing_pair(minus, plus, constants.muon_mass_gev)
    vectors = polarisation_vectors(photon, 0.0) * _METRIC_SIGNS

    def radiated(line: FermionLine, other: FermionLine, order: str) -> ComplexArray:
        tensor = attach_two(line, GAMMA, other.emitted, GAMMA, -photon)
        lower = current(other) * _METRIC_SIGNS / _square(other)[:, None, None, None]
        return np.asarray(
            np.einsum(f"nijxy,nabx,npy->{order}", tensor, lower, vectors, optimize=True)
        )

    amplitude = radiated(muons, beam, "nijabp") + radiated(beam, muons, "nabijp")
    return 0.25 * constants.e2**3 * _sum_spins(amplitude)


def me2_mumu_tautau(momenta: FloatArray, *, constants: TreeConstants = NATURE) -> FloatArray:
    """|M|^2 of e+e- -> mu+ mu- tau+ tau-; ``momenta`` (n, 6, 4) in this order after e+, e-."""
    _check(momenta, 6)
    positron, electron, plus, minus, tau_plus, tau_minus = (momenta[:, i] for i in range(6))
    amplitude = _joined(
        incoming_pair(electron, positron, constants.electron_mass_gev),
        outgoing_pair(minus, plus, constants.muon_mass_gev),
        outgoing_pair(tau_minus, tau_plus, constants.tau_mass_gev),
    )
    return 0.25 * constants.e2**4 * _sum_spins(amplitude)


def me2_electrons_muons(momenta: FloatArray, *, constants: TreeConstants = NATURE) -> FloatArray:
    """|M|^2 of e+e- -> e+ e- mu+ mu-; ``momenta`` (n, 6, 4): e+, e-, then e+, e-, mu+, mu-."""
    _check(momenta, 6)
    positron, electron, plus, minus, mu_plus, mu_minus = (momenta[:, i] for i in range(6))
    muons = outgoing_pair(mu_minus, mu_plus, constants.muon_mass_gev)
    annihilated = _joined(
        incoming_pair(electron, positron, constants.electron_mass_gev),
        outgoing_pair(minus, plus, constants.electron_mass_gev),
        muons,
    )
    # spins (e- out, e- in, e+ in, e+ out) of the scattering lines, brought to the order above
    scattered = np.einsum(
        "nijabcd->najibcd",
        _joined(
            scattering_line(electron, minus, constants.electron_mass_gev, antiparticle=False),
            scattering_line(positron, plus, constants.electron_mass_gev, antiparticle=True),
            muons,
        ),
    )
    return 0.25 * constants.e2**4 * _sum_spins(annihilated - scattered)
