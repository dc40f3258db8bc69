"""Models of new physics: a particle X by its couplings to muons, its widths and its (g-2).

L = X_a mubar gamma^a (gV + gA gamma5) mu for spin 1, L = X mubar (gS + i gP gamma5) mu for
spin 0. An X with couplings of both kinds would be two particles and is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError

from .constants import ALPHA, MUON_MASS_GEV, TAU_MASS_GEV

__all__ = [
    "MODELS",
    "SCALAR",
    "ZPRIME",
    "Couplings",
    "DecayChannel",
    "Model",
    "model_by_name",
    "model_from_couplings",
]

FloatOrArray = float | npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Couplings:
    """Dimensionless couplings of X to muons: vector, axial, scalar, pseudoscalar.

    Raises
    ------
    DomainError
        A coupling is not finite, all are zero, or spin-1 and spin-0 couplings are mixed.
    """

    vector: float = 0.0
    axial: float = 0.0
    scalar: float = 0.0
    pseudoscalar: float = 0.0

    def __post_init__(self) -> None:
        values = (self.vector, self.axial, self.scalar, self.pseudoscalar)
        if not all(math.isfinite(value) for value in values):
            raise DomainError("couplings must be finite numbers", found=values)
        spin_one = self.vector != 0.0 or self.axial != 0.0
        spin_zero = self.scalar != 0.0 or self.pseudoscalar != 0.0
        if not (spin_one or spin_zero):
            raise DomainError("at least one coupling to muons must differ from zero")
        if spin_one and spin_zero:
            raise DomainError(
                "spin-1 (gV, gA) and spin-0 (gS, gP) couplings cannot belong to one particle",
                found=values,
                expected="only gV and gA, or only gS and gP",
            )

    @property
    def spin(self) -> int:
        """Spin of X, 1 or 0."""
        return 1 if self.vector != 0.0 or self.axial != 0.0 else 0

    def scaled(self, factor: float) -> Couplings:
        """All couplings times a factor."""
        return Couplings(
            vector=self.vector * factor,
            axial=self.axial * factor,
            scalar=self.scalar * factor,
            pseudoscalar=self.pseudoscalar * factor,
        )


@dataclass(frozen=True, kw_only=True)
class DecayChannel:
    """A pair of fermions other than muons that X decays to, couplings at reference 1.

    ``vector`` and ``axial`` as in :class:`Couplings`, ``scalar`` and ``pseudoscalar`` too; a
    left-handed neutrino of unit coupling has vector = -axial = 1/2.
    """

    name: str
    mass_gev: float
    vector: float = 0.0
    axial: float = 0.0
    scalar: float = 0.0
    pseudoscalar: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Model:
    """A particle X at reference coupling 1; every width scales with the coupling squared.

    ``photon_loop`` adds the decay to two photons through the muon loop (spin 0 only).
    """

    name: str
    title: str
    couplings: Couplings
    channels: tuple[DecayChannel, ...] = ()
    photon_loop: bool = False

    def width_mumu_gev(self, mass_gev: FloatOrArray, coupling: float = 1.0) -> FloatOrArray:
        """Width to two muons."""
        c = self.couplings
        return coupling**2 * _fermion_width(
            mass_gev, MUON_MASS_GEV, c.vector, c.axial, c.scalar, c.pseudoscalar
        )

    def width_gev(self, mass_gev: FloatOrArray, coupling: float = 1.0) -> FloatOrArray:
        """Total width.

        Parameters
        ----------
        mass_gev
            Mass of X, any shape, above zero.
        coupling
            Common factor of all couplings.
        """
        total = np.asarray(self.width_mumu_gev(mass_gev))
        for channel in self.channels:
            total = total + _fermion_width(
                mass_gev,
                channel.mass_gev,
                channel.vector,
                channel.axial,
                channel.scalar,
                channel.pseudoscalar,
            )
        if self.photon_loop:
            c = self.couplings
            total = total + _photon_width(mass_gev, c.scalar, c.pseudoscalar)
        result = coupling**2 * total
        return float(result) if np.ndim(mass_gev) == 0 else result

    def branching_fraction_mumu(self, mass_gev: FloatOrArray) -> FloatOrArray:
        """Branching fraction to two muons, zero below threshold."""
        total = np.asarray(self.width_gev(mass_gev))
        part = np.asarray(self.width_mumu_gev(mass_gev))
        result = np.divide(part, total, out=np.zeros_like(total), where=total > 0.0)
        return float(result) if np.ndim(mass_gev) == 0 else result

    def delta_a_mu(self, mass_gev: FloatOrArray, coupling: float = 1.0) -> FloatOrArray:
        """Contribution to a_mu = (g-2)/2 of the muon at one loop.

        Axial and pseudoscalar couplings contribute with a negative sign.
        """
        c = self.couplings
        result = coupling**2 * (
            c.vector**2 * _loop(_vector_integrand, mass_gev)
            + c.axial**2 * _loop(_axial_integrand, mass_gev)
            + c.scalar**2 * _loop(_scalar_integrand, mass_gev)
            + c.pseudoscalar**2 * _loop(_pseudoscalar_integrand, mass_gev)
        )
        return float(result) if np.ndim(mass_gev) == 0 else result

    @property
    def has_g_minus_2_band(self) -> bool:
        """Whether a coupling exists that moves a_mu up, so that a band can be drawn."""
        return bool(self.couplings.vector or self.couplings.scalar) and not (
            self.couplings.axial or self.couplings.pseudoscalar
        )


def _positive(mass_gev: FloatOrArray) -> npt.NDArray[np.float64]:
    mass = np.asarray(mass_gev, dtype=np.float64)
    if not np.all(mass > 0.0) or not np.all(np.isfinite(mass)):
        raise DomainError("the mass of X must be above zero", key="mass_gev", found=mass_gev)
    return mass


def _fermion_width(
    mass_gev: FloatOrArray, lepton_gev: float, v: float, a: float, s: float, p: float
) -> FloatOrArray:
    """Width of X to a pair of fermions (Fierz-free tree level), zero below threshold."""
    mass = _positive(mass_gev)
    ratio = (lepton_gev / mass) ** 2
    beta = np.sqrt(np.maximum(1.0 - 4.0 * ratio, 0.0))
    spin_one = (v**2 * (1.0 + 2.0 * ratio) + a**2 * beta**2) / 12.0
    spin_zero = (s**2 * beta**2 + p**2) / 8.0
    width = mass / np.pi * beta * (spin_one + spin_zero)
    return float(width) if np.ndim(mass_gev) == 0 else np.asarray(width)


def _photon_width(mass_gev: FloatOrArray, s: float, p: float) -> npt.NDArray[np.float64]:
    """Width to two photons through the muon loop.

    Gamma = alpha^2 m^3 / (64 pi^3 m_mu^2) (gS^2 |tau (1 + (1 - tau) f)|^2 + gP^2 |tau f|^2),
    tau = 4 m_mu^2 / m^2 and f the usual triangle function.
    """
    mass = _positive(mass_gev)
    tau = (2.0 * MUON_MASS_GEV / mass) ** 2
    below = np.arcsin(np.minimum(1.0 / np.sqrt(tau), 1.0)) ** 2
    root = np.sqrt(np.maximum(1.0 - tau, 1e-300))
    above = -0.25 * (np.log((1.0 + root) / np.maximum(1.0 - root, 1e-300)) - 1j * np.pi) ** 2
    triangle = np.where(tau >= 1.0, below, above)
    scalar = np.abs(tau * (1.0 + (1.0 - tau) * triangle)) ** 2
    pseudoscalar = np.abs(tau * triangle) ** 2
    prefactor = ALPHA**2 * mass**3 / (64.0 * np.pi**3 * MUON_MASS_GEV**2)
    return np.asarray(prefactor * (s**2 * scalar + p**2 * pseudoscalar))


# One-loop integrands in z of the scalar muon mass ratio r = m^2 / m_mu^2; the factor 1/(8 pi^2)
# stands in _loop. The emitted X carries 1 - x (vector) or z (scalar) of the momentum.


def _vector_integrand(
    x: npt.NDArray[np.float64], r: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(2.0 * x**2 * (1.0 - x) / (x**2 + (1.0 - x) * r))


def _axial_integrand(
    x: npt.NDArray[np.float64], r: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    # unitary gauge: the longitudinal part brings the term 4 x^3 / r
    numerator = 2.0 * x * (1.0 - x) * (x - 4.0) - 4.0 * x**3 / r
    return np.asarray(numerator / (x**2 + (1.0 - x) * r))


def _scalar_integrand(
    z: npt.NDArray[np.float64], r: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray((1.0 - z) ** 2 * (1.0 + z) / ((1.0 - z) ** 2 + z * r))


def _pseudoscalar_integrand(
    z: npt.NDArray[np.float64], r: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(-((1.0 - z) ** 3) / ((1.0 - z) ** 2 + z * r))


def _nodes() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Quadrature on (0, 1) that resolves both ends: the tanh-sinh rule."""
    t = np.linspace(-4.2, 4.2, 401)
    sinh = 0.5 * np.pi * np.sinh(t)
    x = 1.0 / (1.0 + np.exp(-2.0 * sinh))
    weight = (t[1] - t[0]) * 0.25 * np.pi * np.cosh(t) / np.cosh(sinh) ** 2
    return x, weight


