"""Candidates of the data beside simulation, process by process (Secs. IV C to IV E)."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import numpy as np

from fourmu.classifiers import scores
from fourmu.pipeline.inputs import ScoredCandidates
from fourmu.pipeline.processes import process_xsec_fb
from fourmu.pipeline.pseudo_data import pseudo_data_events
from fourmu.pipeline.samples import EE_MUMU, FOUR_MUON, MUMU_GAMMA
from fourmu.pipeline.tables import own_range_passed
from fourmu.selection import select

from .claims import no_number, statement, value
from .found import Found, NotMeasured, number, truth
from .groups import Group
from .row import row_of
from .run import Run

__all__ = ["DATA"]

_SEARCH_GEV = (0.21, 10.0)  # MLP ranges: nothing passes a network outside
_ALMOST_ALL = 90.0
_FEW = 2.0


# data over simulation


def _ratio(low_gev: float, high_gev: float, after: bool, run: Run) -> Found:
    """Candidates of the data over those expected in an interval of post-fit mass."""
    run.refuse_if_blind()
    ratio, error = _data_over_simulation(run, low_gev, high_gev, after=after)
    return number(ratio, error)


def _data_over_simulation(
    run: Run, low_gev: float, high_gev: float, *, after: bool
) -> tuple[float, float]:
    data = run.data.between(low_gev, high_gev)
    if after:
        data &= run.data.passed
    observed, observed_error = run.data.count(data)
    expected, variance = 0.0, 0.0
    for sample in run.simulation.values():
        rows = sample.between(low_gev, high_gev)
        count, error = sample.count(rows & sample.passed if after else rows)
        expected += count
        variance += error**2
    if not (observed > 0.0 and expected > 0.0):
        raise NotMeasured("no candidates")
    ratio = observed / expected
    # candidates of an event are correlated: up to four of them, at most twice the error
    return ratio, 2.0 * ratio * math.hypot(observed_error / observed, variance**0.5 / expected)


def _four_muons_alone(after: bool, run: Run) -> Found:
    """Four muons as in the pseudo-data, but without resonances, over simulated ones."""
    analysis = run.analysis
    settings = analysis.samples.pseudo_data.model_copy(
        update={"resonances": (), "injections": (), "sealed_injections": 0, "backgrounds": False}
    )
    samples = analysis.samples.model_copy(update={"pseudo_data": settings})
    analysis = analysis.model_copy(update={"samples": samples})
    rng = run.rng("four muons alone")
    xsec_fb = {FOUR_MUON: process_xsec_fb(analysis, FOUR_MUON, rng, isr=settings.isr)}
    events = pseudo_data_events(analysis, xsec_fb, rng)
    candidates = select(events, analysis.selection, analysis.detector).candidates
    sample = ScoredCandidates(
        candidates=candidates,
        scores=scores(run.products.training.networks, candidates),
        metadata=(),
    )
    rows = np.ones(len(candidates), dtype=np.bool_)
    reference = run.simulation[FOUR_MUON]
    expected = np.ones(len(reference.weight), dtype=np.bool_)
    if after:
        rows, expected = own_range_passed(sample, run.products.training), reference.passed
    count = int(np.count_nonzero(rows))
    total, error = reference.count(expected)
    if not (count > 0 and total > 0.0):
        raise NotMeasured("no candidates")
    ratio = count / total
    return number(ratio, 2.0 * ratio * math.hypot(count**-0.5, error / total))


def _less_below_two(run: Run) -> Found:
    run.refuse_if_blind()
    below, below_error = _data_over_simulation(run, *(_SEARCH_GEV[0], 2.0), after=False)
    above, above_error = _data_over_simulation(run, *(2.0, _SEARCH_GEV[1]), after=False)
    text = f"{below:.3f} ± {below_error:.3f} below, {above:.3f} ± {above_error:.3f} above"
    return truth(below < above, text)


def _mostly_above_one(run: Run) -> Found:
    """Intervals of 0.5 GeV from 1 GeV on."""
    run.refuse_if_blind()
    edges = np.arange(1.0, _SEARCH_GEV[1] + 0.01, 0.5)
    ratios = [
        _data_over_simulation(run, float(low), float(high), after=True)[0]
        for low, high in pairwise(edges)
    ]
    above = sum(ratio > 1.0 for ratio in ratios)
    text = (
        f"in {above} of {len(ratios)} intervals; "
        f"mean {float(np.mean(ratios)):.3f}, {min(ratios):.2f} to {max(ratios):.2f}"
    )
    return truth(above > len(ratios) / 2, text)


# processes


def _parts(run: Run, low_gev: float, high_gev: float, *, after: bool) -> dict[str, float]:
    """Expected candidates of each process in an interval of mass."""
    found = {}
    for name, sample in run.simulation.items():
        rows = sample.between(low_gev, high_gev)
        found[name] = sample.count(rows & sample.passed if after else rows)[0]
    if not sum(found.values()) > 0.0:
        raise NotMeasured("no candidates are expected")
    return found


def _need(run: Run, *names: str) -> None:
    missing = [name for name in names if name not in run.simulation]
    if missing:
        raise NotMeasured(f"not simulated in this run: {', '.join(missing)}")


def _four_muon_share(low_gev: float, after: bool, run: Run) -> Found:
    """Whether almost all candidates are four muons."""
    _need(run, MUMU_GAMMA, EE_MUMU)
    parts = _parts(run, low_gev, _SEARCH_GEV[1], after=after)
    share = 100.0 * parts[FOUR_MUON] / sum(parts.values())
    return truth(share > _ALMOST_ALL, f"{share:.1f} % of the expected candidates")


def _share_of(name: str, low_gev: float, high_gev: float, after: bool, run: Run) -> Found:
    _need(run, name)
    parts = _parts(run, low_gev, high_gev, after=after)
    return number(100.0 * parts[name] / sum(parts.values()))


def _only_below_one(name: str, run: Run) -> Found:
    """Shares of a process among what passes the networks, below and above 1 GeV."""
    _need(run, name)
    shares = []
    for low, high in ((_SEARCH_GEV[0], 1.0), (1.0, _SEARCH_GEV[1])):
        parts = _parts(run, low, high, after=True)
        shares.append(100.0 * parts[name] / sum(parts.values()))
    text = f"{shares[0]:.2f} % of the candidates below, {shares[1]:.2f} % above"
    return truth(shares[1] < _FEW and shares[0] > shares[1], text)


def _bump_removed(run: Run) -> Found:
    """Conversions between 1 and 2 GeV, before over after the networks."""
    _need(run, MUMU_GAMMA)
    before, after = (_parts(run, 1.0, 2.0, after=state) for state in (False, True))
    shares = [100.0 * parts[MUMU_GAMMA] / sum(parts.values()) for parts in (before, after)]
    kept = 100.0 * after[MUMU_GAMMA] / before[MUMU_GAMMA] if before[MUMU_GAMMA] > 0.0 else 0.0
    text = f"{shares[0]:.1f} % of the candidates before, {shares[1]:.1f} % after; {kept:.0f} % kept"
    return truth(kept < 100.0 - _ALMOST_ALL, text)


# resonances of the pseudo-data


def _peak_area(
    mass_gev: float, half_gev: float, side_gev: float, run: Run, *, fitted: bool
) -> tuple[float, float, float]:
    """Excess over a line through side bands, in MeV of continuum, its error, significance.

    Candidates before the networks. The kinematic fit narrows a peak, but with radiation it shifts
    part of it: masses before the fit hold all of it.
    """
    run.refuse_if_blind()
    candidates = run.data.candidates
    distance = (candidates.mass_gev if fitted else candidates.mass_prefit_gev) - mass_gev
    inside = int(np.count_nonzero(np.abs(distance) < half_gev))
    sides = (np.abs(distance) >= half_gev) & (np.abs(distance) < side_gev)
    outside = int(np.count_nonzero(sides))
    if outside < 20:
        raise NotMeasured("too few candidates beside the peak")
    per_gev = outside / (2.0 * (side_gev - half_gev))
    expected = 2.0 * half_gev * per_gev
    excess = inside - expected
    scale = half_gev / (side_gev - half_gev)
    error = math.sqrt(inside + scale**2 * outside)
    return 1e3 * excess / per_gev, 1e3 * error / per_gev, excess / error


def _area(mass_gev: float, half_gev: float, side_gev: float, run: Run) -> Found:
    area, error, _ = _peak_area(mass_gev, half_gev, side_gev, run, fitted=False)
    return number(area, error)


def _visible(run: Run) -> Found:
    """J/psi and Upsilon(1S) above three standard deviations; the rho against its neighbours."""
    run.refuse_if_blind()
    seen = []
    for title, mass, half, side in (
        ("J/psi", 3.0969, 0.02, 0.12),
        ("Upsilon(1S)", 9.4604, 0.02, 0.20),
    ):
        _, _, significance = _peak_area(mass, half, side, run, fitted=True)
        seen.append((title, significance))
    inside, inside_error = _data_over_simulation(run, 0.65, 0.85, after=False)
    beside, beside_error = _data_over_simulation(run, 0.35, 0.55, after=False)
    seen.append(("rho", (inside - beside) / math.hypot(inside_error, beside_error)))
    text = ", ".join(f"{title} {significance:.1f} sigma" for title, significance in seen)
    return truth(all(significance > 3.0 for _, significance in seen), text)


_row = partial(row_of, "data")

_PEAKS = (
    ("jpsi", "J/psi", 3.0969, 0.05, 0.15, "87.5"),
    ("psi2s", "psi(2S)", 3.6861, 0.05, 0.15, "5.0"),
    ("upsilon1s", "Upsilon(1S)", 9.4604, 0.12, 0.30, "8.8"),
)

DATA = Group(
    name="data",
    title="Pseudo-data beside simulation (Secs. IV C - IV E, Figs. 3 and 11)",
    cost=12.0,
    rows=(
        _row(
            "ratio_before",
            "candidates of pseudo-data over simulation before the networks",
            "Sec. IV C",
            value("0.76"),
            partial(_ratio, 0.0, 11.0, False),
        ),
        *(
            _row(
                f"four_muons_alone_{'after' if after else 'before'}",
                "four muons of the pseudo-data, with radiation and their detector but without "
                "resonances, over simulated four muons "
                f"{'after' if after else 'before'} the networks",
                "Sec. IV E" if after else "Sec. IV C",
                no_number("generally above 1") if after else value("0.76"),
                partial(_four_muons_alone, after),
            )
            for after in (False, True)
        ),
        _row(
            "deficit_below_2",
            "the ratio is lower below 2 GeV, where the three-track trigger of simulation is "
            "too good",
            "Sec. IV C",
            statement("lower below 2 GeV"),
            partial(_less_below_two),
        ),
        _row(
            "mostly_four_muons",
            "three identified muons reject almost all backgrounds but four muons (90 % are four "
            "muons)",
            "Sec. IV C",
            statement("almost all"),
            partial(_four_muon_share, 0.0, False),
        ),
        _row(
            "conversions_1_2_before",
            "mu mu gamma, converted, among expected candidates of 1 - 2 GeV before the networks",
            "Sec. IV C",
            no_number("an enhancement"),
            partial(_share_of, MUMU_GAMMA, 1.0, 2.0, False),
            "%",
        ),
        _row(
            "conversions_1_2_removed",
            "conversions between 1 and 2 GeV are almost entirely removed by the networks (90 %)",
            "Sec. IV C",
            statement("almost entirely"),
            partial(_bump_removed),
        ),
        _row(
            "four_muons_after",
            "after the networks the background is almost entirely four muons (90 %)",
            "Sec. IV D",
            statement("almost entirely"),
            partial(_four_muon_share, 0.0, True),
        ),
        *(
            _row(
                f"{name}_after",
                f"{title} contributes after the networks only below 1 GeV (less than 2 % above)",
                "Sec. IV D",
                statement("only below 1 GeV"),
                partial(_only_below_one, name),
            )
            for name, title in ((MUMU_GAMMA, "mu mu gamma"), (EE_MUMU, "e e mu mu"))
        ),
        _row(
            "ratio_after",
            "candidates of pseudo-data over simulation after the networks, above 1 GeV",
            "Sec. IV E",
            no_number("generally above 1"),
            partial(_ratio, 1.0, 10.0, True),
        ),
        _row(
            "above_one_after",
            "after the networks the ratio is generally above one (1 - 10 GeV in steps of 0.5 GeV)",
            "Sec. IV E",
            statement("generally above one"),
            partial(_mostly_above_one),
        ),
        _row(
            "ratio_after_low",
            "the same ratio in the very low mass region, below 0.5 GeV",
            "Sec. IV E",
            no_number("not above 1"),
            partial(_ratio, 0.21, 0.5, True),
        ),
        _row(
            "resonances_visible",
            "rho, J/psi and Upsilon(1S), which are not simulated, are visible in (pseudo-)data",
            "Secs. IV C, IV E",
            statement("visible"),
            partial(_visible),
        ),
        *(
            _row(
                f"area_{name}",
                f"{title} in pseudo-data, in MeV of dimuon continuum (within "
                f"{1e3 * half:.0f} MeV of the peak)",
                "notes 2",
                value(area),
                partial(_area, mass, half, side),
                "MeV",
            )
            for name, title, mass, half, side, area in _PEAKS
        ),
    ),
)
