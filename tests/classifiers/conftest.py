"""Candidates with a known separation between signal and background."""

from collections.abc import Callable

import numpy as np
import pytest

from fourmu.physics.kinematics import reduced_mass
from fourmu.selection import VARIABLES, Candidates

MakeCandidates = Callable[..., Candidates]


@pytest.fixture(scope="session")
def make_candidates() -> MakeCandidates:
    """Gaussian variables, of which the first is shifted by ``separation``."""

    def make(
        rng: np.random.Generator,
        mass: np.ndarray,
        *,
        separation: float = 0.0,
        per_event: int = 1,
        true_pair: bool = True,
    ) -> Candidates:
        n = len(mass)
        variables = rng.standard_normal((n, len(VARIABLES))).astype(np.float32)
        variables[:, 0] += separation
        mass = np.asarray(mass, dtype=np.float64)
        return Candidates(
            event=np.arange(n, dtype=np.int64) // per_event,
            pair=(np.arange(n) % per_event).astype(np.int8),
            weight=np.ones(n),
            is_true_pair=np.full(n, true_pair),
            mass_gev=mass,
            reduced_mass_gev=reduced_mass(mass),
            mass_prefit_gev=mass,
            reduced_mass_prefit_gev=reduced_mass(mass),
            four_muon_mass_gev=np.full(n, 10.58),
            chi2=np.full(n, 4.0),
            fit_converged=np.ones(n, dtype=np.bool_),
            x_mass_gev=np.where(true_pair, mass, np.nan),
            variables=variables,
        )

    return make
