"""A small signal simulation with known shape and efficiency."""

from collections.abc import Callable

import numpy as np
import pytest

from fourmu.physics.kinematics import mass_from_reduced, reduced_mass
from fourmu.selection import VARIABLES, Candidates

CandidatesOfMass = Callable[..., Candidates]


@pytest.fixture(scope="session")
def candidates_of() -> CandidatesOfMass:
    """Build candidates from M_R (n,) and the generated mass (n,) or NaN."""

    def build(reduced: np.ndarray, x_mass: np.ndarray) -> Candidates:
        n = len(reduced)
        mass = mass_from_reduced(reduced)
        return Candidates(
            event=np.arange(n, dtype=np.int64),
            pair=np.zeros(n, dtype=np.int8),
            weight=np.ones(n),
            is_true_pair=np.isfinite(x_mass),
            mass_gev=mass,
            reduced_mass_gev=reduced,
            mass_prefit_gev=mass,
            reduced_mass_prefit_gev=reduced_mass(mass),
            four_muon_mass_gev=np.full(n, 10.58),
            chi2=np.full(n, 4.0),
            fit_converged=np.isfinite(reduced),
            x_mass_gev=x_mass,
            variables=np.zeros((n, len(VARIABLES)), dtype=np.float32),
        )

    return build
