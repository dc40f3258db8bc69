"""The networks: efficiency, rejection, multiplicity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fourmu.classifiers import (
    Rejection,
    candidate_multiplicity,
    range_of_mass,
    rejection_against_mass,
)
from fourmu.classifiers.ranges import BoolArray
from fourmu.physics.kinematics import FloatArray
from fourmu.pipeline.inputs import ScoredCandidates, Training

from .table import Table

__all__ = [
    "multiplicity_in",
    "multiplicity_table",
    "network_table",
    "own_range_passed",
    "range_edges",
    "rejection",
    "rejection_table",
]


def own_range_passed(sample: ScoredCandidates, training: Training) -> BoolArray:
    """(n,) candidates that pass the working point of the range of their own mass."""
    passed = sample.passed(training.working_points)
    index = range_of_mass(range_edges(training), sample.candidates.mass_gev)
    rows = np.arange(len(index))
    return np.asarray((index >= 0) & passed[rows, np.maximum(index, 0)])


def network_table(training: Training) -> Table:
    """Areas under the ROC curves, over-training, most important variables (Sec. IV D)."""
    rows = []
    for content in training.performance:
        ranked = sorted(content["importance"], key=lambda item: -item[1])[:3]
        rows.append(
            (
                str(content["mlp_range"]),
                f"{content['auc_training']:.4f}",
                f"{content['auc_test']:.4f}",
                f"{content['ks_signal_p']:.2f}",
                f"{content['ks_background_p']:.2f}",
                ", ".join(f"{name} {value:.3f}" for name, value in ranked),
            )
        )
    return Table(
        title="Networks",
        columns=("range", "AUC train", "AUC test", "KS p signal", "KS p backgr.", "most important"),
        rows=tuple(rows),
        note="Importance: loss of AUC when a variable (or a pair) is shuffled. Paper: the pair "
        "momentum first, then the two candidate momenta together.",
    )


def rejection(background: ScoredCandidates, training: Training, edges_gev: FloatArray) -> Rejection:
    """Background candidates before and after the networks, in bins of dimuon mass."""
    return rejection_against_mass(
        edges_gev,
        background.candidates.mass_gev,
        background.candidates.weight,
        background.passed(training.working_points),
        range_of_mass(range_edges(training), background.candidates.mass_gev),
    )


def range_edges(training: Training) -> tuple[float, ...]:
    """Borders of the ranges in dimuon mass, in GeV."""
    ranges = [network.mlp_range for network in training.networks]
    return (*(part.low_gev for part in ranges), ranges[-1].high_gev)


def rejection_table(
    background: ScoredCandidates, training: Training, edges_gev: FloatArray
) -> Table:
    """Background candidates before over after the networks (Sec. IV D)."""
    found = rejection(background, training, edges_gev)
    rows = [
        (f"{low:g} - {high:g}", f"{factor:.2f}")
        for low, high, factor in zip(edges_gev[:-1], edges_gev[1:], found.factor, strict=True)
    ]
    return Table(
        title="Background rejection of the networks",
        columns=("mass (GeV)", "factor"),
        rows=tuple(rows),
        note="Paper: 2.5 to 14, best near 5 GeV.",
    )


def multiplicity_table(
    background: ScoredCandidates,
    signal: Mapping[float, tuple[float, float]],
    training: Training,
) -> Table:
    """Candidates per event that has any, before and after the networks.

    ``signal`` maps a mass to the multiplicities before and after.
    """
    candidates = background.candidates
    everything = np.ones(len(candidates), dtype=np.bool_)
    after = candidate_multiplicity(candidates.event, own_range_passed(background, training))
    before = candidate_multiplicity(candidates.event, everything)
    rows = [("four muons", f"{before:.2f}", f"{after:.2f}", "1.7")]
    rows += [
        (f"Z' {mass:g} GeV", f"{low:.2f}", f"{high:.2f}", "1.4 - 3")
        for mass, (low, high) in signal.items()
    ]
    return Table(
        title="Candidates per event",
        columns=("sample", "before", "after the networks", "paper, after"),
        rows=tuple(rows),
    )


def multiplicity_in(
    sample: ScoredCandidates, training: Training, low_gev: float, high_gev: float
) -> float:
    """Candidates after the networks per event that has one in an interval of dimuon mass."""
    candidates = sample.candidates
    passed = own_range_passed(sample, training)
    inside = (candidates.mass_gev >= low_gev) & (candidates.mass_gev < high_gev)
    chosen = np.isin(candidates.event, candidates.event[passed & inside])
    return candidate_multiplicity(candidates.event, passed & chosen)
