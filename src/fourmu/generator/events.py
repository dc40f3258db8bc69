"""Events at parton level: what the generator, or an LHE file, hands to the detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray

__all__ = ["PartonEvents"]


@dataclass(frozen=True, kw_only=True)
class PartonEvents:
    """Generated events of one process.

    Final-state particles come in a fixed order: mu+ and mu- (prompt), then mu+ and mu- from X
    (four muons of QED: mu+, mu-, mu+, mu-); others follow.

    Attributes
    ----------
    momenta
        Shape (n, k, 4), (E, px, py, pz) in GeV, nominal c.m. frame with e- along +z. A
        particle of zero energy is absent from its event.
    pdg
        Shape (k,), particle codes.
    photons
        Shape (n, 2, 4), photons radiated by the beams in GeV, same frame; zeros where none.
    weight
        Shape (n,), 1 for unweighted events.
    x_mass_gev
        Shape (n,), mass of X as generated; NaN without X.
    sqrt_s_gev
        Nominal centre-of-mass energy in GeV.
    process
        Name of the process.
    """

    momenta: FloatArray
    pdg: npt.NDArray[np.int64]
    photons: FloatArray
    weight: FloatArray
    x_mass_gev: FloatArray
    sqrt_s_gev: float
    process: str

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        n, k = self.momenta.shape[:2]
        expected = {
            "momenta": (n, k, 4),
            "pdg": (k,),
            "photons": (n, 2, 4),
            "weight": (n,),
            "x_mass_gev": (n,),
        }
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ConsistencyError(
                    "arrays of parton events have unequal sizes",
                    key=name,
                    found=found,
                    expected=shape,
                )

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.weight)
