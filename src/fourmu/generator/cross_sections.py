"""Total cross sections with a stated error, Born or with initial-state radiation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV, SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import MODELS, Couplings, model_by_name

from .amplitudes import Part
from .domain import check_energy, check_masses
from .four_lepton_sampler import four_lepton_cross_section, prepare_four_lepton_sampler
from .four_muon_sampler import four_muon_cross_section, prepare_four_muon_sampler
from .mumu_gamma_sampler import mumu_gamma_cross_section, prepare_mumu_gamma_sampler
from .radiation import luminosity_average
from .three_body import born_cross_sections, coupling_squares

__all__ = ["CrossSection", "cross_section", "isr_table"]

_MASSLESS_ELECTRONS = 2e-5
_LARGEST_COUPLING = 1e6
_ORDER = 24
_CHECK_ORDER = 16
_SEED = 20240614


@dataclass(frozen=True, kw_only=True)
class CrossSection:
    """A total cross section: production, without branching fraction.

    Attributes
    ----------
    process
        Name of the process or model.
    mass_gev, coupling
        Mass of X and common factor of its couplings; None for processes without X.
    isr
        Whether initial-state radiation is included; Born otherwise.
    xsec_fb, error_fb
        Value and standard error of the integration.
    """

    process: str
    mass_gev: float | None
    coupling: float | None
    isr: bool
    xsec_fb: float
    error_fb: float


def cross_section(
    process: str | Couplings,
    mass_gev: float | None = None,
    *,
    coupling: float = 1.0,
    part: Part = "all",
    photon_energy_min_gev: float | None = None,
    isr: bool = False,
    rel_error: float = 0.003,
    rng: np.random.Generator | None = None,
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_prime_min_gev: float = 0.0,
) -> CrossSection:
    """Total cross section of a process or of e+e- -> mu+ mu- X.

    Parameters
    ----------
    process
        ``4mu``, ``mumugamma``, ``mumutautau``, a model of
        :data:`fourmu.physics.models.MODELS`, or couplings of X to muons.
    mass_gev
        Mass of X, above zero and below sqrt(s) - 2 m_mu.
    coupling
        Common factor of the couplings.
    part
        For ``4mu``: ``conversion``, ``annihilation`` or ``all``.
    photon_energy_min_gev
        For ``mumugamma``, required: least photon energy in the c.m. frame (with radiation, in
        that of the hard process).
    isr
        Include initial-state radiation (at s', boosted); Born otherwise.
    rel_error
        Relative standard error asked for; points are added until it is reached.
    rng
        Source of randomness of sampled processes; a fixed seed if none is given.
    sqrt_s_gev
        C.m. energy.
    sqrt_s_prime_min_gev
        With radiation: count only collisions above this sqrt(s').

    Raises
    ------
    DomainError
        Unknown process, no mass or one that cannot be produced, a coupling or an error out of
        range.

    Notes
    -----
    X: quadrature of the closed form, errors are those of massless electrons (2e-5) and the
    difference of two orders. The others: sampling with trained tables. The
    amplitude of mu mu gamma radiates off the electrons itself: structure functions on top count
    collinear photons twice.
    """
    check_energy(sqrt_s_gev, 0.0, sqrt_s_prime_min_gev)
    if not 0.0 < rel_error < 1.0:
        raise DomainError(
            "the relative error must lie between 0 and 1", key="rel_error", found=rel_error
        )
    if not 0.0 < coupling <= _LARGEST_COUPLING:
        raise DomainError(
            "the coupling must be a number above zero",
            key="coupling",
            found=coupling,
            expected=f"at most {_LARGEST_COUPLING:g}",
        )
    if photon_energy_min_gev is not None and process != "mumugamma":
        raise DomainError(
            "a photon energy belongs to mumugamma",
            where=process if isinstance(process, str) else "x",
            key="photon_energy_min_gev",
        )
    if process in ("4mu", "mumugamma", "mumutautau") and mass_gev is not None:
        raise DomainError(
            "a process of QED alone has no mass to choose", where=str(process), key="mass_gev"
        )
    generator = np.random.default_rng(_SEED) if rng is None else rng
    if process == "4mu":
        sampler = prepare_four_muon_sampler(
            part=part,
            isr=isr,
            sqrt_s_gev=sqrt_s_gev,
            sqrt_s_prime_min_gev=sqrt_s_prime_min_gev if isr else 0.0,
        )
        value, error = four_muon_cross_section(sampler, rel_error, generator)
        return CrossSection(
            process="4mu", mass_gev=None, coupling=None, isr=isr, xsec_fb=value, error_fb=error
        )
    if part != "all":
        raise DomainError("only four muons have parts", key="part", found=part, expected="all")
    if process == "mumugamma":
        if photon_energy_min_gev is None:
            raise DomainError(
                "the least photon energy is needed", where=process, key="photon_energy_min_gev"
            )
        with_photon = prepare_mumu_gamma_sampler(
            photon_energy_min_gev=photon_energy_min_gev,
            isr=isr,
            sqrt_s_gev=sqrt_s_gev,
            sqrt_s_prime_min_gev=sqrt_s_prime_min_gev if isr else 0.0,
        )
        value, error = mumu_gamma_cross_section(with_photon, rel_error, generator)
        return CrossSection(
            process=process, mass_gev=None, coupling=None, isr=isr, xsec_fb=value, error_fb=error
        )
    if process == "mumutautau":
        with_taus = prepare_four_lepton_sampler(
            "mumutautau",
            isr=isr,
            sqrt_s_gev=sqrt_s_gev,
            sqrt_s_prime_min_gev=sqrt_s_prime_min_gev if isr else 0.0,
        )
        value, error = four_lepton_cross_section(with_taus, rel_error, generator)
        return CrossSection(
            process=process, mass_gev=None, coupling=None, isr=isr, xsec_fb=value, error_fb=error
        )
    if isinstance(process, Couplings):
        couplings, name = process, "x"
    elif process in MODELS:
        couplings, name = model_by_name(process).couplings, process
    else:
        raise DomainError(
            "unknown process",
            found=process,
            expected=f"4mu, mumugamma, mumutautau, {', '.join(MODELS)} or couplings",
        )
    if mass_gev is None:
        raise DomainError("the mass of X is needed", where=name, key="mass_gev")
    check_masses(np.array([mass_gev]), sqrt_s_gev, decayed=False)
    squares = coupling_squares(couplings)

    def value_at(order: int) -> float:
        def born(root: FloatArray) -> FloatArray:
            return born_cross_sections(root, np.array(mass_gev), squares, order=order)

        if not isr:
            return float(born(np.array([sqrt_s_gev]))[0])
        lowest = max(float(mass_gev) + 2.0 * MUON_MASS_GEV, sqrt_s_prime_min_gev)
        return luminosity_average(born, sqrt_s_gev, lowest, order=2 * order)

    value = value_at(_ORDER)
    error = math.hypot(_MASSLESS_ELECTRONS * value, value - value_at(_CHECK_ORDER))
    if error > rel_error * value:
        # masses so small or so near the end that more nodes are needed
        finer = value_at(4 * _ORDER)
        error = math.hypot(_MASSLESS_ELECTRONS * finer, finer - value)
        value = finer
    return CrossSection(
        process=name,
        mass_gev=float(mass_gev),
        coupling=float(coupling),
        isr=isr,
        xsec_fb=coupling**2 * value,
        error_fb=coupling**2 * error,
    )


def isr_table(
    *,
    sqrt_s_gev: float = SQRT_S_GEV,
    rel_error: float = 0.002,
    rng: np.random.Generator | None = None,
) -> dict[str, float]:
    """Truth-level numbers of initial-state radiation, relative to Born.

    Returns
    -------
    table
        ``structure_above_10`` and ``structure_peak``: weight of the structure functions alone
        with sqrt(s') above 10 GeV and above 10.54 GeV; ``4mu_above_10``, ``4mu_peak`` and
        ``4mu_k``: the same for four muons, and the whole; ``zprime_k_<mass>`` and
        ``scalar_k_<mass>``: K = sigma_ISR / sigma_Born.
    """
    generator = np.random.default_rng(_SEED) if rng is None else rng
    table = {
        "structure_above_10": luminosity_average(np.ones_like, sqrt_s_gev, 10.0),
        "structure_peak": luminosity_average(np.ones_like, sqrt_s_gev, 10.54),
    }
    born = cross_section("4mu", rel_error=rel_error, rng=generator, sqrt_s_gev=sqrt_s_gev)
    for name, low in (("4mu_above_10", 10.0), ("4mu_peak", 10.54), ("4mu_k", 0.0)):
        radiated = cross_section(
            "4mu",
            isr=True,
            rel_error=rel_error,
            rng=generator,
            sqrt_s_gev=sqrt_s_gev,
            sqrt_s_prime_min_gev=low,
        )
        table[name] = radiated.xsec_fb / born.xsec_fb
    for model, masses in (("zprime", (0.3, 1.0, 3.0, 5.0, 8.0, 9.0)), ("scalar", (0.3, 3.0))):
        for mass in masses:
            ratio = (
                cross_section(model, mass, isr=True, sqrt_s_gev=sqrt_s_gev).xsec_fb
                / cross_section(model, mass, sqrt_s_gev=sqrt_s_gev).xsec_fb
            )
            table[f"{model}_k_{mass:g}"] = ratio
    return table
