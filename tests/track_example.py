"""Tracks with given momenta, for control samples that tests make up."""

from __future__ import annotations

import numpy as np

from fourmu.systematics import Tracks

__all__ = ["make_tracks"]


def make_tracks(momentum, theta, *, is_muon=None):
    shape = momentum.shape
    return Tracks(
        place=np.arange(shape[0]),
        pt=momentum * np.sin(theta),
        theta=theta,
        phi=np.zeros(shape),
        charge=np.ones(shape, dtype=np.int64),
        is_muon=np.zeros(shape, dtype=np.bool_) if is_muon is None else is_muon,
        is_electron=np.zeros(shape, dtype=np.bool_),
    )
