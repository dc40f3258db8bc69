"""Sixteen variables, five networks and the working points on them (Sec. IV D)."""

from .network import Network, evaluate, scores
from .performance import (
    NetworkPerformance,
    Rejection,
    RocCurve,
    candidate_multiplicity,
    network_performance,
    permutation_importance,
    rejection_against_mass,
    roc_curve,
)
from .ranges import MlpRange, SigmaOfMass, mlp_ranges, range_of_mass
from .training import LabelledSample, TrainedNetwork, split_events, train_network
from .working_point import (
    ScoredSpectrum,
    WorkingPoint,
    optimise_working_point,
    passes,
    punzi,
)

__all__ = [
    "LabelledSample",
    "MlpRange",
    "Network",
    "NetworkPerformance",
    "Rejection",
    "RocCurve",
    "ScoredSpectrum",
    "SigmaOfMass",
    "TrainedNetwork",
    "WorkingPoint",
    "candidate_multiplicity",
    "evaluate",
    "mlp_ranges",
    "network_performance",
    "optimise_working_point",
    "passes",
    "permutation_importance",
    "punzi",
    "range_of_mass",
    "rejection_against_mass",
    "roc_curve",
    "scores",
    "split_events",
    "train_network",
]