_X, _WEIGHT = _nodes()


def _loop(integrand, mass_gev: FloatOrArray) -> npt.NDArray[np.float64]:  # type: ignore[no-untyped-def]
    ratio = (_positive(mass_gev) / MUON_MASS_GEV) ** 2
    values = integrand(_X, ratio[..., None])
    return np.asarray(np.sum(values * _WEIGHT, axis=-1) / (8.0 * np.pi**2))


ZPRIME: Final = Model(
    name="zprime",
    title="L_mu - L_tau Z'",
    couplings=Couplings(vector=1.0),
    channels=(
        DecayChannel(name="tautau", mass_gev=TAU_MASS_GEV, vector=-1.0),
        DecayChannel(name="nu_mu", mass_gev=0.0, vector=0.5, axial=-0.5),
        DecayChannel(name="nu_tau", mass_gev=0.0, vector=-0.5, axial=0.5),
    ),
)
"""Z' of gauged L_mu - L_tau (Sec. I)."""

SCALAR: Final = Model(
    name="scalar",
    title="Muonphilic scalar S",
    couplings=Couplings(scalar=1.0),
    photon_loop=True,
)
"""Muonphilic dark scalar (Sec. I)."""

MODELS: Final[Mapping[str, Model]] = MappingProxyType({"zprime": ZPRIME, "scalar": SCALAR})
"""The models of the paper by name; a third is one more record."""


def model_by_name(name: str) -> Model:
    """Model of :data:`MODELS`.

    Raises
    ------
    DomainError
        No model has this name.
    """
    if name not in MODELS:
        raise DomainError("unknown model", found=name, expected=f"one of {', '.join(MODELS)}")
    return MODELS[name]


def model_from_couplings(
    couplings: Couplings,
    *,
    name: str = "custom",
    channels: tuple[DecayChannel, ...] = (),
) -> Model:
    """Model of one's own: couplings to muons, optional other channels, photon loop for spin 0."""
    return Model(
        name=name,
        title=name,
        couplings=couplings,
        channels=channels,
        photon_loop=couplings.spin == 0,
    )
