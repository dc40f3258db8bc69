from pathlib import Path

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.detector import Events, simulate
from fourmu.io.lhe import read_lhe

LHE = Path(__file__).parents[1] / "reference" / "lhe"


@pytest.fixture(scope="session")
def reference_partons():
    """Parton events of a reference file by name."""

    def read(name):
        return read_lhe(LHE / f"{name}.lhe.gz", np.random.default_rng(20240614))

    return read


@pytest.fixture(scope="session")
def reference_events(reference_partons):
    """Reconstructed events of a reference file, each parton event measured several times."""

    def measure(name, copies=1, settings=None):
        partons = reference_partons(name)
        rng = np.random.default_rng(7)
        settings = settings or Detector()
        return Events.concatenate(
            [
                simulate(partons, settings, rng, first_event=copy * len(partons))
                for copy in range(copies)
            ]
        )

    return measure


@pytest.fixture
def event():
    """One event from lists of tracks (pt, theta, phi, charge, extras) and photons."""

    def build(tracks, photons=(), *, triggers=(True, True), x_mass=np.nan):
        n, m = len(tracks), len(photons)

        def column(name, default, dtype=np.float64):
            return np.array([track.get(name, default) for track in tracks], dtype=dtype)

        return Events(
            event=np.array([17]),
            weight=np.ones(1),
            track_offsets=np.array([0, n]),
            track_pt=column("pt", 1.0),
            track_theta=column("theta", 1.2),
            track_phi=column("phi", 0.0),
            track_charge=column("charge", 1, np.int8),
            track_d0_cm=column("d0", 0.0),
            track_z0_cm=column("z0", 0.0),
            track_is_muon=column("muon", True, np.bool_),
            track_is_electron=column("electron", False, np.bool_),
            track_truth=column("truth", -1, np.int8),
            photon_offsets=np.array([0, m]),
            photon_energy=np.array([p[0] for p in photons]),
            photon_theta=np.array([p[1] for p in photons]),
            photon_phi=np.array([p[2] for p in photons]),
            trigger_three_track=np.array([triggers[0]]),
            trigger_single_muon=np.array([triggers[1]]),
            trigger_calorimeter=np.array([False]),
            truth_momenta=np.zeros((1, 0, 4), dtype=np.float32),
            truth_pdg=np.zeros(0, dtype=np.int64),
            x_mass_gev=np.array([x_mass]),
            sqrt_s_gev=10.58,
            process="hand-made",
        )

    return build
