"""Tracks and events to measure efficiencies with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.detector import simulate
from fourmu.generator import concatenate
from fourmu.io.lhe import read_lhe
from track_example import make_tracks

LHE = Path(__file__).parents[1] / "reference" / "lhe"


@pytest.fixture
def rng():
    return np.random.default_rng(20240614)


@pytest.fixture
def soft_tracks(rng):
    """Four tracks of falling momentum, most of them in the acceptance of the trigger."""
    n = 30_000
    theta = np.radians(rng.uniform(30.0, 125.0, (n, 4)))
    return make_tracks(0.05 + rng.exponential(0.5, (n, 4)), theta)


@pytest.fixture
def signal_tracks(rng):
    """Muons as those of a light signal: two hard, two of half a GeV."""
    n = 4_000
    momentum = np.concatenate([rng.uniform(2.0, 5.0, (n, 2)), rng.uniform(0.2, 1.2, (n, 2))], 1)
    return make_tracks(momentum, np.radians(rng.uniform(25.0, 140.0, (n, 4))))


@pytest.fixture(scope="session")
def signal_partons():
    """A thousand events of a Z' of 3 GeV, taken ten times."""
    found = read_lhe(LHE / "zprime_m3_to_mumu_1k.lhe.gz", np.random.default_rng(20240614))
    return concatenate([found] * 10)


@pytest.fixture(scope="session")
def signal_events(signal_partons):
    """The same, measured by the detector."""
    return simulate(signal_partons, Detector(), np.random.default_rng(7))
