"""Unweighted events of e+e- -> mu+ mu- X, X -> mu+ mu- with spin correlations.

The Dalitz plot is covered by cells whose bounds come from the closed-form density, on nodes in
the mass of X and in sqrt(s'); between nodes the tables of the nearest one serve, because the
cells are scaled to the borders of the plot. Events are accepted with the exact amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError
from fourmu.physics.constants import MUON_MASS_GEV, SQRT_S_GEV
from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import Couplings

from .domain import check_energy, check_events, check_masses
from .events import FOUR_MUON_PDG, PartonEvents
from .radiation import (
    BEAM_BINS,
    Photons,
    beam_exponent,
    best_beam_table,
    luminosity_average,
)
from .three_body import born_cross_sections, coupling_squares, dalitz_density
from .unweighting import weight_ceiling
from .x_loop import TAU_CELLS, W_CELLS, XTables, fill_x_events

__all__ = ["XSampler", "generate_x", "kept_fraction", "prepare_x_sampler"]

_ENERGY_NODES = 32
_MASS_NODES = 64
_LOG_LOW = -8.0
_SPREADS = 5.0
_SURVEY_POINTS = 60_000
_SURVEY_SEED = 5489


@dataclass(frozen=True, kw_only=True)
class XSampler:
    """Tables from which events of one model are drawn; immutable, shared between threads.

    Attributes
    ----------
    couplings
        Couplings of X to muons.
    masses_gev
        Range of masses, lowest and highest, that the tables serve.
    node_masses_gev
        (a,) masses of the tables.
    tables
        What the event loop looks up.
    ceiling
        Largest weight relative to the bound of a cell.
    overweight_fraction
        Share of the cross section above the ceiling, measured in the survey.
    sqrt_s_gev
        Nominal c.m. energy.
    """

    couplings: Couplings
    masses_gev: tuple[float, float]
    node_masses_gev: FloatArray
    tables: XTables
    ceiling: float
    overweight_fraction: float
    sqrt_s_gev: float


@kernel
def _cell_bounds(s: float, mass: float, squares: FloatArray, out: FloatArray) -> float:
    """Bounds of d sigma / dtau dw in all cells; return their sum over cells."""
    total = 0.0
    for i in range(TAU_CELLS):
        for j in range(W_CELLS):
            largest = 0.0
            for a in range(3):
                tau = min(max((i + 0.5 * a) / TAU_CELLS, 1e-3 / TAU_CELLS), 1.0 - 1e-3 / TAU_CELLS)
                for b in range(3):
                    density = dalitz_density(
                        s,
                        mass,
                        tau,
                        (j + 0.5 * b) / W_CELLS,
                        squares[0],
                        squares[1],
                        squares[2],
                        squares[3],
                    )
                    largest = max(largest, density)
            out[i * W_CELLS + j] = largest
            total += largest
    return total


def prepare_x_sampler(
    couplings: Couplings,
    mass_gev: float | FloatArray,
    *,
    isr: bool,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
    overweight: float = 1e-4,
) -> XSampler:
    """Prepare tables for one mass, or for all masses between the extremes of an array.

    Parameters
    ----------
    couplings
        Couplings of X to muons; the strength cancels, only ratios matter.
    mass_gev
        One mass or an array of masses that events will be asked for.
    isr, photons
        Initial-state radiation, its photons along the beams or with their angles.
    sqrt_s_gev, sqrt_s_spread_gev
        C.m. energy and its Gaussian spread.
    sqrt_s_prime_min_gev
        Collisions of a lower sqrt(s') are left out; :func:`kept_fraction` tells their share.
    overweight
        Share of the cross section that may lie above the ceiling of the unweighting.

    Raises
    ------
    DomainError
        A mass that cannot be produced or decay, or an energy out of range.

    Notes
    -----
    Costs some 40 ms for one mass and 0.5 s for a range. A private seed drives the survey: the
    tables have no influence on the distribution of events but through the overweight share.
    """
    mass = np.atleast_1d(np.asarray(mass_gev, dtype=np.float64))
    check_energy(sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev)
    check_masses(mass, sqrt_s_gev, decayed=True)
    squares = coupling_squares(couplings)
    top = sqrt_s_gev + _SPREADS * sqrt_s_spread_gev
    nodes = _mass_nodes(float(mass.min()), float(mass.max()), sqrt_s_gev)
    beta = beam_exponent(sqrt_s_gev)
    cells = TAU_CELLS * W_CELLS
    log_total = np.empty((len(nodes), _ENERGY_NODES))
    cumulative = np.empty((len(nodes), _ENERGY_NODES, cells + 1))
    edges = np.zeros((len(nodes), BEAM_BINS + 1))
    ceilings = np.empty(len(nodes))
    t = np.linspace(_LOG_LOW, 0.0, _ENERGY_NODES)
    for a, node in enumerate(nodes):
        threshold = node + 2.0 * MUON_MASS_GEV
        roots = threshold + (top - threshold) * np.exp(t)
        bounds = np.empty(cells)
        for b, root in enumerate(roots):
            total = _cell_bounds(root**2, node, squares, bounds)
            # two signs of w, each of weight one over the cells
            log_total[a, b] = np.log(2.0 * total / cells)
            cumulative[a, b] = np.concatenate([[0.0], np.cumsum(bounds) / total])
            cumulative[a, b, -1] = 1.0
        lowest = sqrt_s_prime_min_gev
        if not isr:
            lowest = sqrt_s_gev - _SPREADS * sqrt_s_spread_gev
        # the loop interpolates the log of the total in t
        share = max((lowest - threshold) / (top - threshold), float(np.exp(_LOG_LOW)))
        fine = np.linspace(np.log(share), 0.0, 1001)
        fine_roots = threshold + (top - threshold) * np.exp(fine)
        fine_logs = np.interp(fine, t, log_total[a])
        if isr:
            edges[a], ceilings[a] = best_beam_table(fine_roots, fine_logs, top, beta)
        else:
            ceilings[a] = np.exp(np.max(fine_logs))
    tables = XTables(
        edges=edges,
        ceiling=ceilings,
        log_total=log_total,
        cumulative=cumulative,
        log_low=_LOG_LOW,
        sqrt_s=float(sqrt_s_gev),
        spread=float(sqrt_s_spread_gev),
        top=float(top),
        low=float(sqrt_s_prime_min_gev),
        beta=float(beta),
        isr=bool(isr),
        angular=photons == "angular",
    )
    sampler = XSampler(
        couplings=couplings,
        masses_gev=(float(mass.min()), float(mass.max())),
        node_masses_gev=nodes,
        tables=tables,
        ceiling=1.0,
        overweight_fraction=0.0,
        sqrt_s_gev=float(sqrt_s_gev),
    )
    return _surveyed(sampler, mass, overweight)


def _mass_nodes(low: float, high: float, sqrt_s: float) -> FloatArray:
    """Masses of the tables, equidistant in log(m / (largest mass - m))."""
    if high == low:
        return np.array([low])
    end = sqrt_s - 2.0 * MUON_MASS_GEV
    logit = np.log(np.array([low, high]) / (end - np.array([low, high])))
    ratio = np.exp(np.linspace(logit[0], logit[1], _MASS_NODES))
    return np.asarray(end * ratio / (1.0 + ratio))


def _surveyed(sampler: XSampler, masses: FloatArray, overweight: float) -> XSampler:
    """Set the ceiling so that the share of the cross section above it is as asked."""
    rng = np.random.default_rng(_SURVEY_SEED)
    chosen = rng.choice(masses, min(4096, max(len(masses), 1)))
    ratios = np.empty(_SURVEY_POINTS)
    _run(sampler, chosen, rng, ratios)
    ceiling, excess = weight_ceiling(ratios, overweight)
    return replace(sampler, ceiling=ceiling, overweight_fraction=excess)


def _run(
    sampler: XSampler, masses: FloatArray, rng: np.random.Generator, ratios: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Call the event loop for these masses; return momenta, photons and its statistics."""
    nodes = sampler.node_masses_gev
    index = _nearest(nodes, masses)
    different, inverse = np.unique(masses, return_inverse=True)
    first = np.zeros(len(different), dtype=np.int64)
    first[inverse] = index
    squares = coupling_squares(sampler.couplings)
    scales = np.ones(len(different))
    if len(nodes) > 1:
        at_nodes = born_cross_sections(np.array(sampler.tables.top), nodes, squares, order=12)
        scales = (
            born_cross_sections(np.array(sampler.tables.top), different, squares, order=12)
            / at_nodes[first]
        )
    n = len(masses)
    made = 0 if len(ratios) else n
    momenta = np.zeros((made, 4, 4))
    photons = np.zeros((made, 2, 4))
    statistics = np.zeros(6)
    c = sampler.couplings
    if n:
        fill_x_events(
            rng,
            masses,
            index.astype(np.int64),
            scales[inverse],
            sampler.tables,
            (float(c.vector), float(c.axial), float(c.scalar), float(c.pseudoscalar)),
            float(sampler.ceiling),
            momenta,
            photons,
            ratios,
            statistics,
        )
    return momenta, photons, statistics


def _nearest(nodes: FloatArray, values: FloatArray) -> npt.NDArray[np.int64]:
    if len(nodes) == 1:
        return np.zeros(len(values), dtype=np.int64)
    right = np.clip(np.searchsorted(nodes, values), 1, len(nodes) - 1)
    closer_left = values - nodes[right - 1] < nodes[right] - values
    return np.asarray(right - closer_left, dtype=np.int64)


def generate_x(
    couplings: Couplings,
    mass_gev: float | FloatArray,
    n_events: int,
    rng: np.random.Generator,
    *,
    isr: bool,
    photons: Photons = "collinear",
    sqrt_s_gev: float = SQRT_S_GEV,
    sqrt_s_spread_gev: float = 0.0,
    sqrt_s_prime_min_gev: float = 0.0,
    sampler: XSampler | None = None,
    process: str = "x",
) -> PartonEvents:
    """Unweighted events of e+e- -> mu+ mu- X, X -> mu+ mu-.

    Parameters
    ----------
    couplings
        Couplings of X to muons.
    mass_gev
        One mass, or a list of masses from which that of each event is drawn with equal
        probability.
    n_events
        Number of events.
    rng
        Source of randomness; equal states give equal events.
    isr, photons, sqrt_s_gev, sqrt_s_spread_gev, sqrt_s_prime_min_gev
        As in :func:`prepare_x_sampler`; not looked at when a sampler is given.
    sampler
        Prepared tables, so that chunks of a sample do not repeat the survey.
    process
        Name that the events carry.

    Returns
    -------
    events
        mu+, mu- and the mu+, mu- from X, in the c.m. frame, weight one.
    """
    check_events(n_events)
    mass = np.atleast_1d(np.asarray(mass_gev, dtype=np.float64))
    if sampler is None:
        sampler = prepare_x_sampler(
            couplings,
            mass,
            isr=isr,
            photons=photons,
            sqrt_s_gev=sqrt_s_gev,
            sqrt_s_spread_gev=sqrt_s_spread_gev,
            sqrt_s_prime_min_gev=sqrt_s_prime_min_gev,
        )
    else:
        if sampler.couplings != couplings:
            raise DomainError("the sampler was prepared for other couplings")
        if mass.min() < sampler.masses_gev[0] or mass.max() > sampler.masses_gev[1]:
            raise DomainError(
                "the sampler was prepared for other masses",
                key="mass_gev",
                found=(float(mass.min()), float(mass.max())),
                expected=sampler.masses_gev,
            )
    chosen = (
        mass[rng.integers(0, len(mass), n_events)]
        if len(mass) > 1
        else (np.full(n_events, mass[0]))
    )
    momenta, photon, statistics = _run(sampler, chosen, rng, np.empty(0))
    excess = statistics[2] / max(statistics[1], 1e-300) + statistics[5] / max(statistics[4], 1e-300)
    return PartonEvents(
        momenta=momenta,
        pdg=np.array(FOUR_MUON_PDG, dtype=np.int64),
        photons=photon,
        weight=np.ones(n_events),
        x_mass_gev=chosen,
        sqrt_s_gev=sampler.sqrt_s_gev,
        process=process,
        overweight_fraction=float(excess),
    )


def kept_fraction(
    couplings: Couplings,
    mass_gev: float,
    sqrt_s_prime_min_gev: float,
    *,
    sqrt_s_gev: float = SQRT_S_GEV,
) -> float:
    """Share of the cross section with ISR that lies above a least sqrt(s')."""
    check_energy(sqrt_s_gev, 0.0, sqrt_s_prime_min_gev)
    check_masses(np.array([mass_gev]), sqrt_s_gev, decayed=False)
    squares = coupling_squares(couplings)
    threshold = mass_gev + 2.0 * MUON_MASS_GEV

    def born(root: FloatArray) -> FloatArray:
        return born_cross_sections(root, np.array(mass_gev), squares, order=16)

    full = luminosity_average(born, sqrt_s_gev, threshold)
    kept = luminosity_average(born, sqrt_s_gev, max(threshold, sqrt_s_prime_min_gev))
    return kept / full
