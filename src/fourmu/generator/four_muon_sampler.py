"""Unweighted events and cross sections of e+e- -> mu+ mu- mu+ mu- in QED."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV, SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray

from .amplitudes import Part
from .domain import check_energy, check_events
from .events import FOUR_MUON_PDG, PartonEvents
from .four_muon_densities import MASS_CELLS, TABLE_CELLS
from .four_muon_loop import FourMuonTables, fill_four_muon_events
from .radiation import BEAM_BINS, Photons, beam_exponent, best_beam_table
from .unweighting import weight_ceiling

__all__ = [
    "FourMuonSampler",
    "four_muon_cross_section",
    "generate_four_muon",
    "prepare_four_muon_sampler",
]

_SPREADS = 5.0
_SURVEY_SEED = 5489
_ROUNDS = 8
_ROUND_POINTS = 120_000
_FINAL_POINTS = 400_000
_NODE_POINTS = 16_000
_ENERGY_NODES = 24
_LOG_LOW = -6.0
_POWER = 2.0
_DAMPING = 0.6
_PRIOR_POINTS = 4.0
_UNTRAINED_SHARE = 0.02
_EXCHANGE = 0.9


@dataclass(frozen=True, kw_only=True)
class FourMuonSampler:
    """Trained tables; immutable, shared between threads.

    Attributes
    ----------
    tables
        What the event loop looks up.
    part
        Class of diagrams.
    overweight_fraction
        Share of the cross section above the ceiling, measured in the survey.
    sqrt_s_gev
        Nominal c.m. energy.
    """

    tables: FourMuonTables
    part: Part
    overweight_fraction: float
    sqrt_s_gev: float


def prepare_four_muon_sampler(
    *,
    part: Part = "all",
    isr: bool = False,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
    overweight: float = 1e-4,
    rounds: int = _ROUNDS,
) -> FourMuonSampler:
    """Train the mass tables and find the ceilings; about a second.

    Parameters
    ----------
    part
        ``conversion``, ``annihilation`` or ``all``.
    isr, photons
        Initial-state radiation, its photons along the beams or with their angles.
    sqrt_s_gev, sqrt_s_spread_gev
        C.m. energy and its Gaussian spread.
    sqrt_s_prime_min_gev
        Collisions of a lower sqrt(s') are left out.
    overweight
        Share of the cross section that may lie above the ceiling.
    rounds
        Rounds of training; without any the tables follow phase space.

    Notes
    -----
    Table entries are multiplied by damped means of weight^2, which lowers the largest weights;
    the undamped update is not stable. The survey has a private seed: tables do not change the
    distribution of events, but for the overweight share.
    """
    check_energy(sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev)
    if part not in ("all", "conversion", "annihilation"):
        raise DomainError(
            "unknown part of the four-muon process",
            key="part",
            found=part,
            expected="all, conversion or annihilation",
        )
    rng = np.random.default_rng(_SURVEY_SEED)
    top = sqrt_s_gev + _SPREADS * sqrt_s_spread_gev
    start = _phase_space_shares(sqrt_s_gev)
    tables = FourMuonTables(
        edges=np.zeros((1, BEAM_BINS + 1)),
        share=start,
        cumulative=_cumulative(start),
        log_ceiling=np.zeros(1),
        log_low=_LOG_LOW,
        ceiling=1.0,
        sqrt_s=float(sqrt_s_gev),
        spread=0.0,
        top=float(top),
        low=0.0,
        beta=float(beam_exponent(sqrt_s_gev)),
        isr=False,
        angular=photons == "angular",
        conversion=0.0 if part == "annihilation" else 1.0,
        annihilation=0.0 if part == "conversion" else 1.0,
        interference=_EXCHANGE if part == "all" else 0.0,
    )
    for _ in range(rounds):
        weights, training, _ = _survey(tables, _ROUND_POINTS, rng)
        share = _trained(tables.share, start, training, float(np.mean(weights)))
        tables = tables._replace(share=share, cumulative=_cumulative(share))
    weights, _, _ = _survey(tables, _FINAL_POINTS, rng)
    ceiling, excess = weight_ceiling(weights, overweight)
    sampler = FourMuonSampler(
        tables=tables._replace(log_ceiling=np.array([math.log(ceiling)]), ceiling=ceiling),
        part=part,
        overweight_fraction=excess,
        sqrt_s_gev=float(sqrt_s_gev),
    )
    if not isr and sqrt_s_spread_gev == 0.0:
        return sampler
    return _over_energies(
        sampler, isr, sqrt_s_spread_gev, sqrt_s_prime_min_gev, ceiling, overweight, rng
    )


def _over_energies(
    sampler: FourMuonSampler,
    isr: bool,
    spread: float,
    least: float,
    ceiling_at_top: float,
    overweight: float,
    rng: np.random.Generator,
) -> FourMuonSampler:
    """Find ceilings at all sqrt(s') that can occur, and how the beams are sampled."""
    tables = sampler.tables
    threshold = 4.0 * MUON_MASS_GEV
    t = np.linspace(_LOG_LOW, 0.0, _ENERGY_NODES)
    roots = threshold + (tables.top - threshold) * np.exp(t)
    logs = np.empty(_ENERGY_NODES)
    for b, root in enumerate(roots[:-1]):
        weights, _, _ = _survey(tables._replace(sqrt_s=float(root)), _NODE_POINTS, rng)
        logs[b] = math.log(weight_ceiling(weights, overweight)[0])
    logs[-1] = math.log(ceiling_at_top)
    edges = tables.edges
    lowest = least if isr else sampler.sqrt_s_gev - _SPREADS * spread
    lowest = max(lowest, float(roots[0]))
    # the loop interpolates the log of the ceiling in t
    fine = np.linspace(math.log((lowest - threshold) / (tables.top - threshold)), 0.0, 1001)
    fine_roots = threshold + (tables.top - threshold) * np.exp(fine)
    fine_logs = np.interp(fine, t, logs)
    if isr:
        beam, ceiling = best_beam_table(fine_roots, fine_logs, tables.top, tables.beta)
        edges = beam[None, :]
    else:
        ceiling = math.exp(float(np.max(fine_logs)))
    return replace(
        sampler,
        tables=tables._replace(
            edges=edges,
            log_ceiling=logs,
            ceiling=ceiling,
            spread=float(spread),
            low=float(least),
            isr=bool(isr),
        ),
    )


def _phase_space_shares(sqrt_s: float) -> FloatArray:
    """Mass tables before training: photon propagators, velocities, inside the plot."""
    span = 2.0 * math.log(sqrt_s / (2.0 * MUON_MASS_GEV) - 1.0)
    middle = (np.arange(MASS_CELLS) + 0.5) / MASS_CELLS
    edge = np.arange(MASS_CELLS) / MASS_CELLS
    mass = 2.0 * MUON_MASS_GEV * np.exp(0.5 * span * middle ** (2.0 / 3.0))
    low = 2.0 * MUON_MASS_GEV * np.exp(0.5 * span * edge ** (2.0 / 3.0))
    propagator = np.sqrt(1.0 - (2.0 * MUON_MASS_GEV / mass) ** 2) * middle ** (-1.0 / 3.0)
    sum_of_masses = mass[:, None] + mass[None, :]
    inside = low[:, None] + low[None, :] < sqrt_s
    momentum = np.sqrt(np.maximum(1.0 - (sum_of_masses / sqrt_s) ** 2, 1e-3))
    conversion = inside * momentum * np.outer(propagator, propagator)
    annihilation = inside * momentum * np.outer(propagator * mass**2, propagator)
    return np.hstack(
        [
            0.8 * conversion.ravel() / conversion.sum(),
            0.2 * annihilation.ravel() / annihilation.sum(),
        ]
    )


def _cumulative(share: FloatArray) -> FloatArray:
    total = np.concatenate([[0.0], np.cumsum(share)])
    return np.asarray(total / total[-1])


def _trained(
    share: FloatArray, start: FloatArray, training: FloatArray, mean_weight: float
) -> FloatArray:
    """Shares after one round; few points in a cell change it little."""
    symmetric = training.copy()
    conversion = training[:, :TABLE_CELLS].reshape(2, MASS_CELLS, MASS_CELLS)
    symmetrised = 0.5 * (conversion + conversion.swapaxes(1, 2))
    symmetric[:, :TABLE_CELLS] = symmetrised.reshape(2, TABLE_CELLS)
    points, lifted = symmetric
    mean = (lifted + _PRIOR_POINTS * mean_weight**_POWER) / (points + _PRIOR_POINTS)
    factor = np.clip(mean ** (1.0 / _POWER) / mean_weight, 0.2, 5.0) ** _DAMPING
    updated = share * factor
    mixed = (1.0 - _UNTRAINED_SHARE) * updated / updated.sum() + _UNTRAINED_SHARE * start
    return np.asarray(mixed)


def _survey(
    tables: FourMuonTables, points: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights of points in fb, sums for the training, and statistics."""
    weights = np.empty(points)
    training = np.zeros((2, 2 * TABLE_CELLS))
    statistics = np.zeros(7)
    fill_four_muon_events(
        rng,
        tables,
        np.empty((0, 4, 4)),
        np.empty((0, 2, 4)),
        weights,
        training,
        _POWER,
        statistics,
    )
    return weights, training, statistics


def generate_four_muon(
    n_events: int,
    rng: np.random.Generator,
    *,
    part: Part = "all",
    isr: bool = False,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
    sampler: FourMuonSampler | None = None,
) -> PartonEvents:
    """Unweighted events of e+e- -> mu+ mu- mu+ mu-.

    Parameters
    ----------
    n_events
        Number of events.
    rng
        Source of randomness; equal states give equal events.
    part, isr, photons, sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev
        As in :func:`prepare_four_muon_sampler`; not looked at when a sampler is given.
    sampler
        Prepared tables, so that chunks of a sample do not repeat the survey.

    Returns
    -------
    events
        mu+, mu-, mu+, mu- in random order of equal particles, c.m. frame, weight one.
    """
    check_events(n_events)
    if sampler is None:
        sampler = prepare_four_muon_sampler(
            part=part,
            isr=isr,
            photons=photons,
            sqrt_s_gev=sqrt_s_gev,
            sqrt_s_spread_gev=sqrt_s_spread_gev,
            sqrt_s_prime_min_gev=sqrt_s_prime_min_gev,
        )
    momenta = np.zeros((n_events, 4, 4))
    photon = np.zeros((n_events, 2, 4))
    statistics = np.zeros(7)
    fill_four_muon_events(
        rng,
        sampler.tables,
        momenta,
        photon,
        np.empty(0),
        np.zeros((2, 2 * TABLE_CELLS)),
        _POWER,
        statistics,
    )
    excess = statistics[2] / max(statistics[1], 1e-300) + statistics[5] / max(statistics[4], 1e-300)
    return PartonEvents(
        momenta=momenta,
        pdg=np.array(FOUR_MUON_PDG, dtype=np.int64),
        photons=photon,
        weight=np.ones(n_events),
        x_mass_gev=np.full(n_events, np.nan),
        sqrt_s_gev=sampler.sqrt_s_gev,
        process="4mu",
        overweight_fraction=float(excess),
    )


def four_muon_cross_section(
    sampler: FourMuonSampler, rel_error: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Cross section and its error in fb, by sampling until the relative error is reached."""
    if not 1e-5 <= rel_error < 1.0:
        raise DomainError(
            "the relative error must lie between 1e-5 and 1", key="rel_error", found=rel_error
        )
    total = np.zeros(7)
    points = 100_000
    while True:
        total += _survey(sampler.tables, points, rng)[2]
        tried = total[0]
        mean = total[4] / tried
        error = math.sqrt(max(total[6] / tried - mean**2, 0.0) / tried)
        if error <= rel_error * mean:
            scale = sampler.tables.ceiling
            return scale * mean, scale * error
        # what is still missing, a tenth more, in pieces of bounded size
        needed = total[3] * ((error / (rel_error * mean)) ** 2 * 1.1 - 1.0)
        points = int(min(max(needed, 20_000), 2_000_000))
