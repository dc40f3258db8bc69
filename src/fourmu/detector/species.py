"""What a particle is to the detector: its response goes by kind, charge and mass only."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError
from fourmu.physics.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray

__all__ = ["ELECTRON", "HADRON", "MUON", "PHOTON", "UNSEEN", "species"]

MUON: Final = 0
ELECTRON: Final = 1
HADRON: Final = 2
PHOTON: Final = 3
UNSEEN: Final = 4

# |pdg| -> kind, charge of the positive code, mass in GeV
_KNOWN = {
    11: (ELECTRON, -1, ELECTRON_MASS_GEV),
    13: (MUON, -1, MUON_MASS_GEV),
    22: (PHOTON, 0, 0.0),
    211: (HADRON, 1, 0.13957039),
    321: (HADRON, 1, 0.493677),
    2212: (HADRON, 1, 0.93827209),
    12: (UNSEEN, 0, 0.0),
    14: (UNSEEN, 0, 0.0),
    16: (UNSEEN, 0, 0.0),
}


def species(
    pdg: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]:
    """Kind, charge and mass in GeV of particle codes, each of shape (k,).

    Raises
    ------
    DomainError
        A code is not one of the long-lived particles the response knows.
    """
    kinds, charges, masses = [], [], []
    for code in pdg:
        if abs(int(code)) not in _KNOWN:
            raise DomainError(
                "the detector has no response to this particle",
                key="pdg",
                found=int(code),
                expected=f"one of +-{sorted(_KNOWN)}",
            )
        kind, charge, mass = _KNOWN[abs(int(code))]
        kinds.append(kind)
        charges.append(charge if code > 0 else -charge)
        masses.append(mass)
    return (
        np.array(kinds, dtype=np.int64),
        np.array(charges, dtype=np.int64),
        np.array(masses, dtype=np.float64),
    )
