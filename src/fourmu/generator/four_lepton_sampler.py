"""Unweighted events and cross sections of e+e- mu+ mu- and mu+ mu- tau+ tau- in QED."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import (
    ELECTRON_MASS_GEV,
    MUON_MASS_GEV,
    SQRT_S_GEV,
    TAU_MASS_GEV,
)
from fourmu.physics.kinematics import FloatArray

from .channel_tables import Training, even_tables, new_training, trained_tables
from .domain import check_energy, check_events
from .events import PartonEvents
from .four_lepton_channels import DIMENSIONS, Leptons
from .four_lepton_kernels import four_lepton_work
from .four_lepton_loop import FourLeptonTables, fill_four_lepton_events
from .radiation import BEAM_BINS, Photons, beam_exponent, best_beam_table
from .sampling import sampled_cross_section
from .unweighting import weight_ceiling

__all__ = [
    "FOUR_LEPTON_PDG",
    "FourLeptonProcess",
    "FourLeptonSampler",
    "TrackAcceptance",
    "four_lepton_cross_section",
    "generate_four_lepton",
    "prepare_four_lepton_sampler",
]

FourLeptonProcess = Literal["eemumu", "mumutautau"]
FOUR_LEPTON_PDG: dict[str, tuple[int, int, int, int]] = {
    "eemumu": (-11, 11, -13, 13),
    "mumutautau": (-13, 13, -15, 15),
}
"""Order of the final state."""
_SPREADS = 5.0
# for electrons above 0.01 GeV, 1 - velocity is below 1.3e-3
_BOOST_MARGIN = 0.99
_FAST_GEV = 0.01
_SURVEY_SEED = 5489
_ROUNDS = 8
_ROUND_POINTS = 50_000
_FINAL_POINTS = 300_000
# the first guess: (l l)(L L); (l l) off L+-; (L L) off l+-, outgoing, incoming, both beams
_SCATTERING_SHARES = (0.1, 0.05, 0.05, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1)
_ANNIHILATION_SHARES = (0.3, 0.25, 0.25, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class TrackAcceptance:
    """Charged particles that an event must have inside a region of the c.m. frame.

    Attributes
    ----------
    min_tracks
        How many.
    theta_min_rad, theta_max_rad
        Polar angles to the electron beam.
    momentum_min_gev
        Least momentum.
    """

    min_tracks: int
    theta_min_rad: float
    theta_max_rad: float
    momentum_min_gev: float

    def __post_init__(self) -> None:
        """Refuse regions that are empty."""
        if not 0 <= self.min_tracks <= 4:
            raise DomainError(
                "the number of tracks must lie between 0 and 4",
                key="min_tracks",
                found=self.min_tracks,
            )
        if not 0.0 <= self.theta_min_rad < self.theta_max_rad <= math.pi:
            raise DomainError(
                "polar angles must increase between zero and pi",
                key="theta_min_rad",
                found=(self.theta_min_rad, self.theta_max_rad),
            )
        if not 0.0 <= self.momentum_min_gev < math.inf:
            raise DomainError(
                "the least momentum cannot be negative",
                key="momentum_min_gev",
                found=self.momentum_min_gev,
            )


EVERYWHERE = TrackAcceptance(
    min_tracks=0, theta_min_rad=0.0, theta_max_rad=math.pi, momentum_min_gev=0.0
)


@dataclass(frozen=True, kw_only=True)
class FourLeptonSampler:
    """Trained tables; immutable, shared between threads.

    Attributes
    ----------
    process
        ``eemumu`` or ``mumutautau``.
    acceptance
        What the events have to pass.
    tables
        What the event loop looks up.
    overweight_fraction
        Share of the cross section above the ceiling, measured in the survey.
    sqrt_s_gev
        Nominal c.m. energy.
    """

    process: FourLeptonProcess
    acceptance: TrackAcceptance
    tables: FourLeptonTables
    overweight_fraction: float
    sqrt_s_gev: float


def prepare_four_lepton_sampler(
    process: FourLeptonProcess,
    *,
    acceptance: TrackAcceptance = EVERYWHERE,
    isr: bool = False,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
    overweight: float = 1e-4,
    rounds: int = _ROUNDS,
) -> FourLeptonSampler:
    """Train the tables and find the ceiling; a few seconds.

    Parameters
    ----------
    process
        ``eemumu`` or ``mumutautau``.
    acceptance
        Tracks that an event must have, in the c.m. frame; taus count undecayed. ``eemumu``
        needs at least three, so that at most one lepton is lost along a beam.
    isr, photons
        Initial-state radiation, its photons along the beams or with their angles (the acceptance
        is judged as if they were collinear).
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
        Unknown process, energies out of range, fewer than three tracks for ``eemumu``, or an
        acceptance that no event passes.

    Notes
    -----
    Tables do not change the distribution of events, but for the overweight share; the survey has
    a private seed. The scale of the structure functions is s, also where the beams scatter by
    small angles and the momentum transfer would be the better one.
    """
    if process not in FOUR_LEPTON_PDG:
        raise DomainError(
            "unknown process of four leptons",
            key="process",
            found=process,
            expected=" or ".join(FOUR_LEPTON_PDG),
        )
    check_energy(sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev)
    scattering = process == "eemumu"
    masses = (ELECTRON_MASS_GEV, MUON_MASS_GEV) if scattering else (MUON_MASS_GEV, TAU_MASS_GEV)
    threshold = 2.0 * sum(masses)
    if sqrt_s_gev <= threshold:
        raise DomainError(
            "the c.m. energy is below the threshold",
            key="sqrt_s_gev",
            found=sqrt_s_gev,
            expected=f"above {threshold:g} GeV",
        )
    if scattering and acceptance.min_tracks < 3:
        raise DomainError(
            "e+e-mu+mu- needs at least three tracks in the acceptance",
            key="min_tracks",
            found=acceptance.min_tracks,
        )
    top = sqrt_s_gev + _SPREADS * sqrt_s_spread_gev
    beta = beam_exponent(sqrt_s_gev)
    edges = np.zeros((1, BEAM_BINS + 1))
    least = max(threshold, sqrt_s_prime_min_gev)
    if isr:
        roots = np.geomspace(least, top, 1001)
        # the cross section falls as 1 / s'
        edges[0] = best_beam_table(roots, -2.0 * np.log(roots / top), top, beta)[0]
    high, low = math.cos(acceptance.theta_min_rad), math.cos(acceptance.theta_max_rad)
    tables = FourLeptonTables(
        channels=even_tables(
            np.array(_SCATTERING_SHARES if scattering else _ANNIHILATION_SHARES), DIMENSIONS
        ),
        leptons=Leptons(
            light_mass=masses[0],
            heavy_mass=masses[1],
            scattering=scattering,
            open_min=_least_opening(acceptance, least / top if isr else 1.0),
        ),
        edges=edges,
        ceiling=math.inf,
        min_tracks=int(acceptance.min_tracks),
        cosine_low=low,
        cosine_high=high,
        momentum_min=float(acceptance.momentum_min_gev),
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
    return FourLeptonSampler(
        process=process,
        acceptance=acceptance,
        tables=tables._replace(ceiling=ceiling),
        overweight_fraction=excess,
        sqrt_s_gev=float(sqrt_s_gev),
    )


def _least_opening(acceptance: TrackAcceptance, shrink: float) -> float:
    """Least 1 - cos of a scattered electron to its beam in the frame of the hard process.

    If all four tracks are needed, no electron may be closer to its beam than the acceptance. A
    boost along the beams multiplies tan(theta / 2) of fast particles by at most ``shrink`` or its
    inverse.
    """
    slow = acceptance.momentum_min_gev < _FAST_GEV and shrink < 1.0
    if acceptance.min_tracks < 4 or slow:
        return 0.0
    angle = min(acceptance.theta_min_rad, math.pi - acceptance.theta_max_rad)
    tangent = math.tan(0.5 * angle) * shrink * _BOOST_MARGIN
    return 2.0 * tangent**2 / (1.0 + tangent**2)


def _survey(
    tables: FourLeptonTables, points: int, rng: np.random.Generator
) -> tuple[FloatArray, Training, FloatArray]:
    """Weights of points in fb, sums for the training, and statistics."""
    weights = np.empty(points)
    training = new_training(tables.channels)
    statistics = np.zeros(5)
    found = fill_four_lepton_events(
        rng,
        tables,
        four_lepton_work(),
        np.empty((0, 4, 4)),
        np.empty((0, 2, 4)),
        weights,
        training,
        statistics,
    )
    if not found:
        raise DomainError("no event passes the acceptance", key="acceptance")
    return weights, training, statistics


def generate_four_lepton(
    n_events: int, rng: np.random.Generator, *, sampler: FourLeptonSampler
) -> PartonEvents:
    """Unweighted events of e+e- -> e+e- mu+mu- or mu+mu- tau+tau-.

    Parameters
    ----------
    n_events
        Number of events.
    rng
        Source of randomness; equal states give equal events.
    sampler
        From :func:`prepare_four_lepton_sampler`.

    Returns
    -------
    events
        Final state in the order of :data:`FOUR_LEPTON_PDG`, c.m. frame, weight one; taus are
        not decayed.
    """
    check_events(n_events)
    momenta = np.zeros((n_events, 4, 4))
    photons = np.zeros((n_events, 2, 4))
    statistics = np.zeros(5)
    fill_four_lepton_events(
        rng,
        sampler.tables,
        four_lepton_work(),
        momenta,
        photons,
        np.empty(0),
        new_training(sampler.tables.channels),
        statistics,
    )
    return PartonEvents(
        momenta=momenta,
        pdg=np.array(FOUR_LEPTON_PDG[sampler.process], dtype=np.int64),
        photons=photons,
        weight=np.ones(n_events),
        x_mass_gev=np.full(n_events, np.nan),
        sqrt_s_gev=sampler.sqrt_s_gev,
        process=sampler.process,
        overweight_fraction=float(statistics[4] / max(statistics[2], 1e-300)),
    )


def four_lepton_cross_section(
    sampler: FourLeptonSampler, rel_error: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Cross section inside the acceptance and its error in fb, to a relative error."""
    return sampled_cross_section(lambda n: _survey(sampler.tables, n, rng)[2], rel_error)
