"""Variables, networks, rejection and multiplicity (Sec. IV D)."""

from __future__ import annotations

from functools import partial

import numpy as np

from fourmu.classifiers import candidate_multiplicity, range_of_mass
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, momentum_two_body
from fourmu.selection import VARIABLES, Candidates, pair_momentum_max_gev

from .claims import span, statement, value
from .found import Found, NotMeasured, number, numbers, truth
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["NETWORKS"]

_EDGES_GEV = np.array([0.21, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
_SHOWN_GEV = (2.75, 3.25)  # Figs. 4 to 9
_PAIR = "plus_momentum+minus_momentum"


# p0


def _largest_momentum(mass_gev: float, run: Run) -> Found:
    energy = run.analysis.generation.sqrt_s_gev
    return number(float(pair_momentum_max_gev(mass_gev, energy)))


def _momentum_vanishes(run: Run) -> Found:
    """Mass at which the largest pair momentum is zero, by bisection."""
    energy = run.analysis.generation.sqrt_s_gev
    low, high = 1.0, energy
    for _ in range(60):
        middle = 0.5 * (low + high)
        alive = float(momentum_two_body(energy, middle, 2.0 * MUON_MASS_GEV)) > 0.0
        low, high = (middle, high) if alive else (low, middle)
    return number(high)


# variables in the region that the paper shows


def _shown(run: Run) -> tuple[Candidates, Candidates, FloatArray]:
    """Z' of 3 GeV, and background with its weights, between 2.75 and 3.25 GeV pre-fit."""
    low, high = _SHOWN_GEV
    by_mass = run.signal("zprime")
    mass = min(by_mass, key=lambda known: abs(known - 3.0))
    signal = run.signal_candidates("zprime").take(by_mass[mass][1])
    signal = signal.take((signal.mass_prefit_gev > low) & (signal.mass_prefit_gev < high))
    parts, weights = [], []
    for sample in run.simulation.values():
        prefit = sample.candidates.mass_prefit_gev
        rows = (prefit > low) & (prefit < high)
        parts.append(sample.candidates.take(rows))
        weights.append(sample.weight[rows])
    background = Candidates.concatenate(parts)
    if len(signal) < 100 or len(background) < 100:
        raise NotMeasured("too few candidates")
    return signal, background, np.concatenate(weights)


def _column(candidates: Candidates, name: str) -> FloatArray:
    return candidates.variables[:, VARIABLES.index(name)].astype(np.float64)


def _peak_at_p0(run: Run) -> Found:
    """Where the pair momentum of background, over p0, has its mode."""
    signal, background, weight = _shown(run)
    edges = np.linspace(0.0, 1.1, 56)
    counts, _ = np.histogram(_column(background, "pair_momentum"), edges, weights=weight)
    mode = 0.5 * (edges[np.argmax(counts)] + edges[np.argmax(counts) + 1])
    near = [
        100.0 * float(np.average(np.abs(_column(one, "pair_momentum") - 1.0) < 0.05, weights=w))
        for one, w in ((background, weight), (signal, np.ones(len(signal))))
    ]
    text = f"({near[0]:.0f} % of background, {near[1]:.0f} % of signal within 5 %)"
    return number(float(mode), float(edges[1] - edges[0]) / 2.0, text)


def _uniform(run: Run) -> Found:
    """Relative spread of ten bins of the helicity cosine, without statistical fluctuations."""
    signal, background, weight = _shown(run)
    spreads = []
    for candidates, w in ((signal, np.ones(len(signal))), (background, weight)):
        cosine = _column(candidates, "abs_cos_helicity")
        edges = np.linspace(0.0, 1.0, 11)
        counts, _ = np.histogram(cosine, edges, weights=w)
        variance, _ = np.histogram(cosine, edges, weights=w**2)
        mean = counts.mean()
        excess = np.mean((counts - mean) ** 2 - variance)
        spreads.append(float(np.sqrt(max(excess, 0.0)) / mean))
    text = f"relative spread {spreads[0]:.1%} for signal, {spreads[1]:.1%} for background"
    return truth(spreads[0] < 0.5 * spreads[1], text)


# importance of variables


def _ranked(run: Run) -> list[list[str]]:
    """Single variables and the pair of candidate momenta, most important first, per range."""
    ranked = []
    for performance in run.products.training.performance:
        order = sorted(performance["importance"], key=lambda item: -item[1])
        ranked.append([name for name, _ in order])
    return ranked


def _first(run: Run) -> Found:
    first = [names[0] for names in _ranked(run)]
    count = first.count("pair_momentum")
    return truth(count >= len(first) - 1, f"in {count} of {len(first)} MLP ranges")


def _second(run: Run) -> Found:
    second = [names[1] for names in _ranked(run)]
    count = second.count(_PAIR)
    others = ", ".join(sorted(set(second) - {_PAIR}))
    text = f"in {count} of {len(second)} MLP ranges" + (f"; else {others}" if others else "")
    return truth(count > len(second) / 2, text)


# rejection


def _factors(run: Run) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Factor and its error per bin of dimuon mass, all processes together, and bin centres."""
    before, after = (np.zeros(len(_EDGES_GEV) - 1) for _ in range(2))
    kept_squared, cut_squared = before.copy(), before.copy()
    for sample in run.simulation.values():
        mass, weight, passed = sample.candidates.mass_gev, sample.weight, sample.passed
        before += np.histogram(mass, _EDGES_GEV, weights=weight)[0]
        after += np.histogram(mass[passed], _EDGES_GEV, weights=weight[passed])[0]
        kept_squared += np.histogram(mass[passed], _EDGES_GEV, weights=weight[passed] ** 2)[0]
        cut_squared += np.histogram(mass[~passed], _EDGES_GEV, weights=weight[~passed] ** 2)[0]
    if not np.all(after > 0.0):
        raise NotMeasured("no background is left in a bin")
    factor = before / after
    # before = kept + cut, which are independent
    error = np.sqrt(cut_squared + (factor - 1.0) ** 2 * kept_squared) / after
    return factor, error, 0.5 * (_EDGES_GEV[1:] + _EDGES_GEV[:-1])


def _rejection(run: Run) -> Found:
    factor, error, _ = _factors(run)
    low, high = int(np.argmin(factor)), int(np.argmax(factor))
    text = f"(smallest in {_bin(low)}, largest in {_bin(high)} GeV)"
    return numbers(
        float(factor[low]),
        float(factor[high]),
        errors=(float(error[low]), float(error[high])),
        text=text,
    )


def _bin(place: int) -> str:
    return f"{_EDGES_GEV[place]:g} to {_EDGES_GEV[place + 1]:g}"


def _best(run: Run) -> Found:
    """Mass of the best rejection: vertex of a parabola through the best bin and its neighbours."""
    factor, _, centre = _factors(run)
    best = int(np.clip(np.argmax(factor), 1, len(factor) - 2))
    a, b, _ = np.polyfit(centre[best - 1 : best + 2], factor[best - 1 : best + 2], 2)
    vertex = -b / (2.0 * a) if a < 0.0 else centre[best]
    return number(float(vertex))


# multiplicity


def _background_multiplicity(run: Run) -> Found:
    """Candidates per background event that keeps any, all processes with their weights."""
    kept, events = 0.0, 0.0
    for sample in run.simulation.values():
        chosen = sample.candidates.event[sample.passed]
        if len(chosen):
            weight = float(sample.weight[sample.passed].sum())
            kept += weight
            events += weight / candidate_multiplicity(sample.candidates.event, sample.passed)
    if not events > 0.0:
        raise NotMeasured("no background is left")
    return number(kept / events)


def _signal_multiplicity(run: Run) -> Found:
    after = {mass: values[1] for mass, values in run.products.multiplicity.items()}
    low, high = min(after, key=after.__getitem__), max(after, key=after.__getitem__)
    return numbers(after[low], after[high], text=f"(at {low:g} and {high:g} GeV)")


def _before(run: Run) -> Found:
    values = [before for before, _ in run.products.multiplicity.values()]
    return number(float(np.mean(values)), text="(Z', mean over masses)")


def _range_count(run: Run) -> Found:
    edges = run.analysis.classifiers.range_edges_gev
    found = {int(i) for i in range_of_mass(edges, np.linspace(edges[0], edges[-1], 2000)[:-1])}
    return number(len(found), text=f"({len(run.products.training.networks)} networks)")


NETWORKS = Group(
    name="networks",
    title="Variables and networks (Sec. IV D)",
    cost=20.0,
    rows=(
        *(
            Row(
                id=f"networks.p0_{mass:g}",
                quantity=f"p0, the largest momentum of a pair of {mass:g} GeV",
                source="notes 6",
                unit="GeV",
                claim=value(momentum),
                measure=partial(_largest_momentum, mass),
            )
            for mass, momentum in (
                (0.212, "5.286"),
                (3.0, "4.862"),
                (5.0, "4.105"),
                (9.0, "1.449"),
            )
        ),
        Row(
            id="networks.p0_zero",
            quantity="mass at which p0 is zero",
            source="notes 6",
            unit="GeV",
            claim=value("10.369"),
            measure=_momentum_vanishes,
        ),
        Row(
            id="networks.peak_at_p0",
            quantity="where p_mumu/p0 of background peaks, 2.75 < M < 3.25 GeV",
            source="Sec. IV D",
            claim=value("1"),
            measure=_peak_at_p0,
        ),
        Row(
            id="networks.helicity",
            quantity="the helicity cosine is uniform for signal, but not for background",
            source="Sec. IV D",
            claim=statement("uniform"),
            measure=_uniform,
        ),
        Row(
            id="networks.ranges",
            quantity="MLP ranges",
            source="Sec. IV D",
            claim=value("5"),
            measure=_range_count,
        ),
        Row(
            id="networks.first_variable",
            quantity="p_mumu is the most discriminating variable for nearly all masses",
            source="Sec. IV D",
            claim=statement("p_mumu"),
            measure=_first,
        ),
        Row(
            id="networks.second_variable",
            quantity="followed by p_mu+ and p_mu- together",
            source="Sec. IV D",
            claim=statement("p_mu+, p_mu-"),
            measure=_second,
        ),
        Row(
            id="networks.rejection",
            quantity="background before over after the networks, smallest and largest over mass",
            source="Sec. IV D",
            claim=span("2.5", "14"),
            measure=_rejection,
        ),
        Row(
            id="networks.best_rejection",
            quantity="mass of the best rejection",
            source="Sec. IV D",
            unit="GeV",
            claim=value("5", about=True),
            measure=_best,
        ),
        Row(
            id="networks.candidates_before",
            quantity="candidates per selected event before the networks",
            source="Sec. IV C",
            claim=value("4"),
            measure=_before,
        ),
        Row(
            id="networks.candidates_background",
            quantity="candidates per background event after the networks",
            source="Sec. IV D",
            claim=value("1.7"),
            measure=_background_multiplicity,
        ),
        Row(
            id="networks.candidates_signal",
            quantity="candidates per signal event after the networks, smallest and largest over "
            "mass",
            source="Sec. IV D",
            claim=span("1.4", "3"),
            measure=_signal_multiplicity,
        ),
    ),
)
