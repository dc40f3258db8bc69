from pathlib import Path

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import simulate
from fourmu.io.lhe import read_lhe
from fourmu.selection import select

LHE = Path(__file__).parents[1] / "reference" / "lhe"


@pytest.fixture(scope="session")
def lhe_folder():
    return LHE


@pytest.fixture(scope="session")
def events():
    """Reconstructed Z' events with truth."""
    partons = read_lhe(LHE / "zprime_m3_to_mumu_1k.lhe.gz", np.random.default_rng(1))
    return simulate(partons, Detector(), np.random.default_rng(2))


@pytest.fixture(scope="session")
def selected(events):
    return select(events, Selection(), Detector(), keep="all")
