"""Unweighted events and cross sections of e+e- -> mu+ mu- gamma."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV, SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray

from .channel_tables import Training, even_tables, new_training, trained_tables
from .domain import check_energy, check_events
from .events import PartonEvents
from .mumu_gamma_kernels import mumu_gamma_work
from .mumu_gamma_loop import CHANNELS, DIMENSIONS, MumuGammaTables, fill_mumu_gamma_events
from .radiation import BEAM_BINS, Photons, beam_exponent, best_beam_table
from .sampling import sampled_cross_section
from .unweighting import weight_ceiling

__all__ = [
    "MUMU_GAMMA_PDG",
    "MumuGammaRadiation",
    "MumuGammaSampler",
    "generate_mumu_gamma",
    "mumu_gamma_cross_section",
    "prepare_mumu_gamma_sampler",
]

MumuGammaRadiation = Literal["all", "initial", "final"]
"""Which leptons radiate the photon."""
MUMU_GAMMA_PDG = (-13, 13, 22)
"""mu+, mu-, and the photon of the hard process."""
_SPREADS = 5.0
_SURVEY_SEED = 5489
_ROUNDS = 6
_ROUND_POINTS = 60_000
_FINAL_POINTS = 400_000


@dataclass(frozen=True, kw_only=True)
class MumuGammaSampler:
    """Trained tables; immutable, shared between threads.

    Attributes
    ----------
    tables
        What the event loop looks up.
    overweight_fraction
        Share of the cross section above the ceiling, measured in the survey.
    sqrt_s_gev
        Nominal c.m. energy.
    """

    tables: MumuGammaTables
    overweight_fraction: float
    sqrt_s_gev: float


def prepare_mumu_gamma_sampler(
    *,
    photon_energy_min_gev: float,
    photon_angle_min_rad: float = 0.0,
    radiation: MumuGammaRadiation = "all",
    isr: bool = False,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
    overweight: float = 1e-4,
    rounds: int = _ROUNDS,
) -> MumuGammaSampler:
    """Train the tables and find the ceiling; about a second.

    Parameters
    ----------
    photon_energy_min_gev
        Least energy of the photon, in the frame of the hard process (the c.m. frame without
        radiation from structure functions). Required: the total diverges without it.
    photon_angle_min_rad
        Least angle of the photon to both beams in that frame.
    radiation
        Which leptons radiate the photon of the hard process: ``initial``, the electrons;
        ``final``, the muons; ``all``, both with their interference.
    isr, photons
        Further initial-state radiation by structure functions, its photons along the beams or
        with their angles.
    sqrt_s_gev, sqrt_s_spread_gev
        C.m. energy and its Gaussian spread.
    sqrt_s_prime_min_gev
        Collisions of a lower sqrt(s') are left out.
    overweight
        Share of the cross section that may lie above the ceiling.
    rounds
        Rounds of training.

    Raises
    ------
    DomainError
        An energy or an angle out of range.

    Notes
    -----
    The amplitude radiates off the electrons itself. With ``isr`` collinear photons would be
    counted twice, once in the structure functions: ask for a photon at a wide angle
    (``photon_angle_min_rad``) then. Tables do not change the distribution of events, but for
    the overweight share; the survey has a private seed.
    """
    check_energy(sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev)
    highest = 0.5 * sqrt_s_gev - 2.0 * MUON_MASS_GEV**2 / sqrt_s_gev
    if not 1e-6 * sqrt_s_gev <= photon_energy_min_gev < 0.999 * highest:
        raise DomainError(
            "the least photon energy is out of range",
            key="photon_energy_min_gev",
            found=photon_energy_min_gev,
            expected=f"between {1e-6 * sqrt_s_gev:g} and {0.999 * highest:.6g} GeV",
        )
    if not 0.0 <= photon_angle_min_rad < 0.5 * math.pi:
        raise DomainError(
            "the least photon angle must lie between zero and pi / 2",
            key="photon_angle_min_rad",
            found=photon_angle_min_rad,
        )
    if radiation not in get_args(MumuGammaRadiation):
        raise DomainError(
            "unknown part of the radiation",
            key="radiation",
            found=radiation,
            expected=", ".join(get_args(MumuGammaRadiation)),
        )
    top = sqrt_s_gev + _SPREADS * sqrt_s_spread_gev
    beta = beam_exponent(sqrt_s_gev)
    edges = np.zeros((1, BEAM_BINS + 1))
    least = photon_energy_min_gev + math.hypot(photon_energy_min_gev, 2.0 * MUON_MASS_GEV)
    if isr:
        roots = np.geomspace(max(least, sqrt_s_prime_min_gev), top, 1001)
        # the cross section falls as 1 / s'
        edges[0] = best_beam_table(roots, -2.0 * np.log(roots / top), top, beta)[0]
    tables = MumuGammaTables(
        channels=even_tables(np.full(CHANNELS, 1.0 / CHANNELS), DIMENSIONS),
        edges=edges,
        ceiling=math.inf,
        energy_min=float(photon_energy_min_gev),
        cosine_max=math.cos(photon_angle_min_rad),
        initial=radiation != "final",
        final=radiation != "initial",
        sqrt_s=float(sqrt_s_gev),
        spread=float(sqrt_s_spread_gev),
        low=float(sqrt_s_prime_min_gev),
        beta=float(beta),
        isr=bool(isr),
        angular=photons == "angular",
    )
    rng = np.random.default_rng(_SURVEY_SEED)
    for _ in range(rounds):
        weights, training, _ = _survey(tables, _ROUND_POINTS, rng)
        channels = trained_tables(tables.channels, training, float(np.mean(weights)))
        tables = tables._replace(channels=channels)
    weights, _, _ = _survey(tables, _FINAL_POINTS, rng)
    ceiling, excess = weight_ceiling(weights, overweight)
    return MumuGammaSampler(
        tables=tables._replace(ceiling=ceiling),
        overweight_fraction=excess,
        sqrt_s_gev=float(sqrt_s_gev),
    )


def _survey(
    tables: MumuGammaTables, points: int, rng: np.random.Generator
) -> tuple[FloatArray, Training, FloatArray]:
    """Weights of points in fb, sums for the training, and statistics."""
    weights = np.empty(points)
    training = new_training(tables.channels)
    statistics = np.zeros(5)
    fill_mumu_gamma_events(
        rng,
        tables,
        mumu_gamma_work(),
        np.empty((0, 3, 4)),
        np.empty((0, 2, 4)),
        weights,
        training,
        statistics,
    )
    return weights, training, statistics


def generate_mumu_gamma(
    n_events: int,
    rng: np.random.Generator,
    *,
    sampler: MumuGammaSampler,
) -> PartonEvents:
    """Unweighted events of e+e- -> mu+ mu- gamma.

    Parameters
    ----------
    n_events
        Number of events.
    rng
        Source of randomness; equal states give equal events.
    sampler
        From :func:`prepare_mumu_gamma_sampler`.

    Returns
    -------
    events
        mu+, mu- and the photon of the hard process as final-state particles, so that the
        detector measures or converts it; ``photons`` are those of the structure functions.
    """
    check_events(n_events)
    momenta = np.zeros((n_events, 3, 4))
    photons = np.zeros((n_events, 2, 4))
    statistics = np.zeros(5)
    fill_mumu_gamma_events(
        rng,
        sampler.tables,
        mumu_gamma_work(),
        momenta,
        photons,
        np.empty(0),
        new_training(sampler.tables.channels),
        statistics,
    )
    return PartonEvents(
        momenta=momenta,
        pdg=np.array(MUMU_GAMMA_PDG, dtype=np.int64),
        photons=photons,
        weight=np.ones(n_events),
        x_mass_gev=np.full(n_events, np.nan),
        sqrt_s_gev=sampler.sqrt_s_gev,
        process="mumugamma",
        overweight_fraction=float(statistics[4] / max(statistics[2], 1e-300)),
    )


def mumu_gamma_cross_section(
    sampler: MumuGammaSampler, rel_error: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Cross section and its error in fb, by sampling until the relative error is reached."""
    return sampled_cross_section(lambda n: _survey(sampler.tables, n, rng)[2], rel_error)
